"""Paths of two samplers from the same noise, laid over each other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.plots.base import Table
from app.plots.marks import Lines, Marks
from app.plots.paths import at_time
from app.plots.rail import Block, Key, Legend
from app.plots.square import Square

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class PathSet:
    """Paths x (k, n, 2) at times (k,), with the colour and symbol of their sampler.

    ``amount`` says how many steps the sampler took, or to which tolerance.
    """

    name: str
    amount: str
    token: str
    symbol: str
    times: Floats
    x: Floats

    @property
    def title(self) -> str:
        """What tells it from every other set."""
        return f"{self.name} {self.amount}"


class BenchPaths(Square):
    """Lines in the colour of their sampler, a mark where each has got to."""

    def __init__(self) -> None:
        super().__init__()
        self._sets: list[PathSet] = []
        self._items: list[tuple[Lines, Marks]] = []
        self._t = 1.0
        self.noise = Marks(self.pane, "latent", "o", 4)
        self.setAccessibleName("Paths from the same noise")
        self.left_tag_may_go = True  # the legend names the noise as well

    def show_paths(
        self, sets: Sequence[PathSet], limits: tuple[float, float, float, float]
    ) -> None:
        """Draw other paths."""
        self._sets = list(sets)
        self.pane.set_home(*limits)
        for lines, marks in self._items:
            self.pane.removeItem(lines)
            self.pane.removeItem(marks)
        self._items = [
            (
                Lines(self.pane, one.token, 0.75),
                Marks(self.pane, one.token, one.symbol, 7, "well"),
            )
            for one in self._sets
        ]
        noise = self._sets[0].x[0] if self._sets else np.empty((0, 2))
        self.noise.set_points(noise)
        for (lines, _), one in zip(self._items, self._sets, strict=True):
            lines.opts["antialias"] = True
            lines.set_lines(one.x.transpose(1, 0, 2))
        self._draw_time()
        self.set_rail(_legends(self._sets), [])

    @property
    def is_empty(self) -> bool:
        """Whether no path is drawn."""
        return not self._sets

    def tables(self) -> dict[str, Table]:
        """The paths of each sampler: a row for each path and time."""
        return {
            one.title: Table(("path", "t", "x", "y"), _rows(one)) for one in self._sets
        }

    def copied(self) -> "BenchPaths":
        """Another plot that shows the same paths at the same time."""
        copy = BenchPaths()
        copy.set_time(self._t)
        copy.show_paths(self._sets, self.pane.home)
        return copy

    def set_time(self, t: float) -> None:
        """Put the marks where the samplers are at t."""
        self._t = t
        self._draw_time()

    def recolour(self) -> None:
        """Take colours from the theme again."""
        self.noise.recolour()
        for lines, marks in self._items:
            lines.recolour()
            marks.recolour()

    def _draw_time(self) -> None:
        now = [at_time(one.times, one.x, self._t) for one in self._sets]
        for (_, marks), points in zip(self._items, now, strict=True):
            marks.set_points(points)
        beyond = sum(self._beyond(points) for points in now)
        words = f"{beyond:,} beyond" if beyond else ""
        self.set_tags("same noise" if self._sets else "", words)

    def _beyond(self, points: Floats) -> int:
        """How many have left the paper: strong guidance, or few steps, fling them."""
        x_0, x_1, y_0, y_1 = self.pane.home
        inside = (points >= (x_0, y_0)) & (points <= (x_1, y_1))
        return int((~inside.all(axis=1)).sum())


def _legends(sets: Sequence[PathSet]) -> list[Block]:
    """The noise, then the samplers under their amounts, which so are never cut."""
    if not sets:
        return []
    by_amount: dict[str, list[Key]] = {}
    for one in sets:
        key = Key(one.name, one.symbol, one.token)
        by_amount.setdefault(one.amount, []).append(key)
    noise = Legend((Key("noise, t = 0", "o", "latent"),))
    return [noise, *(Legend(tuple(keys), of) for of, keys in by_amount.items())]


def _rows(one: PathSet) -> Floats:
    """Number of the path, time, place: (n k, 4), path by path."""
    k, n, _ = one.x.shape
    number = np.repeat(np.arange(n), k)
    places = one.x.transpose(1, 0, 2).reshape(-1, 2)
    return np.column_stack([number, np.tile(one.times, n), places])
