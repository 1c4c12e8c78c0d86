"""The divergence of each kind of arrows, by closed forms and difference quotients."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from views_world import MEAN, STD, NormalFlow, SamplesOnly, moment

from engine import Experiment
from engine.views.field import MAP, FieldConfig, FieldView


def picture(run: Any, **settings: object) -> Any:
    return FieldView(FieldConfig(shape="divergence", **settings)).compute(run)


def centres(run: Any, cells: int) -> Tensor:
    x_0, x_1, y_0, y_1 = run.data.limits
    step = (torch.arange(cells, dtype=torch.float64) + 0.5) / cells
    x, y = x_0 + (x_1 - x_0) * step, y_0 + (y_1 - y_0) * step
    return torch.stack((x.repeat(cells), y.repeat_interleave(cells)), 1)


def test_of_the_velocity_of_a_normal() -> None:
    """Each axis stretches at the rate d ln s_t / dt, whatever its unit."""
    s, t = 0.5, 0.7
    found = picture(moment(NormalFlow(m=0.3, s=s)), t=t)
    spread = (1 - t) ** 2 + t**2 * s**2
    rate = (t * s**2 - (1 - t)) / spread
    np.testing.assert_allclose(found.arrays["divergence"], 2 * rate, rtol=1e-4)
    assert found.arrays["divergence"].shape == (MAP, MAP)
    assert found.meta["divergence_unit"] == "per unit of t"
    assert len(found.arrays["points"]) == 24**2


def test_of_the_score_of_a_normal_in_data_units() -> None:
    """The score -(x - m) / v of an axis falls by 1 / v per data unit."""
    s = 0.7
    found = picture(moment(NormalFlow(m=0.5, s=s)), quantity="score", t=1.0)
    laplacian = -float((1 / (STD * s).square()).sum())
    np.testing.assert_allclose(found.arrays["divergence"], laplacian, rtol=1e-4)
    assert found.meta["divergence_unit"] == "nats per data unit²"


def test_of_the_gradient_of_a_critic() -> None:
    """sigmoid(w . z) has the Laplacian D (1 - D) (1 - 2 D) |w / std|^2."""
    run = moment(SamplesOnly())
    found = picture(run).arrays["divergence"]
    w = torch.tensor([1.0, -2.0], dtype=torch.float64)
    p = torch.sigmoid(((centres(run, MAP) - MEAN) / STD) @ w)
    exact = p * (1 - p) * (1 - 2 * p) * (w / STD).square().sum()
    np.testing.assert_allclose(found.ravel(), exact, atol=1e-5)


def test_a_critic_of_straight_pieces_has_none() -> None:
    class Straight(SamplesOnly):
        net = nn.Linear(2, 1).double()

        def critic(self, x: Tensor) -> Tensor:
            return self.net(x).squeeze(1)

    assert (picture(moment(Straight())).arrays["divergence"] == 0).all()


@pytest.mark.parametrize(
    ("model", "quantity"),
    [
        ("oracle", "velocity"),
        ("oracle", "score"),
        ("ddpm", "velocity"),
        ("gan", "auto"),
    ],
)
def test_of_real_models_is_what_difference_quotients_say(model, quantity) -> None:
    """Central differences of the arrows themselves, in data units.

    Smooth networks: the slope of one with kinks jumps where no derivative sees it.
    """
    settings = {} if model == "oracle" else {"width": 16, "activation": "silu"}
    run = Experiment(model, "two_moons", model_settings=settings)
    run.train(3)
    run = run.moment(0.3)
    found = picture(run, quantity=quantity, t=0.4)
    cells = len(found.arrays["divergence"])
    assert cells < MAP  # a quick look is coarser
    x, h = centres(run, cells), 1e-2
    view = FieldView(FieldConfig(t=0.4, quantity=quantity))
    arrows = view._arrows(run.fitted, view._possible(run.fitted))
    total = torch.zeros(len(x)).double()
    for axis in range(2):
        step = h * torch.eye(2, dtype=torch.float64)[axis]
        both = (arrows(x + step) - arrows(x - step))[:, axis].double()
        total += both / (2 * h)
    size = total.abs().max()
    error = torch.from_numpy(found.arrays["divergence"]).double().ravel() - total
    assert error.abs().max() < 0.03 * size + 1e-3
    assert error.abs().median() < 2e-3 * size + 1e-4


def test_commands_are_heard_and_numbers_stay_numbers() -> None:
    class Endless(NormalFlow):
        def velocity(self, x: Tensor, t: Tensor) -> Tensor:
            return torch.where(x > 0, x / (1 - t), x)

    run = moment(Endless())
    ticks = []
    found = FieldView(FieldConfig(shape="divergence", t=1.0)).compute(
        replace(run, tick=lambda: ticks.append(1))
    )
    assert np.isfinite(found.arrays["divergence"]).all()
    assert len(ticks) > 4
    plain = FieldView(FieldConfig()).compute(run)
    assert "divergence" not in plain.arrays
