"""Numbers of the comparison's table, and their room in the status bar."""

import pytest

from app.panels.compare.rows import setting_words
from app.panels.status_bar import _PARTS, nll_words
from app.widgets.numbers import rate_number
from app.widgets.paint import text_width
from engine.protocol import Metrics, Nll, Status


@pytest.mark.parametrize(
    ("value", "words"), [(1, "1 layer"), (3, "3 layers"), (True, "on")]
)
def test_one_layer_is_no_layers(value, words):
    assert setting_words({"unit": "layers"}, value) == words


@pytest.mark.parametrize("value", [1.21, -4321.0, 6.45e22, -6.45e-5])
def test_every_likelihood_has_room_in_the_status_bar(qapp, value):
    nll = Nll(value=value, kind="estimate", error=0.0)
    status = Status(
        run_id="r",
        state="paused",
        step=1,
        steps=2,
        seconds=0.1,
        steps_per_second=0.0,
        metrics=Metrics(step=1, nll=nll),
    )
    room = text_width(_PARTS["nll"][1], 12, 500)
    assert text_width(nll_words(status), 12, 500) <= room


def test_the_whole_time_has_room_in_the_status_bar(qapp):
    room = text_width(_PARTS["views"][1], 12, 500)
    assert text_width("100.0 % of time", 12, 500) <= room


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([-4.0, 4.0, 0.5], "−4, 4, 0.5"),
        ([{"do": "brush"}, {"do": "rotate"}], "2 operations"),
        ([{"do": "brush"}], "1 operation"),
    ],
)
def test_a_list_is_written_as_its_numbers_or_its_length(value, words):
    assert setting_words({}, value) == words


@pytest.mark.parametrize(
    ("rate", "words"),
    [(0.3, "0.3"), (4.26, "4.3"), (9.97, "10"), (1234.4, "1,234"), (0.0, "0")],
)
def test_a_slow_run_is_not_said_to_stand_still(rate, words):
    """On a busy machine one of several was at "0 /s" while it trained."""
    assert rate_number(rate) == words
