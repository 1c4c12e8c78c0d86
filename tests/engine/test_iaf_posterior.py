"""A VAE whose posterior is bent by a flow (Kingma et al. 2016; SYSTEMS C6, test 4)."""

import math

import pytest
import torch
from torch import Tensor

from engine import Experiment
from engine.models.base import Batch, capabilities
from engine.models.vae import VAE, VAEConfig
from engine.nets.iaf_posterior import SeeingFlow

X = torch.tensor([[0.3, -0.4], [-0.7, 0.2], [1.1, 0.5]], dtype=torch.float64)


def shaken(model: torch.nn.Module, size: float = 0.4, seed: int = 0) -> torch.nn.Module:
    """Random weights everywhere, also in the last layers, which start at zero."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in model.parameters():
            noise = torch.randn(weight.shape, generator=generator, dtype=weight.dtype)
            weight.add_(size * noise / math.sqrt(max(1, weight.shape[-1])))
    return model


def bent_vae(latent_dim: int, **settings: object) -> VAE:
    config = VAEConfig(
        latent_dim=latent_dim,
        width=16,
        depth=1,
        sigma_x=0.6,
        posterior="iaf",
        **settings,
    )
    torch.manual_seed(latent_dim)
    return shaken(VAE(config).double())


def exact_log_prob(vae: VAE, x: Tensor) -> Tensor:
    """ln p(x) by a sum over a fine grid of codes, for one or two latent axes."""
    axis = torch.linspace(-7, 7, 401, dtype=torch.float64)
    z = torch.cartesian_prod(*[axis] * vae.latent_dim).reshape(-1, vae.latent_dim)
    log_cell = vae.latent_dim * math.log(float(axis[1] - axis[0]))
    log_prior = -0.5 * z.square().sum(1) - 0.5 * z.shape[1] * math.log(2 * math.pi)
    sigma = vae.config.sigma_x
    with torch.no_grad():
        square = torch.cdist(x, vae.decode(z)).square()
    log_p_x = -0.5 * square / sigma**2 - 2 * math.log(sigma * math.sqrt(2 * math.pi))
    return (log_p_x + log_prior).logsumexp(1) + log_cell


@pytest.mark.parametrize("latent_dim", [1, 2, 3])
def test_log_determinant_of_the_flow(latent_dim: int) -> None:
    """Autograd's Jacobian knows it as well, point by point."""
    torch.manual_seed(0)
    flow = shaken(SeeingFlow(3, latent_dim, 2, 16, 2, "silu").double())
    z = torch.randn(len(X), 4, latent_dim, dtype=torch.float64)
    with torch.no_grad():
        _, log_det = flow(z, X)
    for i in range(len(X)):
        for k in range(4):
            jacobian = torch.autograd.functional.jacobian(
                lambda part, i=i: flow(part[None, None], X[i : i + 1])[0][0, 0], z[i, k]
            )
            expected = torch.linalg.slogdet(jacobian).logabsdet
            torch.testing.assert_close(log_det[i, k], expected)


def test_a_step_sees_earlier_axes_and_the_point_only() -> None:
    flow = shaken(SeeingFlow(1, 3, 2, 16, 1, "tanh").double())
    z = torch.randn(3, dtype=torch.float64)

    def bent(part: Tensor, x: Tensor) -> Tensor:
        return flow(part[None, None], x[None])[0][0, 0]

    by_code, by_point = torch.autograd.functional.jacobian(bent, (z, X[0]))
    assert (by_code.triu(1) == 0).all()
    assert (by_code.tril(-1).abs().sum(1)[1:] > 1e-3).all()
    assert (by_point.abs() > 1e-4).all()  # the first axis too


def test_before_training_it_is_the_gaussian_vae() -> None:
    plain = VAE(VAEConfig(width=16)).double()
    bent = VAE(VAEConfig(width=16, posterior="iaf", posterior_steps=3)).double()
    bent.load_state_dict(plain.state_dict(), strict=False)
    eps = torch.randn(3, 1, 2, dtype=torch.float64)
    labels, step = torch.zeros(3, dtype=torch.int64), torch.tensor(0.0)
    log_p = [
        model.log_prob(X, torch.Generator().manual_seed(3)) for model in (plain, bent)
    ]
    torch.testing.assert_close(log_p[0], log_p[1])
    terms = [
        m.losses("model", Batch(X, labels, {"eps": eps}, step)) for m in (plain, bent)
    ]
    torch.testing.assert_close(terms[0]["reconstruction"], terms[1]["reconstruction"])


@pytest.mark.parametrize("latent_dim", [1, 2])
def test_the_bound_is_a_bound(latent_dim: int) -> None:
    """Its weights average to p(x), which only a right ln q(z|x) makes them do."""
    vae = bent_vae(latent_dim)
    exact = exact_log_prob(vae, X)
    eps = torch.randn(
        60_000,
        latent_dim,
        generator=torch.Generator().manual_seed(1),
        dtype=torch.float64,
    )
    with torch.no_grad():
        fit, ratio = vae.bound_terms(X, eps)
    weights = (fit + ratio - exact[:, None]).exp()
    error = weights.std(1) / math.sqrt(len(eps))
    assert ((weights.mean(1) - 1).abs() < 5 * error).all()
    assert (error < 0.1).all()
    bound = (fit + ratio).mean(1)
    assert (bound < exact).all()
    with torch.no_grad():  # and so is what the density map shows
        shown = vae.log_prob(X, torch.Generator().manual_seed(0), effort=1.0)
    assert (shown < exact + 0.5).all()


def test_the_loss_is_minus_the_bound() -> None:
    vae = bent_vae(2)
    eps = torch.randn(3, 1, 2, dtype=torch.float64)
    labels, step = torch.zeros(3, dtype=torch.int64), torch.tensor(0.0)
    terms = vae.losses("model", Batch(X, labels, {"eps": eps}, step))
    with torch.no_grad():
        fit, ratio = vae._weights(X, *vae.posterior(X), eps)
    expected = (fit + ratio).mean()
    torch.testing.assert_close(terms["elbo"], expected, check_dtype=False)
    torch.testing.assert_close(-terms["loss"], expected, check_dtype=False)


def test_codes_are_the_moments_of_the_cloud() -> None:
    vae = bent_vae(2)
    codes = vae.encode(X)
    eps = torch.randn(100_000, 2, dtype=torch.float64)
    with torch.no_grad():
        cloud = vae.posterior_codes(X, eps)
    torch.testing.assert_close(codes.mean, cloud.mean(1), atol=0.1, rtol=0)
    torch.testing.assert_close(codes.std, cloud.std(1), atol=0.1, rtol=0.1)
    torch.testing.assert_close(codes.mean, vae.encode(X).mean, atol=0, rtol=0)


def test_it_can_be_probed_saved_and_read_back(tmp_path) -> None:
    settings = {"posterior": "iaf", "posterior_steps": 3, "width": 16, "depth": 1}
    run = Experiment("vae", "two_moons", model_settings=settings)
    run.train(3)
    assert "posterior" in capabilities(run.trainer.model)
    for view in ("latent", "posterior", "elbo", "density"):
        assert run.picture(view, quality=0.2).arrays, view
    again = Experiment.load(run.save(tmp_path / "run", samples=10))
    x = run.data.heldout.x[:20]
    torch.testing.assert_close(run.log_prob(x), again.log_prob(x))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_bent_posterior_costs_no_bound() -> None:
    """C6 (4): its bound is not below the Gaussian one by more than 0.02 nats."""

    def bound(**settings: object) -> float:
        run = Experiment(
            "vae",
            "two_moons",
            model_settings={"width": 64, **settings},
            training={"steps": 2500, "batch_size": 256},
        ).train()
        now = run.picture("elbo", {"k": 20}).meta["now"]
        return float(now["bound"])

    gaussian = bound()
    bent = bound(posterior="iaf")
    assert bent > gaussian - 0.02
