"""Where the columns of a file are: its first lines understood, two columns chosen."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

from engine.data.base import DataError
from engine.data.csv_dialect import (
    SAMPLE_BYTES,
    SAMPLE_LINES,
    Dialect,
    column_names,
    detect_dialect,
    has_header,
    number,
    split_rows,
)

MAX_BYTES = 2**30
MAX_LINE = 2**20
#: Names of columns that number the rows.
_COUNTERS = {"#", "id", "index", "no", "no.", "nr", "nr.", "row"}


@dataclass(frozen=True)
class Layout:
    """Names of all columns and of the numeric ones, likely axes first.

    There are 1 or 0 rows of header.
    """

    dialect: Dialect
    columns: tuple[str, ...]
    numeric: tuple[str, ...]
    header_rows: int


def check_file(path: Path) -> None:
    """Make sure of an ordinary file of bearable size.

    Raises:
        DataError: It is none.
    """
    if "\0" in str(path) or not path.exists():
        raise DataError(f"There is no file {str(path)!r}; check the path.")
    if path.is_dir():
        raise DataError(f"{path} is a folder; choose a CSV file in it.")
    if not path.is_file():
        raise DataError(f"{path} is not an ordinary file; choose a CSV file.")
    size = path.stat().st_size
    if size == 0:
        raise DataError(f"{path.name} is empty; it needs rows with two numbers.")
    if size > MAX_BYTES:
        raise DataError(
            f"{path.name} has {size / 2**30:.1f} GiB, more than the 1 GiB that is "
            "read; save a part of its rows."
        )


def bounded_lines(file: TextIO, path: Path) -> Iterator[str]:
    """Lines of a file, none of them endless.

    Raises:
        DataError: A line is too long for a table.
    """
    number_of_line = 0
    while line := file.readline(MAX_LINE):
        number_of_line += 1
        if len(line) == MAX_LINE:
            raise DataError(
                f"Line {number_of_line} of {path.name} has more than a million "
                "characters; a table has one row on each line."
            )
        yield line


def detect_layout(path: Path, encoding: str) -> Layout:
    """Dialect, names and numeric columns, from the first lines.

    Raises:
        DataError: There are no rows.
    """
    sample: list[str] = []
    with path.open(encoding=encoding, newline="") as file:
        for line in islice(bounded_lines(file, path), 10 * SAMPLE_LINES):
            sample.append(line)
            if len(sample) >= SAMPLE_LINES or sum(map(len, sample)) > SAMPLE_BYTES:
                break
    dialect = detect_dialect([line for line in sample if line.strip()], encoding)
    rows = [r for r in split_rows(sample[dialect.skip :], dialect.delimiter) if any(r)]
    if not rows:
        raise DataError(f"{path.name} has no rows; it needs rows with two numbers.")
    header = has_header(rows, dialect.decimal)
    width = max(map(len, rows))
    names = column_names(rows[0] + [""] * (width - len(rows[0])), header)
    body = rows[1:] if header else rows
    if not body:
        raise DataError(f"{path.name} has a header but no rows below it.")
    numeric = [n for k, n in enumerate(names) if _is_numeric(body, k, dialect)]
    return Layout(dialect, names, _counters_last(numeric, header), int(header))


def _is_numeric(rows: list[list[str]], k: int, dialect: Dialect) -> bool:
    """Whether most filled cells of column k are numbers."""
    values = [number(row[k], dialect.decimal) for row in rows if k < len(row)]
    found = sum(value is not None and not math.isnan(value) for value in values)
    return found > 2 * sum(value is None for value in values)


def chosen_columns(
    path: Path, layout: Layout, asked: tuple[str, str]
) -> tuple[str, str]:
    """Names of the two columns; an empty wish takes the first free numeric one.

    Raises:
        DataError: There are no such columns, or they hold no numbers.
    """
    named = [named_column(path, layout, name) if name else "" for name in asked]
    for name in filter(None, named):
        if name not in layout.numeric:
            offer = ", ".join(layout.numeric) or "none"
            raise DataError(
                f"Column {name!r} of {path.name} does not hold numbers; "
                f"numeric columns: {offer}."
            )
    if named[0] and named[0] == named[1]:
        raise DataError(f"Column {named[0]!r} was chosen twice; choose two columns.")
    free = [name for name in layout.numeric if name not in named]
    if len(free) < named.count(""):
        found = f"one numeric column ({layout.numeric[0]})" if layout.numeric else None
        raise DataError(
            f"{path.name} has {found or 'no numeric column'}; two are needed."
        )
    x, y = (name or free.pop(0) for name in named)
    return x, y


def _counters_last(numeric: list[str], header: bool) -> tuple[str, ...]:
    """Numeric columns; those that only number the rows, by their names, at the end.

    A nameless first column beside two others is such a one.
    """
    names = list(numeric)
    if header and len(names) > 2 and names[0] == "column 1":
        names.append(names.pop(0))
    return tuple(sorted(names, key=lambda name: name.strip().lower() in _COUNTERS))


def named_column(path: Path, layout: Layout, name: str) -> str:
    """The column of that name, if need be whatever its case.

    Raises:
        DataError: There is none.
    """
    for match in (str.strip, lambda text: text.strip().lower()):
        for column in layout.columns:
            if match(column) == match(name):
                return column
    offer = ", ".join(layout.columns[:20])
    raise DataError(f"{path.name} has no column {name!r}; its columns are: {offer}.")
