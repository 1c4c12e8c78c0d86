"""One error in every target: factors by hand, and networks that are wrong by design."""

import numpy as np
import pytest
import torch
from views_world import NormalFlow, moment

from engine import Experiment
from engine.models.base import Denoised
from engine.sampling.path import LinearPath
from engine.views.levels import LevelsConfig, LevelsView
from engine.views.targets import error_factor


def picture(run):
    return LevelsView(LevelsConfig()).compute(run)


class Circle(LinearPath):
    """Signal sin and noise cos of a quarter turn: the variance is preserved."""

    def alpha(self, t):
        return torch.sin(torch.pi / 2 * t)

    def sigma(self, t):
        return torch.cos(torch.pi / 2 * t)

    def d_alpha(self, t):
        return torch.pi / 2 * torch.cos(torch.pi / 2 * t)

    def d_sigma(self, t):
        return -torch.pi / 2 * torch.sin(torch.pi / 2 * t)


class Wrong(NormalFlow):
    """Says that each point is 0.5 to the right of what it is, for data in one place.

    Data N(0, 0): the guess is off by exactly (0.5, 0), a mean square of 0.125.
    """

    place = torch.zeros(1, dtype=torch.float64)

    def parameters(self, recurse=True):
        return iter([self.place])

    def path_ends(self):
        return "noise", "data"

    def denoised(self, x, t):
        return Denoised(self.truth + x.new_tensor([0.5, 0.0]), x)

    def aim(self):
        return self.wanted


def wrong(wanted):
    """A wrong network and its moment, with all data points in one place."""
    model = Wrong()
    run = moment(model)
    held = run.data.heldout.x
    held[:] = held[:1].clone()
    model.truth = run.data.scaling.standardise(held[:1].double())
    model.wanted = wanted
    return run


def test_half_way_on_a_circle_noise_costs_as_much_as_data_and_v_twice():
    """alpha = sigma = 1/sqrt 2, so an error d is -d in the noise, -sqrt 2 d in v."""
    t = torch.tensor([0.5], dtype=torch.float64)
    factors = [float(error_factor(y, Circle(), t)) for y in ("eps", "x0", "v", "u")]
    assert factors == pytest.approx([1.0, 1.0, 2.0, np.pi**2 / 2])


@pytest.mark.parametrize("path", [LinearPath(), Circle()], ids=["line", "circle"])
@pytest.mark.parametrize("target", ["eps", "v", "u"])
def test_a_factor_is_what_two_pairs_with_one_x_differ_by(path, target):
    """Two guesses of (data, noise) that make the same x_t, put into the target."""
    t = torch.tensor([0.1, 0.6, 0.9], dtype=torch.float64)
    a, s = path.alpha(t), path.sigma(t)
    x = torch.full_like(t, 0.7)
    pairs = [(data, (x - a * data) / s) for data in (0.2, 0.5)]
    said = {
        "eps": [eps for _, eps in pairs],
        "v": [(a * eps - s * data) / (a * a + s * s).sqrt() for data, eps in pairs],
        "u": [path.d_alpha(t) * data + path.d_sigma(t) * eps for data, eps in pairs],
    }[target]
    want = ((said[1] - said[0]) / 0.3).square()
    torch.testing.assert_close(error_factor(target, path, t), want)


def test_a_known_error_is_seen_in_every_target():
    """On the straight path: t^2 / (1 - t)^2 in the noise, 1 / (1 - t)^2 in u."""
    found = picture(wrong("u"))
    t = found.arrays["in_x0.step"].astype(float)
    curves = {n: found.arrays[f"in_{n}.value"] for n in ("eps", "x0", "u")}
    np.testing.assert_allclose(curves["x0"], 0.125, rtol=1e-5)
    np.testing.assert_allclose(curves["eps"], 0.125 * t**2 / (1 - t) ** 2, rtol=1e-4)
    np.testing.assert_allclose(curves["u"], 0.125 / (1 - t) ** 2, rtol=1e-4)
    assert found.meta["trained"] == "in_u"
    assert "in_v.value" not in found.arrays


def test_the_target_of_training_is_named():
    assert picture(wrong("score")).meta["trained"] == "in_eps"
    nobody = picture(wrong(None)).meta
    assert nobody["trained"] == nobody["trained_word"] == ""
    names = [q["name"] for q in nobody["quantities"]]
    assert {"in_eps", "in_x0", "in_v"} <= set(names)


@pytest.mark.parametrize("target", ["eps", "x0", "v", "u"])
def test_ddpm_is_trained_in_the_target_that_is_set(target):
    made = Experiment("ddpm", "eight_gaussians", model_settings={"target": target})
    assert picture(made.moment(0.3)).meta["trained"] == f"in_{target}"


@pytest.mark.parametrize(
    ("model", "aim"),
    [
        ("rectified_flow", "u"),
        ("flow_matching", "u"),
        ("score_sde", "v"),
        ("score_matching", "score"),
        ("edm", "v"),
    ],
)
def test_what_other_networks_predict(model, aim):
    assert Experiment(model, "eight_gaussians").moment(0.3).fitted.model.aim() == aim


def test_the_network_of_edm_predicts_v():
    """F of Karras et al., from its own scalings, against v: the same up to sign."""
    model = Experiment("edm", "eight_gaussians").moment(0.3).fitted.model
    sigma = torch.tensor([0.1, 1.0, 7.0])
    skip, out, _ = model.scalings(sigma)
    data, eps = torch.tensor(0.4), torch.tensor(-1.1)
    f = (data - skip * (data + sigma * eps)) / out
    v = (eps - sigma * data) / (1 + sigma**2).sqrt()
    torch.testing.assert_close(f, -v)
