"""What a run has lived through: each loss term, each metric, each changed setting."""

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Points of a quantity that are kept; a plot shows some 2,000 of them.
MOST_POINTS = 2**17


#: Name of the change that an edit of the data leaves: from so many points to so many.
EDITED = "points"


@dataclass(frozen=True)
class Change:
    """A live setting that changed: at which step and second, from what to what."""

    step: int
    seconds: float
    name: str
    old: Any
    new: Any


class Series:
    """A quantity over training: step, seconds of training, value; grows in place.

    It keeps each point of up to :data:`MOST_POINTS`; of a longer training the points at
    even steps, then at every fourth, and so on: any length takes the same memory, and
    the points stay evenly spread.
    """

    def __init__(self) -> None:
        self._data = np.empty((3, 256), dtype=np.float64)
        self._n = 0
        self._stride = 1
        self._newest: float | None = None

    def __len__(self) -> int:
        return self._n

    def extend(
        self,
        step: NDArray[np.floating],
        seconds: NDArray[np.floating],
        value: NDArray[np.floating],
    ) -> None:
        """Append points; all three of shape (k,)."""
        if len(value):
            self._newest = float(value[-1])
        self._append(np.stack([step, seconds, value]))
        while self._n > MOST_POINTS:
            self._stride *= 2
            held, self._n = self._data[:, : self._n], 0
            self._append(held)

    def _append(self, points: NDArray[np.floating]) -> None:
        """Add those of the points (3, k) that are at steps of the stride."""
        kept = points[:, points[0] % self._stride == 0]
        end = self._n + kept.shape[1]
        if end > self._data.shape[1]:
            grown = np.empty((3, max(end, 2 * self._data.shape[1])))
            grown[:, : self._n] = self._data[:, : self._n]
            self._data = grown
        self._data[:, self._n : end] = kept
        self._n = end

    def append(self, step: int, seconds: float, value: float) -> None:
        """Append one point."""
        self.extend(np.array([step]), np.array([seconds]), np.array([value]))

    def arrays(
        self,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float32]]:
        """Step (n,), seconds (n,), value (n,)."""
        step, seconds, value = self._data[:, : self._n]
        return step.copy(), seconds.copy(), value.astype(np.float32)

    def last(self) -> float | None:
        """The newest value, kept or not; None before the first."""
        return self._newest

    def cut(self, step: int) -> None:
        """Forget all points after ``step``."""
        self._n = int(np.searchsorted(self._data[0, : self._n], step, side="right"))
        self._newest = float(self._data[2, self._n - 1]) if self._n else None

    def copy(self) -> "Series":
        """An independent copy."""
        return copy.deepcopy(self)


class History:
    """Loss terms and metrics by name, with the marks of changed settings.

    ``players`` says which player each loss term belongs to.
    """

    def __init__(self) -> None:
        self.terms: dict[str, Series] = {}
        self.metrics: dict[str, Series] = {}
        self.players: dict[str, str] = {}
        self.changes: list[Change] = []
        self.density_kind: str = ""
        #: Sliced Wasserstein of two draws of the data, as large as those last judged.
        self.sliced_chance: float | None = None

    def term(self, name: str, player: str) -> Series:
        """The series of a loss term, made when first asked for."""
        self.players.setdefault(name, player)
        return self.terms.setdefault(name, Series())

    def metric(self, name: str) -> Series:
        """The series of a metric, made when first asked for."""
        return self.metrics.setdefault(name, Series())

    def cut(self, step: int) -> None:
        """Forget everything after ``step``: the run went back there."""
        for series in (*self.terms.values(), *self.metrics.values()):
            series.cut(step)
        self.changes = [c for c in self.changes if c.step <= step]

    def copy(self) -> "History":
        """An independent copy, for a branch."""
        other = History()
        other.players = dict(self.players)
        other.changes = list(self.changes)
        other.density_kind = self.density_kind
        other.sliced_chance = self.sliced_chance
        for source, target in (
            (self.terms, other.terms),
            (self.metrics, other.metrics),
        ):
            for name, series in source.items():
                target[name] = series.copy()
        return other

    def rows(self) -> list[dict[str, Any]]:
        """One JSON-able dictionary per metric point and change, in order of steps."""
        rows: list[dict[str, Any]] = []
        for kind, table in (("loss", self.terms), ("metric", self.metrics)):
            for name, series in table.items():
                player = self.players.get(name, "") if kind == "loss" else ""
                for step, seconds, value in zip(*series.arrays(), strict=True):
                    rows.append(
                        {
                            "kind": kind,
                            "name": name,
                            "player": player,
                            "step": int(step),
                            "seconds": round(float(seconds), 4),
                            "value": float(value),
                        }
                    )
        rows.extend({"kind": "change", **vars(c)} for c in self.changes)
        return sorted(rows, key=lambda r: (r["step"], r["kind"]))

    @classmethod
    def from_rows(cls, rows: list[dict[str, Any]]) -> "History":
        """The history written by :meth:`rows`."""
        history = cls()
        for row in rows:
            point = (row["step"], row["seconds"])
            if row["kind"] == "loss":
                history.term(row["name"], row["player"]).append(*point, row["value"])
            elif row["kind"] == "metric":
                history.metric(row["name"]).append(*point, row["value"])
            else:
                history.changes.append(
                    Change(*point, row["name"], row["old"], row["new"])
                )
        return history
