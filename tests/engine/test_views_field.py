"""Arrows against derivatives in data units."""

import numpy as np
import pytest
import torch
from views_world import MEAN, STD, Identity, NormalFlow, SamplesOnly, moment

from engine.views.field import FieldConfig, FieldView


def picture(model, **settings):
    return FieldView(FieldConfig(**settings)).compute(moment(model))


def test_score_at_the_data_is_the_gradient_of_the_density_in_data_units():
    """Two ways to the same arrows: the scaled score, and autograd through the scaling
    of the log-density."""
    model = NormalFlow(m=0.5, s=0.7)
    found = picture(model, quantity="score", t=1.0)
    x = torch.tensor(found.arrays["points"], dtype=torch.float64, requires_grad=True)
    log_p = model.log_prob((x - MEAN) / STD, None) - STD.log().sum()
    (gradient,) = torch.autograd.grad(log_p.sum(), x)
    np.testing.assert_allclose(found.arrays["vectors"], gradient, rtol=1e-4, atol=1e-4)
    assert found.meta["unit"] == "nats per data unit"


def test_velocity_is_the_motion_of_the_paths_in_data_units():
    """x(t) = MEAN + STD z(t) with z(t) = t m + z_0 sqrt((1 - t)^2 + t^2 s^2)."""
    m, s, t, h = 0.5, 0.7, 0.3, 1e-4
    found = picture(NormalFlow(m, s), t=t)
    z_t = (torch.tensor(found.arrays["points"]).double() - MEAN) / STD

    def spread(t):
        return ((1 - t) ** 2 + t**2 * s**2) ** 0.5

    z_0 = (z_t - t * m) / spread(t)
    motion = (2 * h * m + z_0 * (spread(t + h) - spread(t - h))) / (2 * h)
    np.testing.assert_allclose(found.arrays["vectors"], STD * motion, atol=1e-4)
    assert found.meta["quantity"] == "velocity"
    norms = np.linalg.norm(found.arrays["vectors"], axis=1)
    assert found.meta["max_norm"] == pytest.approx(norms.max(), rel=1e-5)


def test_critic_gradient_points_uphill_in_data_units():
    """sigmoid(w . z) has gradient D (1 - D) w / std."""
    found = picture(SamplesOnly())
    x = torch.tensor(found.arrays["points"]).double()
    w = torch.tensor([1.0, -2.0], dtype=torch.float64)
    p = torch.sigmoid(((x - MEAN) / STD) @ w)
    expected = (p * (1 - p))[:, None] * w / STD
    np.testing.assert_allclose(found.arrays["vectors"], expected, atol=1e-5)
    assert found.meta["quantity"] == "critic"


@pytest.mark.parametrize("wanted", ["velocity", "score", "critic", "auto"])
def test_an_impossible_quantity_falls_back_to_what_there_is(wanted):
    assert picture(SamplesOnly(), quantity=wanted).meta["quantity"] == "critic"
    expected = "score" if wanted == "score" else "velocity"
    assert picture(NormalFlow(), quantity=wanted).meta["quantity"] == expected


def test_arrows_are_always_numbers():
    class Endless(NormalFlow):
        def velocity(self, x, t):
            return torch.where(x > 0, x / (1 - t), x)

    found = picture(Endless(), t=1.0)
    assert np.isfinite(found.arrays["vectors"]).all()
    assert np.isfinite(found.meta["max_norm"])


def test_one_shot_models_have_no_field():
    run = moment(Identity())
    assert not FieldView.can_show(run.fitted.capabilities)
    assert FieldView.can_show(moment(SamplesOnly()).fitted.capabilities)
