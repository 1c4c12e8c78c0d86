"""Codes beside the prior, against normals that can be integrated by hand."""

import math

import numpy as np
import pytest
import torch
from test_iaf_posterior import bent_vae
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal
from views_world import MEAN, STD, Exact, Identity, moment, normal_data

from engine.models.base import Codes
from engine.models.vae import VAE, VAEConfig
from engine.views.elbo import ElboConfig, ElboView, rungs, tighter
from engine.views.grid import spread_pick
from engine.views.posterior import PosteriorConfig, PosteriorView, _normal_mixture


class NormalVAE(Exact):
    """x = w z + s e on each axis, with q(z|x) = N(gain x, spread^2) as told.

    With the exact posterior every bound is ln p(x) itself; axes beyond two are unused.
    """

    def __init__(self, latent_dim=2, w=0.8, s=0.6, wide=1.0, bent=False):
        super().__init__()
        self.latent_dim, self.w, self.s, self.wide = latent_dim, w, s, wide
        self.gaussian_posterior = not bent

    @property
    def gain(self):
        return self.w / (self.w**2 + self.s**2)

    @property
    def spread(self):
        return self.wide * self.s / math.sqrt(self.w**2 + self.s**2)

    def encode(self, x):
        n, d = len(x), self.latent_dim
        mean, std = torch.zeros(n, d).to(x), torch.ones(n, d).to(x)
        used = min(2, d)
        mean[:, :used] = self.gain * x[:, :used]
        std[:, :used] = self.spread
        return Codes(mean, std)

    def decode(self, z):
        return self.w * z[:, :2]

    def posterior_codes(self, x, eps):
        codes = self.encode(x)
        return codes.mean[:, None] + codes.std[:, None] * eps

    def bound_terms(self, x, eps):
        codes, z = self.encode(x), self.posterior_codes(x, eps)
        q = Normal(codes.mean[:, None], codes.std[:, None]).log_prob(z).sum(2)
        p_z = Normal(0.0, 1.0).log_prob(z).sum(2)
        p_x = Normal(self.w * z[..., :2], self.s).log_prob(x[:, None]).sum(2)
        return p_x, p_z - q


def picture(model, **settings):
    return PosteriorView(PosteriorConfig(**settings)).compute(moment(model))


def places(found):
    side = len(found.arrays["aggregate"])
    x_0, x_1, _, _ = found.meta["limits_z"]
    middle = x_0 + (x_1 - x_0) * (torch.arange(side).double() + 0.5) / side
    y, x = torch.meshgrid(middle, middle, indexing="ij")
    return torch.stack((x, y), dim=2), ((x_1 - x_0) / side) ** 2


def test_the_whole_is_the_mixture_of_the_clouds():
    model = NormalVAE()
    found = picture(model)
    rows = moment(model).data.train.x
    z, area = places(found)
    assert np.exp(found.arrays["aggregate"]).sum() * area == pytest.approx(1, abs=0.01)
    # The data are N(0, 1) where the model lives, so the whole is nearly this normal.
    sigma = math.sqrt(model.gain**2 + model.spread**2)
    expected = Normal(0.0, sigma).log_prob(z).sum(2)
    near = z.norm(dim=2) < 1.5
    error = torch.from_numpy(found.arrays["aggregate"]).double()[near] - expected[near]
    assert error.abs().max() < 0.35
    assert error.abs().mean() < 0.06
    assert found.meta["kind"] == "exact"
    assert len(rows) == 3000


def test_the_mixture_is_that_of_torch():
    torch.manual_seed(0)
    mean = torch.randn(30, 2, dtype=torch.float64)
    std = 0.05 + torch.rand(30, 2, dtype=torch.float64)
    z = torch.randn(50, 2, dtype=torch.float64)
    parts = Independent(Normal(mean, std), 1)
    expected = MixtureSameFamily(Categorical(torch.ones(30)), parts).log_prob(z)
    torch.testing.assert_close(_normal_mixture(z, mean, std), expected)


def test_the_ratio_is_the_distance_from_the_prior():
    found = picture(NormalVAE())
    z, area = places(found)
    log_p = Normal(0.0, 1.0).log_prob(z).sum(2).numpy()
    whole, ratio = found.arrays["aggregate"], found.arrays["ratio"]
    seen = whole > -20
    np.testing.assert_allclose((whole - ratio)[seen], log_p[seen], atol=1e-3)
    gap = float((np.exp(whole) * ratio)[seen].sum() * area)
    assert found.meta["gap"] == pytest.approx(gap, abs=0.02)  # it sees farther out
    assert found.meta["gap"] > 0


def test_codes_that_fill_the_prior_have_no_gap():
    """With the exact posterior and data of the model's own density, q = p."""
    wide = NormalVAE(w=math.sqrt(1 - 0.36), s=0.6)
    assert picture(wide).meta["gap"] < 0.03
    blurred = NormalVAE(w=0.3, s=0.6, wide=1.6)
    variance = blurred.gain**2 + blurred.spread**2  # of the whole, per axis
    expected = variance - 1 - math.log(variance)
    # A third of it comes from beyond the square that is shown.
    assert picture(blurred).meta["gap"] == pytest.approx(expected, rel=0.15)


def test_an_outline_is_one_spread_round_the_code():
    model = NormalVAE(latent_dim=3)
    found = picture(model, axis_x=2, axis_y=1, clouds=7)
    rims = found.arrays["rims"]
    assert rims.shape == (7, 33, 2)
    middle = rims[:, :-1].mean(axis=1, keepdims=True)
    away = np.linalg.norm(rims - middle, axis=2)
    np.testing.assert_allclose(away, model.spread, rtol=1e-4)
    assert found.meta["axes"] == [2, 1]
    assert len(found.arrays["rim_labels"]) == 7


def test_collapsed_axes_are_named():
    found = picture(NormalVAE(latent_dim=4))
    assert found.meta["active"] == [1, 2]
    assert found.meta["collapsed"] == [3, 4]
    kl = found.arrays["kl_per_axis"]
    assert kl[2:].tolist() == pytest.approx([0, 0], abs=1e-6)
    spread, gain = NormalVAE().spread, NormalVAE().gain
    expected = 0.5 * (gain**2 + spread**2 - 1) - math.log(spread)
    assert kl[:2].tolist() == pytest.approx([expected, expected], rel=0.05)


def test_the_axes_that_tell_most_are_drawn_unless_others_are_asked_for():
    class Late(NormalVAE):
        def encode(self, x):
            found = super().encode(x)
            return Codes(found.mean.flip(1), found.std.flip(1))

    assert picture(Late(latent_dim=4)).meta["axes"] == [3, 4]
    assert picture(Late(latent_dim=4), axis_x=1).meta["axes"] == [1, 4]
    assert picture(Late(latent_dim=4), axis_x=2, axis_y=1).meta["axes"] == [2, 1]


def test_one_axis_has_curves_instead_of_a_map():
    found = picture(NormalVAE(latent_dim=1))
    assert "aggregate" not in found.arrays
    whole, prior = found.arrays["profile"]
    step = whole[1, 0] - whole[0, 0]
    assert whole[:, 1].sum() * step == pytest.approx(1, abs=0.01)
    assert prior[:, 1].max() == pytest.approx(1 / math.sqrt(2 * math.pi), rel=1e-3)
    assert found.meta["limits_z"][2:] == pytest.approx([0, 0.5])


def test_a_bent_posterior_is_outlined_as_it_is():
    """The outline is the flow's own picture of the circle, and no ellipse."""
    vae = bent_vae(2)
    found = picture(vae, clouds=3)
    assert found.meta["bent"]
    assert found.meta["kind"] == "estimate"
    data = normal_data()
    rows = spread_pick(len(data.train.x), 1000, 0)
    some = spread_pick(1000, 3, 0)
    x = ((data.train.x - MEAN) / STD)[rows][some]
    angle = torch.linspace(0, 2 * math.pi, 33).double()
    circle = torch.stack((angle.cos(), angle.sin()), 1)
    with torch.no_grad():
        expected = vae.posterior_codes(x, circle)
    np.testing.assert_allclose(found.arrays["rims"], expected, atol=1e-4)


def test_exact_codes_have_no_clouds():
    found = picture(Identity())
    assert "kl_per_axis" not in found.arrays
    assert len(found.arrays["rims"]) == 0
    assert found.meta["gap"] < 0.1  # its data are normal already


# ---- the bound


def elbo(model, **settings):
    return ElboView(ElboConfig(**settings)).compute(moment(model))


def log_p_in_data_units(model):
    """Mean ln p of the linear model over the held-out points, data units."""
    held = moment(model).data.heldout.x
    x = (held[spread_pick(len(held), 1000, 0)] - MEAN) / STD
    sigma = math.sqrt(model.w**2 + model.s**2)
    standardised = Normal(0.0, sigma).log_prob(x).sum(1).mean()
    return float(standardised - STD.log().sum())


def test_with_the_exact_posterior_every_bound_is_the_evidence():
    model = NormalVAE()
    found = elbo(model, k=7)
    now = found.meta["now"]
    expected = log_p_in_data_units(model)
    assert now["bound"] == pytest.approx(expected, abs=1e-5)
    assert now["tight"] == pytest.approx(now["bound"], abs=1e-6)
    assert now["fit"] - now["kl"] == pytest.approx(now["bound"], abs=1e-6)
    np.testing.assert_allclose(found.arrays["ladder"][:, 1], now["bound"], atol=1e-5)


def test_more_draws_tighten_a_bound_that_is_too_wide():
    model = NormalVAE(wide=1.6)
    found = elbo(model, k=100)
    values = found.arrays["ladder"][:, 1]
    assert found.arrays["ladder"][:, 0].tolist() == [1, 2, 5, 10, 20, 50, 100]
    assert (np.diff(values) > 0).all()
    exact = log_p_in_data_units(model)
    assert values[-1] == pytest.approx(exact, abs=0.02)
    # With one draw the bound misses the KL between the two normals, twice.
    missed = model.wide**2 - 1 - 2 * math.log(model.wide)
    assert values[0] == pytest.approx(exact - missed, abs=0.02)


def test_groups_of_draws_are_averaged():
    weights = torch.randn(3, 7, dtype=torch.float64)
    assert tighter(weights, 1) == pytest.approx(float(weights.mean()))
    pairs = weights[:, :6].reshape(3, 3, 2).exp().mean(2).log().mean()
    assert tighter(weights, 2) == pytest.approx(float(pairs))
    assert rungs(2) == [1, 2]
    assert rungs(30) == [1, 2, 5, 10, 20, 30]


def test_curves_of_the_bound_are_in_data_units_and_rise():
    run = moment(NormalVAE())
    for name, value in (("reconstruction", -1.5), ("kl", 2.0), ("elbo", -0.5)):
        run.history.term(name, "model").append(1, 0.1, value)
    run.history.metric("nll").append(1, 0.1, 1.25)
    found = ElboView(ElboConfig(k=2)).compute(run)
    shift = -float(STD.log().sum())
    last = {n: float(found.arrays[f"{n}.value"][-1]) for n in ("fit", "bound", "kl")}
    assert last["fit"] == pytest.approx(1.5 + shift)
    assert last["bound"] == pytest.approx(-0.5 + shift)
    assert last["kl"] == pytest.approx(2.0)
    assert found.arrays["tight.value"][-1] == pytest.approx(-1.25)
    truth = -run.data.source.entropy()
    assert found.meta["references"][0]["value"] == pytest.approx(truth)


def test_the_course_is_rate_and_distortion_at_the_steps_of_training():
    run = moment(NormalVAE())
    assert ElboView(ElboConfig(k=2)).compute(run).arrays["course"].shape == (0, 3)
    for step in range(1, 1001):
        run.history.term("kl", "model").append(step, 0.1 * step, 2.0 + step)
        run.history.term("reconstruction", "model").append(
            step, 0.1 * step, -3.0 * step
        )
    found = ElboView(ElboConfig(k=2)).compute(run)
    rate, distortion, step = found.arrays["course"].T
    shift = -float(STD.log().sum())
    assert step[0] == 1
    assert step[-1] == 1000
    assert len(step) == 400
    # In the middle a centred mean of a straight line is the line.
    middle = slice(1, 380)
    np.testing.assert_allclose(rate[middle], 2.0 + step[middle], rtol=1e-5)
    expected = -3.0 * step[middle] - shift
    np.testing.assert_allclose(distortion[middle], expected, rtol=1e-5)
    assert found.meta["price"] == 1.0


def test_the_price_of_a_nat_is_beta_on_its_way_up():
    model = VAE(VAEConfig(beta=4.0, warmup=100))
    prices = [model.kl_price(step) for step in (0, 25, 100, 900)]
    assert prices == [0.0, 1.0, 4.0, 4.0]
    assert VAE(VAEConfig(beta=4.0)).kl_price(0) == 4.0
    assert VAE(VAEConfig(beta=4.0, draws=5)).kl_price(900) == 1.0
