"""The map under the arrows: colours round nought, its reading, its words."""

import numpy as np
import pytest

from app.plots import preview
from app.plots.catalogue import make_plot
from app.plots.density_map import indices
from app.plots.divergence import round_top
from app.plots.figures_block import Numbers
from app.plots.ink import signed_table
from app.plots.rail import ColourBar
from app.theme import theme


@pytest.fixture
def plot(qtbot):
    made = make_plot("field")
    qtbot.addWidget(made)
    made.resize(500, 420)
    return made


def frame(values):
    meta, arrays = preview.FRAMES["field"]()
    more = {"divergence_unit": "per unit of t"}
    return meta | more, arrays | {"divergence": np.asarray(values, "f4")}


def ramp(cells=32, top=4.0):
    """Rising to the right, falling upwards: tells rows from columns."""
    line = np.linspace(-1, 1, cells)
    return top * (line[None, :] - 0.5 * line[:, None]) / 1.5


@pytest.mark.parametrize(
    ("top", "expected"),
    [(0.9, 1.0), (1.0, 1.0), (1.1, 1.5), (3.1, 5.0), (7.2, 10.0), (0.04, 0.05)],
)
def test_colours_end_at_a_round_number(top, expected):
    assert round_top(np.full((4, 4), -top)) == pytest.approx(expected)


def test_nothing_spreads_anywhere():
    assert round_top(np.zeros((4, 4))) == 1.0


def test_the_switch_asks_for_the_map_and_draws_it(qtbot, plot):
    with qtbot.waitSignal(plot.settings_edited) as caught:
        plot.switch.user_choose("divergence")
    assert caught.args[0] == {"shape": "divergence"}
    assert plot.view_state()["shape"] == "divergence"
    plot.show_frame(*frame(ramp()))
    assert plot.divergence.is_shown
    assert plot.arrows.lines.isVisible()
    shown = plot.divergence._image.image
    expected = signed_table()[indices(ramp().astype("f4"), -5, 5)]
    assert (shown == expected).all()
    plot.show_frame(*preview.FRAMES["field"]())
    assert not plot.divergence.is_shown
    assert plot.divergence.at(0.0, 0.0) is None


def test_a_place_is_read_and_the_rail_says_what_colours_mean(qtbot, plot):
    values = ramp()
    plot.show_frame(*frame(values))
    x_0, x_1, y_0, y_1 = plot.limits
    place = x_0 + 0.8 * (x_1 - x_0), y_0 + 0.1 * (y_1 - y_0)
    with qtbot.waitSignal(plot.hovered) as caught:
        plot.square.moved.emit(place)
    said = dict(caught.args[0])
    expected = values[int(0.1 * 32), int(0.8 * 32)]
    assert float(said["∇·v"].replace("−", "-")) == pytest.approx(expected, abs=0.01)
    bar, numbers = plot.square._blocks[:2]
    assert isinstance(bar, ColourBar)
    assert (bar.low, bar.middle, bar.high) == ("−5 gathers", "0", "+5 spreads")
    assert bar.signed
    assert isinstance(numbers, Numbers)
    assert "divergence from −4" in plot.describe()
    plot.square.moved.emit((1e9, 0.0))
    assert plot.divergence.at(1e9, 0.0) is None


def test_colours_follow_the_look(plot):
    plot.show_frame(*frame(ramp()))
    before = plot.divergence._image.image.copy()
    look = theme.look
    try:
        theme.set_look("light" if look != "light" else "dark")
        plot.recolour()
        assert (plot.divergence._image.image != before).any()
    finally:
        theme.set_look(look)
