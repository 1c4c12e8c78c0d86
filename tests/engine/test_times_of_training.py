"""Times of training: each warp comes from its density, and reflow sees the ends."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate

from engine import Experiment, registry
from engine.metrics.distances import energy_distance
from engine.models.base import Batch
from engine.nets.training_times import (
    TimesConfig,
    time_density,
    training_times,
    warp_ends,
)

DRAWS = 200_000
U = (torch.arange(DRAWS, dtype=torch.float64) + 0.5) / DRAWS
EDGES = np.linspace(0.02, 0.98, 13)


@pytest.mark.parametrize("shift", [1.0, 3.0])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("kind", ["uniform", "logit_normal", "mode", "ends"])
def test_as_many_times_fall_between_two_places_as_the_density_says(kind, share, shift):
    config = TimesConfig(time_sampling=kind, time_even=share, time_shift=shift)
    drawn = training_times(U, config).numpy()
    counts = np.histogram(drawn, EDGES)[0] / DRAWS

    def density(t: float) -> float:
        return float(time_density(torch.tensor([t], dtype=torch.float64), config)[0])

    for low, high, share_here in zip(EDGES, EDGES[1:], counts, strict=False):
        assert share_here == pytest.approx(
            integrate.quad(density, low, high)[0], abs=2e-5
        )


@pytest.mark.parametrize("a", [0.1, 4.0, 12.0])
def test_the_ends_are_visited_by_two_exponentials(a):
    whole = 2 * math.expm1(a) / a

    def between(low: float, high: float) -> float:
        """The integral of exp(a t) + exp(a (1 - t)), as a share of the whole."""
        rising = (math.exp(a * high) - math.exp(a * low)) / a
        falling = (math.exp(a * (1 - low)) - math.exp(a * (1 - high))) / a
        return (rising + falling) / whole

    drawn = warp_ends(U, a)
    for low, high in ((0.0, 0.05), (0.3, 0.5), (0.9, 1.0)):
        inside = ((drawn >= low) & (drawn < high)).double().mean()
        assert float(inside) == pytest.approx(between(low, high), abs=2e-5)


def reflow(**settings):
    kind = registry.model("rectified_flow")
    return kind(kind.Config(width=16, reflow_rounds=1, **settings))


@pytest.mark.parametrize("times", ["same", "uniform", "ends"])
def test_a_reflow_round_learns_at_its_own_times(times, monkeypatch):
    model, seen = reflow(reflow_times=times, reflow_bend=6.0), []
    monkeypatch.setattr(
        model, "velocity", lambda x, t: seen.append(t) or torch.zeros_like(x)
    )
    x, u = torch.randn(64, 2), torch.rand(64)
    labels, step = torch.zeros(64, dtype=torch.int64), torch.tensor(0.0)
    for extra in ({}, {"x_0": torch.randn(64, 2)}):
        noise = {"x_0": torch.randn(64, 2), "t": u}
        model.losses("model", Batch(x, labels, noise, step, extra))
    first = training_times(u, model.config)
    rounds = {"same": first, "uniform": u, "ends": warp_ends(u, 6.0)}
    torch.testing.assert_close(seen[0], first)
    torch.testing.assert_close(seen[1], rounds[times])
    # What a view says of the round is what the round does.
    found = model.of_round({"x_0": x})
    torch.testing.assert_close(found.batch_times({"t": u}), rounds[times])
    assert model.of_round({}).config == model.config


def test_the_levels_show_the_times_of_the_round():
    few = {"steps": 4, "batch_size": 32}
    settings = {"reflow_rounds": 1, "reflow_pairs": 1000, "width": 16}
    run = Experiment(
        "rectified_flow", "two_moons", model_settings=settings, training=few
    )
    kind = registry.view("levels")

    def at_the_end() -> float:
        arrays = kind(kind.Config()).compute(run.moment()).arrays
        return float(arrays["visited.value"][-1] / arrays["visited.value"].mean())

    run.train(2)
    first = at_the_end()
    run.train(4)
    assert at_the_end() > 2 > first


@pytest.mark.slow
def test_one_step_is_nearly_enough_after_reflow():
    """What reflow is for; with the times of the first training it was not so."""

    def distance(**settings) -> float:
        run = Experiment(
            "rectified_flow",
            "eight_gaussians",
            seed=0,
            model_settings={"reflow_rounds": 1, **settings},
            training={"steps": 1200},
            sampler="euler",
            sampler_settings={"steps": 1},
        ).train()
        return energy_distance(run.sample(4000).double(), run.data.heldout.x[:4000])

    here = distance()
    assert here < 0.06
    assert here < distance(reflow_times="same") / 2
