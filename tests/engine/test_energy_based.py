"""Energy-based model: gradient in two phases, walkers against quadrature."""

import math

import pytest
import torch
from torch import Tensor

from engine.models.base import Batch, capabilities
from engine.models.energy_based import HALF_SIDE, EnergyBased, EnergyConfig
from engine.sampling.walkers import walk, with_slope


def bumpy(**settings: object) -> EnergyBased:
    """A model whose surface is not flat."""
    torch.manual_seed(0)
    model = EnergyBased(EnergyConfig(width=16, walkers=256, **settings)).double()
    torch.nn.init.normal_(model.net[-1].weight, std=0.5)
    return model


def batch_of(model: EnergyBased, x: Tensor, step: int = 0) -> Batch:
    noise = {
        name: (torch.randn if draw.kind == "normal" else torch.rand)(
            (len(x), *draw.shape), dtype=x.dtype
        )
        for name, draw in model.noise("model").items()
    }
    labels = torch.zeros(len(x), dtype=torch.int64)
    batch = Batch(x, labels, noise, torch.tensor(float(step)))
    with torch.no_grad():
        return model.prepare("model", batch)


def test_a_constant_added_to_the_energy_changes_nothing() -> None:
    """A7 (1): neither density nor score."""
    model = bumpy()
    x = torch.randn(20, 2, dtype=torch.float64)
    density = model.log_prob(x, torch.Generator())
    slope = with_slope(model.energy, x)[1]
    with torch.no_grad():
        model.net[-1].bias += 3.7
    torch.testing.assert_close(model.log_prob(x, torch.Generator()), density)
    torch.testing.assert_close(with_slope(model.energy, x)[1], slope)


def test_two_phases_make_the_gradient_of_the_likelihood() -> None:
    """A7 (2): expectation on the grid against autograd of the grid's log-likelihood."""
    model = bumpy()
    weights = list(model.parameters())
    x = torch.randn(40, 2, dtype=torch.float64)
    nll = (model.energy(x)).mean() + model.log_partition(60)
    direct = torch.autograd.grad(nll, weights, allow_unused=True)
    grid = model.grid(60)
    with torch.no_grad():
        share = torch.softmax(-model.energy(grid), 0)
    phases = model.surface(x).mean() - (share * model.surface(grid)).sum()
    found = torch.autograd.grad(phases, weights, allow_unused=True)
    for a, b in zip(direct, found, strict=True):
        torch.testing.assert_close(a, b, atol=1e-8, rtol=0)


def test_the_loss_is_the_contrast_with_the_walkers() -> None:
    """Walkers drawn from the density itself give its gradient, up to their number."""
    model = bumpy(sample_from="grid", cells=200, penalty=0.0)
    x = torch.randn(20_000, 2, dtype=torch.float64) * 0.5
    batch = batch_of(model, x[:64])
    walkers = model.sample(20_000, torch.Generator().manual_seed(0))
    batch = Batch(
        x, batch.labels, {}, batch.step, {"walkers": walkers, "accepted": x[:, 0]}
    )
    weights = list(model.net[1].parameters())
    loss = model.losses("model", batch)["loss"]
    found = torch.cat([g.flatten() for g in torch.autograd.grad(loss, weights)])
    nll = model.energy(x).mean() + model.log_partition(100)
    exact = torch.cat([g.flatten() for g in torch.autograd.grad(nll, weights)])
    assert (found - exact).norm() < 0.1 * exact.norm()


def test_the_penalty_is_that_of_the_paper() -> None:
    """Mean squares of the surface at data and at walkers, each counted once."""
    model = bumpy(penalty=0.3)
    x, walkers = torch.randn(2, 50, 2, dtype=torch.float64)
    extra = {"walkers": 2 * walkers, "accepted": x[:, 0]}
    labels = torch.zeros(50, dtype=torch.int64)
    with torch.no_grad():
        terms = model.losses("model", Batch(x, labels, {}, torch.tensor(0.0), extra))
        at_data, at_walkers = model.surface(x), model.surface(2 * walkers)
    expected = at_data.square().mean() + at_walkers.square().mean()
    torch.testing.assert_close(terms["penalty"], expected)
    contrast = at_data.mean() - at_walkers.mean()
    torch.testing.assert_close(terms["contrast"], contrast)
    torch.testing.assert_close(terms["loss"], contrast + 0.3 * expected)


def test_the_score_is_a_gradient() -> None:
    """A7 (3): the Jacobian of -grad E is symmetric."""
    model = bumpy()

    def score(x: Tensor) -> Tensor:
        return -torch.autograd.grad(model.energy(x[None]).sum(), x, create_graph=True)[
            0
        ]

    for x in torch.randn(5, 2, dtype=torch.float64):
        jacobian = torch.autograd.functional.jacobian(score, x)
        torch.testing.assert_close(jacobian, jacobian.T, atol=1e-6, rtol=0)
        assert jacobian.abs().max() > 0.1


def test_the_density_adds_up_to_one() -> None:
    """Against a finer grid of another size, and with a flat net the bowl is normal."""
    model = bumpy()
    side = 331
    edge = (torch.arange(side) + 0.5) / side * 2 * HALF_SIDE - HALF_SIDE
    grid = torch.cartesian_prod(edge, edge).double()
    mass = model.log_prob(grid, torch.Generator()).exp().sum()
    assert mass.item() * (2 * HALF_SIDE / side) ** 2 == pytest.approx(1, abs=1e-3)
    flat = EnergyBased(EnergyConfig(bowl=2.0)).double()
    expected = torch.distributions.Normal(0.0, math.sqrt(0.5)).log_prob(grid).sum(1)
    torch.testing.assert_close(flat.log_prob(grid, torch.Generator()), expected)


def test_checked_walkers_settle_at_the_density_whatever_the_step() -> None:
    """Unchecked ones at variance 1 / (1 - eta / 2) for N(0, 1), A6 (1)."""
    torch.manual_seed(0)
    eta, x = 0.5, torch.randn(100_000, 1, dtype=torch.float64)
    normal, uniform = torch.randn(len(x), 60, 1).double(), torch.rand(len(x), 60)

    def energy(x: Tensor) -> Tensor:
        return 0.5 * x.square().sum(1)

    free = walk(energy, x, normal, eta)
    assert free.x.var().item() == pytest.approx(1 / (1 - eta / 2), rel=0.015)
    assert free.accepted.min() == 1
    checked = walk(energy, 2 * x, normal, eta, uniform)
    assert checked.x.var().item() == pytest.approx(1, rel=0.015)
    assert 0.8 < checked.accepted.mean() < 0.99


def test_walkers_live_on_and_a_share_is_born_anew() -> None:
    model = bumpy(langevin_steps=1, eta=0.001, fresh=0.25, checked=False)
    model.initialise({}, torch.Generator().manual_seed(0))
    x = torch.zeros(100, 2, dtype=torch.float64)
    before = model.chains.clone()
    batch_of(model, x, step=2)  # walkers 200 .. 255, then 0 .. 43
    moved = (model.chains - before).norm(dim=1)
    turn = torch.cat((torch.arange(200, 256), torch.arange(44)))
    waiting = torch.ones(256, dtype=torch.bool)
    waiting[turn] = False
    assert torch.equal(model.chains[waiting], before[waiting])
    near = (moved[turn] < 0.3).double().mean()
    assert near.item() == pytest.approx(0.75, abs=0.12)
    assert (moved[turn] > 0).all()


def test_both_kinds_of_samples_follow_the_density() -> None:
    model = bumpy(cells=120, sample_steps=150, eta=0.1)
    grid = model.grid(200)
    share = torch.softmax(-model.energy(grid), 0)[:, None].detach()
    mean = (share * grid).sum(0)
    variance = (share * (grid - mean).square()).sum(0)
    for source in ("grid", "walkers"):
        model.config = model.config.model_copy(update={"sample_from": source})
        x = model.sample(3000, torch.Generator().manual_seed(0))
        torch.testing.assert_close(x.mean(0), mean, atol=0.12, rtol=0)
        torch.testing.assert_close(x.var(0), variance, atol=0, rtol=0.12)
    assert capabilities(model) == {"samples", "log_density", "energy"}
    assert model.density_kind == "estimate"
