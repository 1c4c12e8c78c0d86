"""There and back: threads between two panes, the clock, and the switch."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from app.plots import preview
from app.plots.cycle import CyclePlot


@pytest.fixture
def plot(qtbot):
    made = CyclePlot()
    qtbot.addWidget(made)
    made.resize(450, 300)
    made.show()
    made.show_frame(*preview.FRAMES["cycle"]())
    return made


def test_points_travel_from_pane_to_pane_and_back(plot):
    paper = plot.threads
    left, right = paper.left.geometry(), paper.right.geometry()
    assert left.right() < right.left()
    assert left.width() == pytest.approx(left.height(), abs=1)
    for t, box, name, pane in (
        (0.0, left, "start", paper.left),
        (0.5, right, "there", paper.right),
        (1.0, left, "back", paper.left),
    ):
        plot.set_time(t)
        first = QPointF(*paper.now()[0])
        assert box.contains(first)
        x, y = plot.arrays[name][0]
        assert (first - pane.pixel(x, y)).manhattanLength() < 0.1
    plot.set_time(0.25)
    stops = paper.places()
    np.testing.assert_allclose(paper.now(), (stops[0] + stops[1]) / 2)


def test_threads_from_the_other_side_begin_at_the_right(plot):
    meta, arrays = preview.FRAMES["cycle"]()
    plot.show_frame(meta | {"begin": "y", "ends": ["y", "G(F(y))"]}, arrays)
    plot.set_time(0.0)
    assert plot.threads.right.geometry().contains(QPointF(*plot.threads.now()[0]))
    assert plot.film.scrubber.words() == ("y", "G(F(y))")


def test_the_switch_asks_for_the_other_side(qtbot, plot):
    with qtbot.waitSignal(plot.settings_edited) as caught:
        plot.switch.user_choose("y")
    assert caught.args[0] == {"begin": "y"}


def test_the_film_moves_the_points(qtbot, plot):
    plot.set_time(0.0)
    before = plot.threads.now()
    with qtbot.waitSignal(plot.time_scrubbed):
        plot.film.advance()
    assert np.abs(plot.threads.now() - before).max() > 1


def test_words_name_both_data_sets_and_what_is_missed(plot):
    assert plot.threads.titles == ("X, Ring", "Y, Line")
    assert "missed by 0.14" in [key.text for key in plot.threads.keys]
    assert plot.threads.words == "arrival off by 0.0030"
    assert "Ring" in plot.describe()
    meta, arrays = preview.FRAMES["cycle"]()
    plot.show_frame(meta | {"round_trip": None}, arrays)
    assert "missed by not finite" in [key.text for key in plot.threads.keys]


def test_a_click_asks_about_the_data_of_the_run(qtbot, plot):
    with qtbot.waitSignal(plot.asked) as caught:
        plot.threads.left.clicked.emit(0.5, 1.0)
    assert caught.args == [0.5, 1.0]


def test_threads_that_are_no_numbers_are_left_out(plot):
    meta, arrays = preview.FRAMES["cycle"]()
    back = arrays["back"].copy()
    back[3] = np.nan
    plot.show_frame(meta, arrays | {"back": back})
    assert plot.threads.stops.shape == (3, len(back) - 1, 2)
    assert len(plot.threads.kinds) == len(back) - 1
    plot.grab()


def test_what_is_kept_of_the_clock_comes_back(plot):
    plot.set_view_state({"begin": "y", "direction": "noise", "t": 0.25})
    assert plot.view_state() == {"begin": "y", "direction": "noise", "t": 0.25}
    assert plot.threads.time == 0.25
    plot.set_view_state({"begin": "z", "direction": "up", "t": "now"})  # no sense
    assert plot.view_state() == {"begin": "y", "direction": "noise", "t": 0.25}
