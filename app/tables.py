"""The numbers behind a plot as CSV files."""

import csv
import io
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from app.plots.base import Table

_NAME = "series"  # column that tells apart what stands in one file


def write_tables(path: Path, tables: Mapping[str, Table]) -> list[Path]:
    """Write tables: those with the same columns into one file, the others beside it.

    The file that was named holds the tables with the most rows. Where a file has
    several tables, its first column says which.

    Returns:
        The files, that of ``path`` first.

    Raises:
        OSError: A file cannot be written; the error names it.
    """
    placed = _placed(path, tables)
    for place, group in placed.items():
        write_whole(place, _text(group).encode())
    return list(placed)


def table_files(path: Path, tables: Mapping[str, Table]) -> list[Path]:
    """The files that :func:`write_tables` would write, that of ``path`` first."""
    return list(_placed(path, tables))


def _placed(path: Path, tables: Mapping[str, Table]) -> dict[Path, dict[str, Table]]:
    """The tables of each file."""
    groups: dict[tuple[str, ...], dict[str, Table]] = {}
    for name, table in tables.items():
        groups.setdefault(table.columns, {})[name] = table
    placed: dict[Path, dict[str, Table]] = {}
    for group in sorted(groups.values(), key=_rows, reverse=True):
        word = next(iter(group)).replace("/", "_").replace(": ", "_")
        place = path.with_name(f"{path.stem}_{word}{path.suffix}") if placed else path
        placed[place] = group
    return placed


def write_whole(path: Path, content: bytes) -> None:
    """Write beside the file, sync, then rename over it.

    Raises:
        OSError: It cannot be written; the error names ``path``, which a person chose.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        with suppress(OSError):  # where the folder is none there is nothing to remove
            part.unlink()
        raise OSError(error.errno, error.strerror, str(path)) from error


def _rows(group: Mapping[str, Table]) -> int:
    return sum(len(table.rows) for table in group.values())


def _text(group: Mapping[str, Table]) -> str:
    """Header and rows; nine digits, which hold any 32-bit float."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    first = next(iter(group.values()))
    several = len(group) > 1
    writer.writerow([*([_NAME] if several else []), *first.columns])
    for name, table in group.items():
        start = [name] if several else []
        writer.writerows([*start, *row] for row in _written(table))
    return out.getvalue()


def _written(table: Table) -> Iterator[list[str]]:
    for row in table.rows.astype(float):
        yield [f"{value:.9g}" for value in row]
