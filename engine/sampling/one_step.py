"""One step of a sampler, taken apart; made by the sampler itself.

The sampler runs unchanged on a path that names only the moments of interest. Run once
more with all fresh noise silenced it shows where the step would lead without chance,
so the difference is the noise.
"""

from bisect import bisect_right
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor
from torch.overrides import TorchFunctionMode

from engine.models.base import Denoised, Process
from engine.sampling.base import CountedProcess, Sampler


@dataclass(frozen=True)
class OneStep:
    """A step from x at ``t`` to ``after`` at ``until``, points (n, dim) each.

    ``number`` counts the steps of the sampler from 1 to ``steps``; both are 0 for one
    that chooses its steps on its way. ``still`` is the end without fresh noise.
    """

    t: float
    until: float
    number: int
    steps: int
    guess: Denoised
    velocity: Tensor
    still: Tensor
    after: Tensor
    evaluations: int


class _Asked(Exception):
    """The moments are known; nothing else was wanted."""


class _Watched:
    """A path that tells which moments a sampler asks for, and ends it there."""

    def __init__(self, path: Any) -> None:
        self._path = path
        self.moments: list[float] = []

    def times(self, *wanted: Any) -> list[float]:
        """The moments of the path behind, noted."""
        self.moments = self._path.times(*wanted)
        raise _Asked

    def grid_times(self, *wanted: Any) -> list[float]:
        """The moments of the path behind, noted."""
        self.moments = self._path.grid_times(*wanted)
        raise _Asked

    def __getattr__(self, name: str) -> Any:
        return getattr(self._path, name)


class _Between:
    """A path that has no moments but those given."""

    def __init__(self, path: Any, moments: list[float]) -> None:
        self._path = path
        self._moments = moments

    def times(self, *wanted: Any) -> list[float]:
        """The moments given, whatever is wanted."""
        del wanted
        return self._moments

    grid_times = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._path, name)


class _OnPath:
    """A process on another path."""

    def __init__(self, process: Any, path: Any) -> None:
        self._process = process
        self.path = path

    def __getattr__(self, name: str) -> Any:
        return getattr(self._process, name)


class _Silence(TorchFunctionMode):
    """Fresh normal noise is zero."""

    def __torch_function__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        found = func(*args, **(kwargs or {}))
        return found.zero_() if func is torch.randn else found


def moments(sampler: Sampler, process: Process) -> list[float]:
    """The times at which a sampler stops, 0 first and 1 last.

    One that chooses its steps on its way has only these two.
    """
    watched = _Watched(process.path)
    nothing = torch.zeros(1, 1, dtype=torch.float64)
    try:
        sampler.run(_OnPath(process, watched), nothing, torch.Generator())
    except _Asked:
        return watched.moments
    raise TypeError(f"{sampler.title} asks its path for no moments.")


def one_step(
    sampler: Sampler, process: Process, x: Tensor, t: float, generator: Generator
) -> OneStep:
    """The sampler's step that begins last at or before t, from points x (n, dim).

    A method of several steps knows nothing here of the step before: it makes its first.
    """
    row = moments(sampler, process)
    # A time that comes from a scrubber shall find its moment in spite of rounding.
    first = min(max(bisect_right(row, t + 1e-6) - 1, 0), len(row) - 2)
    chooses = not hasattr(sampler.config, "steps")
    begin = min(t, 0.999) if chooses else row[first]
    part = [begin, *row[first + 1 :]]
    counted = CountedProcess(process)
    until, after = _run(sampler, counted, x, part, generator)
    with _Silence():
        _, still = _run(sampler, process, x, part, generator)
    now = torch.tensor(begin, device=x.device, dtype=x.dtype)
    return OneStep(
        begin,
        until,
        0 if chooses else first + 1,
        0 if chooses else len(row) - 1,
        process.denoised(x, now),
        process.velocity(x, now),
        still,
        after,
        counted.evaluations,
    )


class _Stepped(Exception):
    """The first step is made."""


def _run(
    sampler: Sampler, process: Any, x: Tensor, part: list[float], generator: Generator
) -> tuple[float, Tensor]:
    """Time and points after the first step over these moments."""
    found: list[tuple[float, Tensor]] = []

    def keep(t: float, points: Tensor) -> None:
        found.append((t, points))
        if len(found) == 2:
            raise _Stepped

    path = _Between(process.path, part)
    with suppress(_Stepped):
        sampler.run(_OnPath(process, path), x, generator, keep)
    return found[1]
