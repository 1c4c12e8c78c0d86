"""How many processes a sweep has, and which of them trains what.

The engine itself is one of the processes: it trains its share while the others start.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from engine.training.threads import cores

#: Seconds until a new process takes its first step: the import of torch, the building.
START = 3.0
#: Memory that a process should find free, bytes; it needs about half of it.
_ROOM = 600 * 2**20
#: Most processes that nobody asked for by number.
_MOST = 8

_ON_DEVICE = (
    "On a GPU all runs train in one process: others would wait for the same chip, each "
    "with its own copy of the driver in its memory."
)
_ONE_CORE = "One process: this machine lends one core."
_NO_ROOM = "One process: there is too little free memory for a second one."
_ASKED = "One process, as asked for."
_SHORT = "One process: others would take longer to start than they would save."
_SEVERAL = "The engine is one of the processes; each has one thread, and gives way."


@dataclass(frozen=True)
class Limit:
    """Processes that a sweep may have, and why."""

    processes: int
    why: str


def limit(asked: int, device: str) -> Limit:
    """The most processes for a sweep; ``asked`` is 0 for as many as are good."""
    if device != "cpu":
        return Limit(1, _ON_DEVICE)
    if asked:
        return Limit(asked, _ASKED if asked == 1 else _SEVERAL)
    if cores() == 1:
        return Limit(1, _ONE_CORE)
    room = int(psutil.virtual_memory().available // _ROOM)
    if room < 1:
        return Limit(1, _NO_ROOM)
    return Limit(min(cores(), 1 + room, _MOST), _SEVERAL)


def shares(
    seconds: Sequence[float], allowed: Limit, asked: int
) -> tuple[list[list[int]], str]:
    """Which process trains which squad, the engine's share first; and why so.

    Dear squads first, each goes to where it is done soonest. A process that nobody
    asked for is begun only if it pays for its start.

    Args:
        seconds: How long each squad will train, s.
        allowed: The most processes.
        asked: Processes that were asked for, 0 for as many as are good.
    """
    start = 0.0 if asked else START
    ends = [0.0] + [start] * (allowed.processes - 1)
    found: list[list[int]] = [[] for _ in ends]
    for index in sorted(range(len(seconds)), key=lambda i: -seconds[i]):
        at = min(range(len(ends)), key=lambda p: ends[p] + seconds[index])
        found[at].append(index)
        ends[at] += seconds[index]
    used = [found[0], *(sorted(share) for share in found[1:] if share)]
    used[0].sort()
    alone = len(used) == 1 and allowed.processes > 1
    return used, _SHORT if alone else allowed.why


def parts(size: int, seconds: float, allowed: Limit, asked: int) -> list[int]:
    """Sizes of the stacks into which processes should divide one of ``size`` models."""
    count = min(allowed.processes, size)
    if count == 1 or (not asked and seconds < 2 * START):
        return [size]
    each = math.ceil(size / count)
    return [min(each, size - done) for done in range(0, size, each)]
