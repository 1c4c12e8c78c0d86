"""Points in a piece of text, however its numbers are separated."""

import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.data.base import DataError
from engine.data.operations import MAX_CLASSES

#: Characters of a text at most.
MAX_TEXT = 8 * 2**20
#: The end of a point in a list as Python and JSON write it, with what follows it there.
_NEXT = re.compile(r"[)\]}]\s*,?\s*(?=[(\[{])")
_ARRAY = re.compile(r"\A\s*((np|numpy)\.)?array\b")
_BRACKETS = str.maketrans("()[]{}", " " * 6)
_COMMA_NUMBER = re.compile(r"[-+\u2212]?\d*,\d+([eE][-+]?\d+)?\Z")


@dataclass(frozen=True)
class PastedPoints:
    """Points ``x`` (n, 2), their classes ``labels`` (n,) from 1, or none at all.

    ``dropped`` lines held something else than two numbers.
    """

    x: NDArray[np.float64]
    labels: NDArray[np.int64]
    dropped: int


def points_in(text: str) -> PastedPoints:
    """Two numbers a line, and a third as class if it is a whole one, 1 to 8 or 0 to 7.

    Commas, tabs, spaces and semicolons separate; a decimal comma is understood where
    something else separates. A list of points in brackets has one point in each pair.

    Raises:
        DataError: There is no line with two numbers, or the text is too long.
    """
    if len(text) > MAX_TEXT:
        raise DataError("The text is too long to be pasted: open it as a CSV file.")
    lines = [line for line in map(_bare, _in_lines(text).splitlines()) if line]
    cut = re.compile(_separator(lines))
    rows = [row for line in lines if (row := _row(cut.split(line))) is not None]
    if not rows:
        raise DataError(
            "No line has two numbers: points are pasted as x and y, one point a line."
        )
    x = np.array([row[:2] for row in rows])
    return PastedPoints(x, _labels(rows), len(lines) - len(rows))


def _in_lines(text: str) -> str:
    """A list of points in brackets with each of them on a line of its own."""
    text = _ARRAY.sub("", text).lstrip()
    return _NEXT.sub("\n", text) if text[:1] in tuple("([{") else text


def _bare(line: str) -> str:
    """A line without what a list puts round its numbers."""
    plain = line.translate(_BRACKETS).strip()
    return plain.rstrip(",").rstrip() if plain != line.strip() else plain


def _separator(lines: list[str]) -> str:
    """What separates cells, as a pattern: the strongest separator there is."""
    for strong in (";", "\t"):
        if any(strong in line for line in lines):
            return strong
    cells = [cell for line in lines for cell in line.split()]
    numbers = [cell for cell in cells if cell != ","]
    spaced = any(len(line.split()) > 1 for line in lines)
    if spaced and all(_COMMA_NUMBER.match(c) or "," not in c for c in numbers):
        return r"\s+"
    return r"\s*,\s*|\s+"


def _row(cells: list[str]) -> list[float] | None:
    """The first three numbers of a line; None unless it begins with two."""
    values: list[float] = []
    for cell in cells[:3]:
        try:
            value = float(cell.strip().replace("\u2212", "-").replace(",", "."))
        except ValueError:
            break
        values.append(value)
    good = len(values) >= 2 and all(math.isfinite(v) and abs(v) <= 1e9 for v in values)
    return values if good else None


def _labels(rows: list[list[float]]) -> NDArray[np.int64]:
    thirds = [row[2] for row in rows if len(row) > 2]
    first = int(bool(min(thirds, default=1)))  # programs count from 0, people from 1
    last = first + MAX_CLASSES - 1
    are_classes = all(v == int(v) and first <= v <= last for v in thirds)
    if len(thirds) < len(rows) or not are_classes:
        return np.zeros(0, np.int64)
    return np.array(thirds, np.int64) + 1 - first
