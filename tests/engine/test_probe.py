"""Questions about single points: against formulas, autograd and each other."""

import math

import pytest
import torch

from engine import Experiment
from engine.link.failure import CommandError
from engine.link.probe import QUICK_STEPS, probe
from engine.protocol import Probe

POINTS = [[0.4, -0.2], [1.1, 0.6], [-0.7, 0.9]]


def asked(made, what, points=POINTS):
    question = Probe(run_id="a", what=what, points=points)
    facts, arrays = probe(made.fitted(), made.data, question, made.config.seed)
    return facts, {k: torch.from_numpy(v) for k, v in arrays.items()}


@pytest.fixture(scope="module")
def oracle():
    return Experiment(model="oracle", data="eight_gaussians", training={"ema": 0.0})


@pytest.fixture(scope="module")
def flow():
    """Smooth: a slope by differences is none where a unit has its kink."""
    made = Experiment(
        model="realnvp",
        data="two_moons",
        training={"ema": 0.0},
        model_settings={"activation": "tanh"},
    )
    return made.train(30)


def test_score_of_a_process_is_the_gradient_of_the_true_density(oracle):
    """In data units: the Jacobian of the scaling is in it."""
    x = torch.tensor(POINTS, dtype=torch.float64, requires_grad=True)
    log_p = oracle.data.source.log_prob(x)
    (slope,) = torch.autograd.grad(log_p.sum(), x)
    found = asked(oracle, "score")[1]["score"]
    torch.testing.assert_close(found.double(), slope, rtol=1e-3, atol=1e-2)


def test_score_of_a_flow_is_the_gradient_of_its_density(flow):
    fitted = flow.fitted()
    x = torch.tensor(POINTS)
    z = fitted.scaling.standardise(x.double()).float().requires_grad_(True)
    log_p = fitted.model.log_prob(z, fitted.generator(0))
    (slope,) = torch.autograd.grad(log_p.sum(), z)
    expected = slope / fitted.scaling.std.float()
    found = asked(flow, "score")[1]["score"]
    torch.testing.assert_close(found, expected, rtol=5e-3, atol=2e-2)


def test_the_path_back_of_one_normal_is_a_formula(tmp_path):
    """Straight mixing with N(0, 1): the ODE maps x to (x - mean) / std, both axes."""
    file = tmp_path / "normal.csv"
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(4000, 2, generator=generator) * torch.tensor([2.0, 0.5]) + 3
    lines = "\n".join(f"{x:.5f},{y:.5f}" for x, y in rows.tolist())
    file.write_text(f"x,y\n{lines}\n")
    made = Experiment(
        model="oracle",
        data="csv",
        data_settings={"file": str(file)},
        model_settings={"reference": "points", "kernels": 3000, "width": 0.5},
    )
    scaling = made.data.scaling
    points = [[4.0, 3.2], [2.0, 2.7]]
    found = asked(made, "path_back", points)[1]
    assert found["times"][0] == 0
    assert found["times"][-1] == 1
    assert bool((found["times"].diff() > 0).all())
    x = torch.tensor(points)
    torch.testing.assert_close(found["x"][-1], x)
    # Kernels of width h about points of spread 1 are a normal of variance 1 + h^2.
    expected = scaling.standardise(x.double()) / math.sqrt(1 + 0.5**2)
    start = scaling.standardise(found["x"][0].double())
    torch.testing.assert_close(start, expected, rtol=0, atol=0.06)


def test_the_path_back_of_a_flow_ends_at_the_point_and_starts_at_its_code(flow):
    found = asked(flow, "path_back")[1]
    torch.testing.assert_close(found["x"][-1], torch.tensor(POINTS), atol=1e-4, rtol=0)
    code = asked(flow, "encode")[1]["z"]
    start = flow.fitted().scaling.standardise(found["x"][0].double()).float()
    torch.testing.assert_close(start, code, atol=1e-4, rtol=0)


def test_a_path_back_and_a_path_from_its_start_meet(oracle):
    """At points of the data; between the modes the way back is a leap of faith."""
    points = oracle.data.train.x[:5]
    back = asked(oracle, "path_back", points.tolist())[1]
    forth = asked(oracle, "path", back["x"][0].tolist())[1]
    torch.testing.assert_close(forth["x"][-1], points.float(), atol=0.1, rtol=0)


def test_a_quick_path_has_few_steps_and_ends_near_the_full_one(oracle):
    starts = torch.randn(5, 2, generator=torch.Generator().manual_seed(3)).tolist()
    full = asked(oracle, "path", starts)[1]
    question = Probe(run_id="a", what="path", points=starts, quick=True)
    _, found = probe(oracle.fitted(), oracle.data, question, oracle.config.seed)
    assert len(found["times"]) == QUICK_STEPS + 1 < len(full["times"])
    quick = torch.from_numpy(found["x"][-1])
    torch.testing.assert_close(quick, full["x"][-1], atol=0.4, rtol=0)
    assert len(asked(oracle, "path", starts)[1]["times"]) == len(full["times"])
    assert (int(found["evaluations"][0]), int(full["evaluations"][0])) == (32, 100)


def test_a_quick_walk_is_short_at_each_level_too():
    """Else Langevin sampling could not follow a hand."""
    run = Experiment(model="score_matching", data="two_moons")
    question = Probe(run_id="a", what="path", points=[[0.0, 0.0]], quick=True)
    quick = probe(run.fitted(), run.data, question, 0)[1]
    full = asked(run, "path", [[0.0, 0.0]])[1]
    assert int(quick["evaluations"][0]) <= 2 * QUICK_STEPS + 1
    assert int(full["evaluations"][0]) > 100


def test_the_nearest_point_is_as_far_as_it_says(flow):
    found = asked(flow, "nearest")[1]
    table = flow.data.train.x
    for point, near, distance in zip(
        POINTS, found["x"], found["distance"], strict=True
    ):
        away = (table.double() - torch.tensor(point)).norm(dim=1).min()
        assert float(distance) == pytest.approx(float(away), rel=1e-4)
        assert math.dist(point, near.tolist()) == pytest.approx(float(distance), 1e-4)


@pytest.mark.parametrize(
    ("model", "has", "has_not"),
    [
        ("rectified_flow", {"learned", "score", "z", "path", "times"}, {"critic"}),
        ("realnvp", {"learned", "score", "z", "path"}, {"critic"}),
        ("vae", {"learned", "score", "z"}, {"critic", "path"}),
        ("gan", {"critic"}, {"learned", "score", "z", "path"}),
    ],
)
def test_a_point_is_told_all_that_the_model_can(model, has, has_not):
    made = Experiment(model=model, data="two_moons")
    facts, found = asked(made, "point", POINTS[:1])
    assert has | {"nearest", "distance"} <= set(found)
    assert not has_not & set(found)
    assert ("kind" in facts) == ("learned" in found)
    if "learned" in found:
        alone = asked(made, "log_prob", POINTS[:1])[1]["learned"]
        torch.testing.assert_close(found["learned"], alone)
    if "path" in found:
        torch.testing.assert_close(
            found["path"][-1], torch.tensor(POINTS[:1]), atol=1e-4, rtol=0
        )


@pytest.mark.parametrize("what", ["score", "path_back", "log_prob"])
def test_what_a_model_cannot_tell_is_refused_in_a_sentence(what):
    made = Experiment(model="gan", data="two_moons")
    with pytest.raises(CommandError, match=r"^This model has no .*\.$"):
        asked(made, what)


def test_a_dragged_code_is_decoded_for_each_class_that_is_shown():
    """All classes of a conditional GAN, or the one that is chosen."""
    made = Experiment("conditional_gan", "two_moons", model_settings={"width": 8})
    code = [[0.5, -0.2]]
    fitted = made.fitted()
    found = asked(made, "decode", code)[1]["x"]
    z = torch.tensor(code)
    each = [fitted.decode_as(z, label) for label in (0, 1)]
    torch.testing.assert_close(found, torch.cat(each))
    assert (found[0] - found[1]).abs().max() > 1e-4
    several = asked(made, "decode", [*code, [1.0, 1.0]])[1]["x"]
    assert several.shape == (2, 2)  # a row for each code
    settings = {"width": 8, "shown_class": 2}
    one = Experiment("conditional_gan", "two_moons", model_settings=settings)
    torch.testing.assert_close(asked(one, "decode", code)[1]["x"], each[1])


def test_a_place_is_written_as_the_code_that_its_reconstruction_is_read_from():
    """And its encoding is not called the place that it comes from: it comes nearly."""
    made = Experiment(model="vqvae", data="two_moons", model_settings={"codes": 16})
    made.train(20)
    facts, arrays = asked(made, "point", POINTS[:1])
    fitted = made.fitted()
    assert facts["is_map"] is False
    (number,) = arrays["code"].tolist()
    points = made.data.scaling.restore(fitted.model.code_points().double())
    back = fitted.decode(arrays["z"])
    torch.testing.assert_close(points[int(number) - 1], back[0].double())


def test_a_map_says_that_a_place_comes_from_its_code(flow, oracle):
    for made in (flow, oracle):
        facts, arrays = asked(made, "point", POINTS[:1])
        assert facts["is_map"] is True
        assert "code" not in arrays
