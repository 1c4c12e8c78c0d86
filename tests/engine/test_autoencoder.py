"""Autoencoder against principal components, and the score of a blurred normal.

Linear maps cannot beat the leading eigenvectors (Baldi & Hornik 1989).
"""

import math

import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from torch import Tensor

from engine.models.autoencoder import Autoencoder, AutoencoderConfig
from engine.models.base import Batch, capabilities
from engine.nets.code_gaussian import CodeGaussian, reference_points

EIGENVALUES = torch.tensor([4.0, 1.0, 0.3, 0.1], dtype=torch.float64)


def batch_of(x: Tensor, eps: Tensor | None = None) -> Batch:
    noise = {"eps": torch.zeros_like(x) if eps is None else eps}
    labels = torch.zeros(len(x), dtype=torch.int64)
    return Batch(x, labels, noise, torch.zeros((), dtype=x.dtype))


def rotated(n: int, seed: int = 0) -> Tensor:
    """Points (n, 4) with mean zero and exactly these eigenvalues, in random axes."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 4, dtype=torch.float64, generator=generator)
    x = torch.linalg.qr(x - x.mean(0)).Q * math.sqrt(n) * EIGENVALUES.sqrt()
    turn = torch.randn(4, 4, dtype=torch.float64, generator=generator)
    return x @ torch.linalg.qr(turn).Q


def fit(model: Autoencoder, batch: Batch, rounds: int = 12) -> float:
    """Full-batch training to convergence; returns the last loss."""
    optimiser = torch.optim.LBFGS(
        model.parameters(), max_iter=20, line_search_fn="strong_wolfe"
    )

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = model.losses("model", batch)["loss"]
        loss.backward()
        return loss

    for _ in range(rounds):
        loss = optimiser.step(closure)
    return float(loss.detach())


def linear(latent_dim: int, **settings: object) -> Autoencoder:
    torch.manual_seed(0)
    config = AutoencoderConfig(latent_dim=latent_dim, depth=0, **settings)
    return Autoencoder(config, 4).double()


def test_a_linear_one_finds_the_principal_subspace() -> None:
    """A1 (1), (2): the discarded eigenvalues are the error, and the angle is small."""
    x = rotated(60)
    model = linear(2)
    error = fit(model, batch_of(x))
    assert error == pytest.approx(float(EIGENVALUES[2:].sum()), rel=1e-3)
    pca = PCA(2).fit(x.numpy())
    axes = torch.from_numpy(pca.components_.T.copy())
    learned = torch.linalg.qr(model.decoder[-1].weight.detach()).Q
    cosines = torch.linalg.svdvals(axes.T @ learned)
    assert float(cosines.min().clamp(max=1).arccos()) < 1e-2


def test_a_wide_code_loses_nothing() -> None:
    """A1 (3)."""
    model = linear(4)
    x = rotated(60)
    fit(model, batch_of(x))
    assert (model.reconstruct(x) - x).square().mean().item() < 1e-6


def test_the_same_points_give_the_same_numbers() -> None:
    """A1 (4): nothing in it is random."""
    model = Autoencoder(AutoencoderConfig(corruption=0.3))
    x = torch.randn(50, 2)
    assert torch.equal(model.reconstruct(x), model.reconstruct(x))


@pytest.mark.slow
def test_two_bent_axes_beat_two_straight_ones_on_digits() -> None:
    """A1 (5): two principal components leave 0.0524 a pixel."""
    torch.manual_seed(0)
    x = torch.from_numpy(load_digits().data / 16).float()
    flat = PCA(2).fit(x.numpy())
    straight = flat.inverse_transform(flat.transform(x.numpy()))
    assert ((straight - x.numpy()) ** 2).mean() == pytest.approx(0.0524, abs=2e-4)
    model = Autoencoder(AutoencoderConfig(latent_dim=2, width=128), 64)
    optimiser = torch.optim.Adam(model.parameters(), 2e-3)
    for _ in range(600):
        rows = torch.randint(len(x), (128,))
        optimiser.zero_grad()
        model.losses("model", batch_of(x[rows]))["loss"].backward()
        optimiser.step()
    assert (model.reconstruct(x) - x).square().mean().item() < 0.045


def test_denoising_points_up_the_blurred_density() -> None:
    """r(y) - y = s^2 grad ln p_s(y); on N(0, diag L) that is -s^2 y / (L + s^2).

    The draws are all signs of one length, so that the batch has the exact covariance.
    """
    s = 0.5
    x = rotated(64)
    corners = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0])] * 4).double()
    model = linear(4, corruption=s)
    rows, eps = x.repeat_interleave(16, 0), corners.repeat(len(x), 1)
    fit(model, batch_of(rows, eps))
    y = torch.randn(20, 4, dtype=torch.float64)
    covariance = x.T @ x / len(x)
    score = -torch.linalg.solve(covariance + s**2 * torch.eye(4), y.T).T
    moved = model.reconstruct(y) - y
    torch.testing.assert_close(moved, s**2 * score, atol=2e-3, rtol=1e-2)


def test_samples_follow_the_gaussian_of_the_codes() -> None:
    """Linear maps: the samples' covariance is that of the reconstructed data."""
    x = rotated(300)
    model = linear(2)
    fit(model, batch_of(x))
    model.initialise({"x": x}, torch.Generator().manual_seed(0))
    samples = model.sample(200_000, torch.Generator().manual_seed(1))
    found = model.reconstruct(model.points)
    torch.testing.assert_close(samples.T.cov(), found.T.cov(), atol=0.05, rtol=0.02)
    codes = model.encode(model.points).mean
    torch.testing.assert_close(
        codes.T.cov(correction=0), torch.eye(2).double(), atol=1e-3, rtol=0
    )
    torch.testing.assert_close(model.decode(codes), found, atol=1e-5, rtol=1e-5)


def test_code_gaussian_inverts_itself_even_on_a_line() -> None:
    torch.manual_seed(0)
    codes = torch.randn(500, 1) @ torch.tensor([[1.0, 2.0, -1.0]]) + 5
    gaussian = CodeGaussian.of(codes)
    z = torch.randn(10, 3)
    torch.testing.assert_close(
        gaussian.whiten(gaussian.colour(z)), z, atol=1e-2, rtol=1e-2
    )
    torch.testing.assert_close(gaussian.mean, codes.mean(0), atol=1e-4, rtol=0)


def test_reference_points_use_each_row_alike() -> None:
    x = torch.arange(1000.0)[:, None]
    chosen = reference_points(x, torch.Generator().manual_seed(0))
    uses = torch.bincount(chosen[:, 0].long(), minlength=1000)
    assert uses.min() >= 4
    assert uses.max() <= 5


def test_capabilities() -> None:
    """No density: it says so on its card, and has no method for one."""
    model = Autoencoder(AutoencoderConfig())
    assert capabilities(model) == {"samples", "latent", "encoder"}
    assert "no density" in model.card.summary
