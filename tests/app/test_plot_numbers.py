"""The numbers that a camera saves: each row says what it is of."""

import numpy as np
import pytest

from app.panels.probe_words import place_words, probe_words
from app.plots import preview
from app.plots.catalogue import PLOTS, make_plot
from app.session_probe import PointAnswer


@pytest.fixture
def shown(qtbot):
    def show(name):
        plot = make_plot(name)
        qtbot.addWidget(plot)
        plot.show_frame(*preview.FRAMES[name]())
        return plot

    return show


def test_paths_are_saved_place_by_place(shown):
    plot = shown("trajectories")
    table = plot.tables()["x"]
    assert table.columns == ("path", "t", "x", "y")
    frames, paths, _ = plot.arrays["x"].shape
    of_third = table.rows[table.rows[:, 0] == 3]
    assert len(table.rows) == frames * paths
    assert np.allclose(of_third[:, 1], plot.arrays["times"])
    assert np.allclose(of_third[:, 2:], plot.arrays["x"][:, 3])


def test_a_map_says_where_each_cell_lies(shown):
    plot = shown("density")
    table = plot.tables()["log_p"]
    assert table.columns == ("x", "y", "log_p", "true_log_p")
    x, y, value, _ = table.rows[np.argmax(table.rows[:, 2])]
    cells = plot.arrays["learned"]
    row, column = np.unravel_index(np.argmax(cells), cells.shape)
    width = (preview.LIMITS[1] - preview.LIMITS[0]) / len(cells)
    assert value == cells.max()
    assert x == pytest.approx(preview.LIMITS[0] + (column + 0.5) * width)
    assert y == pytest.approx(preview.LIMITS[2] + (row + 0.5) * width)


def test_codes_are_not_called_by_the_names_of_the_data(shown):
    plot = shown("posterior")
    meta = plot.meta | {"columns": ["alcohol", "hue"], "axes": [1, 4]}
    plot.show_frame(meta, plot.arrays)
    tables = plot.tables()
    assert tables["codes"].columns == ("z1", "z4")
    assert tables["log_q"].columns == ("z1", "z4", "log_q", "log_ratio")


@pytest.mark.parametrize("name", sorted(set(PLOTS) - {"attention", "conditionals"}))
def test_nothing_that_is_drawn_is_left_out(shown, name):
    plot = shown(name)
    saved = sum(table.rows.size for table in plot.tables().values())
    drawn = sum(a.size for a in plot.arrays.values() if a.ndim > 1)
    assert saved >= drawn


def test_what_is_read_under_the_pointer_is_of_the_frame_on_show(shown):
    """The density of a flow stood under the map of the model that followed it."""
    plot = shown("density")
    plot.resize(450, 330)
    plot.show()
    plot.paper.lay_out(plot.paper.width(), plot.paper.height())
    plot.paper.pointed.emit(plot.square.pane.pixel(0.4, 0.3))
    before = plot.read_out.text
    plot.show_frame(plot.meta, plot.arrays | {"learned": plot.arrays["learned"] + 3})
    assert "learned" in before
    assert plot.read_out.text != before
    plot.paper.pointed.emit(None)
    idle = plot.read_out.text
    plot.show_frame(plot.meta, plot.arrays)
    assert plot.read_out.text == idle


def test_a_place_of_the_probe_has_no_negative_zero():
    assert place_words((-0.001, 0.06)) == "x = (0.00, 0.06)"
    assert place_words((-0.5, -120.0)) == "x = (−0.50, −120)"


def test_what_an_encoder_says_is_not_called_where_a_place_comes_from():
    z = {"z": np.array([[0.5, -1.25]])}
    words = probe_words(PointAnswer(3, {"is_map": False}, z | {"code": np.array([7])}))
    assert words["encoded as z"] == "(0.50, −1.25)"
    assert words["nearest code"] == "number 7"
    assert "comes from z" not in words
    words = probe_words(PointAnswer(3, {"is_map": True}, z))
    assert words["comes from z"] == "(0.50, −1.25)"
    assert not words["nearest code"]
