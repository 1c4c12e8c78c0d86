"""Distances between two sets of points, for any model that can be sampled."""

import math

import torch
from torch import Generator, Tensor


def energy_distance(x: Tensor, y: Tensor, block: int = 200) -> float:
    r"""Unbiased energy distance of two samples; about 0 if both are from one density.

    .. math::
        2 E|X - Y| - E|X - X'| - E|Y - Y'|

    Pairs of a point with itself are left out, so the estimate may be slightly
    negative. Székely and Rizzo, "Energy statistics", 2013.

    Args:
        x: Points (n, d), n >= 2.
        y: Points (m, d), m >= 2.
        block: Rows of distances computed at once; small blocks stay in the cache.

    Returns:
        The distance, in the units of the points.
    """
    y = y.to(x)
    n, m = len(x), len(y)
    between = _sum_between(x, y, block) / (n * m)
    within_x = _sum_within(x, block) / (n * (n - 1))
    within_y = _sum_within(y, block) / (m * (m - 1))
    return 2 * between - within_x - within_y


def _distances(x: Tensor, y: Tensor) -> Tensor:
    # The faster form with a matrix product loses all digits of small distances.
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")


def _sum_between(x: Tensor, y: Tensor, block: int) -> float:
    parts = [_distances(p, y).sum(1) for p in torch.split(x, block)]
    return float(torch.cat(parts).sum(dtype=torch.float64))


def _sum_within(x: Tensor, block: int) -> float:
    """Sum over ordered pairs: each block with itself, and twice with what follows."""
    total = torch.zeros((), dtype=torch.float64, device=x.device)
    for start in range(0, len(x), block):
        part, after = x[start : start + block], x[start + block :]
        total += _distances(part, part).sum(1).sum(dtype=torch.float64)
        total += 2 * _distances(part, after).sum(1).sum(dtype=torch.float64)
    return float(total)


def sliced_wasserstein(
    x: Tensor,
    y: Tensor,
    projections: int = 256,
    generator: Generator | None = None,
    block: int = 8,
) -> float:
    """Sliced 2-Wasserstein distance: root mean square over random directions.

    On each direction the optimal plan pairs the sorted values, also if the two sets
    differ in size. Bonneel et al., "Sliced and Radon Wasserstein barycenters", 2015.

    Args:
        x: Points (n, d).
        y: Points (m, d).
        projections: Number of directions.
        generator: Source of the directions, on the CPU; the same seed makes values of
            different moments comparable.
        block: Directions handled at once.

    Returns:
        The distance, in the units of the points.
    """
    directions = torch.randn(
        x.shape[1], projections, generator=generator, dtype=torch.float64
    )
    directions = (directions / directions.norm(dim=0)).to(x)
    y = y.to(x)
    i, j, weights = _pairing(len(x), len(y), x)
    total = 0.0
    for theta in torch.split(directions, block, dim=1):
        gap = (x @ theta).sort(0).values[i] - (y @ theta).sort(0).values[j]
        total += float((weights @ gap.square()).sum())
    return math.sqrt(total / projections)


def _pairing(n: int, m: int, like: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Which sorted values share mass, and how much: indices (k,), (k,), weights (k,).

    Levels are counted in units of 1 / (n m), so that no rounding can misplace one.
    """
    upper_x = torch.arange(1, n + 1, device=like.device) * m
    upper_y = torch.arange(1, m + 1, device=like.device) * n
    levels = torch.unique(torch.cat([upper_x, upper_y]))
    widths = levels.diff(prepend=levels.new_zeros(1))
    i, j = (levels - 1) // m, (levels - 1) // n
    return i, j, widths.to(like) / (n * m)
