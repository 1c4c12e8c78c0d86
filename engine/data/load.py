"""From a name or a file to data that a run can use: split, scaled, with its limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from torch import Generator, Tensor

from engine import registry
from engine.data.base import (
    DataConfig,
    DataError,
    DataSet,
    Limits,
    Points,
    Scaling,
)
from engine.settings import refusal

#: Share of the points inside the limits of the plots, and the margin round them.
INSIDE = 0.999
MARGIN = 0.08
#: Two columns whose extents differ by more than this share no scale.
MAX_ASPECT = 4.0


@dataclass(frozen=True)
class Data:
    """Data of a run; points float64 on the CPU, in data units.

    ``limits`` are (xmin, xmax, ymin, ymax) for every plot of these data, in data units.
    ``classes`` is 0 if the points have no classes. ``remarks`` tell what became of data
    that were edited while a run learned from them; ``too_few`` if these are the points
    from before, since the newest are too few.
    """

    name: str
    title: str
    config: DataConfig
    source: DataSet
    train: Points
    heldout: Points
    scaling: Scaling
    classes: int
    columns: tuple[str, str]
    notes: tuple[str, ...]
    limits: Limits
    remarks: tuple[str, ...] = ()
    too_few: bool = False


def load_data(
    name: str,
    settings: Mapping[str, Any],
    seed: int,
    columns: tuple[str, str] | None = None,
) -> Data:
    """Draw or read data.

    Args:
        name: A data set of the registry, or the path of a CSV file.
        settings: Values of the data set's settings; the rest keep their defaults.
        seed: Same seed, same points.
        columns: For a CSV file, the names of the two columns.

    Raises:
        DataError: In one sentence: what is wrong, where, and what would be right.
    """
    kind, values = _resolved(name, dict(settings), columns)
    source = kind(_config(kind, values))
    generator = Generator().manual_seed(seed)
    train, heldout = source.split(generator)
    scaling, notes = scaling_of(train.x, source)
    return Data(
        name=source.name,
        title=source.display_title,
        config=source.config,
        source=source,
        train=train,
        heldout=heldout,
        scaling=scaling,
        classes=len(source.class_names),
        columns=source.columns,
        notes=source.notes + notes,
        limits=source.limits(torch.cat((train.x, heldout.x))) or plot_limits(train.x),
    )


def _resolved(
    name: str, values: dict[str, Any], columns: tuple[str, str] | None
) -> tuple[type[DataSet], dict[str, Any]]:
    """Class and settings; a name that is no data set is taken for a file."""
    if name not in registry.DATA:
        if not _looks_like_path(name):
            known = ", ".join(registry.DATA)
            raise DataError(
                f"There is no data set or file {name!r}; choose a CSV file or one "
                f"of: {known}."
            )
        values["file"], name = name, "csv"
    if columns is not None:
        if name != "csv":
            raise DataError(f"Columns belong to a CSV file; {name} has none to choose.")
        values["x_column"], values["y_column"] = columns
    return registry.data_set(name), values


def _looks_like_path(name: str) -> bool:
    path = Path(name)
    return bool(path.suffix) or len(path.parts) > 1 or path.exists()


def _config(kind: type[DataSet], values: dict[str, Any]) -> DataConfig:
    try:
        return kind.Config(**values)
    except ValidationError as error:
        raise DataError(refusal(kind.Config, error, kind.title)) from None


def scaling_of(x: Tensor, source: DataSet) -> tuple[Scaling, tuple[str, ...]]:
    """Mean and standard deviation of the training points; 1 for a constant column."""
    if not source.config.standardise:
        return Scaling(x.new_zeros(2), x.new_ones(2)), ()
    mean, std = x.mean(0), x.std(0, correction=0)
    constant = std <= 1e-12 * (1e-100 + x.abs().amax(0))
    notes = tuple(
        f"Column {column!r} is constant: it has nothing to learn and is only shifted."
        for column, flag in zip(source.columns, constant.tolist(), strict=True)
        if flag
    )
    return Scaling(mean, torch.where(constant, torch.ones_like(std), std)), notes


def plot_limits(x: Tensor) -> Limits:
    """A square in data units round 99.9 % of the points (n, 2), with a margin.

    Columns of very different extent (a year and a price) have no common scale; each
    axis then gets its own extent.
    """
    ordered = x.sort(0).values
    cut = int(len(x) * (1 - INSIDE) / 2)
    low, high = ordered[cut], ordered[len(x) - 1 - cut]
    middle, extent = (low + high) / 2, high - low
    # Extents of constant columns; a width of nought is no plot.
    extent = torch.where(extent > 1e-12 * (1e-100 + x.abs().amax(0)), extent, 0.0)
    largest = float(extent.max()) or 1.0
    extent = torch.where(extent > 0, extent, largest)
    if float(extent.min()) * MAX_ASPECT >= largest:
        extent = torch.full_like(extent, largest)
    half = extent * (0.5 + MARGIN)
    (x_min, y_min), (x_max, y_max) = (middle - half).tolist(), (middle + half).tolist()
    return x_min, x_max, y_min, y_max
