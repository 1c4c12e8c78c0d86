"""MAF: passes, triangles, orders, batch norm; against zuko with the same numbers."""

import math

import flow_world as world
import pytest
import torch
import zuko

from engine.models.maf import MAF, MAFConfig


def wild(dim: int = 2, **settings: object) -> MAF:
    torch.manual_seed(0)
    config = MAFConfig(**{"width": 16, "layers": 3, **settings})
    return world.shaken(MAF(config, dim))


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("dim", [2, 3])
def test_common_properties(dim: int, batch_norm: bool) -> None:
    flow = wild(dim, batch_norm=batch_norm)
    world.check_log_det(flow)
    world.check_inverse(flow)
    world.check_density_of_samples(flow.double())


@pytest.mark.parametrize("batch_norm", [False, True])
def test_mass_is_one(batch_norm: bool) -> None:
    flow = wild(batch_norm=batch_norm, layers=2)
    assert world.grid_mass(flow, limit=12.0) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("dim", [2, 3])
def test_density_takes_one_pass_and_a_sample_one_per_coordinate(dim: int) -> None:
    """SYSTEMS C5 (1)."""
    flow = wild(dim)
    calls = []
    for layer in flow.flow:
        layer.net.register_forward_hook(lambda *_: calls.append(1))
    flow.log_prob(world.points(4, dim), torch.Generator())
    assert len(calls) == len(flow.flow)
    calls.clear()
    flow.sample(4, torch.Generator())
    assert len(calls) == dim * len(flow.flow)


@pytest.mark.parametrize("layer", [0, 1])
def test_the_jacobian_of_a_layer_is_a_triangle(layer: int) -> None:
    """SYSTEMS C5 (2); orders alternate, so the second layer's is turned over."""
    flow, x = wild(3), world.points(20, 3)
    made = flow.flow[layer]
    jacobian = world.jacobians(lambda v: made(v)[0], x)
    if layer % 2:
        jacobian = jacobian.flip(1, 2)
    assert torch.equal(jacobian.triu(1), torch.zeros_like(jacobian))
    _, alpha = made(x)
    expected = alpha.neg().exp().flip(1) if layer % 2 else alpha.neg().exp()
    torch.testing.assert_close(jacobian.diagonal(dim1=1, dim2=2), expected)


def test_the_order_of_layers_matters() -> None:
    """SYSTEMS C5 (3): the same layers the other way round give other likelihoods."""
    flow, x = wild(), world.points(50)
    before = flow.log_prob(x, torch.Generator())
    flow.flow = tuple(reversed(flow.flow))
    assert (flow.log_prob(x, torch.Generator()) - before).abs().max() > 1e-3


def test_settings_of_the_order() -> None:
    assert [m.net.order for m in wild().flow] == [(0, 1), (1, 0), (0, 1)]
    assert {m.net.order for m in wild(order="same").flow} == {(0, 1)}
    assert len({m.net.order for m in wild(4, order="random").flow}) > 1


def test_with_one_order_the_first_coordinate_is_only_shifted_and_scaled() -> None:
    flow, x = wild(order="same"), world.points(50)
    jacobian = world.jacobians(lambda v: flow.to_noise(v)[0], x)
    assert jacobian[:, 0, 0].std() < 1e-12
    assert torch.equal(jacobian[:, 0, 1], torch.zeros(50, dtype=torch.float64))


def test_scales_stay_within_the_bound() -> None:
    flow = world.shaken(wild(bound=0.5), by=20.0)
    _, alpha = flow.flow[0](world.points(200))
    assert alpha.abs().max().item() == pytest.approx(0.5)


def test_a_new_flow_is_the_identity() -> None:
    x = world.points(20)
    z, log_det = MAF(MAFConfig()).double().to_noise(x)
    assert torch.equal(z, x)
    assert torch.equal(log_det, torch.zeros(20, dtype=torch.float64))


def test_density_equals_zuko_with_the_same_numbers() -> None:
    flow, x = wild(3), world.points(50, 3)

    def affine(layer, v):
        mu, alpha = layer.shift_and_log_scale(v)
        # zuko softens log-scales; this is the inverse of its softening.
        free = -alpha / (1 - (alpha / math.log(1e-3)).abs())
        shift = -mu * torch.exp(-alpha)
        return zuko.transforms.DependentTransform(
            zuko.transforms.MonotonicAffineTransform(shift, free), 1
        )

    steps = [
        zuko.transforms.AutoregressiveTransform(lambda v, m=m: affine(m, v), passes=3)
        for m in flow.flow
    ]
    chain = zuko.transforms.ComposedTransform(*steps)
    noise = zuko.distributions.DiagNormal(torch.zeros(3), torch.ones(3))
    peer = zuko.distributions.NormalizingFlow(chain, noise)
    found = flow.log_prob(x, torch.Generator())
    torch.testing.assert_close(found, peer.log_prob(x), rtol=0, atol=1e-10)
    z = world.points(50, 3, seed=5)
    torch.testing.assert_close(flow.decode(z), chain.inv(z), rtol=0, atol=1e-9)


def test_batch_norm_standardises_the_batch_in_training() -> None:
    """With gamma and beta at zero what leaves a layer has mean 0 and spread 1."""
    flow, x = wild(batch_norm=True), 2 + 3 * world.points(400)
    with torch.no_grad():
        for norm in flow.norms:
            norm.gamma.zero_()
            norm.beta.zero_()
    seen = flow.statistics(x)
    first = flow.norms[0](flow.flow[0](x)[0], seen[0])
    assert first.mean(0).abs().max() < 1e-9
    assert (first.std(0, correction=0) - 1).abs().max() < 1e-4


def test_the_loss_sees_the_batch_and_not_the_kept_points() -> None:
    flow, x = wild(batch_norm=True, jitter=0), 2 * world.points(300)
    loss = flow.losses("model", world.batch_of(x))["loss"]
    flow.reference.mul_(5)
    assert flow.losses("model", world.batch_of(x))["loss"] == loss
    flow.reference.copy_(x[torch.arange(1024) % 256])
    found = -flow.log_prob(x[:256], torch.Generator()).mean()
    same = flow.losses("model", world.batch_of(x[:256]))["loss"]
    torch.testing.assert_close(found, same)


def test_outside_training_batch_norm_knows_no_neighbours() -> None:
    """The density of a point does not depend on what is asked beside it."""
    flow = wild(batch_norm=True)
    flow.initialise({"x": 2 * world.points(300)}, torch.Generator().manual_seed(0))
    x = world.points(20)
    together = flow.log_prob(x, torch.Generator())
    alone = torch.cat([flow.log_prob(row[None], torch.Generator()) for row in x])
    torch.testing.assert_close(together, alone)
    other = wild(batch_norm=True)
    assert not torch.allclose(other.log_prob(x, torch.Generator()), together)


@pytest.mark.slow
def test_ring_is_learned() -> None:
    """SYSTEMS C5 (4) asks 1.8."""
    torch.manual_seed(0)
    assert world.ring_nll(MAF(MAFConfig())) < 1.4
