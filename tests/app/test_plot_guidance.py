"""The plot of three fields: one scale, one part of the plane, one clock."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from app.plots import preview
from app.plots.catalogue import make_plot
from app.plots.guidance import MISSING


@pytest.fixture
def plot(qtbot):
    made = make_plot("guidance")
    qtbot.addWidget(made)
    made.resize(520, 330)
    made.show()
    made.show_frame(*preview.FRAMES["guidance"]())
    return made


def lengths(side):
    x, y = side.arrows.getData()
    return np.hypot(x[1::5] - x[::5], y[1::5] - y[::5])


def test_arrows_of_all_panes_have_one_scale(plot):
    """Where the norm is four times as large the arrow is twice as long, everywhere."""
    scales = []
    for side, name in zip(plot.sides, ("free", "bound", "guided"), strict=True):
        norm = np.linalg.norm(plot.arrays[name], axis=1)
        scales.append(lengths(side) / np.sqrt(norm))
    np.testing.assert_allclose(np.concatenate(scales), scales[0][0], rtol=1e-3)


def test_class_weight_and_spread_are_named(plot):
    assert plot.three.titles == ("All data", "Only Mode 2", "Guided, w = 3")
    assert plot.three.feet[2].startswith("spread ")
    assert "Mode 2" in plot.describe()
    meta, arrays = preview.FRAMES["guidance"]()
    plot.show_frame(meta | {"weight_now": 1.0}, arrays)
    assert plot.three.titles[2] == "w = 1: as the class"


def test_a_pane_that_is_moved_takes_the_others_along(plot):
    first, second, third = plot.three.panes
    second.zoom(0.5)
    assert first.limits == pytest.approx(second.limits)
    assert third.limits == pytest.approx(second.limits)
    assert second.limits[1] - second.limits[0] < 6
    plot.reset_view()
    assert first.limits == third.limits == pytest.approx((-3.2, 3.2, -3.2, 3.2))


def test_starts_stand_where_the_clock_says(qtbot, plot):
    plot.set_time(0.0)
    for side in plot.sides:  # the same starts under each field
        np.testing.assert_allclose(side.now.points, plot.arrays["free.x"][0], rtol=1e-6)
    with qtbot.waitSignal(plot.settings_edited) as caught:
        plot.set_time(0.3)  # between two frames, and asked for at a calm pace
    assert caught.args == [{"t": 0.3}]
    x = plot.arrays["guided.x"]
    expected = 0.7 * x[0] + 0.3 * x[-1]  # made-up ways are straight
    np.testing.assert_allclose(plot.sides[2].now.points, expected, atol=1e-5)


def test_the_hand_on_the_clock_asks_and_tells(qtbot, plot):
    with qtbot.waitSignals([plot.settings_edited, plot.time_scrubbed]):
        plot.scrubber.moved.emit(0.75)
    assert plot.view_state()["t"] == 0.75
    with qtbot.waitSignal(plot.settings_edited) as caught:
        plot.switch.user_choose("score")
    assert caught.args == [{"quantity": "score"}]


def test_one_place_is_read_in_all_fields(qtbot, plot):
    with qtbot.waitSignal(plot.hovered) as caught:
        plot.three.pointed.emit(plot.three.panes[1].pixel(1.0, 0.5))
    said = dict(caught.args[0])
    assert list(said) == ["x", "all", "Mode 2", "guided"]
    points = plot.points("points")
    index = np.argmin(((points - (1.0, 0.5)) ** 2).sum(1))
    x = float(said["guided"].split(",")[0].replace("−", "-"))
    assert x == pytest.approx(plot.arrays["guided"][index, 0], abs=0.01)
    assert plot.three.feet[2] == said["guided"]
    plot.three.pointed.emit(QPointF(-5, -5))
    assert plot.three.feet[2].startswith("spread ")


def test_a_click_asks_about_the_place(qtbot, plot):
    with qtbot.waitSignal(plot.asked) as caught:
        plot.three.panes[0].clicked.emit(0.5, 1.0)
    assert caught.args == [0.5, 1.0]


@pytest.mark.parametrize("missing", MISSING)
def test_without_a_class_the_way_to_one_is_told(plot, missing):
    meta, arrays = preview.FRAMES["guidance"]()
    facts = {key: meta[key] for key in ("limits", "columns", "t")}
    plot.show_frame(facts | {"missing": missing}, {"data": arrays["data"]})
    assert plot.empty.isVisible()
    assert plot.describe().endswith(MISSING[missing][1])
    assert plot.empty.button.isHidden()
    assert plot.data_pane() is None
    plot.set_time(0.2)
    plot.three.pointed.emit(QPointF(50, 50))
    plot.show_frame(meta, arrays)
    assert plot.paper.isVisible()


def test_what_is_missing_has_a_button_where_settings_bring_it(plot, qtbot):
    meta, arrays = preview.FRAMES["guidance"]()
    remedy = {"title": "Guide to north", "changes": {"model_settings": {"label": 1}}}
    lacking = meta | {"missing": "choose", "remedies": [remedy]}
    plot.show_frame(lacking, {"data": arrays["data"]})
    assert plot.empty.button.text() == "Guide to north"
    with qtbot.waitSignal(plot.remedy_wished) as caught:
        plot.empty.button.click()
    assert caught.args == [MISSING["choose"][0], remedy]
    plot.show_empty("Nothing here", "For some reason.")
    with qtbot.assertNotEmitted(plot.remedy_wished):
        plot.empty.button.click()
