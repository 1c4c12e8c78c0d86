"""A mixture of equal Gaussians as a process whose every answer is exact.

Noised by x_t = alpha x_data + sigma eps, a mixture stays one: means alpha mu, variance
alpha^2 s^2 + sigma^2. So samplers and likelihoods are tested without any network.
"""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from engine.models.base import Denoised
from engine.sampling.path import AnglePath, GaussianPath, LinearPath
from engine.sampling.schedules import make_signal_power
from engine.sampling.targets import column


@dataclass(frozen=True)
class ExactMixture:
    """Process with equal modes at ``means`` (k, dim), each with the spread ``std``."""

    means: Tensor
    std: float
    path: GaussianPath

    def _parts(self, x: Tensor, t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log-weighted density of each mode (n, k), offsets (n, k, dim), variance."""
        alpha, sigma = column(self.path.alpha(t)), column(self.path.sigma(t))
        variance = alpha**2 * self.std**2 + sigma**2
        offset = x[:, None] - (alpha * torch.ones_like(x))[:, None] * self.means.to(x)
        dim = x.shape[1]
        log = -offset.square().sum(-1) / (2 * variance) - dim / 2 * torch.log(
            2 * math.pi * variance
        )
        return log - math.log(len(self.means)), offset, variance

    def log_prob(self, x: Tensor, t: Tensor) -> Tensor:
        return self._parts(x, t)[0].logsumexp(-1)

    def score(self, x: Tensor, t: Tensor) -> Tensor:
        log, offset, variance = self._parts(x, t)
        return -(log.softmax(-1)[..., None] * offset).sum(1) / variance

    def denoised(self, x: Tensor, t: Tensor) -> Denoised:
        log, offset, variance = self._parts(x, t)
        weight = log.softmax(-1)[..., None]
        pull = (weight * offset).sum(1) / variance
        centre = (weight * self.means.to(x)).sum(1)
        alpha, sigma = column(self.path.alpha(t)), column(self.path.sigma(t))
        return Denoised(centre + alpha * self.std**2 * pull, sigma * pull)

    def velocity(self, x: Tensor, t: Tensor) -> Tensor:
        guess = self.denoised(x, t)
        return (
            column(self.path.d_alpha(t)) * guess.x_data
            + column(self.path.d_sigma(t)) * guess.eps
        )

    def start(self, n: int, generator: Generator) -> Tensor:
        shape = (n, self.means.shape[1])
        return torch.randn(shape, generator=generator, dtype=self.means.dtype)

    def sample(self, n: int, generator: Generator) -> Tensor:
        mode = torch.randint(len(self.means), (n,), generator=generator)
        return self.means[mode] + self.std * self.start(n, generator)

    def spread_in_modes(self, x: Tensor) -> float:
        """Root mean square distance to the nearest mode, per coordinate."""
        nearest = torch.cdist(x, self.means.to(x)).min(1).values
        return float((nearest.square().mean() / x.shape[1]).sqrt())


def ring_means(modes: int = 8, radius: float = 2.0) -> Tensor:
    angle = torch.arange(modes, dtype=torch.float64) * 2 * math.pi / modes
    return radius * torch.stack([angle.cos(), angle.sin()], 1)


def ring(path: GaussianPath | None = None, std: float = 0.15) -> ExactMixture:
    """The ring of eight Gaussians, radius 2."""
    return ExactMixture(ring_means(), std, path or LinearPath())


def gaussian(
    mean: float = 0.0, std: float = 1.0, path: GaussianPath | None = None
) -> ExactMixture:
    """One normal distribution on a line."""
    means = torch.full((1, 1), mean, dtype=torch.float64)
    return ExactMixture(means, std, path or LinearPath())


def ddpm_path(steps: int = 100) -> AnglePath:
    return AnglePath(make_signal_power("linear", steps))
