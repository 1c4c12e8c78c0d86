"""The mapping network beside its noise: planes, truncation, sectors."""

import numpy as np
import pytest
import torch

from engine import Experiment
from engine.views.styles import StylesConfig, StylesView, disc, principal_plane


def picture(run, **settings):
    return StylesView(StylesConfig(**settings)).compute(run)


def run(name="gan", data="two_moons", **settings):
    made = Experiment(name, data, model_settings={"width": 16} | settings)
    made.trainer.averaged().eval()
    return made.moment(1.0)


def test_the_plane_is_that_of_the_largest_spread():
    """Styles on a line and a thin second axis, turned in five dimensions."""
    generator = torch.Generator().manual_seed(0)
    turn = torch.linalg.qr(torch.randn(5, 5, generator=generator).double())[0]
    flat = torch.randn(4000, 5, generator=generator).double()
    flat = flat * torch.tensor([3.0, 1.0, 0.1, 0.1, 0.1])
    mean = torch.arange(5).double()
    plane = principal_plane(mean + flat @ turn.T, mean)
    assert plane.share == pytest.approx(10 / 10.03, abs=1e-3)
    torch.testing.assert_close(plane.axes.T @ plane.axes, torch.eye(2).double())
    lengths = (turn.T @ plane.axes).abs()
    torch.testing.assert_close(lengths[:2], torch.eye(2).double(), atol=0.02, rtol=0.0)
    assert plane.of(mean[None]).abs().max() < 1e-12
    # Either sign is right for an axis; the same one must be chosen each time.
    again = principal_plane(mean + (flat @ turn.T)[::2], mean)
    assert (again.axes * plane.axes).sum(0).min() > 0.9


@pytest.mark.parametrize("psi", [0.0, 0.5, 1.0, 1.5])
def test_truncation_scales_the_cloud_about_the_mean(psi):
    found = picture(run(mapping_depth=2, truncation=psi))
    middle = found.arrays["w_mean"]
    free, shown = found.arrays["w_free"] - middle, found.arrays["w"] - middle
    np.testing.assert_allclose(shown, psi * free, atol=1e-4)
    assert found.meta["psi"] == psi
    x_0, x_1, y_0, y_1 = found.meta["limits_w"]
    inside = (found.arrays["w_free"] < (x_1, y_1)) & (found.arrays["w"] > (x_0, y_0))
    assert inside.mean() > 0.98
    assert (middle > (x_0, y_0)).all()
    assert x_1 - x_0 == pytest.approx(y_1 - y_0)


def test_styles_are_those_that_points_are_made_of():
    moment = run(mapping_depth=2, style_dim=2, truncation=1.0)
    found = picture(moment, points=50).arrays
    model = moment.fitted.model
    z = torch.tensor(found["z"])
    with torch.no_grad():
        w = model.generator.mapping(z)
        x = moment.data.scaling.restore(model.generator.pure(w).double())
    np.testing.assert_allclose(found["w"], w, atol=1e-5)  # two axes: as they are
    np.testing.assert_allclose(found["x"], x, atol=1e-4)
    assert len(found["w"]) == len(found["sectors"]) == 50


def test_sectors_are_the_eighths_of_the_disc():
    found = picture(run(mapping_depth=1)).arrays
    angle = np.degrees(np.arctan2(found["z"][:, 1], found["z"][:, 0])) % 360
    np.testing.assert_array_equal(found["sectors"], angle // 45)


def test_a_plain_generator_has_no_styles_but_noise_and_points():
    found = picture(run(mapping_depth=0))
    assert found.meta["has_styles"] is False
    assert "w" not in found.arrays
    assert found.arrays["x"].shape == found.arrays["z"].shape


@pytest.mark.parametrize("dim", [1, 2, 7])
def test_any_number_of_axes_of_noise_and_style(dim):
    moment = run("conditional_gan", latent_dim=dim, mapping_depth=1, style_dim=dim)
    found = picture(moment)
    assert found.arrays["w_lines"].shape == found.arrays["z_lines"].shape
    assert found.meta["style_dim"] == found.meta["latent_dim"] == dim


def test_the_shown_class_has_its_own_styles():
    settings = {"mapping_depth": 1, "style_dim": 2}
    first, second = (
        picture(run("conditional_gan", shown_class=k, **settings)).arrays
        for k in (1, 2)
    )
    np.testing.assert_array_equal(first["z"], second["z"])
    second_name = run("conditional_gan").data.source.class_names[1]
    named = picture(run("conditional_gan", shown_class=2, **settings)).meta["class"]
    assert named == second_name
    assert picture(run()).meta["class"] == ""  # a plain GAN is told none
    assert np.abs(first["w"] - second["w"]).max() > 0.01


def test_rings_of_the_disc_are_circles_and_spokes_end_on_the_last():
    lines = disc(3)
    radius = lines.norm(dim=2)
    assert radius[:5].std(dim=1).max() < 1e-12
    torch.testing.assert_close(radius[5:, -1], radius[4, 0].expand(16))
    assert lines[..., 2].abs().max() == 0
