"""The arrays of a frame as rows with names, for a person to compute with.

Whatever an array is, a row of its table can be read alone: it says which path, time or
cell it is of.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Table:
    """Numbers behind a plot, for a CSV file: ``rows`` has a column for each name."""

    columns: tuple[str, ...]
    rows: NDArray[Any]


@dataclass(frozen=True)
class Plane:
    """Names of its two axes, and the part (x_0, x_1, y_0, y_1) that maps cover."""

    columns: tuple[str, str]
    limits: tuple[float, float, float, float]


@dataclass(frozen=True)
class Points:
    """Places in a plane.

    Attributes:
        counts: What each axis before the coordinates counts.
        at: The array with the values of the first axis, where these are more than its
            numbers. That axis then varies fastest: the rows of a path are together.
        plane: Where the places are.
    """

    counts: tuple[str, ...] = ()
    at: str = ""
    plane: str = "x"


@dataclass(frozen=True)
class Values(Points):
    """A number for each index; ``column`` is what it is called."""

    column: str = "value"


@dataclass(frozen=True)
class CellMap:
    """A value for each cell (row, column) of a plane."""

    column: str
    plane: str = "x"


Shape = Points | Values | CellMap
_LINES = Points(("line", "point"))


def tables_of(
    arrays: Arrays, shapes: Mapping[str, Shape], planes: Mapping[str, Plane]
) -> dict[str, Table]:
    """All arrays as tables; maps with the same cells have columns in one."""
    axes = {shape.at for shape in shapes.values() if isinstance(shape, Points)}
    found: dict[str, Table] = {}
    maps: dict[tuple[str, int, int], list[tuple[str, NDArray[Any]]]] = {}
    for name, array in arrays.items():
        shape = shapes.get(name, _LINES if array.ndim == 3 else None)
        if name in axes or not array.size:
            continue  # a column of others
        if isinstance(shape, CellMap):
            key = (shape.plane, *array.shape)
            maps.setdefault(key, []).append((shape.column, array))
        elif shape is None:
            found |= _plain(name, array, planes["x"])
        else:
            found[name] = _counted(array, shape, arrays, planes[shape.plane])
    for (plane, *_), columns in maps.items():
        found[columns[0][0]] = cell_table(columns, planes[plane])
    return found


def _plain(name: str, array: NDArray[Any], plane: Plane) -> dict[str, Table]:
    """A list of numbers, of places, or a matrix."""
    if array.ndim == 1:
        return {name: Table((name,), array.reshape(-1, 1))}
    if array.ndim != 2:
        return {}
    wide = array.shape[1]
    columns = plane.columns if wide == 2 else tuple(f"c{i}" for i in range(wide))
    return {name: Table(columns, array)}


def _counted(array: NDArray[Any], shape: Points, arrays: Arrays, plane: Plane) -> Table:
    """A row for each place or number, with what its indices count before it."""
    names = list(shape.counts)
    last = (shape.column,) if isinstance(shape, Values) else plane.columns
    depth = len(names)
    if shape.at:
        array = np.moveaxis(array, 0, depth - 1)
        names = [*names[1:], names[0]]
    values = array.reshape(-1, len(last))
    if not depth:
        return Table(last, values)
    counts = np.indices(array.shape[:depth]).reshape(depth, -1).astype(float)
    if shape.at:
        times = arrays[shape.at]
        counts[-1] = np.tile(times, len(values) // len(times))
    return Table((*names, *last), np.column_stack([*counts, values]))


def cell_table(columns: list[tuple[str, NDArray[Any]]], plane: Plane) -> Table:
    """The middle of each cell with its values, row by row."""
    x_0, x_1, y_0, y_1 = plane.limits
    high, wide = columns[0][1].shape
    x, y = np.meshgrid(_middles(x_0, x_1, wide), _middles(y_0, y_1, high))
    values = [array.ravel() for _, array in columns]
    names = tuple(name for name, _ in columns)
    return Table(
        (*plane.columns, *names), np.column_stack([x.ravel(), y.ravel(), *values])
    )


def _middles(low: float, high: float, count: int) -> NDArray[Any]:
    return low + (np.arange(count) + 0.5) / count * (high - low)
