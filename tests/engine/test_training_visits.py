"""Which times training visits: draws, their density, and their histogram."""

import math

import numpy as np
import pytest
import torch

from engine import Experiment
from engine.training.draws import Draws
from engine.views.levels import LevelsConfig, LevelsView

CASES = [
    ("rectified_flow", {"time_sampling": "uniform"}),
    ("rectified_flow", {"time_sampling": "uniform", "time_shift": 3.0}),
    ("rectified_flow", {"time_mean": 0.0, "time_spread": 1.0}),
    ("flow_matching", {"time_mean": 0.9, "time_shift": 2.0}),
    ("rectified_flow", {"time_sampling": "mode", "time_kappa": 1.2}),
    ("rectified_flow", {"time_sampling": "mode", "time_kappa": -0.7}),
    ("ddpm", {"T": 1000}),
    ("ddpm", {"T": 1000, "level_sampling": "uniform"}),
    ("score_sde", {}),
    ("score_sde", {"sde": "ve"}),
    ("score_sde", {"level_sampling": "uniform"}),
    ("edm", {}),
    ("score_matching", {"levels": 1000}),
]


def made(name, settings):
    return Experiment(name, "two_moons", model_settings={"width": 8} | settings)


def parts(name, settings):
    """Share of times in each tenth: drawn, and by the density."""
    model = made(name, settings).trainer.model
    draws = Draws(model.noise("model"), 1, 40_000, 1, torch.device("cpu"))
    draws.refill(torch.Generator().manual_seed(0))
    drawn = model.batch_times(draws.at(0)[1]).double()
    share = torch.histc(drawn, 10, 0.0, 1.0) / len(drawn)
    middles = (torch.arange(20_000, dtype=torch.float64) + 0.5) / 20_000
    exact = model.visit_density(middles).reshape(10, -1).mean(1) / 10
    return share, exact


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_draws_have_the_density_that_is_drawn(name, settings):
    share, exact = parts(name, settings)
    inner = slice(1, -1)  # levels beyond the ends are moved onto them
    torch.testing.assert_close(share[inner], exact[inner], atol=0.01, rtol=0.0)
    assert exact.sum() <= 1.02
    if name in ("rectified_flow", "flow_matching"):
        torch.testing.assert_close(share, exact, atol=0.01, rtol=0.0)
        assert exact.sum() == pytest.approx(1.0, abs=0.01)


def test_the_logit_normal_density_in_closed_form():
    """SD3 (Esser et al. 2024, 2403.03206, eq. 19) with m = 0, s = 1 at t = 1/2."""
    model = made(
        "rectified_flow", {"time_mean": 0.0, "time_spread": 1.0, "time_even": 0.0}
    )
    found = model.trainer.model.visit_density(torch.tensor([0.5]).double())
    assert found.item() == pytest.approx(4 / math.sqrt(2 * math.pi))


def test_the_histogram_adds_up_and_follows_a_live_change():
    run = made("rectified_flow", {"time_sampling": "uniform"})
    view = LevelsView(LevelsConfig(points=100))
    found = view.compute(run.moment(0.3)).arrays
    widths = np.diff(found["visited.step"])[::2]
    heights = found["visited.value"][::2]
    assert (widths * heights).sum() == pytest.approx(1.0, abs=1e-4)
    np.testing.assert_allclose(found["visited.smooth"], 1.0)
    np.testing.assert_allclose(heights, 1.0, atol=0.2)
    changed = {"time_sampling": "logit_normal", "time_mean": 2.0}
    settings = run.config.model_settings | changed
    run.configure(run.config.model_copy(update={"model_settings": settings}))
    later = view.compute(run.moment(0.3)).arrays["visited.value"]
    assert later[-20:].mean() > 2 * later[:20].mean()


def test_what_is_never_trained_visits_nothing():
    oracle = Experiment("oracle", "eight_gaussians")
    found = LevelsView(LevelsConfig(points=100)).compute(oracle.moment(0.3))
    names = [q["name"] for q in found.meta["quantities"]]
    assert "learned" in names
    assert "visited" not in names
