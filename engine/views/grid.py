"""Square grids in data units, and how quality makes them coarser."""

from collections.abc import Callable

import torch
from torch import Tensor

#: Least quality of each level, and the share of the grid lines that it keeps.
LEVELS = ((0.9, 1.0), (0.75, 0.75), (0.5, 0.5), (0.25, 0.375), (0.0, 0.25))
#: Points per call, so that commands are obeyed between two calls.
CHUNK = 4096

Limits = tuple[float, float, float, float]


def coarser(count: int, quality: float, least: int) -> int:
    """Number of grid lines at this quality: 128, 96, 64, 48, 32 of 128."""
    share = next(share for floor, share in LEVELS if quality >= floor)
    return min(count, max(least, round(count * share)))


def fewer(count: int, quality: float, least: int) -> int:
    """Number of points at this quality, not below ``least`` unless asked for less."""
    return min(count, max(least, round(count * quality)))


def cell_centres(limits: Limits, resolution: int) -> Tensor:
    """Centres (G*G, 2) of square cells, float64: row by row from ymin, x fastest.

    Reshaped to (G, G), row 0 lies along ymin and column 0 along xmin.
    """
    x_min, x_max, y_min, y_max = limits
    steps = (torch.arange(resolution, dtype=torch.float64) + 0.5) / resolution
    y, x = torch.meshgrid(
        y_min + (y_max - y_min) * steps, x_min + (x_max - x_min) * steps, indexing="ij"
    )
    return torch.stack((x.flatten(), y.flatten()), dim=1)


def cell_area(limits: Limits, resolution: int) -> float:
    """Area of one cell of :func:`cell_centres`, data units squared."""
    x_min, x_max, y_min, y_max = limits
    return (x_max - x_min) * (y_max - y_min) / resolution**2


def in_chunks(
    function: Callable[[Tensor], Tensor],
    points: Tensor,
    tick: Callable[[], None],
    size: int = CHUNK,
) -> Tensor:
    """The function of all points, ``size`` at a time, with ``tick`` after each part."""
    parts = []
    for first in range(0, len(points), size):
        parts.append(function(points[first : first + size]))
        tick()
    return torch.cat(parts)


def spread_pick(total: int, count: int, seed: int) -> Tensor:
    """Indices (k,), rising, k = min(total, count): one at random from each equal part.

    Unlike a shuffle it costs nothing on two million rows; unlike a fixed stride it
    cannot fall in step with the order of the rows.
    """
    if total <= count:
        return torch.arange(total)
    generator = torch.Generator().manual_seed(seed)
    u = torch.rand(count, generator=generator, dtype=torch.float64)
    return ((torch.arange(count) + u) * (total / count)).long().clamp_(max=total - 1)
