r"""Monotone rational-quadratic splines, and couplings made of them.

On [-B, B] the map runs through knots with given slopes; between two knots it is a
quotient of two parabolas, which is monotone and inverted by a quadratic equation.
Outside it is the identity.

Durkan, Bekasov, Murray, Papamakarios, "Neural Spline Flows", 2019, 1906.04032, eqs. 4
to 8. The letters are the paper's: :math:`\xi` the place inside a bin, :math:`s` the
slope of its chord, :math:`\delta` the slopes at its ends.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.nets.coupling import Coupling, NetShape, coupling_net

#: Smallest width and height of a bin as a share of the mean bin, and smallest slope at
#: a knot: a bin of no size would divide by zero.
MIN_SHARE = 1e-2
MIN_SLOPE = 1e-3


@dataclass(frozen=True)
class SplineShape:
    """``bins`` between -``bound`` and ``bound``."""

    bins: int
    bound: float

    @property
    def numbers(self) -> int:
        """Free numbers of one spline: widths, heights, inner slopes."""
        return 3 * self.bins - 1


class Knots(NamedTuple):
    """Knots of splines: ``places`` (..., 2, bins + 1) hold x and y, ``slopes``."""

    places: Tensor
    slopes: Tensor


class Bin(NamedTuple):
    """The bin of each point, all (...): lower knot, width, chord slope, end slopes."""

    x: Tensor
    y: Tensor
    width: Tensor
    s: Tensor
    delta: Tensor
    delta_next: Tensor


def knots(raw: Tensor, shape: SplineShape) -> Knots:
    """Knots from free numbers (..., 3 bins - 1); from zeros, those of the identity."""
    bins = shape.bins
    sizes = raw[..., : 2 * bins].reshape(*raw.shape[:-1], 2, bins).softmax(dim=-1)
    sizes = (MIN_SHARE / bins) + (1 - MIN_SHARE) * sizes
    places = F.pad(sizes.cumsum(dim=-1), (1, 0)) * (2 * shape.bound) - shape.bound
    identity = math.log(math.expm1(1 - MIN_SLOPE))
    slopes = MIN_SLOPE + F.softplus(raw[..., 2 * bins :] + identity)
    return Knots(places, F.pad(slopes, (1, 1), value=1.0))


def find_bin(at: Tensor, axis: int, found: Knots) -> Bin:
    """The bin of values (...) on the x axis (0) or the y axis (1)."""
    places = found.places
    inner = places[..., axis, 1:-1]
    index = (at[..., None] >= inner).sum(dim=-1, keepdim=True)
    both = torch.cat((index, index + 1), dim=-1)
    ends = places.gather(-1, both[..., None, :].expand(*at.shape, 2, 2))
    low, high = ends.unbind(dim=-1)
    x, y = low.unbind(dim=-1)
    width, height = (high - low).unbind(dim=-1)
    delta, delta_next = found.slopes.gather(-1, both).unbind(dim=-1)
    return Bin(x, y, width, height / width, delta, delta_next)


def spline(x: Tensor, raw: Tensor, shape: SplineShape) -> tuple[Tensor, Tensor]:
    """Values and log-slopes (...) at x (...), for free numbers (..., 3 bins - 1).

    Outside the knots both slopes are 1, so that the identity joins without a kink: it
    is the value at the border, plus how far outside x is.
    """
    inside = x.clamp(-shape.bound, shape.bound)
    b = find_bin(inside, 0, knots(raw, shape))
    xi = (inside - b.x) / b.width
    rest = 1 - xi
    mixed = xi * rest
    square = xi * xi
    bottom = b.s + (b.delta_next + b.delta - 2 * b.s) * mixed
    y = b.y + b.s * b.width * (b.s * square + b.delta * mixed) / bottom
    top = b.delta_next * square + 2 * b.s * mixed + b.delta * rest * rest
    log_slope = (top * (b.s / bottom).square()).log()
    return y + (x - inside), log_slope


def inverse_spline(y: Tensor, raw: Tensor, shape: SplineShape) -> Tensor:
    """The x (...) that :func:`spline` takes to y (...), by its quadratic equation."""
    inside = y.clamp(-shape.bound, shape.bound)
    b = find_bin(inside, 1, knots(raw, shape))
    up = inside - b.y
    bend = up * (b.delta_next + b.delta - 2 * b.s)
    height = b.s * b.width
    p = height * (b.s - b.delta) + bend
    q = height * b.delta - bend
    r = -b.s * up
    root = (q.square() - 4 * p * r).clamp(min=0).sqrt()
    # The textbook form with p below would lose digits where the bin is nearly straight.
    xi = 2 * r / (-q - root)
    return b.x + xi * b.width + (y - inside)


class SplineCoupling(Coupling):
    """Bends each coordinate of one half by a spline that the other half chooses."""

    def __init__(
        self, dim_a: int, dim_b: int, shape: NetShape, spline_shape: SplineShape
    ) -> None:
        super().__init__()
        self.shape = spline_shape
        self.dim_b = dim_b
        self.net = coupling_net(dim_a, dim_b * spline_shape.numbers, shape)

    def raw(self, a: Tensor) -> Tensor:
        """Free numbers of the splines, (n, dim_b, numbers)."""
        out: Tensor = self.net(a)
        return out.view(len(a), self.dim_b, self.shape.numbers)

    def forward(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        """Bent half (n, dim_b) and the logarithms of its slopes."""
        return spline(b, self.raw(a), self.shape)

    def inverse(self, a: Tensor, b: Tensor) -> Tensor:
        """The half before."""
        return inverse_spline(b, self.raw(a), self.shape)
