"""Arrows from one given place to another."""

import numpy as np

from app.plots.marks import Floats

_SPREAD = 0.45  # radians between a shaft and its barbs
_HEAD = 0.3  # of an arrow's length, at most


def straight_arrows(starts: Floats, ends: Floats, head: float) -> Floats:
    """Arrows as polylines (m, 5, 2): tail, tip, barb, tip, barb.

    Args:
        starts: Tails (m, 2), data units.
        ends: Tips (m, 2).
        head: Length of the barbs, data units; short arrows have shorter ones.
    """
    way = np.asarray(ends - starts, dtype=np.float64)
    length = np.linalg.norm(way, axis=1, keepdims=True)
    unit = way / np.maximum(length, 1e-12)
    barb = unit * np.minimum(head, _HEAD * length)
    found = [starts, ends]
    for angle in (np.pi - _SPREAD, np.pi + _SPREAD):
        turn = np.array(
            [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        )
        found += [ends + barb @ turn.T, ends]
    return np.stack(found[:5], axis=1)
