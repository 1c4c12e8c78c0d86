"""Which modes of a known mixture a sample covers, and how well."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.data.base import Modes

#: A sample is of high quality within this many standard deviations of a mode.
HIGH_QUALITY = 3.0
#: A sample belongs to a mode within this many standard deviations of it.
REACH = 4.0


@dataclass(frozen=True)
class ModeCoverage:
    """How a sample spreads over K modes.

    ``covered`` of ``total`` modes hold at least 1 / (3 K) of all samples within 4
    standard deviations. ``high_quality`` is the share of samples within 3 standard
    deviations of a mode (0.989 for the data themselves), ``reached`` that within 4
    (0.9997). ``weights`` are the shares of samples nearest to each mode, ``shares``
    those within 4 standard deviations of it. ``std_ratio`` is the spread inside modes
    relative to the true one (1 for the data), None if no mode holds two samples.
    """

    covered: int
    total: int
    high_quality: float
    reached: float
    weights: tuple[float, ...]
    shares: tuple[float, ...]
    std_ratio: float | None


def mode_coverage(x: Tensor, modes: Modes) -> ModeCoverage:
    """Compare samples (n, 2) in data units, n >= 1, with the modes of the density."""
    centres = modes.centres.to("cpu", torch.float64)
    x = x.detach().to("cpu", torch.float64).nan_to_num(math.inf)
    total = len(centres)
    distances = torch.stack([(x - c).norm(dim=1) for c in centres], 1)  # (n, k)
    distance, nearest = distances.min(1)
    inside = distance <= REACH * modes.std
    hits = torch.bincount(nearest[inside], minlength=total)
    weights = torch.bincount(nearest, minlength=total) / len(x)
    return ModeCoverage(
        covered=int((hits >= len(x) / (3 * total)).sum()),
        total=total,
        high_quality=float((distance <= HIGH_QUALITY * modes.std).double().mean()),
        reached=float(inside.double().mean()),
        weights=tuple(weights.tolist()),
        shares=tuple((hits / len(x)).tolist()),
        std_ratio=_std_ratio(x[inside], nearest[inside], hits, modes.std),
    )


def _std_ratio(x: Tensor, mode: Tensor, hits: Tensor, std: float) -> float | None:
    """Pooled standard deviation about the mean of each mode, relative to the truth."""
    freedom = int((hits - 1).clamp(min=0).sum())
    if not freedom:
        return None
    sums = x.new_zeros(len(hits), 2).index_add(0, mode, x)
    means = sums / hits.clamp(min=1)[:, None]
    variance = (x - means[mode]).square().sum() / (2 * freedom)
    # What lies beyond the reach is not counted; a true mode loses this much variance.
    tail = math.exp(-(REACH**2) / 2)
    kept = 1 - REACH**2 / 2 * tail / (1 - tail)
    return float((variance / kept).sqrt()) / std
