"""Whether the steps behind a log-density are fine enough for it to be called exact.

Guidance makes a field steep: steps that are plenty for the learned density can miss the
guided one by whole nats. So a guided model is asked at a few points once more, with
twice the steps.
"""

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from engine.models.base import DensityKind, LogDensity
from engine.models.inside import guidance_of

if TYPE_CHECKING:
    from engine.models.fitted import Fitted

#: Points that are asked twice.
POINTS = 64
#: Mean difference in nats up to which a log-density stands for the exact one.
TOLERATED = 0.1
#: Nats below its top to which a density is looked at, as the maps of it are coloured.
SPAN = 8.0


def solver_gap(
    fitted: "Fitted",
    x: Tensor,
    seed: int,
    effort: float = 1.0,
    once: Tensor | None = None,
) -> float:
    """Mean difference in nats, regardless of its sign, that twice the steps make.

    Args:
        fitted: A model with a log-density.
        x: Points (n, 2) in data units; the first :data:`POINTS` are asked.
        seed: Decides an estimated trace, the same for both.
        effort: Share of the model's own steps from which it starts.
        once: The log-density (n,) with those steps, if it is known.

    Returns:
        0 where no steps are taken, or the solver chooses its own; infinite where one of
        the two is no number.
    """
    if len(x) == 0:
        return 0.0
    some = x[:POINTS]
    if once is None:
        once = fitted.log_prob(some, seed, effort)
    twice = fitted.log_prob(some, seed, 2 * effort)
    gap = float((twice.double() - once[:POINTS].double()).abs().mean())
    return gap if math.isfinite(gap) else math.inf


def known_kind(
    fitted: "Fitted", x: Tensor, log_p: Tensor, seed: int, effort: float = 1.0
) -> tuple[DensityKind, str]:
    """How log-densities (n,) at points x (n, 2) are known, in words how they are made.

    ``seed`` and ``effort`` are those that they were computed with.
    """
    model = fitted.model
    assert isinstance(model, LogDensity)
    kind, note = model.density_kind, model.density_note
    if kind != "exact" or guidance_of(model) is None:
        return kind, note
    gap = solver_gap(fitted, x, seed, effort, log_p)
    if gap <= TOLERATED:
        return kind, note
    return "estimate", f"{note}; too few density steps for this guidance"


def likely(log_p: Tensor) -> Tensor:
    """Rows of some of the highest log-densities (n,), at most :data:`POINTS`.

    None is more than :data:`SPAN` nats less likely than the best.
    """
    known = log_p.nan_to_num(nan=-math.inf, posinf=-math.inf)
    best = torch.topk(known, min(4 * POINTS, len(known)))
    near = best.indices[best.values >= best.values[:1] - SPAN]
    return near[:: -(-len(near) // POINTS) or 1]
