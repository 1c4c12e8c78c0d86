"""IAF: passes the other way round, MAF exchanged, and both ways to train it."""

import flow_world as world
import pytest
import torch

from engine.models.iaf import IAF, IAFConfig
from engine.models.maf import MAF, MAFConfig


def wild(dim: int = 2, **settings: object) -> IAF:
    torch.manual_seed(0)
    config = IAFConfig(**{"width": 16, "layers": 3, **settings})
    return world.shaken(IAF(config, dim))


@pytest.mark.parametrize("dim", [2, 3])
def test_common_properties(dim: int) -> None:
    flow = wild(dim)
    world.check_log_det(flow)
    world.check_inverse(flow)
    world.check_density_of_samples(flow.double())


def test_mass_is_one() -> None:
    assert world.grid_mass(wild(layers=2), limit=12.0) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("dim", [2, 3])
def test_a_sample_takes_one_pass_and_a_foreign_density_one_per_coordinate(
    dim: int,
) -> None:
    """SYSTEMS C6 (1)."""
    flow = wild(dim)
    calls = []
    for layer in flow.flow:
        layer.net.register_forward_hook(lambda *_: calls.append(1))
    flow.tracked(world.points(4, dim))
    assert len(calls) == len(flow.flow)
    calls.clear()
    flow.sample(4, torch.Generator())
    assert len(calls) == len(flow.flow)
    calls.clear()
    flow.log_prob(world.points(4, dim), torch.Generator())
    assert len(calls) == dim * len(flow.flow)


@pytest.mark.parametrize("dim", [2, 3])
def test_with_the_weights_of_a_maf_it_undoes_it(dim: int) -> None:
    """SYSTEMS C6 (2): IAF(MAF(x)) = x, and the log-determinants cancel."""
    torch.manual_seed(0)
    iaf = wild(dim)
    config = MAFConfig(width=16, layers=3, bound=iaf.config.bound)
    maf = world.shaken(MAF(config, dim))
    iaf.made.load_state_dict(maf.made.state_dict())
    x = world.points(100, dim)
    z, forth = maf.to_noise(x)
    back, there = iaf.to_noise(z)
    assert (z - x).abs().mean() > 0.02
    torch.testing.assert_close(back, x, rtol=0, atol=1e-9)
    torch.testing.assert_close(forth, -there, rtol=0, atol=1e-9)


def test_tracked_density_is_the_recomputed_one() -> None:
    """SYSTEMS C6 (3)."""
    flow = wild(3)
    own = flow.tracked(world.points(200, 3))
    found = flow.log_prob(own.x, torch.Generator())
    torch.testing.assert_close(found, own.log_q, rtol=0, atol=1e-9)
    torch.testing.assert_close(flow.decode(world.points(200, 3)), own.x)


def test_the_reverse_divergence_is_one_and_vanishes_at_its_target() -> None:
    """A new flow is the normal density; so is its target on normal points."""
    flow = IAF(IAFConfig(objective="reverse_kl", components=1)).double()
    x = world.points(4000)
    flow.initialise({"x": x}, torch.Generator().manual_seed(0))
    batch = world.batch_of(x, u=world.points(4000, seed=9))
    assert flow.losses("model", batch)["loss"].item() == pytest.approx(0, abs=0.01)
    moved = world.shaken(flow, by=0.3)
    assert moved.losses("model", batch)["loss"].item() > 0.05


def test_the_target_is_fitted_before_the_first_step() -> None:
    flow = wild(objective="reverse_kl", components=1)
    x = 3 + 0.5 * world.points(2000)
    flow.initialise({"x": x}, torch.Generator().manual_seed(0))
    torch.testing.assert_close(flow.target.mean[0], x.mean(0), rtol=0, atol=1e-4)


def test_the_reverse_divergence_never_sees_the_batch() -> None:
    flow = wild(objective="reverse_kl")
    flow.initialise({"x": world.points(500)}, torch.Generator().manual_seed(0))
    u = world.points(50)
    losses = [
        flow.losses("model", world.batch_of(x, u=u))["loss"]
        for x in (world.points(50), 9 + world.points(50))
    ]
    assert losses[0] == losses[1]
    assert flow.reference_lines("model") == {"loss": 0.0}


def test_the_likelihood_needs_no_target_and_no_noise() -> None:
    flow = wild()
    assert flow.noise("model") == {}
    assert flow.target is None
    x = world.points(50)
    expected = -flow.log_prob(x, torch.Generator()).mean()
    torch.testing.assert_close(
        flow.losses("model", world.batch_of(x))["loss"], expected
    )


@pytest.mark.slow
def test_reverse_divergence_reaches_a_gaussian() -> None:
    """One Gaussian, sheared and moved: a flow can be it exactly."""
    torch.manual_seed(0)
    flow = IAF(IAFConfig(objective="reverse_kl", components=1, layers=4))
    x = world.points(4000).float() @ torch.tensor([[1.0, 0.6], [0.0, 0.5]]) + 0.5
    world.fit(flow, x, 500)
    u = world.points(4000, seed=9).float()
    with torch.no_grad():
        found = flow.losses("model", world.batch_of(x, u=u))["loss"]
    assert found.item() == pytest.approx(0, abs=0.01)


@pytest.mark.slow
def test_ring_is_learned_by_likelihood() -> None:
    torch.manual_seed(0)
    assert world.ring_nll(IAF(IAFConfig()), 1000) < 1.5
