"""A sweep as the window knows it: what was asked for, and what the engine told."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from app.sweep_values import Sweepable
from engine.protocol import Arrays, RunConfig

#: Metric to its name and whether it needs known modes or a density.
METRICS: dict[str, str] = {
    "energy_distance": "Energy distance",
    "sliced_wasserstein": "Sliced Wasserstein",
    "nll": "Held-out NLL, nats",
    "missed_modes": "Modes missed",
    "loss": "Loss",
}


@dataclass(frozen=True)
class Plan:
    """A sweep as it was started: axes with their values, and the run it varies."""

    config: RunConfig
    rows: Sweepable | None
    row_values: list[Any]
    columns: Sweepable | None
    column_values: list[Any]
    steps: int
    metric: str
    words: str

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the grid."""
        return max(1, len(self.row_values)), max(1, len(self.column_values))

    @property
    def count(self) -> int:
        """Number of cells."""
        return self.shape[0] * self.shape[1]

    def config_of(self, index: int) -> RunConfig:
        """Configuration of a cell."""
        row, column = divmod(index, self.shape[1])
        training = self.config.training | {"steps": self.steps}
        config = self.config.model_copy(update={"training": training})
        for axis, values, at in (
            (self.rows, self.row_values, row),
            (self.columns, self.column_values, column),
        ):
            if axis is not None and axis.group == "seed":
                config = config.model_copy(update={"seed": values[at]})
            elif axis is not None:
                changed = getattr(config, axis.group) | {axis.name: values[at]}
                config = config.model_copy(update={axis.group: changed})
        return config

    def name_of(self, index: int) -> str:
        """A cell in words, e.g. ``Learning rate 1e−3, β 1``."""
        row, column = divmod(index, self.shape[1])
        parts = []
        if self.rows is not None:
            parts.append(f"{self.rows.title} {self.rows.words(self.row_values[row])}")
        if self.columns is not None:
            value = self.columns.words(self.column_values[column])
            parts.append(f"{self.columns.title} {value}")
        return ", ".join(parts)


@dataclass
class WallCell:
    """What is known of a cell; ``arrays`` are its newest thumbnails.

    ``trouble`` says in a sentence why it is lost.
    """

    step: int = 0
    state: str = "waiting"
    metric: float | None = None
    losses: dict[str, float | None] = field(default_factory=dict)
    diverged_at: int | None = None
    trouble: str = ""
    arrays: Arrays = field(default_factory=dict)


@dataclass(frozen=True)
class Progress:
    """How far the sweep is, as the engine tells it.

    ``step`` is that of the furthest cell, ``least`` that of the last at the end.
    Trainings are in ``stacks`` of such sizes, or ``alone``, in so many ``processes``;
    ``why`` says why not in more.
    """

    phase: str = ""
    share: float = 0.0
    step: int = 0
    speed: float = 0.0
    seconds_left: float | None = None
    exam_share: float = 0.0
    stacks: Sequence[int] = ()
    alone: int = 0
    processes: int = 1
    why: str = ""
    least: int = 0

    @property
    def ways(self) -> str:
        """How the cells are trained, in a few words; empty if nothing is to be said."""
        parts = [_stacks(n, size) for size, n in Counter(self.stacks).items()]
        if self.alone and (parts or self.processes > 1):
            parts.append(f"{self.alone} alone")
        words = " and ".join(parts) or ("one after the other" if self.alone > 1 else "")
        if self.processes > 1:
            words += f" in {self.processes} processes"
        return words


def _stacks(count: int, size: int) -> str:
    return f"a stack of {size}" if count == 1 else f"{count} stacks of {size}"
