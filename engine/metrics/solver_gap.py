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


def solver_gap(fitted: "Fitted", x: Tensor, seed: int, effort: float = 1.0) -> float:
    """Mean difference in nats, regardless of its sign, that twice the steps make.

    Args:
        fitted: A model with a log-density.
        x: Points (n, 2) in data units; the first :data:`POINTS` are asked.
        seed: Decides an estimated trace, the same for both.
        effort: Share of the model's own steps from which it starts.

    Returns:
        0 where no steps are taken, or the solver chooses its own; infinite where one of
        the two is no number.
    """
    if len(x) == 0:
        return 0.0
    once, twice = (
        fitted.log_prob(x[:POINTS], seed, share * effort).double() for share in (1, 2)
    )
    gap = float((twice - once).abs().mean())
    return gap if math.isfinite(gap) else math.inf


def known_kind(
    fitted: "Fitted", x: Tensor, seed: int, effort: float = 1.0
) -> tuple[DensityKind, str]:
    """How a log-density at points x (n, 2) is known, and in words how it is made."""
    model = fitted.model
    assert isinstance(model, LogDensity)
    kind, note = model.density_kind, model.density_note
    if kind != "exact" or guidance_of(model) is None:
        return kind, note
    gap = solver_gap(fitted, x, seed, effort)
    if gap <= TOLERATED:
        return kind, note
    return "estimate", f"{note}; too few density steps for this guidance"


def likely(x: Tensor, log_p: Tensor) -> Tensor:
    """Some of the points (n, 2) where a density is highest, at most :data:`POINTS`.

    None is more than :data:`SPAN` nats less likely than the best.
    """
    known = log_p.nan_to_num(nan=-math.inf, posinf=-math.inf)
    best = torch.topk(known, min(4 * POINTS, len(known)))
    near = best.indices[best.values >= best.values[:1] - SPAN]
    return x[near[:: -(-len(near) // POINTS) or 1]]
