"""Three fields of one network: all data, one class, and guidance between them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from engine import Experiment
from engine.models.guided import GuidedModel
from engine.views.guidance import GuidanceConfig, GuidanceView, spread_of

GUIDED = ("flow_matching", "ddpm", "score_sde", "edm", "oracle")
SMALL = {"points": 30, "resolution": 6}


def run(name: str = "oracle", **settings: Any):
    if name != "oracle":
        settings = {"conditional": True, **settings}
    made = Experiment(
        name,
        "eight_gaussians",
        model_settings=settings,
        training={"ema": 0.0},
        sampler="euler" if name != "oracle" else "",
        sampler_settings={"steps": 8} if name != "oracle" else None,
    )
    torch.manual_seed(3)
    for weight in made.trainer.model.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return made


@pytest.mark.parametrize("quantity", ["velocity", "score"])
@pytest.mark.parametrize("name", GUIDED)
def test_the_guided_field_lies_on_the_line_through_the_other_two(name, quantity):
    """E10: f = f_all + w (f_class - f_all), for velocity and score alike."""
    made = run(name, label=2, guidance=3.0)
    found = made.picture("guidance", {"quantity": quantity, **SMALL})
    free, bound, guided = (
        found.arrays[side].astype("f8") for side in ("free", "bound", "guided")
    )
    assert np.abs(bound - free).max() > 1e-3
    size = np.abs(bound - free).max()
    np.testing.assert_allclose(guided, free + 3 * (bound - free), atol=1e-4 * size)
    for side, vectors in (("free", free), ("bound", bound), ("guided", guided)):
        top = np.linalg.norm(vectors, axis=1).max()
        assert found.meta["max_norms"][side] == pytest.approx(top, rel=1e-5)


def test_each_side_is_the_run_under_that_setting():
    """Starts arrive where the run's own sampler brings them with w = 0, 1 and 4."""
    found = run(label=3, guidance=4.0).picture("guidance", SMALL).arrays
    for side, settings in (
        ("free", {"label": 0}),
        ("bound", {"label": 3}),
        ("guided", {"label": 3, "guidance": 4.0}),
    ):
        fitted = run(**settings).moment().fitted
        start = fitted.start(30, 0)
        np.testing.assert_allclose(found[f"{side}.x"][0], start, atol=1e-6)
        end = fitted.trace(start, 0).x[-1]
        np.testing.assert_allclose(found[f"{side}.x"][-1], end, atol=1e-4)


def test_samples_sharpen_as_the_weight_rises():
    spreads = [
        run(label=1, guidance=w).picture("guidance", SMALL).meta["spreads"]["guided"]
        for w in (0.0, 1.0, 2.0, 4.0)
    ]
    assert spreads == sorted(spreads, reverse=True)
    assert spreads[1] > 1.2 * spreads[3]


def test_the_spread_is_the_root_mean_square_distance_from_the_mean():
    x = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 3.0], [0.0, -3.0]])
    assert float(spread_of(x + 7)) == pytest.approx(5**0.5)


def test_only_points_of_the_class_lie_behind_its_field():
    made = run(label=2)
    found = made.picture("guidance", SMALL)
    train = made.data.train
    mean = train.x[train.labels == 1].mean(0)
    away = np.abs(found.arrays["class_data"] - mean.numpy()).max()
    assert away < 1.5
    assert np.abs(found.arrays["data"] - mean.numpy()).max() > 3
    assert found.meta["class"] == made.data.source.class_names[1]
    assert (found.meta["weight"], found.meta["weight_now"]) == (1.0, 1.0)


@pytest.mark.parametrize("t", [0.3, 0.7])
def test_outside_its_interval_guidance_rests(t):
    made = run("flow_matching", label=1, guidance=5.0, guide_from=0.4, guide_to=0.6)
    inside = made.picture("guidance", {"t": 0.5, **SMALL})
    outside = made.picture("guidance", {"t": t, **SMALL})
    assert (inside.meta["weight_now"], outside.meta["weight_now"]) == (5.0, 1.0)
    same = {"rtol": 1e-4, "atol": 1e-3}  # of numbers up to 150, in single precision
    np.testing.assert_allclose(
        outside.arrays["guided"], outside.arrays["bound"], **same
    )
    assert np.abs(inside.arrays["guided"] - inside.arrays["bound"]).max() > 0.1
    # The field of all data is the same whatever the interval.
    whole = run("flow_matching", label=1, guidance=5.0).picture(
        "guidance", {"t": t, **SMALL}
    )
    np.testing.assert_allclose(outside.arrays["free"], whole.arrays["free"], **same)


@pytest.mark.parametrize(
    ("name", "settings", "classes", "missing"),
    [
        ("oracle", {"label": 1}, 1, "data"),
        ("ddpm", {"conditional": False}, 8, "learn"),
        ("ddpm", {"label": 0}, 8, "choose"),
        ("oracle", {}, 8, "choose"),
    ],
)
def test_what_is_missing_is_said(name, settings, classes, missing):
    moment = run(name, **settings).moment()
    moment = replace(moment, data=replace(moment.data, classes=classes))
    found = GuidanceView(GuidanceConfig(**SMALL)).compute(moment)
    assert found.meta["missing"] == missing
    assert list(found.arrays) == ["data"]
    changes = [r["changes"]["model_settings"] for r in found.meta["remedies"]]
    if missing == "learn":
        assert changes == [{"conditional": True}]
    assert bool(changes) == (missing != "data")
    if missing == "choose":  # one click, and there are three fields that differ
        mended = run(name, **(settings | changes[0])).picture("guidance", SMALL)
        assert mended.meta["missing"] == ""
        assert mended.meta["weight_now"] > 1


def test_another_weight_leaves_the_model_as_it_was():
    model = run("edm", label=1, guidance=2.0).moment().fitted.model
    assert isinstance(model, GuidedModel)
    before = model.config
    other = model.with_guidance(0.0)
    assert model.config is before
    assert (other.config.guidance, other.config.label) == (0.0, 1)
    assert next(other.parameters()) is next(model.parameters())
