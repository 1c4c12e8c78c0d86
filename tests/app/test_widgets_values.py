"""Numbers are written and read alike; tracks have an inverse; steps never stick."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.widgets.numbers import format_number, parse_number, unit_word
from app.widgets.value_range import ValueRange

RANGES = [
    ValueRange(0.0, 1.0),
    ValueRange(-3.0, 5.0),
    ValueRange(1e-5, 1e-1, log=True),
    ValueRange(0.0, 20.0, log=True),
    ValueRange(8, 1024, log=True, integer=True),
    ValueRange(0, 4, integer=True),
    ValueRange(2, 100_000, integer=True),
]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (4096, "4,096"),
        (0.15, "0.15"),
        (5e-4, "5e−4"),
        (1.25e-5, "1.25e−5"),
        (-0.72, "−0.72"),
        (2.5e7, "2.5e7"),
        (20.0, "20"),
        (12345.6, "12,346"),
    ],
)
def test_numbers_are_written_as_the_look_writes_them(value, text):
    assert format_number(value) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5e-4", 5e-4),
        ("5e−4", 5e-4),
        (" 4,096 ", 4096),
        ("0,15", 0.15),
        ("1,234.5", 1234.5),
        ("1/4", 0.25),
        ("−2", -2),
    ],
)
def test_numbers_are_read_as_people_type_them(text, value):
    assert parse_number(text) == value


@pytest.mark.parametrize(
    ("value", "unit", "word"),
    [
        (1, "layers", "layer"),
        (2, "layers", "layers"),
        (0, "steps", "steps"),
        (1.5, "units", "units"),
        (1, "std", "std"),
        (1, "s", "s"),
        (1, "", ""),
    ],
)
def test_one_of_a_unit_is_said_in_the_singular(value, unit, word):
    assert unit_word(value, unit) == word


@pytest.mark.parametrize("text", ["", "many", "1e999", "nan", "1/0", "5 steps", "1e"])
def test_what_is_no_finite_number_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - float's own words vary
        parse_number(text)


@given(st.floats(-1e8, 1e8, allow_subnormal=False))
def test_a_written_number_reads_back(value):
    shown = parse_number(format_number(value, 6))
    # six figures; larger whole numbers are grouped and rounded to one
    assert shown == pytest.approx(value, rel=1e-5, abs=1e-300)


@pytest.mark.parametrize("span", RANGES)
def test_the_place_on_the_track_has_an_inverse(span):
    for place in (0.0, 0.13, 0.5, 0.99, 1.0):
        assert span.fraction(span.value(place)) == pytest.approx(place, abs=1e-9)
    assert span.value(0) == pytest.approx(span.minimum)
    assert span.value(1) == pytest.approx(span.maximum)


def test_a_decade_is_as_long_as_another_on_a_logarithmic_track():
    span = ValueRange(1e-5, 1e-1, log=True)
    assert span.fraction(1e-3) == pytest.approx(0.5)
    assert span.fraction(1e-4) == pytest.approx(0.25)


@pytest.mark.parametrize("span", RANGES)
def test_steps_reach_both_ends_and_never_stick(span):
    value = span.minimum
    for _ in range(3000):
        if value == span.maximum:
            break
        following = span.step(value, 1)
        assert following > value
        value = following
    assert value == span.maximum
    for _ in range(3000):
        if value == span.minimum:
            break
        following = span.step(value, -1)
        assert following < value
        value = following
    assert value == span.minimum


def test_shift_goes_ten_times_as_far():
    span = ValueRange(0.0, 1.0)
    assert span.step(0.5, 1) == pytest.approx(0.51)
    assert span.step(0.5, 10) == pytest.approx(0.6)


def test_snapping_gives_round_numbers_inside_the_limits():
    assert ValueRange(1e-5, 1e-1, log=True).snap(0.00123456) == 0.0012
    assert ValueRange(0, 10, integer=True).snap(3.4) == 3
    assert ValueRange(0.0, 1.0).snap(0.123456) == 0.12
    assert ValueRange(0.0, 1.0).snap(7) == 1
