"""Paths against the exact flow between two normal densities."""

import math

import numpy as np
import pytest
import torch
from views_world import MEAN, STD, Identity, NormalFlow, moment, normal_data

from engine.sampling.samplers import DDIM, Ancestral
from engine.sampling.straightness import relative_straightness, straightness
from engine.views.frames import thinned
from engine.views.room import SEEN
from engine.views.trajectories import TrajectoriesConfig, TrajectoriesView


def picture(model, run=None, quality=1.0, **settings):
    view = TrajectoriesView(TrajectoriesConfig(**settings))
    return view.compute(run or moment(model, quality=quality))


@pytest.mark.parametrize("s", [1.0, 0.5])
def test_straightness_of_the_exact_flow(s):
    """S = s (2 - pi / 2), the transport cost m^2 + (1 - s)^2, each per dimension."""
    found = picture(NormalFlow(m=2.0, s=s), points=5000)
    expected = s * (2 - math.pi / 2) / (4 + (1 - s) ** 2)
    # 5,000 starts: S is a mean over Z_0^2, known to some 2 %.
    assert found.meta["straightness"] == pytest.approx(expected, rel=0.06)


def test_paths_through_layers_have_no_pace_and_no_meters():
    found = picture(Identity(), points=50)
    keys = ("straightness", "detour", "turning")
    assert [found.meta[key] for key in keys] == [None] * 3
    flow = picture(NormalFlow(m=2.0, s=0.5), points=50).meta
    assert flow["detour"] >= 1
    assert flow["turning"] >= 0


def test_straightness_of_one_path_is_its_integral():
    """x = t^2 e: the chord is e, the velocity 2 t e, and int (1 - 2 t)^2 = 1/3."""
    t = torch.linspace(0, 1, 2001, dtype=torch.float64) ** 1.5
    x = t.square()[:, None, None] * torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    assert float(straightness(t, x)) == pytest.approx((1 + 4) / 3 / 2, rel=1e-5)


def test_a_larger_world_is_no_less_straight():
    """Noise of size 80 made S of a model a thousand times that of its neighbour."""
    t = torch.linspace(0, 1, 201, dtype=torch.float64)
    x = t.square()[:, None, None] * torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    assert float(relative_straightness(t, x)) == pytest.approx(1 / 3, rel=1e-4)
    assert float(relative_straightness(t, 80 * x)) == pytest.approx(1 / 3, rel=1e-4)


class Return(NormalFlow):
    """Points go out and come back, as in a network that has not learned yet."""

    def velocity(self, x, t):
        return torch.cos(2 * torch.pi * t) + torch.zeros_like(x)


def test_a_way_that_leads_nowhere_is_not_called_crooked():
    """Straightness read 2.3e8 before the first step of flow matching."""
    found = picture(Return(m=2.0, s=0.5), points=50).meta
    assert [found[key] for key in ("straightness", "detour", "turning")] == [None] * 3
    assert not found["stochastic"]
    t = torch.linspace(0, 1, 201, dtype=torch.float64)
    start = torch.randn(50, 2, generator=torch.Generator().manual_seed(0)).double()
    bend = torch.stack((t, t.square()), 1)[:, None]
    assert float(relative_straightness(t, start + bend)) == pytest.approx(1 / 6, 1e-3)
    assert relative_straightness(t, start + 0.01 * bend).isnan()


def test_uniform_straight_motion_has_none():
    t = torch.tensor([0.0, 0.1, 0.7, 1.0])
    x = torch.tensor([1.0, 2.0]) + t[:, None, None] * torch.tensor([[3.0, -1.0]])
    assert float(straightness(t, x)) == pytest.approx(0, abs=1e-10)


def test_paths_end_where_the_exact_flow_ends():
    """Z_1 = m + s Z_0 in standardised units."""
    x = picture(NormalFlow(m=1.0, s=0.5)).arrays["x"]
    mean, std = MEAN.numpy(), STD.numpy()
    z_0 = (x[0] - mean) / std
    np.testing.assert_allclose((x[-1] - mean) / std, 1 + 0.5 * z_0, atol=1e-4)
    assert z_0.std() == pytest.approx(1, abs=0.05)


def test_frames_are_thinned_and_keep_both_ends():
    found = picture(NormalFlow())
    times = found.arrays["times"]
    assert found.arrays["x"].shape == (64, 2000, 2)
    assert times[0] == 0
    assert times[-1] == 1
    assert (np.diff(times) > 0).all()
    assert found.meta["steps"] == 200
    assert found.meta["evaluations"] == 400  # Heun
    np.testing.assert_allclose(found.arrays["noise_level"], 1 - times, atol=1e-6)


def test_few_frames_are_all_kept():
    assert thinned(5, 64).tolist() == [0, 1, 2, 3, 4]
    assert thinned(1001, 3).tolist() == [0, 500, 1000]
    assert len(thinned(65, 64).unique()) == 64


def test_noising_uses_one_noise_per_point():
    """Along the straight path a fixed noise gives a straight line."""
    found = picture(NormalFlow(), direction="noise")
    t, x = found.arrays["times"][:, None, None], found.arrays["x"]
    np.testing.assert_allclose(x, (1 - t) * x[0] + t * x[-1], atol=1e-4)
    assert found.meta["straightness"] == pytest.approx(0, abs=1e-8)
    assert t[0] == 0
    assert found.meta["evaluations"] == 0


def test_noising_starts_at_data_and_has_the_spread_of_the_path():
    data = normal_data(points=20_000)
    found = picture(None, moment(NormalFlow(), data), direction="noise", points=5000)
    x, t = found.arrays["x"], found.arrays["times"]
    rows = {tuple(row) for row in data.train.x.float().numpy().tolist()}
    assert all(tuple(row) in rows for row in x[-1][:50].tolist())
    z = (x - MEAN.numpy()) / STD.numpy()
    expected = np.sqrt(t**2 + (1 - t) ** 2)
    np.testing.assert_allclose(z.std(axis=(1, 2)), expected, rtol=0.03)


def test_stochastic_paths_have_no_straightness():
    run = moment(NormalFlow())
    run.fitted.sampler = Ancestral(Ancestral.Config(steps=10))
    found = picture(None, run)
    assert found.meta["stochastic"] is True
    assert found.meta["straightness"] is None
    run.fitted.sampler = DDIM(DDIM.Config(steps=10, eta=0.0))
    assert picture(None, run).meta["stochastic"] is False
    run.fitted.sampler = DDIM(DDIM.Config(steps=10, eta=0.5))
    assert picture(None, run).meta["stochastic"] is True


def test_layers_are_frames():
    found = picture(Identity(), paths=10)
    x, mean = found.arrays["x"], MEAN.numpy()
    assert found.meta["kind"] == "layers"
    assert found.arrays["times"].tolist() == [0, 0.5, 1]
    assert found.meta["names"] == ["a map of the plane"] * 2
    assert found.meta["home"] == pytest.approx(found.meta["limits"])
    np.testing.assert_allclose(x[1] - mean, 2 * (x[0] - mean), atol=1e-5)
    np.testing.assert_allclose(x[2], x[0], atol=1e-6)


class Detour(Identity):
    """One layer carries points far beyond the data, the next brings them back."""

    def layers(self, z):
        return [z, 5 * z, z]


def test_wider_limits_hold_points_that_go_far_between_the_layers():
    found = picture(Detour())
    x_0, x_1, y_0, y_1 = found.meta["home"]
    x = found.arrays["x"][1]
    assert ((x > [x_0, y_0]) & (x < [x_1, y_1])).all(axis=1).mean() >= SEEN
    low, high = found.meta["limits"][:2]
    assert x_1 - x_0 > 1.1 * (high - low)


def test_layers_of_data_end_at_the_data():
    data = normal_data()
    found = picture(None, moment(Identity(), data), direction="noise", points=3000)
    np.testing.assert_allclose(found.arrays["x"][-1], data.train.x, atol=1e-5)


def test_a_few_paths_are_drawn_where_they_have_corners():
    smooth = picture(NormalFlow(), points=500).meta
    assert (smooth["crooked"], smooth["paths"]) == (False, 200)
    layers = picture(None, moment(Identity()), points=500).meta
    assert (layers["crooked"], layers["paths"]) == (True, 24)
    asked = picture(None, moment(Identity()), points=500, crooked=400).meta
    assert asked["paths"] == 400
    run = moment(NormalFlow())
    run.fitted.sampler = Ancestral(Ancestral.Config(steps=10))
    random = picture(None, run).meta
    assert (random["crooked"], random["paths"]) == (True, 24)
    back = picture(NormalFlow(), direction="noise", points=500).meta
    assert (back["crooked"], back["paths"]) == (False, 200)


def test_seed_decides_the_points():
    first, again = picture(NormalFlow()), picture(NormalFlow())
    other = picture(NormalFlow(), seed=1)
    assert np.array_equal(first.arrays["x"], again.arrays["x"])
    assert not np.array_equal(first.arrays["x"], other.arrays["x"])


def test_quality_lowers_points_and_frames():
    found = picture(NormalFlow(), quality=0.5)
    assert found.arrays["x"].shape == (32, 1000, 2)
    assert found.meta["paths"] == 200
    noising = picture(NormalFlow(), quality=0.1, direction="noise", points=50)
    assert noising.arrays["x"].shape == (24, 50, 2)
    assert noising.meta["paths"] == 50
