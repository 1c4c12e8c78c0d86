"""How a table of numbers is written: encoding, delimiter, decimal sign, header.

Nothing here needs to be asked of a person: the first lines of a file say it all.
"""

import codecs
import csv
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.data.base import DataError

DELIMITERS = (",", ";", "\t", "|", " ")
#: Cells that say "no value" rather than "not a number".
MISSING = frozenset(
    ["", "na", "n/a", "#n/a", "nan", "null", "none", "-", "?", ".", "missing"]
)
#: Beyond this even a 32-bit float is near its end; counted as infinite.
LARGEST = 1e30
SAMPLE_LINES = 200
SAMPLE_BYTES = 2**18

_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}([,\s']\d{3})+(\.\d+)?")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
#: How files begin that go by the name of a table now and then, and what they are.
_KINDS = (
    (b"PK", "a workbook or an archive (ZIP)"),
    (b"\x1f\x8b", "packed (gzip)"),
    (b"\xd0\xcf\x11\xe0", "a workbook or document of Office"),
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"PAR1", "a Parquet file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x93NUMPY", "an array of NumPy"),
)
#: Bytes that no text has: all below a blank but tab, line ends, page end, Ctrl-Z, Esc.
_NO_TEXT = bytes(set(range(1, 32)) - {9, 10, 11, 12, 13, 26, 27})


@dataclass(frozen=True)
class Dialect:
    """``skip`` lines come before the header or the first row of numbers."""

    encoding: str
    delimiter: str
    decimal: str
    skip: int


def number(cell: str, decimal: str) -> float | None:
    """Value of a cell; NaN if it is missing, None if it is not a number.

    Numbers too large to compute with count as infinite.
    """
    try:
        value = float(cell)
    except ValueError:
        return _unusual_number(cell.strip(), decimal)
    if "_" in cell:  # Python's own way of grouping digits; no table's
        return None
    return math.inf if abs(value) > LARGEST else value


def _unusual_number(text: str, decimal: str) -> float | None:
    if text.lower() in MISSING:
        return math.nan
    plain = text.replace("\u2212", "-")
    if decimal == "," and "," in text:
        plain = plain.replace(".", " ").replace(",", ".")
    if _GROUPED.fullmatch(plain):
        plain = re.sub(r"[,\s']", "", plain)
    # A number by now, or none; tried again only if there was something to put right.
    return number(plain, ".") if plain != text and _is_float(plain) else None


def _is_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def is_value(cell: str, decimal: str) -> bool:
    """Whether a cell holds a number that is not missing."""
    value = number(cell, decimal)
    return value is not None and not math.isnan(value)


def detect_encoding(path: Path) -> str:
    """Encoding of a file, judged by its bytes.

    Raises:
        DataError: The file is binary.
    """
    with path.open("rb") as file:
        head = file.read(SAMPLE_BYTES)
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    kinds = (kind for start, kind in _KINDS if head.startswith(start))
    if not _is_text(head) and (kind := next(kinds, "")):
        raise DataError(f"{path.name} is {kind}, not text; save the table as CSV.")
    if 0 in head:
        return _wide_encoding(head, path)
    if not _is_text(head):
        raise _binary(path)
    if _decodes(path, "utf-8"):
        return "utf-8"
    if _looks_chinese(head) and _decodes(path, "gb18030"):
        return "gb18030"
    return "cp1252" if _decodes(path, "cp1252") else "latin-1"


def _wide_encoding(head: bytes, path: Path) -> str:
    """UTF-16 without a mark has a zero in every second byte of plain text."""
    half = len(head) / 2
    odd, even = head[1::2].count(0), head[0::2].count(0)
    if odd > 0.7 * half and even == 0:
        return "utf-16-le"
    if even > 0.7 * half and odd == 0:
        return "utf-16-be"
    raise _binary(path)


def _binary(path: Path) -> DataError:
    words = "is a binary file, not a table of text; save the table as CSV."
    return DataError(f"{path.name} {words}")


def _is_text(head: bytes) -> bool:
    """Whether no byte stands for what no text has; a zero may be half a letter."""
    return not any(byte in head for byte in _NO_TEXT) and not head.startswith(b"%PDF-")


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while block := file.read(2**20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _looks_chinese(head: bytes) -> bool:
    """Whether the bytes above 127 mostly pair up to common Chinese characters.

    In Western text such bytes mostly stand alone, between plain letters.
    """
    runs: list[bytes] = re.findall(rb"[\x80-\xff]+", head)
    if not runs:
        return False
    pairs = [r[i : i + 2] for r in runs if len(r) % 2 == 0 for i in range(0, len(r), 2)]
    common: int = sum(0xA1 <= p[0] <= 0xD7 and p[1] >= 0xA1 for p in pairs)
    return 4 * common > sum(len(run) for run in runs)


def detect_dialect(lines: list[str], encoding: str) -> Dialect:
    """Delimiter and decimal sign that make the most cells numbers.

    Args:
        lines: First lines of the file.
        encoding: Carried over into the result.
    """
    if lines and (match := re.fullmatch(r"sep=(.)\s*", lines[0])):
        # Excel's own way of naming the delimiter.
        decimal = max(".,", key=lambda d: _score(lines[1:], match[1], d))
        return Dialect(encoding, match[1], decimal, 1)
    best, best_score = (",", "."), -1.0
    for delimiter in DELIMITERS:
        for decimal in ".,":
            score = _score(lines, delimiter, decimal)
            if score > best_score + 1e-9:
                best, best_score = (delimiter, decimal), score
    return Dialect(encoding, *best, 0)


def _score(lines: list[str], delimiter: str, decimal: str) -> float:
    """Share of numbers among the cells of rows of the usual width; 0 for one column."""
    rows = [row for row in split_rows(lines, delimiter) if row]
    width = Counter(map(len, rows)).most_common(1)[0][0] if rows else 0
    if width < 2:
        # One column: any number at all beats a delimiter that finds none.
        found = sum(is_value(row[0], decimal) for row in rows)
        return 1e-3 * found / max(1, len(rows))
    usual = [row for row in rows if len(row) == width]
    cells = [cell for row in usual for cell in row]
    if delimiter != "," and decimal == ".":
        # "1,234" between semicolons is a decimal comma, not a thousand.
        cells = [cell for cell in cells if cell.count(",") != 1 or "." in cell]
    return sum(is_value(cell, decimal) for cell in cells) / (width * len(rows))


def split_rows(lines: list[str], delimiter: str) -> list[list[str]]:
    """Rows of cells of some lines, quotes taken off."""
    try:
        return list(reader(lines, delimiter))
    except csv.Error:
        return [line.split(delimiter) for line in lines]


def reader(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """The one way in which this package reads rows; runs of spaces count as one."""
    if delimiter == " ":
        lines = (re.sub(" +", " ", line.strip(" ")) for line in lines)
    # Python forbids to skip spaces that are the delimiter.
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter != " ")


def has_header(rows: list[list[str]], decimal: str) -> bool:
    """Whether the first row names the columns: a word stands above a number."""
    if len(rows) < 2:
        return bool(rows) and not any(is_value(cell, decimal) for cell in rows[0])
    first = rows[0]
    for k, cell in enumerate(first):
        below = [row[k] for row in rows[1:] if k < len(row)]
        found = sum(is_value(text, decimal) for text in below)
        if number(cell, decimal) is None and found > len(below) / 2:
            return True
    return not any(is_value(cell, decimal) for cell in first)


def column_names(first: list[str], header: bool) -> tuple[str, ...]:
    """Names of the columns, each different: "column 3" where there is none."""
    names: list[str] = []
    for k, cell in enumerate(first):
        name = cell.strip().lstrip("#").strip() if header else ""
        name = name or f"column {k + 1}"
        same = names.count(name)
        while name in names:
            same += 1
            name = f"{cell.strip()} ({same})"
        names.append(name)
    return tuple(names)
