"""MADE on coordinates cut into bins: shares, binary digits, and their histograms."""

import itertools
import math

import flow_world as world
import pytest
import torch
from torch import Tensor

from engine.models.made import MADE, MADEConfig
from engine.nets.bins import Bins, LineHistogram
from engine.nets.made_heads import BernoulliHead

KINDS = [
    {"conditionals": "categorical", "bins": 8},
    {"conditionals": "bernoulli", "digits": 3},
]


def wild(dim: int = 2, **settings: object) -> MADE:
    torch.manual_seed(0)
    flow = world.shaken(MADE(MADEConfig(**{"width": 16, **settings}), dim))
    flow.initialise({"x": 0.8 * world.points(200, dim)}, torch.Generator())
    return flow


@pytest.mark.parametrize("order", ["natural", "reversed"])
@pytest.mark.parametrize("settings", KINDS)
@pytest.mark.parametrize("dim", [2, 3])
def test_common_properties(dim: int, settings: dict, order: str) -> None:
    flow = wild(dim, order=order, **settings)
    world.check_log_det(flow)
    world.check_inverse(flow, exact=1e-9, single=2e-3)
    world.check_density_of_samples(flow.double())


@pytest.mark.parametrize("settings", KINDS)
def test_shares_of_all_pairs_of_bins_add_up_to_one(settings: dict) -> None:
    """SYSTEMS C4 (2), by enumeration; the lengths of the bins come off again."""
    for order in ("natural", "reversed"):
        flow = wild(order=order, **settings)
        bins = flow.head.bins
        assert bins is not None
        pairs = torch.tensor(list(itertools.product(range(8), repeat=2)))
        x = bins.centres(pairs)
        with torch.no_grad():
            shares = (flow.log_conditionals(x) - bins.log_within(x, pairs)).sum(1).exp()
        assert shares.sum().item() == pytest.approx(1, abs=1e-6)
        assert shares.std() > 1e-3


@pytest.mark.parametrize("settings", KINDS)
def test_the_density_is_flat_in_a_bin_and_falls_off_outside(settings: dict) -> None:
    flow = wild(**settings)
    bins = flow.head.bins
    assert bins is not None
    middle = bins.centres(torch.tensor([[3, 4]]))
    around = middle + bins.length * (torch.rand(50, 2).double() - 0.5) * 0.999
    with torch.no_grad():
        inside = flow.log_prob(around, torch.Generator())
        top = bins.low + bins.count * bins.length
        out = top + bins.length * torch.tensor([[1.0, 1.0], [3.0, 1.0]]).double()
        outside = flow.log_prob(out, torch.Generator())
    assert inside.std() < 1e-9
    assert (outside[0] - outside[1]).item() == pytest.approx(2.0)
    assert flow.density_note == "histogram, 8 bins a side"


def test_one_pass_and_the_table_of_all_words_agree() -> None:
    for dim in (2, 3):
        flow = wild(dim, conditionals="bernoulli", digits=3)
        x = world.points(60, dim)
        with torch.no_grad():
            lines = flow.conditionals(x)
            table = [p.log_prob(v) for p, v in zip(lines, x.unbind(1), strict=True)]
            torch.testing.assert_close(torch.stack(table, 1), flow.log_conditionals(x))


def test_words_are_the_binary_digits_the_greatest_first() -> None:
    head = BernoulliHead([1, 0], MADEConfig(width=8).net_shape(), 3)
    words = head.words(torch.tensor([[5, 0], [3, 7]]))
    assert words.tolist() == [[1, -1, 1, -1, -1, -1], [-1, 1, 1, 1, 1, 1]]
    # The digits of y come first, as the order says.
    assert head.net.order == (3, 4, 5, 0, 1, 2)


def histogram() -> LineHistogram:
    log_mass = world.points(40, 6, 9).log_softmax(1)
    return LineHistogram(
        log_mass, torch.tensor(-1.5).double(), torch.tensor(0.5).double()
    )


def mass_below(line: LineHistogram, x: Tensor) -> Tensor:
    """By adding up the density on a fine grid: the bins' edges lie on it."""
    found = []
    for row, end in enumerate(x.tolist()):
        at = torch.linspace(-14.0, end, 20_001).double()
        one = LineHistogram(
            line.log_mass[row].expand(len(at), -1), line.low, line.length
        )
        found.append(torch.trapezoid(one.log_prob(at).exp(), at))
    return torch.stack(found)


def test_quantiles_hold_as_much_mass_as_the_density() -> None:
    line, x = histogram(), 1.4 * world.points(40, 1)[:, 0]
    found = torch.special.ndtr(line.to_normal(x))
    torch.testing.assert_close(found, mass_below(line, x), rtol=0, atol=2e-3)


@pytest.mark.parametrize("z", [-20.0, -6.0, -0.3, 0.0, 0.4, 6.0, 20.0])
def test_quantiles_hold_far_out_in_the_tails(z: float) -> None:
    line = histogram()
    wanted = torch.full((40,), z, dtype=torch.float64)
    x = line.from_normal(wanted)
    torch.testing.assert_close(line.to_normal(x), wanted, rtol=1e-8, atol=1e-8)
    if z == 20.0:
        # ln P(X > x) is ln of the last mass, minus the distance in bins.
        log_tail = torch.special.log_ndtr(-wanted)
        expected = line.low + line.length * (5 + line.log_mass[:, -1] - log_tail)
        torch.testing.assert_close(x, expected)


def test_quantiles_have_gradients() -> None:
    raw, z = world.points(6, 5, 9), world.points(6, 1)[:, 0]
    raw.requires_grad_()
    z.requires_grad_()

    def quantile(raw: Tensor, z: Tensor) -> Tensor:
        low, length = z.new_tensor(-1.0), z.new_tensor(0.4)
        return LineHistogram(raw.log_softmax(1), low, length).from_normal(z)

    assert torch.autograd.gradcheck(quantile, (raw, z))


def test_bins_cover_the_data_and_a_flat_column_has_some_length() -> None:
    bins = Bins(2, 4)
    bins.fit(torch.tensor([[0.0, 5.0], [8.0, 5.0], [3.0, 5.0]]))
    assert bins.low.tolist() == [0, 5]
    assert bins.length.tolist() == pytest.approx([2.0, 0.00025])
    found = bins.of(torch.tensor([[-9.0, 5.0], [0.1, 5.0], [3.9, 5.0], [99.0, 5.0]]))
    assert found[:, 0].tolist() == [0, 0, 1, 3]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "most"),
    [
        ({"conditionals": "categorical"}, 1.35),
        ({"conditionals": "bernoulli"}, 1.45),
    ],
)
def test_ring_is_learned(settings: dict, most: float) -> None:
    """Entropy 1.12; cutting into 48 or 32 bins costs some of a nat (measured)."""
    torch.manual_seed(0)
    flow = MADE(MADEConfig(**settings))
    flow.initialise({"x": world.ring(5000, 2) / world.RING_SCALE}, torch.Generator())
    world.fit(flow, world.ring(20_000, 0) / world.RING_SCALE, 1500)
    with torch.no_grad():
        x = world.ring(10_000, 1) / world.RING_SCALE
        found = -flow.log_prob(x, torch.Generator()).mean().item()
    nll = found + 2 * math.log(world.RING_SCALE)
    assert world.RING_ENTROPY < nll < most
