"""The plot of noise levels: its axis is t."""

import numpy as np
import pytest

from app.plots.levels import LevelsPlot
from app.plots.preview import FRAMES


@pytest.fixture
def plot(qtbot):
    made = LevelsPlot()
    qtbot.addWidget(made)
    made.resize(480, 400)
    made.show_frame(*FRAMES["levels"]())
    return made


def test_a_level_is_read_by_its_time(plot):
    read = dict(plot.values_at(0.5))
    assert read["t"] == "0.50"
    assert read["signal α"] == read["noise σ"] == "0.500"
    assert "step" not in read
    assert dict(plot.values_at(1.7))["t"] == "1.00"


def test_panels_hold_what_belongs_together(plot):
    titles = [panel.title for panel in plot.panel_paper.panels]
    assert titles[0] == "Error of the guess"
    assert titles[1] == "The same error in each target"
    assert titles[2] == "Times visited in training"
    assert len(titles) == 5
    assert plot.header_widgets() == []
    assert plot.panel_paper.panels[2].pane.limits[:2] == (0.0, 1.0)


def test_the_target_of_the_network_stands_out(plot):
    panel = plot.panel_paper.panels[1]
    assert panel.unit == "the network predicts u"
    tokens = {end.text.split()[0]: end.token for end in panel.ends}
    assert tokens["u"] == "samples_text"
    assert "samples_text" not in (tokens["ε"], tokens["x₀"])
    assert plot._curves["in_u"].smooth.opts["pen"].widthF() == 2.5
    meta, arrays = FRAMES["levels"]()
    plot.show_frame(meta | {"trained": "", "trained_word": ""}, arrays)
    assert plot.panel_paper.panels[1].unit == ""
    assert {end.token for end in plot.panel_paper.panels[1].ends} == {
        "text1",
        "latent_text",
        "text2",
    }


def test_a_density_of_times_is_never_drawn_in_logs(plot):
    error, _, visits = plot.panel_paper.panels[:3]
    assert error.is_log
    meta, arrays = FRAMES["levels"]()
    far = np.geomspace(1e-6, 1, len(arrays["visited.value"]))
    plot.show_frame(meta, arrays | {"visited.value": far, "visited.smooth": far})
    assert not visits.is_log


def test_the_table_has_time_and_value(plot):
    table = plot.tables()["learned"]
    assert table.columns == ("t", "value")
    assert np.isfinite(table.rows).all()
    assert "t 0.50" in plot.describe()
