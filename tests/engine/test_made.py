"""MADE: what sees what, sums to one, mixtures and their quantiles."""

import itertools

import flow_world as world
import pytest
import torch
import zuko
from torch import Tensor

from engine.models.made import MADE, MADEConfig
from engine.nets.coupling import NetShape
from engine.nets.masked import MaskedNet
from engine.nets.mixture import FittedMixture, LineMixture

SHAPE = NetShape(width=24, depth=2, activation="tanh", waves=3)


def wild(dim: int = 2, **settings: object) -> MADE:
    torch.manual_seed(0)
    return world.shaken(MADE(MADEConfig(**{"width": 16, **settings}), dim))


def wild_net(order: list[int], per: int = 1) -> MaskedNet:
    torch.manual_seed(0)
    net = MaskedNet(order, per, SHAPE).double()
    with torch.no_grad():
        for weight in net.parameters():
            weight += 0.3 * torch.randn_like(weight)
    return net


@pytest.mark.parametrize("conditionals", ["gaussian", "mixture"])
@pytest.mark.parametrize("order", ["natural", "reversed"])
@pytest.mark.parametrize("dim", [2, 3])
def test_common_properties(dim: int, order: str, conditionals: str) -> None:
    flow = wild(dim, order=order, conditionals=conditionals)
    world.check_log_det(flow)
    # A quantile between two modes is as good as the density there is large.
    world.check_inverse(flow, exact=1e-9, single=2e-3)
    world.check_density_of_samples(flow.double())


def test_mass_is_one() -> None:
    assert world.grid_mass(wild(components=4)) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("order", [[0, 1], [1, 0], [2, 0, 3, 1]])
def test_each_output_sees_what_comes_before_it_and_nothing_else(
    order: list[int],
) -> None:
    """SYSTEMS C4 (1): exact zeros, and no zero where there may be a connection."""
    dim = len(order)
    net = wild_net(order, per=2)
    jacobian = world.jacobians(lambda v: net(v).flatten(1), world.points(20, dim))
    jacobian = jacobian.view(20, dim, 2, dim)
    for i, j in itertools.product(range(dim), range(dim)):
        seen = jacobian[:, i, :, j]
        if order.index(j) < order.index(i):
            assert (seen != 0).all(), (i, j)
        else:
            assert torch.equal(seen, torch.zeros_like(seen)), (i, j)


def binary_log_prob(net: MaskedNet, x: Tensor) -> Tensor:
    """The net as the paper has it: a Bernoulli for each coordinate."""
    coin = torch.distributions.Bernoulli(logits=net(x)[..., 0])
    return coin.log_prob(x).sum(1)


def test_bernoulli_conditionals_sum_to_one_over_all_words() -> None:
    """SYSTEMS C4 (2), (3): in any order, though the conditionals differ."""
    words = torch.tensor(list(itertools.product((0.0, 1.0), repeat=8))).double()
    found = [
        binary_log_prob(wild_net(order), words).detach()
        for order in (list(range(8)), list(range(8))[::-1])
    ]
    for log_prob in found:
        assert log_prob.exp().sum().item() == pytest.approx(1, abs=1e-6)
    assert (found[0] - found[1]).abs().max() > 0.1


def test_one_gaussian_has_one_hump_in_its_first_coordinate() -> None:
    """Its marginal is a normal density whose parameters no point changes."""
    flow = wild(conditionals="gaussian")
    first, second = flow.conditionals(world.points(50))
    assert first.mean.std() < 1e-12
    assert second.mean.std() > 1e-3


def line_mixture() -> LineMixture:
    raw = 0.8 * world.points(40, 9)
    return LineMixture.from_raw(raw, smallest=0.05)


def test_line_mixture_against_torch_distributions() -> None:
    mixture, x = line_mixture(), world.points(40, 1)[:, 0]
    peer = torch.distributions.MixtureSameFamily(
        torch.distributions.Categorical(logits=mixture.log_weight),
        torch.distributions.Normal(mixture.mean, mixture.std),
    )
    torch.testing.assert_close(mixture.log_prob(x), peer.log_prob(x))
    normal = torch.distributions.Normal(0.0, 1.0)
    torch.testing.assert_close(
        normal.cdf(mixture.to_normal(x)), peer.cdf(x), rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("z", [-30.0, -6.0, 0.0, 6.0, 30.0])
def test_quantiles_hold_far_out_in_the_tails(z: float) -> None:
    mixture = line_mixture()
    wanted = torch.full((40,), z, dtype=torch.float64)
    found = mixture.to_normal(mixture.from_normal(wanted))
    torch.testing.assert_close(found, wanted, rtol=1e-9, atol=1e-9)


def test_quantiles_have_the_gradients_of_the_implicit_function() -> None:
    raw, z = world.points(6, 9), world.points(6, 1)[:, 0]

    def quantile(raw: Tensor, z: Tensor) -> Tensor:
        return LineMixture.from_raw(raw, 0.05).from_normal(z)

    raw.requires_grad_()
    z.requires_grad_()
    assert torch.autograd.gradcheck(quantile, (raw, z))


def test_no_gaussian_is_narrower_than_allowed() -> None:
    raw = torch.full((1, 3), -50.0)
    assert LineMixture.from_raw(raw, 0.05).std.item() == pytest.approx(0.05)


def test_settings_of_the_order() -> None:
    assert wild(3).net.order == (0, 1, 2)
    assert wild(3, order="reversed").net.order == (2, 1, 0)
    assert sorted(wild(3, order="random").net.order) == [0, 1, 2]


def test_masks_are_as_dense_as_those_of_zuko() -> None:
    """In 2D nothing hidden is cut; the peer builds its masks from an adjacency."""
    net = wild_net([0, 1, 2, 3])
    ours = world.jacobians(lambda v: net(v)[..., 0], world.points(5, 4))
    peer = zuko.nn.MaskedMLP(torch.ones(4, 4).tril(-1).bool(), (24, 24)).double()
    theirs = world.jacobians(peer, world.points(5, 4))
    assert torch.equal(ours != 0, theirs != 0)


def test_a_fitted_mixture_finds_separate_modes() -> None:
    """Expectation maximisation on the ring: its likelihood is near the entropy."""
    x = world.ring(5000, 0).double()
    mixture = FittedMixture(8, 2).double()
    mixture.fit(x, torch.Generator().manual_seed(0))
    nll = -mixture.log_prob(world.ring(5000, 1).double()).mean().item()
    assert nll == pytest.approx(world.RING_ENTROPY, abs=0.05)
    assert mixture.log_weight.exp().sum().item() == pytest.approx(1)


def test_a_fitted_mixture_knows_how_many_points_each_mode_has() -> None:
    few, many = 5 + 0.1 * world.points(200), 0.1 * world.points(800, seed=2)
    mixture = FittedMixture(2, 2).double()
    mixture.fit(torch.cat((few, many)), torch.Generator().manual_seed(0))
    weights = mixture.log_weight.exp().sort().values
    torch.testing.assert_close(
        weights, torch.tensor([0.2, 0.8]).double(), rtol=0, atol=1e-3
    )


def test_a_fitted_gaussian_has_the_moments_of_the_points() -> None:
    x = world.points(3000) @ torch.tensor([[2.0, 0.5], [0.0, 0.3]]).double() + 1
    mixture = FittedMixture(1, 2).double()
    mixture.fit(x, torch.Generator().manual_seed(0))
    cov = torch.cov(x.T, correction=0)
    peer = torch.distributions.MultivariateNormal(x.mean(0), cov)
    found, expected = mixture.log_prob(x[:50]), peer.log_prob(x[:50])
    torch.testing.assert_close(found, expected, rtol=0, atol=0.01)


def test_more_components_than_points_stay_finite() -> None:
    mixture = FittedMixture(20, 2).double()
    mixture.fit(world.points(5), torch.Generator().manual_seed(0))
    assert mixture.log_prob(world.points(10)).isfinite().all()


@pytest.mark.slow
def test_ring_is_learned() -> None:
    """SYSTEMS C4 (4) asks 1.5."""
    torch.manual_seed(0)
    assert world.ring_nll(MADE(MADEConfig())) < 1.2
