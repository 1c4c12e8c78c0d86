r"""Fast samplers in the noise-to-signal ratio: DPM-Solver++ (2M), EDM's Heun and churn.

With :math:`r = \sigma / \alpha` and :math:`y = x / \alpha` the probability-flow ODE of
every Gaussian path is :math:`dy / dr = \epsilon(x)`.

Lu et al. 2022, 2211.01095, algorithm 2; Karras et al. 2022, 2206.00364, algorithm 2.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Generator, Tensor

from engine.sampling.base import OnStep
from engine.sampling.discrete import Denoiser, Hop, fresh_noise, hop
from engine.sampling.ode import clock
from engine.sampling.path import GaussianPath


def dpm_solver_pp_2m(
    denoised: Denoiser,
    path: GaussianPath,
    x: Tensor,
    times: Sequence[float],
    on_step: OnStep | None = None,
) -> Tensor:
    """Two-step multistep solver of order 2, one evaluation a step.

    It continues the line through the last two guesses of the data point, in the
    logarithm of the signal-to-noise ratio. Where a step has no finite length in it
    (from pure noise, to pure data) the guess itself is used, which is DDIM.
    """
    if on_step:
        on_step(times[0], x)
    before: Tensor | None = None
    length_before = math.inf
    for t, s in pairwise(times):
        move, guess = hop(path, t, s, x), denoised(x, clock(t, x)).x_data
        length = _log_snr_step(path, t, s)
        target = guess
        if before is not None and math.isfinite(length) and length_before < math.inf:
            target = guess + length / (2 * length_before) * (guess - before)
        kept = move.sigma_s / move.sigma_t
        x = kept * x + (move.alpha_s - kept * move.alpha_t) * target
        before, length_before = guess, length
        if on_step:
            on_step(s, x)
    return x


def _log_snr_step(path: GaussianPath, t: float, s: float) -> float:
    """Length of a step in ln(alpha / sigma), which may be infinite."""
    times = torch.tensor([t, s], dtype=torch.float64)
    level = (path.alpha(times) / path.sigma(times)).log()
    return float(level[1] - level[0])


@dataclass(frozen=True)
class Churn:
    """Fresh noise before each step: ``amount`` in all, where ``low`` <= r <= ``high``.

    ``inflation`` is the standard deviation of that noise relative to the right one;
    ``steps`` shares the amount, 0 stands for all steps that are made.
    """

    amount: float = 0.0
    low: float = 0.0
    high: float = math.inf
    inflation: float = 1.0
    steps: int = 0


def edm_heun(
    denoised: Denoiser,
    path: GaussianPath,
    x: Tensor,
    times: Sequence[float],
    generator: Generator,
    churn: Churn = Churn(),
    on_step: OnStep | None = None,
) -> Tensor:
    """Heun's method in r, order 2; two evaluations a step, one in the last.

    Steps from no signal or to no noise are Euler steps: there r or the slope at its
    end does not exist.
    """
    if on_step:
        on_step(times[0], x)
    for t, s in pairwise(times):
        start, x = _churned(path, t, x, churn.steps or len(times) - 1, churn, generator)
        move, guess = hop(path, start, s, x), denoised(x, clock(start, x))
        end = move.alpha_s * guess.x_data + move.sigma_s * guess.eps
        if float(move.alpha_t) > 0 and float(move.sigma_s) > 0:
            slope = (guess.eps + denoised(end, clock(s, x)).eps) / 2
            end = _along(move, x, slope)
        x = end
        if on_step:
            on_step(s, x)
    return x


def _along(move: Hop, x: Tensor, slope: Tensor) -> Tensor:
    """A step of dy / dr = slope, written in x."""
    ratio = move.alpha_s / move.alpha_t
    return ratio * x + (move.sigma_s - ratio * move.sigma_t) * slope


def _churned(
    path: GaussianPath,
    t: float,
    x: Tensor,
    steps: int,
    churn: Churn,
    generator: Generator,
) -> tuple[float, Tensor]:
    """An earlier time, and the state noised to it; as they are without churn."""
    time = torch.tensor(t, dtype=torch.float64)
    ratio = float(path.sigma(time) / path.alpha(time))
    growth = min(churn.amount / steps, math.sqrt(2) - 1)
    if growth == 0 or t == 0 or not churn.low <= ratio <= churn.high:
        return t, x
    wanted = torch.tensor(ratio * (1 + growth), dtype=torch.float64)
    earlier = float(path.time_of(wanted))
    # From the earlier, noisier time to t: its forward step is what is added here.
    move = hop(path, earlier, t, x)
    noise = move.beta.clamp(min=0).sqrt() * churn.inflation
    return earlier, move.ratio * x + noise * fresh_noise(x, generator)
