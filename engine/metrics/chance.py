"""How far two draws of the same data are apart by chance: the floor of a distance."""

import math
from collections.abc import Callable

import torch

from engine.data.load import Data
from engine.metrics.distances import energy_distance, sliced_wasserstein

#: Points in each draw, as many as a measurement during training has.
POINTS = 500
_PAIRS = 20
_SLICED_PAIRS = 8
_SHARE = 0.95
_FEWEST = 20


def chance_distance(data: Data, seed: int, tick: Callable[[], None]) -> float | None:
    """Energy distance that 95 % of pairs of draws of the data stay below.

    Below it a model cannot be told from the data. Both draws of a pair have 500 points,
    none in common, in standardised units as in the metrics. Where there are too few for
    that, smaller draws are taken and their distance is scaled by 1 / points, as the
    statistic does when both are from one density. None for fewer than 40 points.
    """
    x = data.scaling.standardise(torch.cat([data.train.x, data.heldout.x]).double())
    size = min(POINTS, len(x) // 2)
    if size < _FEWEST:
        return None
    generator = torch.Generator().manual_seed(seed)
    found = []
    for _ in range(_PAIRS):
        pick = torch.randperm(len(x), generator=generator)[: 2 * size]
        found.append(abs(energy_distance(x[pick[:size]], x[pick[size:]])))
        tick()
    return float(torch.tensor(found).quantile(_SHARE)) * size / POINTS


def chance_sliced(
    data: Data, points: int, seed: int, tick: Callable[[], None]
) -> float | None:
    """Sliced Wasserstein distance of two draws of the data of that many points.

    Other than the energy distance it never reaches 0, not even for a perfect model: it
    falls as points^-1/2. The root mean square of a few pairs of draws with no point in
    common, in standardised units; of smaller draws, scaled, where there are too few.
    None for fewer than 40 points.
    """
    x = data.scaling.standardise(torch.cat([data.train.x, data.heldout.x]).double())
    size = min(points, len(x) // 2)
    if size < _FEWEST:
        return None
    generator = torch.Generator().manual_seed(seed)
    squares = []
    for _ in range(_SLICED_PAIRS):
        pick = torch.randperm(len(x), generator=generator)[: 2 * size]
        found = sliced_wasserstein(x[pick[:size]], x[pick[size:]], 64, generator)
        squares.append(found**2 * size / points)
        tick()
    return math.sqrt(sum(squares) / _SLICED_PAIRS)
