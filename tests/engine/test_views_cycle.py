"""There and back: threads of translators whose effect is plain."""

import math

import numpy as np
import pytest
import torch
from views_world import MEAN, STD, Identity, moment, normal_data

from engine.data.two_moons import TwoMoons
from engine.views.cycle import CycleConfig, CycleView, sectors

QUARTER = torch.tensor([[0.0, -1.0], [1.0, 0.0]])


class Turned(Identity):
    """G turns by a quarter; F turns back, and a little beside. Y lies like X."""

    other_name = "two_moons"

    def other_points(self):
        generator = torch.Generator().manual_seed(5)
        return torch.randn(900, 2, generator=generator)

    def carry(self, x, forward):
        if forward:
            return x @ QUARTER.T.to(x)
        return x @ QUARTER.to(x) + torch.tensor([0.3, 0.4]).to(x) / STD.to(x)


def picture(data=None, quality=1.0, **settings):
    run = moment(Turned(), data, quality=quality)
    return CycleView(CycleConfig(**settings)).compute(run)


def plain(x):
    return (x - MEAN.numpy()) / STD.numpy()


def test_threads_go_there_and_back():
    data = normal_data(points=2000)
    found = picture(data, threads=30)
    start, there, back = (plain(found.arrays[n]) for n in ("start", "there", "back"))
    assert start.shape == (30, 2)
    rows = data.train.x.numpy()
    assert all((np.abs(rows - x).sum(1) < 1e-6).any() for x in found.arrays["start"])
    np.testing.assert_allclose(
        there, np.stack([-start[:, 1], start[:, 0]], 1), atol=1e-5
    )
    missed = found.arrays["back"] - found.arrays["start"]
    np.testing.assert_allclose(missed, [[0.3, 0.4]] * 30, atol=1e-5)
    assert found.meta["round_trip"] == pytest.approx(0.5, rel=1e-4)
    # A turned standard normal cloud is one: nothing tells it from Y.
    assert abs(found.meta["arrival"]) < 0.02
    assert found.meta["names"][1] == TwoMoons.title
    assert found.meta["ends"] == ["x", "F(G(x))"]
    assert np.abs(back).max() < 10


def test_threads_may_begin_at_the_other_data():
    found = picture(begin="y", threads=50)
    others = Turned().other_points().numpy()
    start = plain(found.arrays["start"])
    assert all((np.abs(others - x).sum(1) < 1e-4).any() for x in start)
    there = found.arrays["there"] - found.arrays["start"]
    turned = np.stack([start[:, 1], -start[:, 0]], 1) - start
    np.testing.assert_allclose(there, turned * STD.numpy() + [0.3, 0.4], atol=1e-4)
    assert found.meta["ends"] == ["y", "G(F(y))"]


def test_limits_of_the_other_side_hold_its_points():
    found = picture()
    x_0, x_1, y_0, y_1 = found.meta["limits_y"]
    other = found.arrays["other"]
    inside = (other > [x_0, y_0]) & (other < [x_1, y_1])
    assert inside.all(axis=1).mean() > 0.95


def test_sectors_go_round_the_middle():
    angle = (torch.arange(8) + 0.5) * math.pi / 4
    middle = torch.tensor([3.0, -1.0])
    x = middle + torch.stack((angle.cos(), angle.sin()), 1)
    assert sectors(x, middle).tolist() == list(range(8))
