r"""What the outputs of a MADE mean: the densities of the coordinates, three ways.

A mixture of Gaussians; one share for each of K bins; or the binary digits of the number
of the bin, each a coin whose odds depend on the digits before it,

.. math:: P(b) = \prod_k P(b_k \mid b_{<k}), \quad b = \sum_k 2^{B - k} b_k .

The last two see coordinates cut into bins: the middle of the bin, or its digits.

Germain et al. 2015, 1502.03509, sections 3 (binary) and 4.
"""

import math
from collections.abc import Sequence
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.nets.bins import Bins
from engine.nets.coupling import NetShape
from engine.nets.masked import MaskedNet
from engine.nets.mixture import LineMixture


class LineDensity(Protocol):
    """Densities on the line, one per point."""

    def log_prob(self, x: Tensor) -> Tensor:
        """Log-density (n,) at x (n,)."""

    def to_normal(self, x: Tensor) -> Tensor:
        """The normal quantile (n,) with as much mass below it as x (n,)."""

    def from_normal(self, z: Tensor) -> Tensor:
        """Inverse of :meth:`to_normal`."""


class Head(nn.Module):
    """A masked network, and what its numbers say of each coordinate."""

    #: Bins that are fitted to the data before training; None where there are none.
    bins: Bins | None
    net: MaskedNet

    def line(self, x: Tensor, axis: int) -> LineDensity:
        """The density of one coordinate given those before it, at points (n, dim)."""
        raise NotImplementedError

    def log_conditionals(self, x: Tensor) -> Tensor:
        """Ln p(x_i | those before it), (n, dim), in one pass of the network."""
        raise NotImplementedError


class MixtureHead(Head):
    """K Gaussians for each coordinate, none narrower than ``smallest``.

    Their means begin evenly between ± ``reach``, in standardised units.
    """

    def __init__(
        self,
        order: Sequence[int],
        shape: NetShape,
        count: int,
        smallest: float,
        reach: float,
    ) -> None:
        super().__init__()
        self.bins = None
        self.smallest = smallest
        self.net = MaskedNet(order, 3 * count, shape)
        with torch.no_grad():
            bias = self.net.last.bias.view(len(order), 3, count)
            if count > 1:
                bias[:, 1] = torch.linspace(-reach, reach, count)
            bias[:, 2] = math.log(reach / count)

    def line(self, x: Tensor, axis: int) -> LineMixture:
        """The mixture of one coordinate."""
        return LineMixture.from_raw(self.net(x)[:, axis], self.smallest)

    def log_conditionals(self, x: Tensor) -> Tensor:
        """Of all coordinates."""
        parts = zip(self.net(x).unbind(dim=1), x.unbind(dim=1), strict=True)
        found = [LineMixture.from_raw(p, self.smallest).log_prob(v) for p, v in parts]
        return torch.stack(found, dim=1)


class CategoricalHead(Head):
    """A share for each bin of each coordinate, from the middles of earlier bins."""

    bins: Bins

    def __init__(self, order: Sequence[int], shape: NetShape, count: int) -> None:
        super().__init__()
        self.bins = Bins(len(order), count)
        self.net = MaskedNet(order, count, shape)

    def _log_mass(self, bins: Tensor) -> Tensor:
        logits: Tensor = self.net(self.bins.centres(bins))
        return logits.log_softmax(dim=-1)

    def line(self, x: Tensor, axis: int) -> LineDensity:
        """The histogram of one coordinate."""
        return self.bins.line(axis, self._log_mass(self.bins.of(x))[:, axis])

    def log_conditionals(self, x: Tensor) -> Tensor:
        """Of all coordinates."""
        bins = self.bins.of(x)
        mass = self._log_mass(bins).gather(-1, bins[..., None])[..., 0]
        return mass + self.bins.log_within(x, bins)


class BernoulliHead(Head):
    """A coin for each binary digit of the number of a bin, the greatest digit first."""

    bins: Bins

    def __init__(self, order: Sequence[int], shape: NetShape, digits: int) -> None:
        super().__init__()
        self.digits = digits
        self.coordinates = tuple(order)
        self.bins = Bins(len(order), 2**digits)
        steps = [i * digits + k for i in order for k in range(digits)]
        # Waves of a digit would say no more than the digit.
        plain = NetShape(shape.width, shape.depth, shape.activation, 0)
        self.net = MaskedNet(steps, 1, plain)

    def words(self, bins: Tensor) -> Tensor:
        """Digits as ± 1, (n, dim digits) in the type of the weights, of bins."""
        powers = torch.arange(self.digits - 1, -1, -1, device=bins.device)
        digits = (bins[..., None] >> powers) & 1
        return (2 * digits - 1).flatten(-2).to(self.bins.low.dtype)

    def _log_odds(self, words: Tensor) -> Tensor:
        """Ln P (n, dim) of the digits of each coordinate, given those before it."""
        log_p = F.logsigmoid(words * self.net(words)[..., 0])
        return log_p.unflatten(-1, (-1, self.digits)).sum(dim=-1)  # type: ignore[no-untyped-call, no-any-return]

    def line(self, x: Tensor, axis: int) -> LineDensity:
        """The histogram of one coordinate: all its words, for each context there is."""
        count = self.bins.count
        place = self.coordinates.index(axis)
        before = list(self.coordinates[:place])
        known = torch.zeros_like(x, dtype=torch.int64)
        known[:, before] = self.bins.of(x)[:, before]
        contexts, which = torch.unique(known, dim=0, return_inverse=True)
        asked = contexts.repeat_interleave(count, dim=0)
        asked[:, axis] = torch.arange(count, device=x.device).repeat(len(contexts))
        log_mass = self._log_odds(self.words(asked))[:, axis].view(-1, count)
        return self.bins.line(axis, log_mass[which])

    def log_conditionals(self, x: Tensor) -> Tensor:
        """Of all coordinates."""
        bins = self.bins.of(x)
        return self._log_odds(self.words(bins)) + self.bins.log_within(x, bins)
