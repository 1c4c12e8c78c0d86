r"""Noise schedules of discrete diffusion, in the paper's direction: n = 1 .. T upward.

:math:`\bar\alpha_n = \prod_{k \le n} (1 - \beta_k)`. All in float64, since products of
a thousand factors lose digits. Ho et al. 2020, 2006.11239; Nichol & Dhariwal 2021,
2102.09672, eq. 17; Lin et al. 2023, 2305.08891, algorithm 1.
"""

import math
from typing import Literal

import torch
from torch import Tensor

Schedule = Literal["linear", "cosine"]

#: Above this signal power at the end, samples would start from the wrong noise.
MOST_SIGNAL_LEFT = 0.01


def linear_betas(steps: int, *, scaled: bool = True) -> Tensor:
    """Betas (T,) rising in a line from 1e-4 to 0.02, the paper's at T = 1000.

    ``scaled`` multiplies both ends by 1000 / T, so that as much noise is added in the
    end with any T above 20; without it a small T leaves the data visible.
    """
    factor = 1000 / steps if scaled else 1.0
    return torch.linspace(1e-4 * factor, 0.02 * factor, steps, dtype=torch.float64)


def cosine_betas(steps: int) -> Tensor:
    """Betas (T,) of a squared-cosine signal power, at most 0.999."""
    n = torch.arange(steps + 1, dtype=torch.float64) / steps
    bar = ((n + 0.008) / 1.008 * math.pi / 2).cos().square()
    return (1 - bar[1:] / bar[:-1]).clamp(max=0.999)


def signal_power(betas: Tensor) -> Tensor:
    """Alpha-bar at n = 0 (one) to T, (T + 1,)."""
    return torch.cat([betas.new_ones(1), (1 - betas).cumprod(0)])


def without_last_signal(alpha_bar: Tensor) -> Tensor:
    """The schedule (T + 1,) shifted so that alpha-bar ends at exactly 0.

    The amplitude sqrt(alpha-bar) of n = 1 .. T is stretched; n = 1 stays as it is.
    """
    root = alpha_bar[1:].sqrt()
    first, last = root[0], root[-1]
    stretched = (root - last) * first / (first - last)
    return torch.cat([alpha_bar[:1], stretched.square()])


def make_signal_power(
    schedule: Schedule, steps: int, *, scaled: bool = True, zero_snr: bool = False
) -> Tensor:
    """Alpha-bar (T + 1,) of a schedule by name."""
    if schedule == "linear":
        betas = linear_betas(steps, scaled=scaled)
    else:
        betas = cosine_betas(steps)
    bar = signal_power(betas)
    return without_last_signal(bar) if zero_snr else bar
