"""VAE against the linear case, where every term has a closed form (Lucas et al. 2019).

A linear decoder g(z) = W z with spread sigma makes p(x) = N(0, W W^T + sigma^2 I), and
with W = U (Lambda - beta sigma^2)^(1/2) the best encoder is known as well.
"""

import math

import pytest
import torch
from sklearn.decomposition import PCA
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from engine import Experiment
from engine.models.base import Batch, capabilities
from engine.models.vae import VAE, VAEConfig, kl_to_prior

EIGENVALUES = torch.tensor([4.0, 1.0, 0.3], dtype=torch.float64)
SIGMA_2 = 0.25


def linear_vae(dim: int, latent_dim: int, **settings: object) -> VAE:
    config = VAEConfig(latent_dim=latent_dim, depth=0, **settings)
    return VAE(config, dim).double()


def set_linear(vae: VAE, decoder: Tensor, encoder: Tensor, var: Tensor) -> None:
    """g(z) = decoder z; q(z|x) = N(encoder x, diag var) for every x."""
    d = vae.latent_dim
    with torch.no_grad():
        vae.decoder[-1].weight.copy_(decoder)
        vae.decoder[-1].bias.zero_()
        vae.encoder[-1].weight[:d] = encoder
        vae.encoder[-1].weight[d:] = 0
        vae.encoder[-1].bias[:d] = 0
        vae.encoder[-1].bias[d:] = var.log()


def set_optimum(vae: VAE, axes: Tensor, eigenvalues: Tensor) -> None:
    """The best linear beta-VAE for data of covariance axes diag(eigenvalues) axes^T."""
    floor = vae.config.beta * vae.config.sigma_x**2
    gain = (eigenvalues - floor).clamp(min=0).sqrt()
    top = eigenvalues.clamp(min=floor)
    set_linear(vae, axes * gain, (axes * (gain / top)).T, floor / top)


def whitened(n: int, eigenvalues: Tensor) -> Tensor:
    """Points (n, dim) whose second moment is exactly diag(eigenvalues)."""
    x = torch.randn(n, len(eigenvalues), dtype=torch.float64)
    return torch.linalg.qr(x - x.mean(0)).Q * math.sqrt(n) * eigenvalues.sqrt()


def exact_batch(x: Tensor, d: int, step: float = 0.0) -> Batch:
    """A batch whose mean over draws is E_q exactly, for anything quadratic in z.

    The draws are +- sqrt(d) e_i: mean zero, covariance the identity.
    """
    corners = math.sqrt(d) * torch.eye(d, dtype=x.dtype)
    eps = torch.cat((corners, -corners)).repeat(len(x), 1)[:, None]
    labels = torch.zeros(len(eps), dtype=torch.int64)
    rows = x.repeat_interleave(2 * d, 0)
    return Batch(rows, labels, {"eps": eps}, torch.tensor(step, dtype=x.dtype))


def test_kl_of_a_known_posterior() -> None:
    """A2 (1): closed form, torch.distributions and a Monte Carlo estimate."""
    mean = torch.tensor([0.7, -1.0], dtype=torch.float64)
    log_var = torch.tensor([-0.5, 0.3], dtype=torch.float64)
    kl = kl_to_prior(mean, log_var).sum()
    assert kl.item() == pytest.approx(0.82319, abs=5e-6)
    q, prior = Normal(mean, (log_var / 2).exp()), Normal(0.0, 1.0)
    torch.testing.assert_close(kl, kl_divergence(q, prior).sum())
    torch.manual_seed(0)
    z = q.sample((1_000_000,))
    estimate = (q.log_prob(z) - prior.log_prob(z)).sum(1).mean()
    assert kl.item() == pytest.approx(estimate.item(), abs=5e-3)


def test_with_the_weights_of_a_pca_the_elbo_is_its_score() -> None:
    """A2 (2): the posterior is exact there, so bound and evidence agree to 1e-9."""
    torch.manual_seed(0)
    mixing = torch.randn(4, 4, dtype=torch.float64)
    x = torch.randn(500, 4, dtype=torch.float64) @ mixing
    x = x - x.mean(0)
    pca = PCA(2).fit(x.numpy())
    vae = linear_vae(4, 2, sigma_x=0.5, spread="learned")
    vae.config = vae.config.model_copy(
        update={"sigma_x": math.sqrt(pca.noise_variance_)}
    )
    with torch.no_grad():
        vae.log_sigma_x.fill_(0.5 * math.log(pca.noise_variance_))
    set_optimum(
        vae,
        torch.from_numpy(pca.components_.T.copy()),
        torch.from_numpy(pca.explained_variance_),
    )
    score = pca.score(x.numpy())
    elbo = vae.losses("model", exact_batch(x, 2))["elbo"]
    assert elbo.item() == pytest.approx(score, abs=1e-9)
    points = vae.log_prob(x, torch.Generator(), effort=0.01)
    torch.testing.assert_close(
        points, torch.from_numpy(pca.score_samples(x.numpy())), rtol=0, atol=1e-9
    )


def wide_posterior_gap(k: int) -> float:
    """Mean log p - L_k with the variance of the exact posterior doubled, d = 2."""
    vae = linear_vae(2, 2, sigma_x=0.5, draws=k)
    spectrum = torch.tensor([2.0, 1.0], dtype=torch.float64)
    set_optimum(vae, torch.eye(2, dtype=torch.float64), spectrum)
    with torch.no_grad():
        vae.encoder[-1].bias[2:] += math.log(2)
    x = whitened(10_000, spectrum)
    eps = torch.randn(len(x), k, 2, dtype=x.dtype)
    labels = torch.zeros(len(x), dtype=torch.int64)
    batch = Batch(x, labels, {"eps": eps}, torch.tensor(0.0))
    truth = MultivariateNormal(torch.zeros(2, dtype=x.dtype), torch.diag(spectrum))
    with torch.no_grad():
        return float(truth.log_prob(x).mean() - vae.losses("model", batch)["elbo"])


def test_more_draws_tighten_the_bound() -> None:
    """A2 (3): the gaps that SYSTEMS measured, 0.303 to 0.002; the first is a KL."""
    torch.manual_seed(0)
    gaps = [wide_posterior_gap(k) for k in (1, 2, 5, 20, 100)]
    assert gaps[0] == pytest.approx(2 * 0.5 * (2 - 1 - math.log(2)), abs=0.01)
    assert gaps == pytest.approx([0.303, 0.113, 0.036, 0.008, 0.002], abs=0.01)
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] > 0


def test_training_bound_with_draws_is_the_reported_density() -> None:
    """The loss for k > 1 is -L_k with the same draws, whatever beta says."""
    torch.manual_seed(0)
    vae = VAE(VAEConfig(draws=7, beta=3.0, warmup=100, density_draws=7, width=16))
    x, eps = torch.randn(30, 2), torch.randn(7, 2)
    labels = torch.zeros(30, dtype=torch.int64)
    noise = {"eps": eps.expand(30, 7, 2)}
    terms = vae.losses("model", Batch(x, labels, noise, torch.tensor(0.0)))
    vae.normal = lambda shape, generator: eps
    bound = vae.log_prob(x, torch.Generator()).mean()
    torch.testing.assert_close(terms["loss"], -bound)
    torch.testing.assert_close(terms["elbo"], bound)


@pytest.mark.parametrize(
    ("beta", "expected"), [(1.0, (1.386, 0.693, 0.091)), (4.0, (0.693, 0.0, 0.0))]
)
def test_axes_live_where_their_variance_pays(
    beta: float, expected: tuple[float, ...]
) -> None:
    """A2 (4), A3 (2): the closed form is stationary, with these nats an axis."""
    torch.manual_seed(0)
    vae = linear_vae(3, 3, sigma_x=math.sqrt(SIGMA_2), beta=beta)
    set_optimum(vae, torch.eye(3, dtype=torch.float64), EIGENVALUES)
    x = whitened(40, EIGENVALUES)
    kl = vae.kl_per_axis(x).detach()
    active = (EIGENVALUES / (beta * SIGMA_2)).log().clamp(min=0) / 2
    torch.testing.assert_close(kl, active, rtol=0, atol=1e-12)
    assert kl.tolist() == pytest.approx(expected, abs=6e-4)
    vae.losses("model", exact_batch(x, 3))["loss"].backward()
    for weight in vae.parameters():
        torch.testing.assert_close(
            weight.grad, torch.zeros_like(weight), rtol=0, atol=1e-9
        )


def test_evidence_minus_elbo_is_the_kl_to_the_posterior() -> None:
    """A2 (5), for an encoder that is wrong in mean and spread."""
    torch.manual_seed(0)
    sigma, x = 0.6, torch.randn(10, 3, dtype=torch.float64)
    vae = linear_vae(3, 2, sigma_x=sigma)
    weight, eye = torch.randn(3, 2, dtype=x.dtype), torch.eye(3, dtype=x.dtype)
    set_linear(vae, weight, torch.randn(2, 3, dtype=x.dtype), torch.rand(2) + 0.2)
    evidence = MultivariateNormal(eye[0] * 0, weight @ weight.T + sigma**2 * eye)
    covariance = torch.linalg.inv(eye[:2, :2] + weight.T @ weight / sigma**2)
    posterior = MultivariateNormal(x @ weight @ covariance / sigma**2, covariance)
    codes = vae.encode(x)
    q = MultivariateNormal(codes.mean, torch.diag_embed(codes.std**2))
    elbo = vae.losses("model", exact_batch(x, 2))["elbo"]
    gap = evidence.log_prob(x).mean() - elbo
    torch.testing.assert_close(
        gap, kl_divergence(q, posterior).mean(), rtol=0, atol=1e-9
    )


def gradients(vae: VAE, batch: Batch, term: str) -> list[Tensor]:
    loss = vae.losses("model", batch)[term]
    found = torch.autograd.grad(loss, list(vae.parameters()), allow_unused=True)
    return [
        torch.zeros_like(p) if g is None else g
        for p, g in zip(vae.parameters(), found, strict=True)
    ]


def small_batch(step: float = 0.0) -> Batch:
    generator = torch.Generator().manual_seed(5)
    x, eps = torch.randn(2, 20, 2, generator=generator)
    labels = torch.zeros(20, dtype=torch.int64)
    return Batch(x, labels, {"eps": eps[:, None]}, torch.tensor(step))


def test_beta_one_is_the_elbo_and_beta_zero_has_no_kl_gradient() -> None:
    """A3 (1)."""
    torch.manual_seed(0)
    vae = VAE(VAEConfig(width=16))
    terms = vae.losses("model", small_batch())
    assert terms["loss"] == -terms["elbo"]
    vae.config = vae.config.model_copy(update={"beta": 0.0})
    pairs = zip(
        gradients(vae, small_batch(), "loss"),
        gradients(vae, small_batch(), "reconstruction"),
        strict=True,
    )
    assert all(torch.equal(a, b) for a, b in pairs)
    assert any(g.any() for g in gradients(vae, small_batch(), "kl"))


def test_warm_up_raises_beta_linearly_and_stops() -> None:
    torch.manual_seed(0)
    vae = VAE(VAEConfig(width=16, beta=2.0, warmup=100))
    for step, price in [(0.0, 0.0), (25.0, 0.5), (100.0, 2.0), (900.0, 2.0)]:
        terms = vae.losses("model", small_batch(step))
        found = (terms["loss"] - terms["reconstruction"]) / terms["kl"]
        assert found.item() == pytest.approx(price, abs=1e-3)


@pytest.mark.slow
def test_rate_falls_and_distortion_rises_with_beta() -> None:
    """A3 (3), each linear model trained from a random start to convergence."""
    torch.manual_seed(0)
    batch = exact_batch(whitened(30, EIGENVALUES), 3)
    rates, distortions = [], []
    for beta in (0.5, 1.0, 2.0, 4.0):
        vae = linear_vae(3, 3, sigma_x=math.sqrt(SIGMA_2), beta=beta)
        optimiser = torch.optim.Adam(vae.parameters(), lr=0.02)
        for _ in range(1500):
            optimiser.zero_grad()
            terms = vae.losses("model", batch)
            terms["loss"].backward()
            optimiser.step()
        best = 0.5 * (EIGENVALUES / (beta * SIGMA_2)).log().clamp(min=0).sum()
        assert terms["kl"].item() == pytest.approx(best.item(), abs=0.01)
        rates.append(terms["kl"].item())
        distortions.append(terms["reconstruction"].item())
    assert rates == sorted(rates, reverse=True)
    assert distortions == sorted(distortions)


def test_samples_have_the_covariance_of_the_model() -> None:
    """W W^T + sigma^2 I with the decoder's noise, W W^T without."""
    vae = linear_vae(2, 1, sigma_x=0.5)
    weight = torch.tensor([[1.0], [0.5]], dtype=torch.float64)
    set_linear(vae, weight, weight.T, torch.ones(1))
    x = vae.sample(200_000, torch.manual_seed(0))
    expected = weight @ weight.T + 0.25 * torch.eye(2, dtype=x.dtype)
    torch.testing.assert_close(x.T.cov(), expected, rtol=0, atol=0.02)
    vae.config = vae.config.model_copy(update={"sample_noise": False})
    x = vae.sample(50, torch.manual_seed(0))
    torch.testing.assert_close(x[:, :1], 2 * x[:, 1:])


def test_learned_spread_finds_the_noise_of_a_pca() -> None:
    """Its best value is the mean variance off the principal axis."""
    torch.manual_seed(0)
    vae = linear_vae(3, 1, spread="learned", sigma_x=0.3)
    off_axis = EIGENVALUES[1:].mean().item()
    config = vae.config
    vae.config = config.model_copy(update={"sigma_x": math.sqrt(off_axis)})
    set_optimum(vae, torch.eye(3, dtype=torch.float64)[:, :1], EIGENVALUES[:1])
    batch = exact_batch(whitened(40, EIGENVALUES), 1)
    for scale, sign in [(0.9, -1), (1.0, 0), (1.1, 1)]:
        with torch.no_grad():
            vae.log_sigma_x.fill_(math.log(scale * math.sqrt(off_axis)))
        (slope,) = torch.autograd.grad(
            vae.losses("model", batch)["loss"], vae.log_sigma_x
        )
        assert slope.abs() < 1e-9 if sign == 0 else slope.sign() == sign
    assert "log_sigma_x" not in dict(VAE(VAEConfig()).named_parameters())


def test_density_uses_the_same_draws_everywhere_and_effort_lowers_them() -> None:
    torch.manual_seed(0)
    vae = VAE(VAEConfig(width=16, density_draws=10))
    x = torch.randn(4000, 2)
    whole = vae.log_prob(x, torch.Generator().manual_seed(1))
    alone = vae.log_prob(x[-1:], torch.Generator().manual_seed(1))
    torch.testing.assert_close(whole[-1:], alone)
    rows: list[int] = []
    vae.decoder.register_forward_hook(lambda _, args, out: rows.append(out.shape[1]))
    vae.log_prob(x[:5], torch.Generator(), effort=0.3)
    assert rows == [3]
    assert vae.density_kind == "bound"
    assert "10 draws" in vae.density_note


def test_more_draws_hold_from_the_next_step_on() -> None:
    """The number of draws is live: the run draws its noise anew in the new shape."""
    run = Experiment("vae", "two_moons", training={"batch_size": 32, "steps": 10})
    run.train(2)
    settings = {**run.config.model_settings, "draws": 7}
    run.configure(run.config.model_copy(update={"model_settings": settings}))
    shapes: list[torch.Size] = []
    run.trainer.model.decoder.register_forward_hook(
        lambda _, args, out: shapes.append(out.shape)
    )
    run.train(2)
    assert [tuple(shape) for shape in shapes] == [(32, 7, 2)] * 2


def test_capabilities() -> None:
    assert capabilities(VAE(VAEConfig())) == {
        "samples", "log_density", "latent", "encoder", "posterior",
    }  # fmt: skip
