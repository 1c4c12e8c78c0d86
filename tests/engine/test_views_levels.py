"""Errors of guesses at each noise level, against closed forms."""

import numpy as np
import pytest
import torch
from views_world import NormalFlow, moment

from engine import Experiment
from engine.views.levels import LevelsConfig, LevelsView


def picture(run, **settings):
    return LevelsView(LevelsConfig(**settings)).compute(run)


class Exact(NormalFlow):
    """The mean of N(m, s^2) given x_t, whose error is the posterior's variance."""

    place = torch.zeros(1, dtype=torch.float64)

    def parameters(self, recurse=True):
        return iter([self.place])

    def path_ends(self):
        return "noise", "data"


def test_the_error_of_the_mean_is_the_variance_that_is_left():
    """Data N(0, 1), standardised: 1 / (1 + alpha^2 / sigma^2) at each level."""
    found = picture(moment(Exact(m=0.0, s=1.0)), points=5000)
    t = found.arrays["learned.step"].astype(float)
    left = (1 - t) ** 2 / ((1 - t) ** 2 + t**2)
    np.testing.assert_allclose(found.arrays["learned.value"], left, rtol=0.15)


@pytest.mark.parametrize("path", ["linear", "trigonometric", "sub_vp", "ve"])
def test_the_oracle_reaches_the_least_possible_on_every_path(path):
    made = Experiment("oracle", "eight_gaussians", model_settings={"sde": path})
    found = picture(made.moment(0.5)).arrays
    np.testing.assert_allclose(
        found["learned.value"], found["least.value"], rtol=2e-3, atol=1e-5
    )
    assert (np.diff(found["least.value"]) < 1e-3).all()


def test_the_path_is_drawn_from_end_to_end():
    found = picture(moment(Exact())).arrays
    np.testing.assert_allclose(found["alpha.value"], found["alpha.step"], atol=1e-6)
    np.testing.assert_allclose(found["sigma.value"], 1 - found["sigma.step"], atol=1e-6)
    t = found["snr.step"].astype(float)
    np.testing.assert_allclose(
        found["snr.value"], 2 * np.log(t / (1 - t)), rtol=1e-4, atol=1e-5
    )


def test_no_floor_where_the_data_are_no_mixture_or_the_start_is_no_noise():
    board = Experiment("rectified_flow", "checkerboard")
    names = [q["name"] for q in picture(board.moment(0.3)).meta["quantities"]]
    assert "learned" in names
    assert "least" not in names
    source = {"source": "two_moons"}
    other = Experiment("flow_matching", "eight_gaussians", model_settings=source)
    names = [q["name"] for q in picture(other.moment(0.3)).meta["quantities"]]
    assert "least" not in names
