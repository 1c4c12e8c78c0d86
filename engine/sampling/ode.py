r"""Solvers of dx/dt = u(x, t): Euler, Heun, the classical Runge-Kutta, Dormand-Prince.

Each takes a field ``(x, t) -> dx/dt`` with t a 0-dim tensor, a state of any shape, and
the moments to stop at; going backward in time is a falling row of moments. Hairer,
Norsett, Wanner, "Solving Ordinary Differential Equations I", 1993, chapter II.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from engine.sampling.base import OnStep

Field = Callable[[Tensor, Tensor], Tensor]
Step = Callable[[Field, Tensor, float, float], Tensor]


class DivergedError(ArithmeticError):
    """A solver left the numbers; the message says where and what helps."""


def clock(t: float, x: Tensor) -> Tensor:
    """The time as a 0-dim tensor of the state's kind, made on its device."""
    return torch.full((), t, dtype=x.dtype, device=x.device)


def euler_step(field: Field, x: Tensor, t: float, h: float) -> Tensor:
    """One step of order 1; one evaluation."""
    return x + h * field(x, clock(t, x))


def heun_step(field: Field, x: Tensor, t: float, h: float) -> Tensor:
    """One step of order 2: the mean of the slopes at both ends; two evaluations."""
    k_1 = field(x, clock(t, x))
    k_2 = field(x + h * k_1, clock(t + h, x))
    return x + h / 2 * (k_1 + k_2)


def rk4_step(field: Field, x: Tensor, t: float, h: float) -> Tensor:
    """One step of order 4, the classical one; four evaluations."""
    middle = clock(t + h / 2, x)
    k_1 = field(x, clock(t, x))
    k_2 = field(x + h / 2 * k_1, middle)
    k_3 = field(x + h / 2 * k_2, middle)
    k_4 = field(x + h * k_3, clock(t + h, x))
    return x + h / 6 * (k_1 + 2 * k_2 + 2 * k_3 + k_4)


def fixed_steps(
    step: Step,
    field: Field,
    x: Tensor,
    times: Sequence[float],
    on_step: OnStep | None = None,
) -> Tensor:
    """Bring ``x`` from the first of ``times`` to the last, one step between two."""
    if on_step:
        on_step(times[0], x)
    for t, after in pairwise(times):
        x = step(field, x, t, after - t)
        if on_step:
            on_step(after, x)
    return x


def euler(
    field: Field, x: Tensor, times: Sequence[float], on_step: OnStep | None = None
) -> Tensor:
    """Euler's method, order 1; the state at the last of ``times``."""
    return fixed_steps(euler_step, field, x, times, on_step)


def heun(
    field: Field, x: Tensor, times: Sequence[float], on_step: OnStep | None = None
) -> Tensor:
    """Heun's method, order 2; the state at the last of ``times``."""
    return fixed_steps(heun_step, field, x, times, on_step)


def rk4(
    field: Field, x: Tensor, times: Sequence[float], on_step: OnStep | None = None
) -> Tensor:
    """The classical Runge-Kutta method, order 4; the state at the last time."""
    return fixed_steps(rk4_step, field, x, times, on_step)


# Dormand and Prince 1980: stages, their times, weights of order 5, and the difference
# to the weights of order 4. The last stage is the first of the next step.
_NODES = (0.0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0)
_STAGES: tuple[tuple[float, ...], ...] = (
    (),
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
_ERROR = (
    71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40,
)  # fmt: skip


@dataclass(frozen=True)
class Tolerance:
    """Error allowed in a step: ``atol + rtol |x|``, root mean square over the state."""

    rtol: float = 1e-5
    atol: float = 1e-5


@dataclass(frozen=True)
class _Trial:
    """A tried step: its end, the slope there, and its error (1 is just allowed)."""

    x: Tensor
    slope: Tensor
    error: float


def _sum(weights: Sequence[float], slopes: Sequence[Tensor]) -> Tensor:
    pairs = zip(weights, slopes, strict=True)
    parts = [w * k for w, k in pairs if w]
    return torch.stack(parts).sum(0)


def dopri5_step(
    field: Field, x: Tensor, t: float, h: float, slope: Tensor, tolerance: Tolerance
) -> _Trial:
    """One trial step of order 5; six evaluations, the seventh slope is handed on."""
    slopes = [slope]
    end = x
    for node, weights in zip(_NODES[1:], _STAGES[1:], strict=True):
        end = x + h * _sum(weights, slopes)
        slopes.append(field(end, clock(t + node * h, x)))
    scale = tolerance.atol + tolerance.rtol * torch.maximum(x.abs(), end.abs())
    error = (h * _sum(_ERROR, slopes) / scale).square().mean().sqrt()
    return _Trial(end, slopes[-1], float(error.detach()))


def dopri5(
    field: Field,
    x: Tensor,
    times: Sequence[float],
    on_step: OnStep | None = None,
    tolerance: Tolerance = Tolerance(),
    most_steps: int = 10_000,
) -> Tensor:
    """Dormand-Prince, order 5, with steps chosen so that each keeps the tolerance.

    Stops at each of ``times`` exactly; ``on_step`` is called after every step kept.

    Raises:
        DivergedError: The steps became too small or too many.
    """
    t, stop = times[0], times[-1]
    if on_step:
        on_step(t, x)
    slope = field(x, clock(t, x))
    size = abs(stop - t) / 20
    budget = most_steps
    for target in times[1:]:
        direction = 1.0 if target > t else -1.0
        while t != target:
            reached = abs(target - t) <= size * 1.0001
            h = target - t if reached else direction * size
            trial = dopri5_step(field, x, t, h, slope, tolerance)
            budget -= 1
            if trial.error <= 1:
                t = target if reached else t + h
                x, slope = trial.x, trial.slope
                if on_step:
                    on_step(t, x)
            size = abs(h) * _growth(trial.error)
            if budget <= 0 or size < 1e-9:
                raise DivergedError(
                    f"The adaptive solver got stuck at t = {t:.4f}: allow a larger "
                    f"error (now rtol {tolerance.rtol:g}, atol {tolerance.atol:g})."
                )
    return x


def _growth(error: float) -> float:
    """Factor of the next step: order 5, a tenth of safety, kept within 0.2 to 5.

    An error that is not a number shrinks the step as much as is allowed.
    """
    if not error >= 0 or error == float("inf"):
        return 0.2
    return float(min(5.0, max(0.2, 0.9 * max(error, 1e-10) ** -0.2)))
