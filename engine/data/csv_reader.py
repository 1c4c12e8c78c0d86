"""Reads two numeric columns, and classes if asked, from any table written as text."""

import csv
import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor

from engine.data.base import DataError
from engine.data.csv_dialect import detect_encoding, number, reader
from engine.data.csv_layout import (
    Layout,
    bounded_lines,
    check_file,
    chosen_columns,
    detect_layout,
    named_column,
)

MAX_ROWS = 2_000_000


@dataclass(frozen=True)
class TableInfo:
    """What a file holds.

    ``columns`` are all names in order, ``numeric`` those of numbers, likely axes first.
    Of ``rows`` rows below the header, ``dropped`` miss a number in the two columns that
    were read.
    """

    columns: tuple[str, ...]
    numeric: tuple[str, ...]
    delimiter: str
    decimal: str
    encoding: str
    rows: int
    dropped: int


@dataclass(frozen=True)
class TableData:
    """Two columns: ``x`` (n, 2) float64, and the text of the label column, if any.

    ``stride`` is 1, or k if only each k-th row was kept.
    """

    info: TableInfo
    chosen: tuple[str, str]
    x: Tensor
    labels: tuple[str, ...]
    stride: int


def inspect(path: str | Path) -> TableInfo:
    """Columns, dialect and row counts of a file, with the columns chosen by default.

    Raises:
        DataError: The file cannot be read as a table with two numeric columns.
    """
    return read_table(path).info


def read_table(
    path: str | Path,
    columns: tuple[str, str] = ("", ""),
    label: str = "",
    max_rows: int = MAX_ROWS,
) -> TableData:
    """Read a table, however it is written.

    Args:
        path: A text file.
        columns: Names of the two columns to read; an empty name stands for the first
            numeric column that is not yet taken.
        label: Name of a column with classes; empty for none.
        max_rows: If a file has more rows, every second (third, ...) one is kept.

    Raises:
        DataError: In one sentence: what is wrong, where, and what would be right.
    """
    path = Path(path)
    try:
        check_file(path)
        layout = detect_layout(path, detect_encoding(path))
        chosen = chosen_columns(path, layout, columns)
        picks = [layout.columns.index(name) for name in chosen]
        if label:
            picks.append(layout.columns.index(named_column(path, layout, label)))
        with path.open(encoding=layout.dialect.encoding, newline="") as file:
            lines = islice(bounded_lines(file, path), layout.dialect.skip, None)
            return _collect(path, layout, chosen, picks, lines, max_rows)
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise DataError(f"Cannot open {path}: {reason}; choose another file.") from None
    except UnicodeError:
        raise DataError(
            f"{path.name} is not readable text; save the table as CSV in UTF-8."
        ) from None
    except csv.Error as error:
        raise DataError(
            f"{path.name} is not a readable table ({error}); check its quotation marks."
        ) from None


def _collect(
    path: Path,
    layout: Layout,
    chosen: tuple[str, str],
    picks: list[int],
    lines: Iterator[str],
    max_rows: int,
) -> TableData:
    """Go through all rows once; memory stays bounded by ``max_rows``."""
    dialect, need = layout.dialect, max(picks[:2])
    i, j = picks[:2]
    values, labels = array("d"), list[str]()
    rows, good, stride = -layout.header_rows, 0, 1
    for row in reader(lines, dialect.delimiter):
        if not any(row):
            continue
        rows += 1
        if rows <= 0 or len(row) <= need:
            continue
        x, y = number(row[i], dialect.decimal), number(row[j], dialect.decimal)
        if x is None or y is None or not math.isfinite(x) or not math.isfinite(y):
            continue
        good += 1
        if (good - 1) % stride:
            continue
        values.extend((x, y))
        if len(picks) > 2:
            labels.append(row[picks[2]].strip() if picks[2] < len(row) else "")
        if len(values) > 2 * max_rows:
            # Keep every second of the kept rows, so that they span the whole file.
            values = _halved(values)
            labels, stride = labels[::2], 2 * stride
    if good < 2:
        raise DataError(
            f"{path.name} has {_rows(good)} with numbers in {chosen[0]!r} and "
            f"{chosen[1]!r}; at least 2 are needed."
        )
    points = torch.tensor(values, dtype=torch.float64).reshape(-1, 2)
    info = TableInfo(
        layout.columns,
        layout.numeric,
        dialect.delimiter,
        dialect.decimal,
        dialect.encoding,
        rows,
        rows - good,
    )
    return TableData(info, chosen, points, tuple(labels), stride)


def _halved(values: "array[float]") -> "array[float]":
    kept = (len(values) // 2 + 1) // 2
    halved = array("d", bytes(16 * kept))
    halved[0::2], halved[1::2] = values[0::4], values[1::4]
    return halved


def _rows(count: int) -> str:
    return {0: "no row", 1: "only one row"}.get(count, f"{count} rows")
