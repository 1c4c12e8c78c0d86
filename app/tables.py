"""The numbers behind a plot as CSV files."""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from app.plots.base import Table
from engine.part_file import replacing

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
    with replacing(path) as file:
        file.write(content)


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
