r"""Mixtures of Gaussians: conditional ones on the line, and one fitted to points.

The line: log-density, and the map that carries normal noise to the mixture, which is
:math:`F^{-1} \circ \Phi` with the two distribution functions. The fit: expectation
maximisation with full covariances (Dempster, Laird, Rubin 1977).
"""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
#: Halvings of the bracket of a quantile beyond one for each binary digit.
_MORE_HALVINGS = 4
#: Points and rounds of expectation maximisation.
_FIT_POINTS = 4096
_FIT_ROUNDS = 60
#: Added to variances of standardised points, so that no component shrinks to a point.
_RIDGE = 1e-4


@dataclass(frozen=True)
class LineMixture:
    """Mixtures on the line, one per point: all (n, k)."""

    log_weight: Tensor
    mean: Tensor
    std: Tensor

    @staticmethod
    def from_raw(raw: Tensor, smallest: float) -> "LineMixture":
        """From free numbers (n, 3 k); no spread is below ``smallest``."""
        weight, mean, spread = raw.chunk(3, dim=-1)
        std = smallest + spread.exp()
        return LineMixture(weight.log_softmax(dim=-1), mean, std)

    def log_prob(self, x: Tensor) -> Tensor:
        """Log-density (n,) at x (n,)."""
        z = (x[:, None] - self.mean) / self.std
        parts = self.log_weight - 0.5 * z.square() - self.std.log()
        return parts.logsumexp(dim=-1) - _HALF_LOG_2PI

    def to_normal(self, x: Tensor) -> Tensor:
        """The normal quantile (n,) with as much mass below it as x (n,)."""
        z = (x[:, None] - self.mean) / self.std
        log_cdf = torch.special.log_ndtr
        below = (self.log_weight + log_cdf(z)).logsumexp(dim=-1)
        above = (self.log_weight + log_cdf(-z)).logsumexp(dim=-1)
        # From the smaller tail: there the digits are. Its log is at most ln 1/2.
        tail: Tensor = torch.special.ndtri(torch.minimum(below, above).exp())
        return torch.where(below < above, tail, -tail)

    def from_normal(self, z: Tensor) -> Tensor:
        """Inverse of :meth:`to_normal` by bisection: it is monotone.

        Gradients come from the implicit function: those of z and of the map at the
        solution, over its slope.
        """
        x = self._bisect(z)
        back = self.to_normal(x)
        log_slope = self.log_prob(x) + 0.5 * z.square() + _HALF_LOG_2PI
        change = (z - z.detach()) - (back - back.detach())
        return x + change * torch.exp(-log_slope.detach())

    @torch.no_grad()
    def _bisect(self, z: Tensor) -> Tensor:
        """The quantile lies between the smallest and the largest of the components'."""
        quantiles = self.mean + self.std * z[:, None]
        low, high = quantiles.amin(dim=-1), quantiles.amax(dim=-1)
        digits = -round(math.log2(torch.finfo(z.dtype).eps))
        for _ in range(digits + _MORE_HALVINGS):
            middle = (low + high) / 2
            too_low = self.to_normal(middle) < z
            low = torch.where(too_low, middle, low)
            high = torch.where(too_low, high, middle)
        return (low + high) / 2


class FittedMixture(nn.Module):
    """A mixture of k Gaussians fitted to points; nothing in it is trained."""

    log_weight: Tensor
    mean: Tensor
    whiten: Tensor

    def __init__(self, components: int, dim: int) -> None:
        super().__init__()
        self.register_buffer(
            "log_weight", torch.full((components,), -math.log(components))
        )
        self.register_buffer("mean", torch.zeros(components, dim))
        self.register_buffer("whiten", torch.eye(dim).repeat(components, 1, 1))

    def log_prob(self, x: Tensor) -> Tensor:
        """Log-density (n,) at x (n, dim)."""
        return self._parts(x).logsumexp(dim=-1)

    def _parts(self, x: Tensor) -> Tensor:
        """Log of weight times density of each component, (n, k)."""
        z = torch.einsum("kij,nkj->nki", self.whiten, x[:, None] - self.mean)
        volume = self.whiten.diagonal(dim1=1, dim2=2).log().sum(dim=-1)
        constant = self.log_weight + volume - x.shape[1] * _HALF_LOG_2PI
        return constant - 0.5 * z.square().sum(dim=-1)

    @torch.no_grad()
    def fit(self, x: Tensor, generator: Generator) -> None:
        """Expectation maximisation on points x (n, dim)."""
        where = generator.device
        rows = torch.randperm(len(x), generator=generator, device=where)[:_FIT_POINTS]
        points = x[rows.to(x.device)]
        nearest = torch.cdist(points, _spread_out(points, len(self.mean))).argmin(dim=1)
        share = nn.functional.one_hot(nearest, len(self.mean)).to(points)
        for _ in range(_FIT_ROUNDS):
            self._maximise(points, share)
            share = self._parts(points).softmax(dim=-1)

    def _maximise(self, x: Tensor, share: Tensor) -> None:
        """Weights, means and covariances of points with shares (n, k)."""
        mass = share.sum(dim=0) + 1e-6
        self.log_weight.copy_((mass / mass.sum()).log())
        self.mean.copy_(share.T @ x / mass[:, None])
        away = x[:, None] - self.mean
        cov = torch.einsum("nk,nki,nkj->kij", share, away, away) / mass[:, None, None]
        eye = torch.eye(x.shape[1]).to(x)
        lower = torch.linalg.cholesky(cov + _RIDGE * eye)
        self.whiten.copy_(torch.linalg.solve_triangular(lower, eye, upper=False))


def _spread_out(x: Tensor, count: int) -> Tensor:
    """The first point, then ever again the one farthest from those taken, (count, dim).

    Points at the rim come first, which separates modes; the rounds do the rest.
    """
    taken = x[:1]
    distance = (x - taken[0]).square().sum(dim=1)
    for _ in range(count - 1):
        new = x[distance.argmax()][None]
        taken = torch.cat((taken, new))
        distance = torch.minimum(distance, (x - new).square().sum(dim=1))
    return taken
