"""Points in text: every way in which people separate numbers."""

import numpy as np
import pytest

from engine.data.base import DataError
from engine.data.pasted import MAX_TEXT, points_in
from engine.lab.base import News
from engine.lab.read_points import MOST, ReadPoints, ReadPointsSettings

TWO = [[1.5, 2.0], [-3.0, 4.25]]


@pytest.mark.parametrize(
    "text",
    [
        "1.5,2\n-3,4.25",
        "1.5, 2\n-3, 4.25\n",
        "1.5\t2\n-3\t4.25",
        "1,5\t2\n-3\t4,25",
        "1.5;2\r\n-3;4.25",
        "1,5; 2,0\n-3; 4,25",
        "1.5 2\n\n  -3   4.25  ",
        "1,5 2\n-3 4,25",
        "15e-1,2e0\n\u22123,4.25",
    ],
)
def test_separators_and_decimal_commas(text):
    found = points_in(text)
    assert found.x.tolist() == TWO
    assert found.dropped == 0
    assert len(found.labels) == 0


def test_a_third_column_of_small_whole_numbers_is_the_class():
    assert points_in("1 2 3\n4 5 8").labels.tolist() == [3, 8]
    assert points_in("1 2 0\n4 5 7").labels.tolist() == [1, 8]
    for text in ("1 2 3.5\n4 5 6", "1 2 9\n4 5 6", "1 2 3\n4 5", "1 2 0\n4 5 8"):
        assert len(points_in(text).labels) == 0


def test_bad_lines_are_counted():
    found = points_in("x,y\n1.5,2\nnan,1\n3\n-3,4.25\n1e12,0\ninf,inf")
    assert found.x.tolist() == TWO
    assert found.dropped == 5


@pytest.mark.parametrize("text", ["", "\n\n", "hello", "1\n2\n3", "\0" * 50, "a;b"])
def test_text_without_points_is_one_sentence(text):
    with pytest.raises(DataError, match="No line has two numbers"):
        points_in(text)


def test_too_much_text_is_refused():
    with pytest.raises(DataError, match="too long"):
        points_in("1 2\n" * (MAX_TEXT // 4 + 1))


def news(**settings) -> News:
    job = ReadPoints(ReadPointsSettings(**settings), {}, "", lambda: None)
    (found,) = job.work()
    return found


def test_the_job_reads_text():
    found = news(text="1 2 3\n4 5 6\nx")
    assert found.arrays["x"].tolist() == [[1, 2], [4, 5]]
    assert found.arrays["labels"].tolist() == [3, 6]
    assert found.result == {"found": 2, "dropped": 1, "outside": 1}


def test_points_in_other_units_are_stretched_to_the_canvas():
    """The engine's answer against what a person expects of the corners."""
    text = "100 0.001\n200 0.003\n150 0.002"
    room = (-1.0, 3.0, 10.0, 20.0)
    as_they_are = news(text=text, canvas=room)
    assert as_they_are.result["outside"] == 3
    fitted = news(text=text, canvas=room, fit=True)
    assert fitted.result["outside"] == 0
    expected = [[-0.6, 11], [2.6, 19], [1, 15]]
    np.testing.assert_allclose(fitted.arrays["x"], expected, atol=1e-12)
    one = news(text="7 1\n7 2", canvas=room, fit=True).arrays["x"]
    np.testing.assert_allclose(one, [[1, 11], [1, 19]], atol=1e-12)


def test_the_job_takes_a_part_of_very_many():
    found = news(text="\n".join(f"{k} 0" for k in range(3 * MOST)))
    first = found.arrays["x"][:, 0]
    assert len(first) == MOST
    assert found.result["found"] == 3 * MOST
    assert (np.diff(first) > 0).all()
    assert first[-1] > 2.9 * MOST


def test_the_job_reads_a_table_with_its_classes(tmp_path):
    file = tmp_path / "cells.csv"
    file.write_text(
        "a;b;kind\n" + "\n".join(f"{k};{2 * k};k{k % 2}" for k in range(50))
    )
    found = news(file=str(file), x_column="b", y_column="a", label_column="kind")
    x, labels = found.arrays["x"], found.arrays["labels"]
    assert (x[:, 0] == 2 * x[:, 1]).all()
    assert (labels == x[:, 1] % 2 + 1).all()
    assert len(news(file=str(file)).arrays["labels"]) == 0


def test_the_job_names_a_missing_table(tmp_path):
    with pytest.raises(DataError, match="no file"):
        news(file=str(tmp_path / "none.csv"))


@pytest.mark.parametrize(
    "text",
    [
        "[[1, 2.5], [3, -4]]",
        "(1.0, 2.5), (3.0, -4.0)",
        "[[ 1.   2.5]\n [ 3.  -4. ]]",
        "[\n  [1, 2.5],\n  [3, -4],\n]",
        "np.array([[1.0, 2.5],\n          [3.0, -4.0]], dtype=float32)",
        "{1, 2.5}, {3, -4}",
    ],
)
def test_a_list_of_points_is_pasted_as_programs_print_it(text):
    found = points_in(text)
    assert found.x.tolist() == [[1, 2.5], [3, -4]]
    assert found.dropped == 0


def test_a_third_number_in_brackets_is_a_class():
    found = points_in("[[1, 2, 1], [3, 4, 2]]")
    assert found.labels.tolist() == [1, 2]
