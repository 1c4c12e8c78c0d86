"""Streamlines of the field, and the cost of a picture in the rail."""

import numpy as np
import pytest

from app.plots import preview
from app.plots.catalogue import make_plot
from app.plots.field import pointers


@pytest.fixture
def plot(qtbot):
    def make(name, more=None, arrays=None):
        made = make_plot(name)
        qtbot.addWidget(made)
        made.resize(450, 330)
        made.show()
        meta, found = preview.FRAMES[name]()
        made.show_frame(meta | (more or {}), found | (arrays or {}))
        return made

    return make


LINES = np.stack(
    [
        np.stack([np.linspace(-1, 1, 21), np.zeros(21)], 1),
        np.stack([np.ones(21), np.clip(np.linspace(3, -1, 21), 0, 2)], 1),
    ]
)


def test_heads_stand_in_the_middle_and_point_along():
    heads = pointers(LINES, 0.1)
    np.testing.assert_allclose(heads[0, 1], [0.0, 0.0], atol=0.11)
    assert heads[0, 1, 0] > heads[0, 0, 0]  # to the right
    assert heads[0, 0, 1] == pytest.approx(0.05)
    # The second rests at both ends; the middle of its way is y = 1, going down.
    np.testing.assert_allclose(heads[1, 1], [1.0, 1.0], atol=0.21)
    assert heads[1, 1, 1] < heads[1, 0, 1]
    still = pointers(np.zeros((1, 5, 2)), 0.1)
    assert (still == 0).all()


def test_the_switch_asks_for_lines_and_draws_them(qtbot, plot):
    made = plot("field")
    with qtbot.waitSignal(made.settings_edited) as caught:
        made.switch.user_choose("lines")
    assert caught.args[0] == {"shape": "lines"}
    meta, arrays = preview.FRAMES["field"]()
    made.show_frame(meta, arrays | {"lines": LINES})
    assert made.streams.lines.isVisible()
    assert not made.arrows.lines.isVisible()
    assert len(made.streams.lines.xData) == 42
    made.show_frame(meta, arrays)
    assert made.arrows.lines.isVisible()
    assert not made.streams.heads.isVisible()


@pytest.mark.parametrize(
    ("name", "unit"),
    [("samples", "a sample"), ("density", "a point"), ("trajectories", "a sample")],
)
def test_the_rail_tells_what_a_point_costs(plot, name, unit):
    made = plot(name, {"evaluations": 24})
    figures = {f.label: (f.value, f.unit) for f in made.square._figures}
    assert figures["Network calls"] == ("24", unit)
    unknown = plot(name, {"evaluations": None})
    assert "Network calls" not in {f.label for f in unknown.square._figures}


def test_a_field_without_a_time_has_words_below_it_instead_of_a_clock(plot):
    made = plot("field")
    assert made.strip().currentWidget() is made.scrubber
    meta, arrays = preview.FRAMES["field"]()
    made.show_frame(meta | {"quantity": "critic"}, arrays)
    assert made.strip().currentWidget() is made.read_out
    made.show_frame(meta, arrays)
    assert made.strip().currentWidget() is made.scrubber
