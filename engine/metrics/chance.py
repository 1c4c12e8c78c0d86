"""How far two draws of the same data are apart by chance: the floor of a distance."""

from collections.abc import Callable

import torch

from engine.data.load import Data
from engine.metrics.distances import energy_distance

#: Points in each draw, as many as a measurement during training has.
POINTS = 500
_PAIRS = 20
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
