"""NICE: areas kept, a ceiling on the density, two kinds of noise."""

import math

import flow_world as world
import pytest
import scipy.special
import torch
import zuko

from engine.models.nice import (
    NICE,
    NICEConfig,
    logistic_from_normal,
    normal_from_logistic,
)

CEILING = 1 / (2 * math.pi)


def wild(dim: int = 2, **settings: object) -> NICE:
    torch.manual_seed(0)
    return world.shaken(NICE(NICEConfig(**{"width": 16, **settings}), dim), 0.3)


@pytest.mark.parametrize("prior", ["gaussian", "logistic"])
@pytest.mark.parametrize("dim", [2, 3])
def test_common_properties(dim: int, prior: str) -> None:
    flow = wild(dim, prior=prior)
    world.check_log_det(flow)
    world.check_inverse(flow, exact=1e-12, single=1e-5 if prior == "gaussian" else 1e-4)
    world.check_density_of_samples(flow.double())


@pytest.mark.parametrize("prior", ["gaussian", "logistic"])
def test_mass_is_one(prior: str) -> None:
    flow = wild(prior=prior, couplings=2)
    assert world.grid_mass(flow, limit=16.0, step=0.1) == pytest.approx(1, abs=0.01)


def test_without_scaling_no_area_changes_and_the_density_has_a_ceiling() -> None:
    """SYSTEMS C1 (1), (2): so NLL >= ln 2 pi on any data."""
    flow, x = wild(scaling=False), 3 * world.points(5000)
    z, log_det = flow.to_noise(x)
    assert torch.equal(log_det, torch.zeros(5000, dtype=torch.float64))
    assert (z - x).abs().mean() > 0.1
    density = flow.log_prob(x, torch.Generator()).exp()
    assert density.max() <= CEILING
    summit = flow.decode(torch.zeros(1, 2, dtype=torch.float64))
    found = flow.log_prob(summit, torch.Generator()).exp().item()
    assert found == pytest.approx(CEILING, rel=1e-12)


def test_with_scaling_the_log_det_is_its_sum_everywhere() -> None:
    flow, x = wild(), world.points(200)
    _, log_det = flow.to_noise(x)
    assert flow.log_scale.sum().abs() > 0.05
    expected = flow.log_scale.detach().sum().expand(200)
    torch.testing.assert_close(log_det, expected, rtol=0, atol=0)


def test_logistic_noise_is_normal_noise_bent() -> None:
    z = torch.linspace(-8, 8, 161, dtype=torch.float64)
    y = logistic_from_normal(z)
    mass = torch.as_tensor(scipy.special.ndtr(z.numpy()))
    torch.testing.assert_close(torch.sigmoid(y[:81]), mass[:81], rtol=1e-12, atol=0)
    torch.testing.assert_close(y, -y.flip(0), rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(normal_from_logistic(y), z, rtol=0, atol=1e-9)


def test_density_equals_zuko_with_the_same_shifts() -> None:
    flow, x = wild(scaling=False), world.points(100)
    first = torch.tensor([True, False])
    steps = [
        zuko.transforms.CouplingTransform(
            lambda a, c=coupling: zuko.transforms.DependentTransform(
                zuko.transforms.AdditiveTransform(c.net(a)), 1
            ),
            first if k % 2 == 0 else ~first,
        )
        for k, coupling in enumerate(flow.flow)
    ]
    noise = zuko.distributions.DiagNormal(torch.zeros(2), torch.ones(2))
    peer = zuko.distributions.NormalizingFlow(
        zuko.transforms.ComposedTransform(*steps), noise
    )
    found = flow.log_prob(x, torch.Generator())
    torch.testing.assert_close(found, peer.log_prob(x), rtol=0, atol=1e-10)


@pytest.mark.slow
def test_ring_is_learned() -> None:
    """Below 2.54 nats, which no map that keeps areas can reach at this scale."""
    torch.manual_seed(0)
    assert world.ring_nll(NICE(NICEConfig()), 600) < 2.45
