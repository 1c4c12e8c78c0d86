r"""DDIM and ancestral sampling, written for any Gaussian path.

From the noisier moment t to the next one s:

.. math::
    \alpha_{t|s} = \alpha_t / \alpha_s, \quad
    \beta_{t|s} = \sigma_t^2 - \alpha_{t|s}^2 \sigma_s^2

On the grid of a DDPM these are its own :math:`\sqrt{\alpha_n}` and :math:`\beta_n`.
Ho et al. 2020, 2006.11239, eq. 7 and 11; Song et al. 2020, 2010.02502, eq. 12 and 16.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from torch import Generator, Tensor

from engine.models.base import Denoised
from engine.sampling.base import OnStep
from engine.sampling.ode import clock
from engine.sampling.path import GaussianPath

Denoiser = Callable[[Tensor, Tensor], Denoised]
Variance = Literal["posterior", "beta"]


@dataclass(frozen=True)
class Hop:
    """Signal and spread at the noisier end (t) and at the next one (s), 0-dim each."""

    alpha_t: Tensor
    sigma_t: Tensor
    alpha_s: Tensor
    sigma_s: Tensor

    @property
    def ratio(self) -> Tensor:
        """alpha_t|s, the factor of the forward step from s to t."""
        return self.alpha_t / self.alpha_s

    @property
    def beta(self) -> Tensor:
        """Variance of the forward step from s to t."""
        return self.sigma_t.square() - (self.ratio * self.sigma_s).square()

    @property
    def posterior(self) -> Tensor:
        """Variance of x_s given x_t and the data point."""
        return self.beta * (self.sigma_s / self.sigma_t).square()

    @property
    def prior_posterior(self) -> Tensor:
        """Variance of x_s given x_t if the data are N(0, 1); beta itself on a DDPM."""
        power_s = self.alpha_s.square() + self.sigma_s.square()
        power_t = self.alpha_t.square() + self.sigma_t.square()
        return self.beta * power_s / power_t


def hop(path: GaussianPath, t: float, s: float, like: Tensor) -> Hop:
    """The hop from time t to s, computed in float64 and cast to the state's kind."""
    times = torch.tensor([t, s], dtype=torch.float64)
    (alpha_t, alpha_s), (sigma_t, sigma_s) = path.alpha(times), path.sigma(times)
    return Hop(*(v.to(like) for v in (alpha_t, sigma_t, alpha_s, sigma_s)))


def ddim(
    denoised: Denoiser,
    path: GaussianPath,
    x: Tensor,
    times: Sequence[float],
    generator: Generator,
    eta: float = 0.0,
    on_step: OnStep | None = None,
) -> Tensor:
    """Follow the predicted noise from level to level, (n, dim).

    ``eta`` is the share of fresh noise: 0 is deterministic, 1 is ancestral sampling
    with the posterior variance. With ``eta`` 0 the times may also run backward, which
    encodes data as noise.
    """
    if on_step:
        on_step(times[0], x)
    for t, s in pairwise(times):
        move, guess = hop(path, t, s, x), denoised(x, clock(t, x))
        if eta == 0:
            x = move.alpha_s * guess.x_data + move.sigma_s * guess.eps
        else:
            fresh = eta**2 * move.posterior
            kept = (move.sigma_s.square() - fresh).clamp(min=0).sqrt()
            x = move.alpha_s * guess.x_data + kept * guess.eps
            x = x + fresh.sqrt() * fresh_noise(x, generator)
        if on_step:
            on_step(s, x)
    return x


def ancestral(
    denoised: Denoiser,
    path: GaussianPath,
    x: Tensor,
    times: Sequence[float],
    generator: Generator,
    variance: Variance = "posterior",
    on_step: OnStep | None = None,
) -> Tensor:
    """Draw each level from the reverse of the forward step, no noise at the last.

    ``variance`` of the fresh noise: ``"posterior"`` is right for data at one point,
    ``"beta"`` for data N(0, 1); the truth lies between.
    """
    if on_step:
        on_step(times[0], x)
    for t, s in pairwise(times):
        move, guess = hop(path, t, s, x), denoised(x, clock(t, x))
        noise_power = move.sigma_t.square()
        x = (
            move.ratio * move.sigma_s.square() / noise_power * x
            + move.alpha_s * move.beta / noise_power * guess.x_data
        )
        if s != times[-1]:
            spread = move.posterior if variance == "posterior" else move.prior_posterior
            x = x + spread.sqrt() * fresh_noise(x, generator)
        if on_step:
            on_step(s, x)
    return x


def fresh_noise(like: Tensor, generator: Generator) -> Tensor:
    """Standard normal numbers of the shape, kind and device of a tensor."""
    noise = torch.randn(
        like.shape, generator=generator, device=generator.device, dtype=like.dtype
    )
    return noise.to(like.device)
