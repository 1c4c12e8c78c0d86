"""The latent plane under maps whose effect is plain."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from views_world import (
    MEAN,
    STD,
    Identity,
    NormalFlow,
    SamplesOnly,
    Warp,
    moment,
    normal_data,
)

from engine.data.base import Scaling
from engine.models.base import Codes
from engine.sampling.sde_paths import PowerPath
from engine.views.latent import LatentConfig, LatentView, kl_per_axis
from engine.views.lattice import circles, folded_cells, lattice_lines, middles

PLAIN = Scaling(torch.zeros(2), torch.ones(2))


def picture(model, data=None, quality=1.0, **settings):
    view = LatentView(LatentConfig(**settings))
    return view.compute(moment(model, data, quality=quality))


class Exploding(NormalFlow):
    """The exact flow from N(0, 80^2) to N(m, s^2), in the time of EDM."""

    path = PowerPath(0.01, 80.0, 7.0)

    def velocity(self, x, t):
        sigma = self.path.sigma(t)
        slope = sigma / (self.s**2 + sigma**2)
        return self.path.d_sigma(t) * slope * (x - self.m)


@pytest.mark.parametrize(("quality", "most"), [(1.0, 0.06), (0.2, 0.2)])
def test_a_quick_lattice_lies_where_the_exact_one_does(quality, most):
    """Even steps in t lost their way where noise falls from 80 to nothing."""
    m, s = 1.0, 0.5
    found = picture(Exploding(m=m, s=s), quality=quality, mode="prior_grid")
    z = torch.from_numpy(found.arrays["grid_z"]).double()
    x = (torch.from_numpy(found.arrays["grid_x"]).double() - MEAN) / STD
    gap = (x - m - s * (80 * z - m) / math.hypot(s, 80)).norm(dim=-1)
    assert gap.max() < most


def rotation(angle):
    c, s = math.cos(angle), math.sin(angle)
    return torch.tensor([[c, -s], [s, c]])


@pytest.mark.parametrize(
    ("function", "folded"),
    [
        (lambda z: z @ rotation(1.0).to(z), 0),
        (lambda z: z * z.new_tensor([1.0, -1.0]), 0),  # a mirror turns every cell
        (lambda z: torch.stack((z[:, 0].abs(), z[:, 1]), 1), 72),
        (lambda z: torch.stack(((z[:, 0] - 2.0).abs(), z[:, 1]), 1), 12),
        (lambda z: z * 0 + 1, 0),  # no area, no orientation
    ],
    ids=["rotation", "mirror", "fold", "fold near the edge", "point"],
)
def test_folded_cells(function, folded):
    """12 x 12 cells; a fold along a lattice line turns over those beyond it."""
    data = normal_data(scaling=PLAIN)
    assert picture(Warp(function), data).meta["folded"] == folded


def test_a_turned_cell_is_counted_by_itself():
    x = middles()
    x[6, 6] = x[6, 6, [0, 2, 1, 4, 3]]
    assert folded_cells(x) == 1


def test_two_shears_fold_nothing_where_the_map_bends_within_a_nudge():
    """Together they keep areas too, but stretch 225 times and squeeze as much."""
    a, b = middles().double().unbind(-1)
    a = a + 3 * torch.sin(5 * b)
    b = b + 3 * torch.sin(5 * a)
    assert folded_cells(torch.stack((a, b), dim=-1)) == 0


def test_a_map_that_only_bends_folds_nothing():
    """It keeps areas, but carries corners of a cell past each other."""
    bend = Warp(
        lambda z: torch.stack((z[:, 0] + 3 * torch.sin(5 * z[:, 1]), z[:, 1]), 1)
    )
    assert picture(bend, normal_data(scaling=PLAIN)).meta["folded"] == 0


def test_lattice_of_the_identity_lies_on_the_scaled_prior():
    found = picture(Identity())
    z, x = found.arrays["grid_z"], found.arrays["grid_x"]
    assert z.shape == x.shape == (26, 41, 2)
    np.testing.assert_allclose(x, MEAN + STD * torch.tensor(z), atol=1e-5)
    radius = (found.arrays["circle_x"] - MEAN.numpy()) / STD.numpy()
    radius = np.linalg.norm(radius, axis=2)
    np.testing.assert_allclose(radius, [[1.0] * 41, [2.0] * 41], atol=1e-5)


def test_lattice_lines_cross_around_the_middles():
    lines = lattice_lines(13)
    torch.testing.assert_close(lines[:13], lines[13:].transpose(0, 1))
    corners = lines[:13]  # (13, 13, 2): rows of rising y
    torch.testing.assert_close(
        middles()[:, :, 0], (corners[:-1, :-1] + corners[1:, 1:]) / 2
    )
    torch.testing.assert_close(circles(5)[1, 0], torch.tensor([2.0, 0.0]))


def test_codes_of_the_identity_are_the_standardised_data():
    data = normal_data(points=500)
    found = picture(Identity(), data, mode="codes")
    expected = data.scaling.standardise(data.train.x)
    np.testing.assert_allclose(found.arrays["codes"], expected, atol=1e-5)
    assert found.arrays["labels"].tolist() == data.train.labels.tolist()
    assert found.meta["reconstruction_rms"] == pytest.approx(0, abs=1e-6)
    assert "grid_x" not in found.arrays
    assert "code_std" not in found.arrays


class Posterior(Identity):
    """Codes around the points, with two different spreads; decodes a bit beside."""

    def encode(self, x):
        return Codes(x, torch.tensor([0.5, 1.0]).expand_as(x))

    def decode(self, z):
        return z + torch.tensor([0.3, 0.8]) / torch.tensor([2.0, 0.4])


def test_posterior_spread_and_its_price():
    found = picture(Posterior())
    codes = found.arrays["codes"].astype(float)
    std = torch.tensor([0.5, 1.0], dtype=torch.float64)
    prior = torch.distributions.Normal(0.0, 1.0)
    posterior = torch.distributions.Normal(torch.tensor(codes), std)
    expected = torch.distributions.kl_divergence(posterior, prior).mean(0)
    np.testing.assert_allclose(found.arrays["kl_per_axis"], expected, rtol=1e-4)
    np.testing.assert_allclose(found.arrays["code_std"][0], [0.5, 1.0])
    # Beside by (0.3, 0.8) data units: the distance is sqrt(0.73).
    assert found.meta["reconstruction_rms"] == pytest.approx(math.sqrt(0.73), rel=1e-4)


def test_no_information_costs_nothing():
    nothing = Codes(torch.zeros(4, 3), torch.ones(4, 3))
    assert kl_per_axis(nothing).tolist() == [0, 0, 0]


def test_process_carries_noise_to_data_and_back():
    """The ODE of the exact flow is Z_1 = m + s Z_0, both ways."""
    data = normal_data(points=300)
    found = picture(NormalFlow(m=1.0, s=0.5), data)
    z = torch.tensor(found.arrays["grid_z"], dtype=torch.float64)
    # Heun with 20 steps of 0.05 leaves some 1e-3.
    np.testing.assert_allclose(
        found.arrays["grid_x"], MEAN + STD * (1 + 0.5 * z), atol=0.02
    )
    codes = (data.scaling.standardise(data.train.x) - 1) / 0.5
    np.testing.assert_allclose(found.arrays["codes"], codes, atol=0.05)
    assert found.meta["folded"] == 0
    side = found.meta["limits_z"][1]
    assert side >= np.abs(found.arrays["codes"]).max()


def test_codes_of_a_process_wait_for_the_full_picture():
    found = picture(NormalFlow(), quality=0.5)
    assert not found.meta["has_codes"]
    assert found.meta["has_grid"]
    assert "pause" in found.meta["empty_codes"]


def test_no_encoder_is_said_and_the_grid_shown_instead():
    found = picture(SamplesOnly(), mode="codes")
    assert found.meta["empty_codes"].startswith("Exact has no encoder")
    assert found.meta["has_grid"]
    assert not found.meta["has_codes"]


@pytest.mark.parametrize(
    ("wanted", "axes"), [((1, 2), [1, 2]), ((2, 2), [2, 1]), ((9, 1), [3, 1])]
)
def test_axes_are_those_of_the_model(wanted, axes):
    """SamplesOnly decodes axes 1 and 2 of three as they are."""
    found = picture(SamplesOnly(), axis_x=wanted[0], axis_y=wanted[1])
    assert found.meta["axes"] == axes
    z = (found.arrays["grid_x"] - MEAN.numpy()) / STD.numpy()
    codes = np.zeros((*z.shape[:2], 3))
    codes[..., axes[0] - 1] = found.arrays["grid_z"][..., 0]
    codes[..., axes[1] - 1] = found.arrays["grid_z"][..., 1]
    np.testing.assert_allclose(z, codes[..., :2], atol=1e-5)


class OneAxis(Warp):
    """One latent axis, drawn on a line."""

    latent_dim = 1

    def encode(self, x):
        return Codes(x[:, :1])


def test_one_latent_axis_is_a_curve_with_the_errors_of_the_points():
    model = OneAxis(lambda z: torch.cat((z, 2 * z), 1))
    data = normal_data(points=500)
    found = picture(model, data)
    assert (found.arrays["codes"][:, 1] == 0).all()
    x = (found.arrays["grid_x"] - MEAN.numpy()) / STD.numpy()
    assert x.shape == (1, 601, 2)
    np.testing.assert_allclose(x[..., 0], found.arrays["grid_z"][..., 0], atol=1e-5)
    np.testing.assert_allclose(x[..., 1], 2 * x[..., 0], atol=1e-5)
    marks = (found.arrays["marks_x"] - MEAN.numpy()) / STD.numpy()
    np.testing.assert_allclose(marks[:, 0], [-2, -1, 1, 2], atol=1e-5)
    assert found.meta["folded"] is None
    # The code is the first coordinate, so only the second one misses.
    x, back = (found.arrays["residuals"] - MEAN.numpy()).transpose(
        1, 0, 2
    ) / STD.numpy()
    np.testing.assert_allclose(back, np.stack([x[:, 0], 2 * x[:, 0]], 1), atol=1e-5)
    assert len(x) == 150


def test_maps_that_can_be_inverted_have_no_errors_to_show():
    assert picture(Identity()).arrays["residuals"].shape == (0, 2, 2)


class ClassMaps(Warp):
    """A decoder that shifts the codes by a step to the right for each class."""

    def __init__(self, shown):
        super().__init__(lambda z: z)
        self.shown = shown

    def shown_label(self):
        return self.shown

    def decode_as(self, z, label):
        return z + label * torch.tensor([1.0, 0.0])


def test_each_class_has_its_lattice_unless_one_is_shown():
    data = replace(normal_data(scaling=PLAIN), classes=3)
    found = picture(ClassMaps(None), data)
    lattices = found.arrays["class_x"].reshape(3, 26, 41, 2)
    np.testing.assert_allclose(lattices[0], found.arrays["grid_x"], atol=1e-6)
    np.testing.assert_allclose(lattices[2], lattices[0] + [2, 0], atol=1e-6)
    assert found.arrays["class_of"].tolist() == [0] * 26 + [1] * 26 + [2] * 26
    assert found.meta["folded"] is None
    assert "class_x" not in picture(ClassMaps(1), data).arrays
