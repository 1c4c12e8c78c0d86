r"""Samplers that follow the score: Euler-Maruyama, predictor-corrector, Langevin.

The reverse diffusion in our time (noise at 0, data at 1) is

.. math:: dx = (h x + g^2 s) \, dt + g \, dw

with h and g^2 from :meth:`engine.sampling.path.GaussianPath.reverse_rates`. Its
noise only deleted, it is *not* the probability-flow ODE, where the score counts half.

Song et al. 2020, 2011.13456, algorithms 2 to 5; Song & Ermon 2019, 1907.05600.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Generator, Tensor

from engine.sampling.base import OnStep
from engine.sampling.discrete import Denoiser, fresh_noise, hop
from engine.sampling.ode import clock
from engine.sampling.path import GaussianPath

Score = Callable[[Tensor, Tensor], Tensor]


def finite_rates(path: GaussianPath, t: float, like: Tensor) -> tuple[Tensor, Tensor]:
    """Growth and noise rate at t; where no signal is left, those of the first signal.

    Both are infinite at the noise end of a path such as alpha = t. There the state is
    noise whatever was done to it, so those of a slightly later time do as well.
    """
    time = torch.tensor(t, dtype=torch.float64)
    if float(path.alpha(time)) == 0:
        time = path.time_of(torch.tensor(path.most_noise, dtype=torch.float64))
    growth, noise_rate = path.reverse_rates(time)
    return growth.to(like), noise_rate.to(like)


def langevin(
    score: Callable[[Tensor], Tensor],
    x: Tensor,
    step: float | Tensor,
    count: int,
    generator: Generator,
) -> Tensor:
    r"""Unadjusted Langevin steps :math:`x + \eta s + \sqrt{2 \eta} \, \xi`, (n, dim).

    On N(0, 1) the stationary variance is 1 / (1 - eta / 2), not 1. Papers that write
    alpha / 2 in front of the score mean alpha = 2 eta.
    """
    size = torch.as_tensor(step).to(x)
    for _ in range(count):
        x = x + size * score(x) + (2 * size).sqrt() * fresh_noise(x, generator)
    return x


def euler_maruyama(
    score: Score,
    path: GaussianPath,
    x: Tensor,
    times: Sequence[float],
    generator: Generator,
    on_step: OnStep | None = None,
) -> Tensor:
    """Euler steps of the reverse diffusion, order 1; no noise in the last one."""
    return predictor_corrector(
        score, path, x, times, generator, corrections=0, on_step=on_step
    )


def predictor_corrector(
    score: Score,
    path: GaussianPath,
    x: Tensor,
    times: Sequence[float],
    generator: Generator,
    corrections: int = 1,
    snr: float = 0.16,
    on_step: OnStep | None = None,
) -> Tensor:
    """Each Euler-Maruyama step is followed by Langevin steps at the level reached.

    Their size is 2 (snr sigma)^2. The paper divides by the norms of noise and score in
    the batch, which are sqrt(dim) and sqrt(dim) / sigma on average; without the batch a
    point's path depends on no other point.
    """
    if on_step:
        on_step(times[0], x)
    for t, s in pairwise(times):
        growth, noise_rate = finite_rates(path, t, x)
        drift = growth * x + noise_rate * score(x, clock(t, x))
        x = x + (s - t) * drift
        if s != times[-1]:
            x = x + ((s - t) * noise_rate).sqrt() * fresh_noise(x, generator)
            sigma = path.sigma(torch.tensor(s, dtype=torch.float64))
            size = 2 * (snr * sigma).square()
            x = langevin(_at(score, s), x, size, corrections, generator)
        if on_step:
            on_step(s, x)
    return x


def annealed_langevin(
    denoised: Denoiser,
    path: GaussianPath,
    x: Tensor,
    times: Sequence[float],
    generator: Generator,
    step: float = 0.1,
    count: int = 20,
    on_step: OnStep | None = None,
) -> Tensor:
    """Langevin steps of size ``step`` sigma^2 at every level, from noisy to clean.

    At the last level the remaining noise is taken away by one denoising (Jolicoeur-
    Martineau et al. 2020, 2009.05475): Langevin steps at no noise would not move.
    """
    if on_step:
        on_step(times[0], x)
    for t, s in pairwise(times):
        if s == times[-1]:
            guess, move = denoised(x, clock(t, x)), hop(path, t, s, x)
            x = move.alpha_s * guess.x_data + move.sigma_s * guess.eps
        else:
            sigma = path.sigma(torch.tensor(s, dtype=torch.float64))
            score = _score_of(denoised, s, sigma.to(x))
            x = langevin(score, x, step * sigma.square(), count, generator)
        if on_step:
            on_step(s, x)
    return x


def _at(score: Score, t: float) -> Callable[[Tensor], Tensor]:
    return lambda x: score(x, clock(t, x))


def _score_of(
    denoised: Denoiser, t: float, sigma: Tensor
) -> Callable[[Tensor], Tensor]:
    return lambda x: -denoised(x, clock(t, x)).eps / sigma
