"""Tables in every dialect, and files that are none."""

import os
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.data.base import DataError
from engine.data.csv_reader import inspect, read_table
from engine.data.csv_writer import write_points
from engine.data.table import CsvConfig, Table

POINTS = [[1.5, -2.25], [3.0, 0.125], [-40.5, 1000.0], [0.5, 7.0]]


def file_of(folder: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path = folder / "table.csv"
    path.write_bytes(
        content if isinstance(content, bytes) else content.encode(encoding)
    )
    return path


def table(delimiter: str, decimal: str, header: bool, newline: str = "\n") -> str:
    rows = [["size", "größe", "kind"]] if header else []
    rows += [[*(str(v).replace(".", decimal) for v in row), "a b"] for row in POINTS]
    if delimiter == " ":
        rows = [[cell.replace(" ", "_") for cell in row] for row in rows]
    return "".join(delimiter.join(row) + newline for row in rows)


DIALECTS = [(d, ".") for d in (",", ";", "\t", "|", " ")]
DIALECTS += [(d, ",") for d in (";", "\t", "|", " ")]


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize(("delimiter", "decimal"), DIALECTS)
def test_dialects(tmp_path: Path, delimiter: str, decimal: str, header: bool) -> None:
    found = read_table(file_of(tmp_path, table(delimiter, decimal, header)))
    assert found.x.tolist() == POINTS
    assert (found.info.delimiter, found.info.decimal) == (delimiter, decimal)
    assert (found.info.rows, found.info.dropped) == (4, 0)
    assert found.chosen == (("size", "größe") if header else ("column 1", "column 2"))
    assert len(found.info.numeric) == 2
    assert len(found.info.columns) == 3


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
    ],
)
def test_encodings(tmp_path: Path, encoding: str, name: str, newline: str) -> None:
    content = table(";", ",", header=True, newline=newline)
    found = read_table(file_of(tmp_path, content, encoding))
    assert found.info.encoding == name
    assert found.chosen == ("size", "größe")
    assert found.x.tolist() == POINTS


def test_chinese_and_latin_tables(tmp_path: Path) -> None:
    chinese = file_of(tmp_path, "长度,宽度,种类\n1,2,山鸢尾\n3,4,变色鸢尾\n", "gb18030")
    assert read_table(chinese).chosen == ("长度", "宽度")
    assert inspect(chinese).encoding == "gb18030"
    # 0x81 is undefined in cp1252.
    latin = file_of(tmp_path, b"x\x81,y\n1,2\n3,4\n")
    assert inspect(latin).encoding == "latin-1"


def test_rows_without_two_numbers_are_dropped_and_counted(tmp_path: Path) -> None:
    content = (
        "x,y,z\n1,2,a\n,3,b\n4,NA,c\ninf,5,d\n6,-inf,e\n7\n\n8,nine,f\n1e999,1,g\n"
    )
    content += "10,\u221211,h\n12,13,i,too,many\n"
    found = read_table(file_of(tmp_path, content))
    assert found.x.tolist() == [[1, 2], [10, -11], [12, 13]]
    assert (found.info.rows, found.info.dropped) == (10, 7)


def test_columns_are_chosen_by_name(tmp_path: Path) -> None:
    path = file_of(tmp_path, "name,a,b,c\np,1,2,3\nq,4,5,6\n")
    assert inspect(path).numeric == ("a", "b", "c")
    assert read_table(path).chosen == ("a", "b")
    assert read_table(path, ("c", "a")).x.tolist() == [[3, 1], [6, 4]]
    assert read_table(path, ("", "a")).chosen == ("b", "a")
    assert read_table(path, (" C ", "")).chosen == ("c", "a")
    assert read_table(path, label="name").labels == ("p", "q")


def test_row_numbers_without_a_name_are_not_the_first_choice(tmp_path: Path) -> None:
    path = file_of(tmp_path, ",x,y\n0,5,6\n1,7,8\n")
    assert read_table(path).chosen == ("x", "y")


@pytest.mark.parametrize(
    ("content", "points"),
    [
        ('"x","y"\n"1,5","2"\n"3","4,5"\n', [[1.5, 2], [3, 4.5]]),
        ("sep=;\nx;y\n1,5;2\n3;4,5\n", [[1.5, 2], [3, 4.5]]),
        ("# x, y\n1, 2\n3, 4\n", [[1, 2], [3, 4]]),
        ("  1   2.5\n -3   4e-1\n", [[1, 2.5], [-3, 0.4]]),
        ("x;y\n1,234;5\n2,345;6\n", [[1.234, 5], [2.345, 6]]),
        ('x,y\n"1,234.5",2\n"5,678.5",3\n', [[1234.5, 2], [5678.5, 3]]),
        ("x;y\n1.234,5;2\n5.678,5;3\n", [[1234.5, 2], [5678.5, 3]]),
        ("x,y\n1_0,1\n2,3\n4,5\n6,7\n", [[2, 3], [4, 5], [6, 7]]),
    ],
)
def test_habits_of_other_programs(tmp_path: Path, content: str, points: list) -> None:
    assert read_table(file_of(tmp_path, content)).x.tolist() == points


def test_names_of_columns_differ(tmp_path: Path) -> None:
    info = inspect(file_of(tmp_path, "a,a,,a\n1,2,3,4\n5,6,7,8\n"))
    assert info.columns == ("a", "a (2)", "column 3", "a (3)")


def test_a_large_table_is_thinned_evenly(tmp_path: Path) -> None:
    path = file_of(
        tmp_path, "x,y,k\n" + "".join(f"{k},{-k},c{k}\n" for k in range(1000))
    )
    found = read_table(path, label="k", max_rows=100)
    assert found.stride == 16
    assert found.x[:, 0].tolist() == list(range(0, 1000, 16))
    assert torch.equal(found.x[:, 1], -found.x[:, 0])
    assert found.labels == tuple(f"c{k}" for k in range(0, 1000, 16))
    assert found.info.rows == 1000


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n\n\n", "has no rows"),
        (b"x,y\n", "no rows below"),
        (b"x,y\n1,2\n", "only one row"),
        (b"1,2\n", "only one row"),
        (b"x,y\n1,a\n2,b\n3,c\n", r"one numeric column \(x\)"),
        (b"5\n6\n7\n", "one numeric column"),
        (b"x,y\na,b\nc,d\n", "no numeric column"),
        (b"\x89PNG\r\n\x00\x01\x02" * 50, "is a picture, not text"),
        (b"PK\x03\x04", "a workbook or an archive"),
        (b"PK\x03\x04\x14\x00\x08\x00" + b"sheet1.xml" * 9, "a workbook or an archive"),
        (b"\x1f\x8b\x08\x08" + b"1,2\n" * 9, "packed"),
        (b"%PDF-1.4\n1 0 obj\n<< >>\n", "a PDF document"),
        (b"x,y\n1,2\n3,\x014\n", "binary"),
        (b"1," * 2**20, "more than a million characters"),
        (b"x,y\n" + b"1,2\n" * 300 + b'"' + b"1,2\n" * 50_000, "quotation marks"),
        (b"\xff\xfe\x00\xd8\x00", "not readable text"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        read_table(file_of(tmp_path, content))
    assert "\n" not in str(caught.value)
    assert "table.csv" in str(caught.value)


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="folder"):
        inspect(tmp_path)
    with pytest.raises(DataError, match="no file"):
        inspect(tmp_path / "none.csv")
    with pytest.raises(DataError, match="no file"):
        inspect("a\0b.csv")
    with pytest.raises(DataError, match="Cannot open"):
        inspect(tmp_path / ("long" * 100))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="ordinary file"):
        inspect(tmp_path / "pipe")


@pytest.mark.parametrize(
    ("columns", "label", "words"),
    [
        (("x", "w"), "", "no column 'w'; its columns are: x, y, kind"),
        (("kind", "x"), "", "does not hold numbers; numeric columns: x, y"),
        (("x", "x"), "", "chosen twice"),
        (("x", "y"), "sort", "no column 'sort'"),
    ],
)
def test_wrong_columns_are_named(tmp_path: Path, columns, label, words) -> None:
    path = file_of(tmp_path, "x,y,kind\n1,2,a\n3,4,b\n")
    with pytest.raises(DataError, match=words):
        read_table(path, columns, label)


GARBAGE = st.one_of(
    st.binary(max_size=300),
    st.text(alphabet="0123456789.,;\t| \n\r\"'-e#xn", max_size=200).map(str.encode),
    st.text(max_size=100).map(lambda text: text.encode("utf-16")),
)


@given(content=GARBAGE)
@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_garbage_is_a_table_or_an_error_in_words(
    tmp_path: Path, content: bytes
) -> None:
    try:
        found = read_table(file_of(tmp_path, content))
    except DataError:
        return
    assert len(found.x) >= 2
    assert torch.isfinite(found.x).all()


@given(
    rows=st.lists(
        st.tuples(*[st.floats(-1e6, 1e6, width=32)] * 2), min_size=2, max_size=30
    )
)
@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_written_points_are_read_back(tmp_path: Path, rows: list) -> None:
    path, x = tmp_path / "points.csv", torch.tensor(rows, dtype=torch.float32)
    write_points(path, x, ("size, cm", 'so-called "y"'))
    found = read_table(path)
    assert found.chosen == ("size, cm", 'so-called "y"')
    assert torch.equal(found.x.float(), x)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "points.csv"
    write_points(path, torch.ones(2, 2), ("x", "y"))
    before = path.read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_points(path, torch.zeros(3, 2), ("x", "y"))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_column_that_numbers_the_rows_is_no_axis_unless_asked_for(tmp_path):
    file = tmp_path / "cells.csv"
    file.write_text("Id,width,height\n1,0.5,7\n2,0.6,8\n3,0.7,9\n")
    found = read_table(file)
    assert found.chosen == ("width", "height")
    assert found.info.numeric == ("width", "height", "Id")
    assert read_table(file, ("id", "")).chosen == ("Id", "width")


def test_a_text_may_begin_like_an_archive(tmp_path: Path) -> None:
    path = file_of(tmp_path, "PKW,y\n1,2\n3,4\n")
    assert read_table(path).info.columns == ("PKW", "y")


@pytest.mark.parametrize(
    ("start", "span", "is_coarse"),
    [(1.7e9, 3600, True), (1.7e9, 1e8, False), (0, 3600, False), (1e9, 0, False)],
)
def test_a_column_that_single_precision_makes_steps_of_is_told(
    tmp_path: Path, start: float, span: float, is_coarse: bool
) -> None:
    rows = [f"{start + span * k / 50:.3f},{k % 7}" for k in range(51)]
    path = file_of(tmp_path, "time,y\n" + "\n".join(rows) + "\n")
    data = Table(CsvConfig(file=str(path), x_column="time", y_column="y"))
    data.split(torch.Generator())
    told = [note for note in data.notes if "in steps of 128" in note]
    assert bool(told) == is_coarse
    assert all("'time'" in n and "Subtract 1700000000" in n for n in told)
