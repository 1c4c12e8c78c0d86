"""A sweep as the window knows it: what was asked for, and what the engine told."""

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
    """What is known of a cell; ``arrays`` are its newest thumbnails."""

    step: int = 0
    state: str = "waiting"
    metric: float | None = None
    losses: dict[str, float | None] = field(default_factory=dict)
    diverged_at: int | None = None
    arrays: Arrays = field(default_factory=dict)


@dataclass(frozen=True)
class Progress:
    """How far the sweep is, as the engine tells it."""

    phase: str = ""
    share: float = 0.0
    step: int = 0
    speed: float = 0.0
    seconds_left: float | None = None
    exam_share: float = 0.0
    stacked: int = 0
