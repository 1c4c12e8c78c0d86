r"""Coordinates cut into bins, and densities that are flat inside each of them.

Inside a bin the density is even. The first and the last bin are open: there it falls
off as an exponential with the length of one bin, so that a density adds up to one over
the whole line and no point has density zero. So such a density is a histogram, and
known exactly.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn


class Bins(nn.Module):
    """``count`` bins of equal length along each of ``dim`` axes."""

    low: Tensor
    length: Tensor

    def __init__(self, dim: int, count: int) -> None:
        super().__init__()
        self.count = count
        self.register_buffer("low", torch.full((dim,), -3.0))
        self.register_buffer("length", torch.full((dim,), 6.0 / count))

    @torch.no_grad()
    def fit(self, x: Tensor) -> None:
        """Cut the range of points x (n, dim)."""
        low, high = x.amin(0), x.amax(0)
        self.low.copy_(low)
        # A column of one value would have bins of no length.
        self.length.copy_((high - low).clamp(min=1e-3) / self.count)

    def of(self, x: Tensor) -> Tensor:
        """Bin numbers (n, dim) int64 of points x (n, dim)."""
        place = (x - self.low) / self.length
        return place.floor().clamp(0, self.count - 1).long()

    def centres(self, bins: Tensor) -> Tensor:
        """Middles (n, dim) of bins (n, dim)."""
        return self.low + (bins + 0.5) * self.length

    def log_within(self, x: Tensor, bins: Tensor) -> Tensor:
        """Log-density ln q (n, dim) of each coordinate inside its bin."""
        place = (x - self.low) / self.length - bins
        # Lengths from the inner edge of an open bin; zero counts for all others.
        beyond = torch.where(bins == 0, 1 - place, torch.zeros_like(place))
        beyond = torch.where(bins == self.count - 1, place, beyond)
        return -beyond - self.length.log()

    def points_in(self, bins: Tensor, uniform: Tensor) -> Tensor:
        """A point (n, dim) of q in each bin, from uniform numbers (n, dim)."""
        beyond = -torch.log1p(-uniform)
        place = torch.where(bins == 0, 1 - beyond, uniform)
        place = torch.where(bins == self.count - 1, beyond, place)
        return self.low + (bins + place) * self.length

    def line(self, axis: int, log_mass: Tensor) -> "LineHistogram":
        """The density along one axis with these logarithms of masses (n, count)."""
        return LineHistogram(log_mass, self.low[axis], self.length[axis])


@dataclass(frozen=True)
class LineHistogram:
    """Histograms on the line, one per point: ``log_mass`` (n, k), both ends open."""

    log_mass: Tensor
    low: Tensor
    length: Tensor

    def log_prob(self, x: Tensor) -> Tensor:
        """Log-density (n,) at x (n,)."""
        bins, place = self._place(x)
        beyond = torch.where(bins == 0, 1 - place, torch.zeros_like(place))
        beyond = torch.where(bins == self._last, place, beyond)
        return self._mass_of(bins) - beyond - self.length.log()

    def to_normal(self, x: Tensor) -> Tensor:
        """The normal quantile (n,) with as much mass below it as x (n,)."""
        bins, place = self._place(x)
        log_below, log_above = self._shares(bins, place)
        here, mass = self._mass_of(bins), self.log_mass.exp()
        upto = mass.cumsum(dim=1).gather(1, bins[:, None])[:, 0]
        below = (upto - here.exp()).clamp(min=0) + (here + log_below).exp()
        from_top = mass.flip(1).cumsum(dim=1).flip(1).gather(1, bins[:, None])[:, 0]
        above = (from_top - here.exp()).clamp(min=0) + (here + log_above).exp()
        # From the smaller tail: there the digits are.
        tiny = torch.finfo(x.dtype).tiny
        tail: Tensor = torch.special.ndtri(torch.minimum(below, above).clamp(min=tiny))
        return torch.where(below < above, tail, -tail)

    def from_normal(self, z: Tensor) -> Tensor:
        """Inverse of :meth:`to_normal`: the bin, then the place inside it."""
        above = z > 0
        # ``ndtr`` itself gives up below -14.
        tail = torch.special.log_ndtr(-z.abs()).exp()
        mass = self.log_mass.exp()
        mass = torch.where(above[:, None], mass.flip(1), mass)
        upto = mass.cumsum(dim=1)
        found = (upto < tail[:, None]).sum(dim=1, keepdim=True).clamp(max=self._last)
        here = mass.gather(1, found)[:, 0]
        before = upto.gather(1, found)[:, 0] - here
        tiny = torch.finfo(z.dtype).tiny
        share = ((tail - before) / here.clamp(min=tiny)).clamp(tiny, 1.0)
        found = found[:, 0]
        bins = torch.where(above, self._last - found, found)
        return self.low + (bins + self._inside(bins, share, above)) * self.length

    @property
    def _last(self) -> int:
        return self.log_mass.shape[1] - 1

    def _mass_of(self, bins: Tensor) -> Tensor:
        return self.log_mass.gather(1, bins[:, None])[:, 0]

    def _place(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Bin (n,) of each point, and its distance from the start of that, in bins."""
        place = (x - self.low) / self.length
        bins = place.floor().clamp(0, self._last).long()
        return bins, place - bins

    def _shares(self, bins: Tensor, place: Tensor) -> tuple[Tensor, Tensor]:
        """Logarithms of the share of the bin's mass below and above a place in it."""
        tiny = torch.finfo(place.dtype).tiny
        even = place.clamp(0.0, 1.0)
        # In an open bin the share beyond a point falls off with its distance.
        outside = torch.where(bins == 0, place - 1, -place).clamp(max=0.0)
        inner = -torch.expm1(outside)
        below = torch.where(bins == self._last, inner, even).clamp(min=tiny).log()
        above = torch.where(bins == 0, inner, 1 - even).clamp(min=tiny).log()
        below = torch.where(bins == 0, outside, below)
        return below, torch.where(bins == self._last, outside, above)

    def _inside(self, bins: Tensor, share: Tensor, above: Tensor) -> Tensor:
        """Place in the bin with that share of its mass below (or above) it."""
        tiny = torch.finfo(share.dtype).tiny
        below = torch.where(above, 1 - share, share)
        place = torch.where(bins == 0, 1 + below.clamp(min=tiny).log(), below)
        rest = torch.where(above, share, 1 - share)
        return torch.where(bins == self._last, -rest.clamp(min=tiny).log(), place)
