r"""Random walkers that climb a log-density: Langevin steps, with or without a check.

.. math:: x' = x - \eta \nabla E(x) + \sqrt{2 \eta} \, \xi

For a finite step eta the walkers settle at a density that is not quite e^{-E}: on a
standard normal the variance is 1 / (1 - eta / 2). The check of Metropolis accepts a
step only as often as makes e^{-E} exact, whatever eta. Roberts & Tweedie 1996.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Energy = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Walk:
    """Where walkers ended, ``x`` (n, dim), and the share of steps ``accepted`` (n,)."""

    x: Tensor
    accepted: Tensor


def with_slope(energy: Energy, x: Tensor) -> tuple[Tensor, Tensor]:
    """Energies (n,) and their gradient (n, dim) at x; keeps no graph."""
    with torch.inference_mode(False), torch.enable_grad():
        x = x.detach().clone().requires_grad_(True)
        value = energy(x)
        (slope,) = torch.autograd.grad(value.sum(), x)
    return value.detach(), slope


def walk(
    energy: Energy,
    x: Tensor,
    normal: Tensor,
    eta: float,
    uniform: Tensor | None = None,
) -> Walk:
    """Walk from x (n, dim) for as many steps as there is noise.

    Args:
        energy: Energies (n,) of points (n, dim).
        x: Where the walkers stand.
        normal: Standard normal noise of each step, (n, steps, dim).
        eta: Step size.
        uniform: Uniform noise (n, steps) of the Metropolis check; None takes every
            step unchecked.
    """
    value, slope = with_slope(energy, x)
    accepted = torch.zeros_like(value)
    steps = normal.shape[1]
    for k in range(steps):
        moved = x - eta * slope + (2 * eta) ** 0.5 * normal[:, k]
        value_new, slope_new = with_slope(energy, moved)
        taken = torch.ones_like(value, dtype=torch.bool)
        if uniform is not None:
            back = (x - moved + eta * slope_new).square().sum(1) / (4 * eta)
            ahead = normal[:, k].square().sum(1) / 2
            # An energy that is no number compares as false: the step is refused.
            taken = uniform[:, k].log() < value - value_new + ahead - back
        value = torch.where(taken, value_new, value)
        x = torch.where(taken[:, None], moved, x)
        slope = torch.where(taken[:, None], slope_new, slope)
        accepted = accepted + taken
    return Walk(x, accepted / max(1, steps))
