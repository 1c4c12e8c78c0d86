"""The sampler bench: same noise for all, costs counted, errors of the stated order."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.autograd import grad

from engine import Experiment
from engine.lab.exact_process import exact_process
from engine.lab.sampler_study import SamplerStudy, SamplerStudySettings
from engine.models.fitted import Fitted
from engine.views.base import Cancelled


def study(run: Experiment, **settings):
    wish = SamplerStudySettings(points=200, paths=5, **settings)
    news = list(SamplerStudy(wish, {"r": run}, "r", lambda: None).work())
    trials = [n for n in news if n.result.get("kind") == "trial"]
    for each in news:  # what comes later belongs to a trial that has come
        if each.result.get("kind") == "errors":
            key = (each.result["sampler"], each.result["steps"])
            (mine,) = [
                t for t in trials if (t.result["sampler"], t.result["steps"]) == key
            ]
            mine.result.update(each.result | {"kind": "trial"})
    return news, trials


@pytest.fixture(scope="module")
def oracle() -> Experiment:
    return Experiment("oracle", "eight_gaussians", seed=3)


def test_errors_fall_with_the_order_that_a_sampler_claims(oracle):
    _, trials = study(oracle, samplers=["euler", "heun"], steps=[32, 64, 128])
    for name, order in (("euler", 1), ("heun", 2)):
        errors = [
            t.result["error_network"]
            for t in sorted(
                (t for t in trials if t.result["sampler"] == name),
                key=lambda t: t.result["steps"],
            )
        ]
        measured = math.log2(errors[1] / errors[2])
        assert measured == pytest.approx(order, abs=0.35)


def test_evaluations_are_those_of_the_method_and_cheap_trials_come_first(oracle):
    news, trials = study(oracle, samplers=["heun", "euler"], steps=[4, 2])
    found = [(t.result["sampler"], t.result["evaluations"]) for t in trials]
    assert found == [("heun", 4), ("euler", 2), ("heun", 8), ("euler", 4)]
    assert news[0].result["kind"] == "floor"
    assert 0 < news[0].result["energy_distance"] < 0.05
    shares = [n.share for n in news]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_trials_on_show_come_before_the_cheap_ones(oracle):
    """Paths of 16 steps were gone for seconds whenever the guidance was moved."""
    asked = {"samplers": ["heun", "euler"], "steps": [2, 4]}
    _, trials = study(oracle, first=[["euler", 4]], **asked)
    found = [(t.result["sampler"], t.result["steps"]) for t in trials]
    assert found == [("euler", 4), ("heun", 2), ("euler", 2), ("heun", 4)]


def test_a_run_that_trains_on_meanwhile_is_studied_as_it_was_at_the_beginning():
    settings = {"width": 16, "depth": 1}
    run, same = (
        Experiment("rectified_flow", "two_moons", model_settings=settings)
        for _ in range(2)
    )
    for each in (run, same):
        each.train(5)
    asked = {"samplers": ["euler"], "steps": [2, 4]}
    wish = SamplerStudySettings(points=200, paths=5, **asked)
    found = []
    for news in SamplerStudy(wish, {"r": run}, "r", lambda: None).work():
        found.append(news)
        run.train(50 if len(found) == 1 else 0)
    assert found[0].result["step"] == 5
    _, expected = study(same, **asked)
    trials = [n for n in found if n.result.get("kind") == "trial"]
    for mine, other in zip(trials, expected, strict=True):
        np.testing.assert_array_equal(mine.arrays["x"], other.arrays["x"])


def test_what_adds_noise_needs_no_reference_and_comes_at_once(oracle):
    noisy, trials = study(oracle, samplers=["ancestral"], steps=[2])
    assert [n.result.get("kind") for n in noisy] == ["floor", "trial", None]
    assert trials[0].result.get("error_network") is None
    settings = {"ddim": {"eta": 1.0}}
    both, trials = study(oracle, samplers=["ddim"], steps=[2], settings=settings)
    assert [n.result.get("kind") for n in both] == ["floor", "trial", None]


@pytest.mark.parametrize("guided", [{"label": 3}, {"label": 3, "guidance": 2.5}])
def test_the_exact_ode_of_a_guided_class_is_that_of_the_class(guided):
    """The exact reference learns nothing: its own ODE is the exact one."""
    run = Experiment("oracle", "eight_gaussians", model_settings=guided)
    _, trials = study(run, samplers=["heun"], steps=[8])
    errors = trials[0].result
    assert errors["error_network"] == pytest.approx(errors["error_exact"], rel=1e-3)
    ends = trials[0].arrays["x"][-1]
    centre = run.data.source.modes().centres[2].numpy()
    assert np.abs(ends - centre).max() < 1.0


def test_all_paths_begin_at_the_same_noise_and_are_in_data_units(oracle):
    _, trials = study(oracle, samplers=["euler", "heun", "ancestral"], steps=[3])
    starts = [torch.as_tensor(t.arrays["x"][0].copy()) for t in trials]
    assert all(s.shape == (5, 2) for s in starts)
    torch.testing.assert_close(starts[0], starts[1])
    noise = oracle.fitted().start(200, 3)[:5]
    torch.testing.assert_close(starts[0], noise)


def test_only_a_sampler_without_noise_has_an_error_along_the_ode(oracle):
    _, trials = study(
        oracle,
        samplers=["ddim"],
        steps=[8],
        settings={"ddim": {"eta": 1.0}},
    )
    assert trials[0].result["stochastic"]
    assert trials[0].result.get("error_network") is None
    _, trials = study(oracle, samplers=["ddim"], steps=[8])
    assert trials[0].result["error_network"] > 0


def test_an_adaptive_solver_is_tried_at_several_tolerances(oracle):
    _, trials = study(oracle, samplers=["dopri5"])
    assert [t.result["steps"] for t in trials] == [0.1, 0.01, 0.001, 1e-4]
    costs = [t.result["evaluations"] for t in trials]
    assert costs == sorted(costs)


@pytest.mark.parametrize("model", ["rectified_flow", "score_sde", "ddpm", "edm"])
def test_the_exact_field_is_that_of_the_exact_density(model):
    """Velocity: (d alpha / alpha) x + half the noise rate times autograd's score."""
    run = Experiment(model, "eight_gaussians")
    exact = exact_process(run.trainer.model, run.data).double()
    x = torch.randn(50, 2, generator=torch.Generator().manual_seed(0)).double()
    for moment in (0.3, 0.7):
        t = torch.tensor(moment, dtype=torch.float64)
        y = (x * exact.path.sigma(t)).requires_grad_(True)
        (score,) = grad(exact.log_density(y, t).sum(), y)
        rate, noise = exact.path.reverse_rates(t)
        wanted = rate * y.detach() + noise / 2 * score
        torch.testing.assert_close(
            exact.velocity(y.detach(), t), wanted, rtol=1e-6, atol=1e-8
        )


def test_without_a_known_mixture_there_is_no_exact_error():
    run = Experiment("oracle", "pinwheel")
    assert exact_process(run.trainer.model, run.data) is None
    _, trials = study(run, samplers=["euler"], steps=[2])
    assert "error_exact" not in trials[0].result
    assert trials[0].result["error_network"] is not None


def test_what_cannot_be_studied_is_one_sentence():
    run = Experiment("vae", "two_moons")
    with pytest.raises(ValueError, match="no sampler"):
        study(run)
    with pytest.raises(ValueError, match="eta"):
        study(
            Experiment("oracle", "two_moons"),
            samplers=["ddim"],
            settings={"ddim": {"eta": -3}},
        )


def test_a_study_can_be_given_up_at_any_step(oracle):
    def tick() -> None:
        raise Cancelled

    wish = SamplerStudySettings(points=50, samplers=["euler"], steps=[4])
    with pytest.raises(Cancelled):
        list(SamplerStudy(wish, {"r": oracle}, "r", tick).work())


def test_paths_of_a_network_that_has_learned_nothing_have_no_shape():
    run = Experiment("flow_matching", "two_moons")
    _, trials = study(run, samplers=["heun"], steps=[16])
    found = trials[0].result
    assert [found[k] for k in ("straightness", "detour", "turning")] == [None] * 3
    assert found["energy_distance"] is not None


def test_shape_of_the_paths_of_the_exact_reference(oracle):
    """A straight step has no shape; more steps bend, and bend less for a mean."""
    _, trials = study(oracle, samplers=["euler"], steps=[1, 32])
    one, many = (trial.result for trial in trials)
    assert one["detour"] == pytest.approx(1.0)
    assert one["straightness"] == pytest.approx(0.0, abs=1e-12)
    assert one["turning"] == 0
    assert many["detour"] > 1
    assert many["straightness"] > 0
    assert 0 < many["turning"] < 360


def test_a_kept_moment_is_studied_as_it_was():
    small = {"width": 16, "depth": 1}
    run = Experiment("rectified_flow", "two_moons", model_settings=small)
    _, (fresh,) = study(run, samplers=["euler"], steps=[4])
    run.train(30)
    _, (then,) = study(run, samplers=["euler"], steps=[4], at=0)
    _, (now,) = study(run, samplers=["euler"], steps=[4])
    np.testing.assert_array_equal(then.arrays["x"], fresh.arrays["x"])
    assert np.abs(now.arrays["x"] - fresh.arrays["x"]).max() > 0.01


def test_points_that_ran_away_are_left_out_of_the_quality(oracle, monkeypatch):
    whole = Fitted.trace

    def broken(fitted, x_0, seed):
        trace = whole(fitted, x_0, seed)
        x = trace.x.clone()
        x[-1, 0] = math.nan
        return replace(trace, x=x)

    monkeypatch.setattr(Fitted, "trace", broken)
    _, (trial,) = study(oracle, samplers=["euler"], steps=[16])
    assert 0 < trial.result["energy_distance"] < 0.5
    assert trial.result.get("error_network") is None
