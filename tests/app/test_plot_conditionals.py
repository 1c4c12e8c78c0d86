"""Conditional slices: the line that is dragged, the curves that follow."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.plots import preview
from app.plots.conditionals import ConditionalsPlot


@pytest.fixture
def plot(qtbot):
    made = ConditionalsPlot()
    qtbot.addWidget(made)
    made.resize(450, 330)
    made.show()
    made.show_frame(*preview.FRAMES["conditionals"]())
    return made


def place(plot, x):
    return plot.slices.left.pixel(x, 0.1).toPoint()


def test_a_click_moves_the_line_and_the_slice_follows(qtbot, plot):
    qtbot.mouseClick(
        plot.paper.viewport(), Qt.MouseButton.LeftButton, pos=place(plot, 1.2)
    )
    at = plot.arrays["first_at"]
    index = int(np.argmin(np.abs(at - plot.slices.line)))
    assert plot.slices.line == pytest.approx(1.2, abs=0.06)
    np.testing.assert_allclose(plot.second.learned.yData, plot.arrays["second"][index])
    np.testing.assert_allclose(
        plot.second.true.yData, plot.arrays["true_second"][index]
    )
    assert plot.slices.titles[1] == f"p(y | x = {plot._c_text()})"
    assert plot.view_state()["at"] == pytest.approx((1.2 + 3.2) / 6.4, abs=0.01)
    assert plot.slices.words == f"slice off by {plot.arrays['kl'][index]:.3f} nats"


def test_long_names_become_short_where_they_would_be_cut(plot):
    plot.show_frame(
        plot.meta | {"columns": ["component 1", "component 2"]}, plot.arrays
    )
    plot.resize(1100, 420)
    plot.slices.redraw()
    plot.slices.lay_out(1100, 380)
    c = plot._c_text()
    assert plot.slices.titles[1] == f"p(component 2 | component 1 = {c})"
    plot.slices.lay_out(430, 380)
    assert plot.slices.titles == ("p(component 1)", f"p(c2 | c1 = {c})")


def test_a_drag_is_followed_at_once_and_told(qtbot, plot):
    seen = []
    plot.slices.sliced.connect(seen.append)
    follow = plot.slices.left.grab_at(0.0, 0.1)
    with qtbot.waitSignal(plot.hovered) as caught:
        follow(-2.0, 0.1, False)
    assert seen == [-2.0]
    assert float(dict(caught.args[0])["x"].replace("−", "-")) == pytest.approx(
        -2.0, abs=0.04
    )
    assert plot.slices.line == pytest.approx(-2.0, abs=0.04)
    follow(99.0, 0.1, True)  # beyond the plot: the last place
    assert plot.slices.line == pytest.approx(plot.arrays["first_at"][-1])


def test_arrow_keys_step_from_place_to_place(qtbot, plot):
    gap = plot.arrays["first_at"][1] - plot.arrays["first_at"][0]
    before = plot.slices.line
    qtbot.keyClick(plot.paper, Qt.Key.Key_Right)
    assert plot.slices.line == pytest.approx(before + gap, rel=1e-4)
    qtbot.keyClick(plot.paper, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert plot.slices.line == pytest.approx(before - 9 * gap, rel=1e-4)


def test_the_other_coordinate_is_asked_of_the_engine(qtbot, plot):
    with qtbot.waitSignal(plot.settings_edited) as caught:
        plot.switch.user_choose("y")
    assert caught.args[0] == {"given": "y"}
    meta, arrays = preview.FRAMES["conditionals"]()
    plot.show_frame(meta | {"axis": 1}, arrays)
    assert plot.slices.titles[0] == "p(y)"
    assert plot.slices.titles[1].startswith("p(x | y = ")


def test_without_a_truth_nothing_is_compared(plot):
    meta, arrays = preview.FRAMES["conditionals"]()
    known = {"true_first", "true_second", "kl"}
    plot.show_frame(
        meta | {"has_truth": False},
        {name: array for name, array in arrays.items() if name not in known},
    )
    assert not plot.second.true.isVisible()
    assert not plot.first.true.isVisible()
    assert plot.slices.words == ""
    assert [key.text for key in plot.slices.keys] == ["learned", "data"]


def test_a_slice_where_the_truth_is_nowhere_has_no_true_curve(plot):
    meta, arrays = preview.FRAMES["conditionals"]()
    gone = arrays["true_second"].copy()
    gone[:10] = 0
    plot.show_frame(meta, arrays | {"true_second": gone})
    plot.slices.sliced.emit(-3.1)
    assert not plot.second.true.isVisible()
    plot.slices.sliced.emit(0.0)
    assert plot.second.true.isVisible()


def test_chip_says_how_the_slices_are_known(plot):
    assert [chip.text for chip in plot.chips()] == ["exact"]
    meta, arrays = preview.FRAMES["conditionals"]()
    plot.show_frame(meta | {"kind": "estimate"}, arrays)
    assert [chip.kind for chip in plot.chips()] == ["estimate"]


@pytest.mark.parametrize(("size", "stacked"), [((450, 330), False), ((300, 500), True)])
def test_panes_stand_side_by_side_or_above_each_other(plot, size, stacked):
    plot.slices.lay_out(*size)
    left, right = plot.slices.left.geometry(), plot.slices.right.geometry()
    assert (left.bottom() < right.top()) is stacked
    assert max(left.right(), right.right()) <= size[0]
    assert max(left.bottom(), right.bottom()) <= size[1]


@pytest.mark.parametrize("axis", [0, 1])
def test_a_click_on_the_slice_asks_about_that_place(qtbot, plot, axis):
    """It did nothing. The place has what is given, whatever height was clicked."""
    plot.show_frame(plot.meta | {"axis": axis}, plot.arrays)
    plot.slices.sliced.emit(1.2)
    pane = plot.slices.right
    where = pane.pixel(-0.8, pane.limits[3] / 3).toPoint()
    with qtbot.waitSignal(plot.asked) as caught:
        qtbot.mouseClick(plot.paper.viewport(), Qt.MouseButton.LeftButton, pos=where)
    asked = caught.args
    assert asked[axis] == pytest.approx(plot.slices.line)
    assert asked[1 - axis] == pytest.approx(-0.8, abs=0.05)
    plot.show_point((asked[0], asked[1]), {})
    ((x, height),) = plot.asked_place.points
    assert x == asked[1 - axis]
    curve = plot.second.learned
    assert height == pytest.approx(np.interp(x, curve.xData, curve.yData))
    plot.slices.sliced.emit(-1.2)  # another slice does not hold the place
    assert not len(plot.asked_place.points)
