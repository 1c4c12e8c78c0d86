"""VQ-VAE: coding, its gradients, one step of Lloyd, and the mixture it makes."""

import math

import pytest
import torch
from sklearn.cluster import KMeans
from torch import Tensor
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from engine.models.base import Batch, capabilities
from engine.models.vqvae import VQVAE, VQVAEConfig
from engine.nets.codebook import (
    Codebook,
    counts,
    nearest,
    perplexity,
    straight_through,
)


def batch_of(x: Tensor) -> Batch:
    noise = {"order": torch.rand(len(x), dtype=x.dtype)}
    labels = torch.zeros(len(x), dtype=torch.int64)
    return Batch(x, labels, noise, torch.zeros((), dtype=x.dtype))


def model_for(x: Tensor, **settings: object) -> VQVAE:
    torch.manual_seed(0)
    config = VQVAEConfig(**{"codes": 8, "width": 16, **settings})
    model = VQVAE(config).double()
    model.initialise({"x": x}, torch.Generator().manual_seed(0))
    return model


def cloud(n: int = 200) -> Tensor:
    return torch.randn(n, 2, dtype=torch.float64, generator=torch.manual_seed(5))


def test_the_gradient_jumps_over_the_choice() -> None:
    """A4 (1), bitwise."""
    torch.manual_seed(0)
    decoder = torch.nn.Sequential(torch.nn.Linear(2, 9), torch.nn.Tanh())
    z = torch.randn(50, 2, requires_grad=True)
    z_q = torch.randn(50, 2, requires_grad=True)
    passed = straight_through(z, z_q.detach())
    assert torch.equal(passed, z_q)
    (at_encoder,) = torch.autograd.grad(decoder(passed).square().sum(), z)
    (at_code,) = torch.autograd.grad(decoder(z_q).square().sum(), z_q)
    assert torch.equal(at_encoder, at_code)


def test_the_index_is_that_of_brute_force() -> None:
    """A4 (2)."""
    torch.manual_seed(0)
    z, codes = torch.randn(500, 3), 2 + torch.randn(40, 3)
    assert torch.equal(nearest(z, codes), torch.cdist(z, codes).argmin(1))


def test_perplexity_counts_codes_in_use() -> None:
    """A4 (3): K for even use, one for a single code, between them otherwise."""
    assert perplexity(torch.full((7,), 1 / 7)).item() == pytest.approx(7)
    assert perplexity(torch.eye(7)[2]).item() == pytest.approx(1)
    share = counts(torch.tensor([0, 0, 0, 1]), 7, torch.float64) / 4
    assert share.tolist() == [0.75, 0.25, 0, 0, 0, 0, 0]
    two = math.exp(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)))
    assert perplexity(share).item() == pytest.approx(two)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("steps", "rounds"), [(1, 1), (2, 2), (100, 300)])
def test_without_memory_a_step_is_one_of_k_means(steps: int, rounds: int) -> None:
    """A4 (4): Lloyd's iterations from the same start, by scikit-learn."""
    torch.manual_seed(0)
    z = torch.randn(300, 2, dtype=torch.float64)
    book = Codebook(6, 2, learned=False).double()
    book.place(z[:6])
    for _ in range(steps):
        book.follow(z, gamma=0.0)
    lloyd = KMeans(6, init=z[:6].numpy(), n_init=1, max_iter=rounds, tol=0).fit(z)
    found = torch.from_numpy(lloyd.cluster_centers_)
    torch.testing.assert_close(book.codes, found, atol=1e-6, rtol=0)


def test_running_means_remember() -> None:
    """After n equal batches a share gamma^n of the start is left; unused codes stay."""
    book = Codebook(2, 1, learned=False).double()
    book.place(torch.tensor([[0.0], [100.0]]))
    z = torch.full((10, 1), 2.0, dtype=torch.float64)
    for _ in range(3):
        book.follow(z, gamma=0.5)
    # Both uses and sums start at one use of the first code, at the place zero.
    uses, sums = 0.5**3 + (1 - 0.5**3) * 2, (1 - 0.5**3) * 2 * 2.0
    assert book.codes[0].item() == pytest.approx(sums / uses)
    assert book.codes[1].item() == pytest.approx(100.0)


def test_unused_codes_restart_on_encodings() -> None:
    x = cloud()
    model = model_for(x, gamma=0.5)
    with torch.no_grad():
        model.book.codes[3] = 1e3
        model.book.sums[3] = 1e3
    with torch.no_grad():
        kept = model.book.codes.clone()
        # Its use is halved each time, and falls below a tenth with the fourth.
        for _ in range(4):
            assert model.book.codes[3, 0] == 1e3
            model.prepare("model", batch_of(x))
    encodings = model.encoder(x)
    assert torch.cdist(model.book.codes[3:4], encodings).min() < 1e-9
    assert not torch.equal(model.book.codes, kept)
    still = model_for(x, gamma=0.5, restart_below=0.0)
    with torch.no_grad():
        still.book.codes[3] = 1e3
        still.book.sums[3] = 1e3 * still.book.uses[3]
        for _ in range(5):
            still.prepare("model", batch_of(x))
    torch.testing.assert_close(
        still.book.codes[3], torch.full((2,), 1e3, dtype=torch.float64)
    )


def test_each_side_of_the_agreement_moves_one_party_only() -> None:
    """A4 (5): exact zeros."""
    x = cloud()
    model = model_for(x, codebook="gradient")
    terms = model.losses("model", batch_of(x))
    encoder, codes = list(model.encoder.parameters()), [model.book.codes]

    def largest(name: str, weights: list[Tensor]) -> float:
        grads = torch.autograd.grad(
            terms[name], weights, retain_graph=True, allow_unused=True
        )
        return max(0.0 if g is None else float(g.abs().max()) for g in grads)

    assert largest("commitment", codes) == 0
    assert largest("codebook", encoder) == 0
    assert largest("reconstruction", codes) == 0
    assert largest("commitment", encoder) > 0
    assert largest("codebook", codes) > 0
    assert largest("reconstruction", encoder) > 0


@pytest.mark.parametrize("codebook", ["gradient", "running"])
def test_both_terms_are_the_distance_to_the_nearest_code(codebook: str) -> None:
    """Their values agree, only their gradients differ; beta weighs one of them."""
    x = cloud()
    model = model_for(x, codebook=codebook, beta=0.7)
    with torch.no_grad():
        terms = model.losses("model", batch_of(x))
        encoded = model.encoder(x)
        apart = torch.cdist(encoded, model.book.codes).min(1).values
        read = model.decoder(model.book.codes)[nearest(encoded, model.book.codes)]
    expected = apart.square().mean()
    assert expected > 1e-5
    torch.testing.assert_close(terms["codebook"], expected)
    torch.testing.assert_close(terms["commitment"], expected)
    error = (read - x).square().sum(1).mean()
    torch.testing.assert_close(terms["reconstruction"], error)
    torch.testing.assert_close(terms["loss"], error + expected * 1.7)


def test_the_codebook_gradient_pulls_towards_the_same_mean() -> None:
    """Its zero is where each code is the mean of what it codes."""
    x = cloud()
    model = model_for(x, codebook="gradient")
    z = model.encoder(x).detach()
    with torch.no_grad():
        for _ in range(100):
            index = nearest(z, model.book.codes)
            for k in range(8):
                model.book.codes[k] = z[index == k].mean(0)
    terms = model.losses("model", batch_of(x))
    (grad,) = torch.autograd.grad(terms["codebook"], model.book.codes)
    assert grad.abs().max() < 1e-12


def test_density_is_the_mixture_that_samples_come_from() -> None:
    x = cloud(500)
    model = model_for(x)
    with torch.no_grad():
        prior, spread = model.prior(), model.spread()
        means = model.decoder(model.book.codes)
    parts = MultivariateNormal(means, spread**2 * torch.eye(2).double())
    oracle = MixtureSameFamily(Categorical(prior), parts)
    points = torch.randn(50, 2, dtype=torch.float64)
    found = model.log_prob(points, torch.Generator())
    torch.testing.assert_close(found, oracle.log_prob(points))
    samples = model.sample(100_000, torch.Generator().manual_seed(2))
    torch.testing.assert_close(samples.mean(0), oracle.mean, atol=0.02, rtol=0)
    torch.testing.assert_close(samples.var(0), oracle.variance, atol=0.02, rtol=0.05)
    model.config = model.config.model_copy(update={"sample_noise": False})
    bare = model.sample(1000, torch.Generator().manual_seed(2))
    assert torch.cdist(bare, means).min(1).values.max() < 1e-6


def test_latent_axes_read_back_what_the_model_reads_back() -> None:
    x = cloud()
    model = model_for(x)
    codes = model.encode(x).mean
    torch.testing.assert_close(model.decode(codes), model.reconstruct(x))
    found = capabilities(model)
    assert found == {"samples", "log_density", "latent", "encoder", "coded"}
