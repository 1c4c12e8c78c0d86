"""Walkers on surfaces whose density is known, and the codes of a known list."""

import math

import numpy as np
import pytest
import torch
from views_world import MEAN, STD, Exact, NormalFlow, moment

from engine import registry
from engine.sampling.path import LinearPath
from engine.views.chains import ChainsConfig, ChainsView
from engine.views.codebook import CodesConfig, CodesView
from engine.views.denoise import DenoiseConfig, DenoiseView
from engine.views.frames import detour, turning


class Bowl(Exact):
    """E = x^2 / (2 v): the density N(0, v) per axis of the standardised plane."""

    def __init__(self, v=0.25):
        super().__init__()
        self.v = v

    def energy(self, x):
        return x.square().sum(1) / (2 * self.v) + 7.0


def chains(model, **settings):
    return ChainsView(ChainsConfig(**settings)).compute(moment(model))


def standardised(found):
    frames = torch.from_numpy(found.arrays["x"]).double()
    return (frames - MEAN) / STD


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_checked_chains_settle_at_the_temperature(temperature):
    """e^(-E / T) is N(0, v T), whatever the step: the check sees to it."""
    settings = {"chains": 500, "steps": 300, "step_size": 0.2}
    found = chains(Bowl(), temperature=temperature, **settings)
    late = standardised(found)[-20:]
    assert late.var() == pytest.approx(0.25 * temperature, rel=0.1)
    assert 0.3 < found.meta["accepted"] < 0.95
    assert found.meta["has_energy"]


def test_without_temperature_walkers_roll_downhill():
    """x shrinks by 1 - eta / v at each step, exactly."""
    found = chains(Bowl(), temperature=0.0, steps=20, step_size=0.05, chains=30)
    frames = standardised(found)
    ratio = frames[1:] / frames[:-1]
    torch.testing.assert_close(ratio, torch.full_like(ratio, 0.8), atol=1e-3, rtol=0)
    assert found.meta["accepted"] is None


def test_the_surface_counts_from_its_lowest_place():
    found = chains(Bowl(), steps=10, chains=2)
    energy = found.arrays["energy"]
    assert energy.min() == 0
    side = len(energy)
    x_0, x_1, y_0, y_1 = found.meta["limits"]
    x = x_0 + (x_1 - x_0) * (np.arange(side) + 0.5) / side
    y = y_0 + (y_1 - y_0) * (np.arange(side) + 0.5) / side
    z = (np.stack(np.meshgrid(x, y), -1) - MEAN.numpy()) / STD.numpy()
    expected = (z**2).sum(-1) / 0.5
    np.testing.assert_allclose(energy, expected - expected.min(), rtol=1e-4, atol=1e-4)


def test_arrows_point_downhill_per_data_unit():
    found = chains(Bowl(), steps=10, chains=2)
    x = torch.from_numpy(found.arrays["points"]).double().requires_grad_(True)
    energy = Bowl().energy((x - MEAN) / STD).sum()
    (slope,) = torch.autograd.grad(energy, x)
    np.testing.assert_allclose(found.arrays["vectors"], -slope, rtol=1e-4, atol=1e-4)


def test_a_score_drives_walkers_at_its_level():
    """Data N(m, s^2) plus noise of size r: N(m, s^2 + r^2); SYSTEMS A6 (1)."""
    r, s = 0.4 / 0.6, 0.5
    variance = r**2 + s**2
    found = chains(
        NormalFlow(m=1.0, s=s), noise=r, chains=500, steps=300, step_size=0.1
    )
    late = standardised(found)[-20:]
    eta = 0.1 * r**2
    assert found.meta["step_size"] == pytest.approx(eta)
    assert found.meta["sigma"] == pytest.approx(r)
    assert late.mean() == pytest.approx(1.0, abs=0.1)
    expected = variance / (1 - eta / (2 * variance))
    assert late.var() == pytest.approx(expected, rel=0.1)
    assert "energy" not in found.arrays


@pytest.mark.parametrize("name", ["rectified_flow", "ddpm", "score_sde", "edm"])
@pytest.mark.parametrize("noise", [0.01, 0.25, 5.0])
def test_a_level_is_the_same_noise_in_every_model(name, noise):
    """At t = 0.8 one model was nearly at the data and another hardly under way."""
    kind = registry.model(name)
    found = chains(kind(kind.Config()), noise=noise, steps=10, chains=5)
    t = torch.tensor(found.meta["t"], dtype=torch.float64)
    path = kind(kind.Config()).path
    assert float(path.sigma(t) / path.alpha(t)) == pytest.approx(noise, rel=1e-3)
    assert found.meta["sigma"] == pytest.approx(noise)


def test_starts():
    data = chains(Bowl(), start="data", steps=10, chains=50)
    rows = {tuple(p) for p in moment(Bowl()).data.train.x.float().numpy().tolist()}
    begin = data.arrays["x"][0]
    near = [min(np.hypot(a - x, b - y) for a, b in rows) for x, y in begin[:5]]
    assert max(near) < 1e-5
    point = chains(Bowl(), start="point", across=0.25, up=0.75, steps=10, chains=5)
    x_0, x_1, y_0, y_1 = point.meta["limits"]
    where = [x_0 + 0.25 * (x_1 - x_0), y_0 + 0.75 * (y_1 - y_0)]
    np.testing.assert_allclose(point.arrays["x"][0], [where] * 5, rtol=1e-5)
    assert point.meta["place"] == pytest.approx(where)
    noise = chains(Bowl(), start="noise", steps=10, chains=500)
    assert standardised(noise)[0].std() == pytest.approx(1, rel=0.1)


def test_another_seed_walks_elsewhere():
    first, again = (chains(Bowl(), steps=10, chains=5) for _ in range(2))
    other = chains(Bowl(), steps=10, chains=5, seed=1)
    np.testing.assert_array_equal(first.arrays["x"], again.arrays["x"])
    assert not np.array_equal(first.arrays["x"][-1], other.arrays["x"][-1])
    assert first.arrays["steps"].tolist() == list(range(11))


def test_a_quick_look_walks_less_far_and_says_so():
    view = ChainsView(ChainsConfig(steps=200, chains=100))
    found = view.compute(moment(Bowl(), quality=0.2))
    assert found.meta["total"] == found.arrays["steps"][-1] == 50
    assert found.arrays["x"].shape[1] == 40


# ---- the codes of a list


class Listed(Exact):
    """Encoder z = x, codes as given, decoder 2 z."""

    def __init__(self, codes):
        super().__init__()
        self.codes = torch.tensor(codes, dtype=torch.float64)

    def code_vectors(self):
        return self.codes

    def code_vectors_of(self, x):
        width = self.codes.shape[1]
        return torch.cat((x, torch.zeros(len(x), 3).to(x)), 1)[:, :width]

    def code_points(self):
        return 2 * self.codes[:, :2]

    def prior(self):
        return torch.full((len(self.codes),), 1 / len(self.codes))


CODES = [[-1.0, 0.0], [1.0, 0.5], [0.0, -2.0], [9.0, 9.0]]


def codes(model, **settings):
    return CodesView(CodesConfig(**settings)).compute(moment(model))


def test_cells_belong_to_the_nearest_code():
    found = codes(Listed(CODES), resolution=40)
    cells = found.arrays["cells"]
    z_0, z_1, w_0, w_1 = found.meta["limits_z"]
    z = z_0 + (z_1 - z_0) * (np.arange(40) + 0.5) / 40
    w = w_0 + (w_1 - w_0) * (np.arange(40) + 0.5) / 40
    places = np.stack(np.meshgrid(z, w), -1)
    away = np.linalg.norm(places[:, :, None] - np.array(CODES), axis=-1)
    np.testing.assert_array_equal(cells, away.argmin(-1))


def test_uses_are_shares_and_codes_without_any_are_named():
    found = codes(Listed(CODES))
    usage = found.arrays["usage"].astype(float)
    assert usage.sum() == pytest.approx(1)
    assert found.meta["dead"] == [4]
    x = (moment(Listed(CODES)).data.train.x - MEAN) / STD
    nearest = torch.cdist(x, torch.tensor(CODES).double()).argmin(1)
    expected = torch.bincount(nearest, minlength=4) / len(x)
    np.testing.assert_allclose(usage, expected, atol=1e-6)
    used = usage[usage > 0]
    perplexity = math.exp(-(used * np.log(used)).sum())
    assert found.meta["perplexity"] == pytest.approx(perplexity, rel=1e-5)
    np.testing.assert_allclose(found.arrays["prior"], 0.25)


def test_codes_stand_for_points_in_data_units():
    found = codes(Listed(CODES))
    expected = MEAN + STD * 2 * torch.tensor(CODES, dtype=torch.float64)
    np.testing.assert_allclose(found.arrays["points"], expected, rtol=1e-5)


@pytest.mark.parametrize("size", [1, 3])
def test_codes_of_one_or_three_numbers_are_shown_on_a_plane(size):
    listed = [row[:1] if size == 1 else [*row, 5.0] for row in CODES[:3]]
    found = codes(Listed(listed), axis_x=1, axis_y=2, resolution=32)
    cells = found.arrays["cells"]
    if size == 1:
        assert (cells == cells[0]).all()  # upright stripes
        assert found.meta["axes"] == [1, 1]
    assert found.arrays["codes"].shape == (3, 2)
    assert set(np.unique(cells)) <= {0, 1, 2}


# ---- one step as the view shows it


def step(**settings):
    model = NormalFlow(m=0.5, s=0.3)
    return DenoiseView(DenoiseConfig(**settings)).compute(moment(model, steps=10))


def test_one_step_stands_where_it_is_asked_and_speaks_data_units():
    found = step(across=0.55, up=0.45, t=0.42)
    x_0, x_1, y_0, y_1 = found.meta["limits"]
    place = torch.tensor([x_0 + 0.55 * (x_1 - x_0), y_0 + 0.45 * (y_1 - y_0)])
    np.testing.assert_allclose(found.arrays["x"][0], place, rtol=1e-5)
    assert (found.meta["t"], found.meta["number"]) == (pytest.approx(0.4), 5)
    model = NormalFlow(m=0.5, s=0.3)
    z = ((place.double() - MEAN) / STD)[None]
    now = torch.tensor(0.4, dtype=torch.float64)
    guess = model.denoised(z, now)
    expected = MEAN + STD * guess.x_data
    np.testing.assert_allclose(found.arrays["x_data"], expected, rtol=1e-4)
    np.testing.assert_allclose(found.meta["eps"], guess.eps[0], rtol=1e-4)
    velocity = STD * model.velocity(z, now)[0]
    np.testing.assert_allclose(found.meta["velocity"], velocity, rtol=1e-4)
    free = MEAN + STD * (z - LinearPath().sigma(now) * guess.eps)
    np.testing.assert_allclose(found.arrays["free"], free, rtol=1e-4)
    assert found.meta["sigma"] == pytest.approx(0.6)


def test_the_cloud_behind_is_the_data_as_noisy_as_at_t():
    found = step(t=0.25)
    cloud = (torch.from_numpy(found.arrays["cloud"]).double() - MEAN) / STD
    t = found.meta["t"]
    # Standardised data have spread 1.
    assert cloud.std() == pytest.approx(math.hypot(t, 1 - t), rel=0.1)


# ---- how far paths turn


def test_a_circle_turns_by_its_angle():
    angle = torch.linspace(0, math.pi, 400, dtype=torch.float64)
    half = torch.stack((angle.cos(), angle.sin()), 1)[:, None]
    assert float(turning(half)) == pytest.approx(180, rel=0.01)
    assert float(detour(half)) == pytest.approx(math.pi / 2, rel=1e-4)


def test_a_straight_path_turns_nowhere_whatever_its_pace():
    t = torch.tensor([0.0, 0.1, 0.1, 0.7, 1.0])[:, None, None]
    x = t * torch.tensor([[3.0, -1.0], [0.5, 2.0]])
    assert float(turning(x)) == pytest.approx(0, abs=1e-3)
    assert float(detour(x)) == pytest.approx(1)
    bent = torch.tensor([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]])[:, None]
    assert float(turning(bent)) == pytest.approx(90)
    assert float(detour(bent)) == pytest.approx(math.sqrt(2))
