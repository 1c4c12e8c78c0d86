"""Glow: actnorm, the LU matrix, temperature, and the properties of every flow."""

import flow_world as world
import pytest
import torch

from engine.models.glow import Glow, GlowConfig
from engine.nets.mixing import ActNorm, LUMixing


def wild(dim: int = 2, **settings: object) -> Glow:
    torch.manual_seed(0)
    config = GlowConfig(**{"width": 16, "flow_steps": 3, **settings})
    return world.shaken(Glow(config, dim))


def shaken_mixing(dim: int, dtype: torch.dtype = torch.float64) -> LUMixing:
    torch.manual_seed(1)
    mixing = LUMixing(dim).to(dtype)
    with torch.no_grad():
        for weight in mixing.parameters():
            weight += 0.3 * torch.randn_like(weight)
    return mixing


@pytest.mark.parametrize("mixing", ["none", "permutation", "lu"])
@pytest.mark.parametrize("dim", [2, 3])
def test_common_properties(dim: int, mixing: str) -> None:
    flow = wild(dim, mixing=mixing)
    world.check_log_det(flow)
    world.check_inverse(flow)
    world.check_density_of_samples(flow.double())


def test_mass_is_one() -> None:
    assert world.grid_mass(wild(flow_steps=2), limit=12.0) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("dim", [2, 5])
def test_actnorm_standardises_what_it_is_shown_first(dim: int) -> None:
    """SYSTEMS C3 (1)."""
    x = (
        5 + 3 * torch.arange(dim) * world.points(1000, dim) + world.points(1000, dim)
    ).float()
    norm = ActNorm(dim)
    norm.standardise(x)
    y, log_det = norm(x)
    assert y.mean(0).abs().max() < 1e-5
    assert (y.std(0, correction=0) - 1).abs().max() < 1e-4
    spread = x.std(0, correction=0).log().sum()
    torch.testing.assert_close(log_det, -spread, rtol=0, atol=1e-5)
    again, _ = norm(2 * x)  # statistics stay: other points are not standardised
    assert (again.std(0, correction=0) - 2).abs().max() < 1e-3
    torch.testing.assert_close(norm.inverse(y), x, rtol=0, atol=1e-4)


def test_every_actnorm_starts_from_what_reaches_it() -> None:
    flow, x = wild(), 3 + 2 * world.points(1000)
    flow.initialise({"x": x}, torch.Generator().manual_seed(0))
    for step in flow.flow:
        seen, _ = step.actnorm(x)
        assert seen.mean(0).abs().max() < 1e-5
        assert (seen.std(0, correction=0) - 1).abs().max() < 1e-4
        x, _ = step(x)


def test_a_constant_column_stays_finite() -> None:
    x = torch.cat((world.points(50, 1), torch.full((50, 1), 4.0)), 1)
    norm = ActNorm(2).double()
    norm.standardise(x)
    assert norm(x)[0].isfinite().all()


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 1e-6)]
)
@pytest.mark.parametrize("dim", [2, 4])
def test_lu_mixing_is_one_matrix(
    dim: int, dtype: torch.dtype, tolerance: float
) -> None:
    """SYSTEMS C3 (2), (3)."""
    mixing, x = shaken_mixing(dim, dtype), world.points(30, dim).to(dtype)
    y, log_det = mixing(x)
    matrix = world.jacobians(lambda v: mixing(v)[0], x)
    torch.testing.assert_close(matrix, mixing.weight().expand_as(matrix))
    expected = torch.linalg.slogdet(mixing.weight()).logabsdet
    torch.testing.assert_close(log_det, expected, rtol=0, atol=tolerance)
    torch.testing.assert_close(mixing.inverse(y), x, rtol=0, atol=10 * tolerance)


def test_a_new_mixing_is_a_rotation() -> None:
    torch.manual_seed(0)
    weight = LUMixing(3).weight()
    torch.testing.assert_close(weight @ weight.T, torch.eye(3), rtol=0, atol=1e-6)
    assert not torch.allclose(weight, torch.eye(3), atol=0.1)


def test_only_the_free_parts_of_the_factors_learn() -> None:
    """SYSTEMS C3 (4): P gets no gradient; L keeps its unit diagonal."""
    mixing = shaken_mixing(3)
    mixing(world.points(30, 3))[0].square().sum().backward()
    assert not mixing.permutation.requires_grad
    lower, upper = mixing.factors()
    assert torch.equal(lower.diagonal(), torch.ones(3, dtype=torch.float64))
    assert torch.equal(lower.triu(1), torch.zeros(3, 3, dtype=torch.float64))
    assert torch.equal(upper.tril(-1), torch.zeros(3, 3, dtype=torch.float64))
    assert torch.equal(mixing.lower.grad.triu(0), torch.zeros_like(mixing.lower))
    assert torch.equal(mixing.upper.grad.tril(0), torch.zeros_like(mixing.upper))


def test_without_mixing_one_coordinate_is_never_bent() -> None:
    flow, x = wild(mixing="none"), world.points(100)
    jacobian = world.jacobians(lambda v: flow.to_noise(v)[0], x)
    assert torch.equal(jacobian[:, 0, 1], torch.zeros(100, dtype=torch.float64))
    assert jacobian[:, 0, 0].std() < 1e-12


def test_temperature_is_the_spread_of_the_noise() -> None:
    """Samples, their codes and the density agree on it."""
    flow = wild(temperature=0.5)
    x = flow.sample(4000, torch.Generator().manual_seed(0))
    assert flow.encode(x).mean.std().item() == pytest.approx(0.5, abs=0.02)
    assert world.grid_mass(flow, limit=9.0, step=0.03) == pytest.approx(1, abs=0.01)
    frozen = wild(temperature=0.0)
    x = frozen.sample(5, torch.Generator())
    assert torch.equal(x, x[:1].expand(5, 2))
    assert frozen.log_prob(x, torch.Generator()).isfinite().all()


@pytest.mark.slow
def test_ring_is_learned() -> None:
    torch.manual_seed(0)
    assert world.ring_nll(Glow(GlowConfig()), 1000) < 1.45
