"""How many CPU threads a step should use: measured, since more is often far slower.

On busy cores the OpenMP team waits for its slowest member; one thread is the rule for
small networks. Two or more are chosen only where they win clearly and every time.
"""

import os
import time
from collections.abc import Callable
from functools import cache

import torch

#: What more threads must gain, in every round, to be chosen.
CLEAR_GAIN = 1.25
#: Work shorter than this is not worth sharing, and too short to measure, s.
SHORT = 4e-3
_ROUNDS = 4


def measured_threads(work: Callable[[], object], most: int | None = None) -> int:
    """The number of threads, a power of two, with which ``work`` runs fastest.

    ``work`` is called some dozens of times; the thread count is left at the result.
    """
    best = 1
    candidate = 2
    limit = most if most is not None else cores()
    work()
    while candidate <= limit and _seconds(work, best) > SHORT:
        if not _wins(work, best, candidate):
            break
        best, candidate = candidate, candidate * 2
    torch.set_num_threads(best)
    return best


def _wins(work: Callable[[], object], few: int, many: int) -> bool:
    """Whether more threads win every round; the first lost round ends the trial."""
    _seconds(work, many)
    return all(
        _seconds(work, few) > CLEAR_GAIN * _seconds(work, many) for _ in range(_ROUNDS)
    )


def _seconds(work: Callable[[], object], threads: int) -> float:
    torch.set_num_threads(threads)
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


@cache
def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
