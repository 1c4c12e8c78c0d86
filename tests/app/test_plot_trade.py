"""Rate against distortion: lines of equal cost, the course, a room for several runs."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from app.plots import preview_models as frames
from app.plots.elbo import ElboPlot
from app.plots.trade import Trade, line_of, widest

COURSE = np.array([[0.2, 3.0, 1], [1.0, 1.0, 100], [2.0, -0.8, 200], [2.6, -1.2, 300]])


@pytest.fixture
def plot(qtbot):
    made = ElboPlot()
    qtbot.addWidget(made)
    made.resize(520, 420)
    made.show_frame(*frames.elbo_frame())
    made.switch.user_choose("trade")
    return made


def at(line, x):
    """Height of a drawn line at x."""
    return float(np.interp(x, line.xData, line.yData))


def test_along_a_line_of_equal_cost_the_cost_is_equal():
    line = line_of(4.0, 1.5, (0.0, 3.0, -1.0, 1.0))
    np.testing.assert_allclose(line[:, 1] + 4 * line[:, 0], 1.5)
    assert line[:, 0].tolist() == [0.0, 3.0]


def test_the_room_has_rate_zero_the_present_and_like_scales():
    trade = Trade(COURSE, (3.5, -1.0), None, 1.0)
    x_0, x_1, y_0, y_1 = trade.limits()
    assert x_0 == 0
    assert x_1 > 3.5
    assert y_0 < -1.2
    assert y_1 - y_0 >= x_1 - x_0 - 1e-9
    assert widest([(0, 1, -1, 1), (0, 3, 0, 2)]) == (0, 3, -1, 2)


def test_lines_of_equal_bound_fall_a_nat_for_a_nat(plot):
    lines = np.stack([plot.trade.equal.xData, plot.trade.equal.yData], 1)
    ways = np.diff(lines.reshape(-1, 2, 2), axis=1)[:, 0]
    np.testing.assert_allclose(ways[:, 1], -ways[:, 0])
    gaps = np.diff(lines.reshape(-1, 2, 2)[:, 0, 1])
    np.testing.assert_allclose(gaps, gaps[0])


def test_the_entropy_is_the_least_and_the_present_is_marked(plot):
    np.testing.assert_allclose(plot.trade.now.points, [[2.65, -1.3]])
    assert at(plot.trade.least, 0.0) == pytest.approx(1.12)
    assert at(plot.trade.least, 1.0) == pytest.approx(0.12)
    assert not plot.trade.paid.isVisible()
    ends = {end.text: end.y for end in plot.trade.panel.ends}
    assert ends["now"] == pytest.approx(-1.3)
    assert ends["entropy 1.12"] == pytest.approx(1.12 - plot.trade.panel.pane.home[1])
    plot.trade.set_room((0.0, 9.0, -5.0, 5.0))  # the line ends at the lower edge
    ends = {end.text: end.y for end in plot.trade.panel.ends}
    assert ends["entropy 1.12"] == -5


def test_a_price_tilts_the_line_through_the_present(plot):
    meta, arrays = frames.elbo_frame()
    plot.show_frame(meta | {"price": 0.5}, arrays)
    paid = plot.trade.paid
    assert paid.isVisible()
    assert at(paid, 2.65) == pytest.approx(-1.3)
    assert at(paid, 1.65) == pytest.approx(-0.8)
    assert "β = 0.5" in {end.text for end in plot.trade.panel.ends}
    plot.show_frame(meta | {"truth": None, "price": 1.0}, arrays)
    assert not plot.trade.least.isVisible()


def test_the_course_is_drawn_in_the_order_of_training(plot):
    course = plot.arrays["course"]
    drawn = [plot.trade.old, plot.trade.course]
    np.testing.assert_allclose(drawn[0].xData[0], course[0, 0])
    np.testing.assert_allclose(drawn[1].xData[-1], course[-1, 0])
    np.testing.assert_allclose(drawn[0].yData[-1], drawn[1].yData[0])
    table = plot.tables()["trade"]
    assert table.columns == ("rate", "distortion", "step")


def test_one_panel_or_the_curves(plot):
    paper = plot.panel_paper
    assert paper.panels == [plot.trade.panel]
    assert not plot.ladder.pane.isVisible()
    plot.switch.user_choose("step")
    assert plot.ladder.pane.isVisible()
    assert not plot.trade.panel.pane.isVisible()
    assert plot.ladder in paper.panels
    plot.set_view_state({"axis": "trade"})
    assert paper.panels == [plot.trade.panel]
    assert plot.view_state() == {"axis": "trade"}


def test_before_training_there_is_no_course(plot):
    meta, arrays = frames.elbo_frame()
    plot.show_frame(meta, arrays | {"course": np.empty((0, 3), "f4")})
    assert plot.panel_paper.panels == []
    assert "Play" in plot.panel_paper.words
    plot.switch.user_choose("seconds")
    assert plot.panel_paper.words == ""


def test_pointing_reads_the_nearest_moment(qtbot, plot):
    plot.panel_paper.lay_out(520, 380)
    rate, distortion, step = plot.arrays["course"][300].astype(float)
    pane = plot.trade.panel.pane
    with qtbot.waitSignal(plot.hovered) as caught:
        plot._on_pointed(QPointF(pane.pixel(rate, distortion)))
    said = dict(caught.args[0])
    assert said["rate"] == f"{rate:.2f}"
    assert abs(int(said["step"].replace(",", "")) - step) <= 30
    assert set(said) == {"step", "rate", "distortion", "bound"}


def test_runs_share_a_room(plot):
    own = plot.trade.panel.pane.home
    plot.trade.set_room((0.0, 9.0, -5.0, 5.0))
    assert plot.trade.panel.pane.home == (0.0, 9.0, -5.0, 5.0)
    plot.trade.set_room(None)
    assert plot.trade.panel.pane.home == own
