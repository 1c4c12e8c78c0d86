"""Tables: points from a file, a share of them held out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Generator, Tensor

from engine.data.base import DataConfig, DataError, DataSet, Points
from engine.data.csv_reader import TableData, read_table
from engine.settings import knob

#: With more classes than this a label column is a number or a name, not a class.
MAX_CLASSES = 100
#: Steps of single precision along a plot that are too few not to be seen.
_FEWEST_STEPS = 2000


class HeldOutConfig(DataConfig):
    """Settings shared by tables."""

    held_out: float = knob(
        0.2,
        "Held-out share",
        "Share of the rows kept out of the training, to measure on.",
        ge=0.05,
        le=0.8,
        group="Data",
    )


class CsvConfig(HeldOutConfig):
    """Settings of :class:`Table`."""

    file: str = knob("", "File", "A CSV file, however it is written.", group="Data")
    x_column: str = knob(
        "", "x column", "Name of the column; empty: the first one.", group="Data"
    )
    y_column: str = knob(
        "", "y column", "Name of the column; empty: the next one.", group="Data"
    )
    label_column: str = knob(
        "", "Class column", "Column that colours the points; empty: none.", group="Data"
    )


def shuffled_split(
    x: Tensor, labels: Tensor, share: float, generator: Generator
) -> tuple[Points, Points]:
    """Training points and held-out points (at least one each), shuffled.

    Args:
        x: All points (n, 2), n >= 2.
        labels: Their classes (n,) int64.
        share: Share of the points to hold out.
        generator: Decides which.
    """
    order = torch.randperm(len(x), generator=generator)
    held = min(max(1, round(share * len(x))), len(x) - 1)
    out, train = order[:held], order[held:]
    return Points(x[train], labels[train]), Points(x[out], labels[out])


class Table(DataSet):
    """Two numeric columns of a CSV file."""

    name: ClassVar[str] = "csv"
    title: ClassVar[str] = "Your table"
    description: ClassVar[str] = "Two columns of a CSV file of your own."
    Config: ClassVar[type[DataConfig]] = CsvConfig
    config: Any

    @property
    def display_title(self) -> str:
        """Name of the file."""
        return Path(self.config.file).name or self.title

    def split(self, generator: Generator) -> tuple[Points, Points]:
        """Read the file; sets columns, class names and notes.

        Raises:
            DataError: The file cannot be used.
        """
        if not self.config.file:
            raise DataError("No file is chosen; choose a CSV file.")
        wanted = (self.config.x_column, self.config.y_column)
        table = read_table(self.config.file, wanted, self.config.label_column)
        self.columns = table.chosen
        self.notes = _notes(table)
        labels = self._classes(table)
        return shuffled_split(table.x, labels, self.config.held_out, generator)

    def _classes(self, table: TableData) -> Tensor:
        names = sorted(set(table.labels), key=_natural)
        if len(names) > MAX_CLASSES:
            self.notes += (
                f"Column {self.config.label_column!r} has {len(names):,} different "
                f"values, more than {MAX_CLASSES} classes, so it is not used.",
            )
            names = []
        self.class_names = tuple(name or "(none)" for name in names)
        if not names:
            return torch.zeros(len(table.x), dtype=torch.int64)
        index = {name: k for k, name in enumerate(names)}
        return torch.tensor([index[label] for label in table.labels])


def _natural(name: str) -> tuple[float, str]:
    """Numbers in their order, then words in theirs."""
    try:
        return float(name), name
    except ValueError:
        return float("inf"), name


def _notes(table: TableData) -> tuple[str, ...]:
    info, notes = table.info, []
    if info.dropped:
        rows = "1 row" if info.dropped == 1 else f"{info.dropped:,} rows"
        notes.append(
            f"{rows} of {info.rows:,} with missing or infinite cells left out."
        )
    if table.stride > 1:
        notes.append(
            f"A large file: every {table.stride}th row is used "
            f"({len(table.x):,} of {info.rows:,})."
            if table.stride > 2
            else f"A large file: every second row is used "
            f"({len(table.x):,} of {info.rows:,})."
        )
    return (*notes, *_notes_on_steps(table))


def _notes_on_steps(table: TableData) -> Iterator[str]:
    """Columns whose numbers are so large that single precision shows.

    Models learn in standardised units, which lose nothing; samples and plots are
    in the units of the data.
    """
    for name, column in zip(table.chosen, table.x.T, strict=True):
        largest = float(column.abs().max())
        step = float(np.spacing(np.float32(largest)))
        span = float(column.max() - column.min())
        if span > 0 and step > span / _FEWEST_STEPS:
            yield (
                f"{name!r} has large numbers close together: samples and plots come "
                f"in steps of {step:,g}. Subtract {float(column.min()):.10g} in the "
                "file to see them finer."
            )
