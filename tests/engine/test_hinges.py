"""Hidden units of a flow bend all over the data, not just in their middle."""

import pytest
import torch
from torch import nn

from engine.models.maf import MAF, MAFConfig
from engine.models.realnvp import RealNVP, RealNVPConfig
from engine.nets.coupling import NetShape, coupling_net, spread_hinges
from engine.nets.masked import MaskedNet


def shape(spread: float, slope: float = 0.5, waves: int = 0) -> NetShape:
    """A network of eight units."""
    return NetShape(8, 1, "relu", waves, spread=spread, slope=slope)


def bends(first: nn.Linear) -> torch.Tensor:
    """Where each unit of one plain coordinate changes its mind, (units,)."""
    return -first.bias / first.weight[:, 0]


@pytest.mark.parametrize("slope", [0.5, 2.0])
def test_three_hinges_in_four_lie_beyond_one_standard_deviation(slope: float) -> None:
    """|bias| is uniform up to 2, |slope| up to 1: P(|b| < |w|) = E[w / 2] = 1 / 4."""
    torch.manual_seed(0)
    first = nn.Linear(1, 100_000)
    spread_hinges(first, 1, shape(2.0, slope))
    outside = (bends(first).abs() > 1).double().mean().item()
    assert outside == pytest.approx(0.75, abs=0.01)
    assert first.weight.abs().max().item() == pytest.approx(slope, rel=1e-3)
    assert first.bias.abs().max().item() == pytest.approx(2 * slope, rel=1e-3)


def test_more_coordinates_share_the_slope() -> None:
    """The steepest way through four coordinates is no steeper than through one."""
    torch.manual_seed(0)
    first = nn.Linear(4, 100_000)
    spread_hinges(first, 4, shape(1.0, 0.5))
    steepest = first.weight.norm(dim=1).max().item()
    assert 0.45 < steepest <= 0.5


def test_waves_keep_the_weights_that_torch_gives_them() -> None:
    torch.manual_seed(0)
    own = nn.Linear(1 + 2 * 3, 8)
    torch.manual_seed(0)
    first = coupling_net(1, 2, shape(2.0, waves=3))[1]
    assert torch.equal(first.weight[:, 1:], own.weight[:, 1:])
    assert not torch.equal(first.weight[:, 0], own.weight[:, 0])


def test_without_a_spread_all_is_as_torch_makes_it() -> None:
    torch.manual_seed(0)
    own = nn.Linear(1, 8)
    torch.manual_seed(0)
    net = MaskedNet((0, 1), 2, NetShape(8, 1, "relu", waves=0))
    assert torch.equal(net.linears()[0].weight, own.weight)


@pytest.mark.parametrize("depth", [1, 3])
def test_flows_spread_the_hinges_of_every_network(depth: int) -> None:
    torch.manual_seed(0)
    settings = {"depth": depth, "width": 256, "spread": 5.0, "slope": 0.5}
    nvp, maf = RealNVP(RealNVPConfig(**settings)), MAF(MAFConfig(**settings))
    firsts = [coupling.net[1] for coupling in nvp.flow]
    firsts += [layer.net.linears()[0] for layer in maf.flow]
    for first in firsts:
        assert first.bias.abs().max().item() == pytest.approx(2.5, abs=0.1)


@pytest.mark.parametrize("flow", [RealNVP, MAF])
def test_waves_reach_the_set_frequency(flow: type[RealNVP | MAF]) -> None:
    model = flow(flow.Config(top_frequency=3.0, waves=5))
    first = model.flow[0]
    net = first.net if isinstance(model, RealNVP) else first.net.net
    frequencies = net[0].matrix.sum(dim=0)
    assert frequencies.max().item() == pytest.approx(3.0)
    assert len(frequencies.unique()) == 5
