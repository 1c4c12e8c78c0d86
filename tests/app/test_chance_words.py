"""What the band of chance means is written where no curve runs."""

import numpy as np
import pytest
from PySide6.QtCore import QRectF

from app.plots.bench_chart import BenchChart, Series
from app.plots.chance_words import ChanceWords
from app.plots.race import RacePlot
from app.theme import theme

BAND = QRectF(50, 200, 600, 60)


@pytest.fixture
def said(monkeypatch):
    """Where the words are written, and whether on a veil."""
    found = []
    real = ChanceWords.paint

    def paint(self, painter, ground):
        found.append((QRectF(self.place), self._is_crossed))
        real(self, painter, ground)

    monkeypatch.setattr(ChanceWords, "paint", paint)
    return found


def test_words_stand_at_the_upper_left_of_an_empty_band(qapp):
    words = ChanceWords(BAND, [np.array([[50.0, 100.0], [650.0, 110.0]])])
    assert words.place.top() < BAND.top() + 4
    assert words.place.left() == BAND.left() + theme.px(10)
    assert not words._is_crossed


def test_a_curve_through_the_band_pushes_them_aside(qapp):
    """They were crossed out by every run that had learned its data."""
    along = np.linspace(50, 650, 50)
    words = ChanceWords(BAND, [np.stack([along, np.full(50, 208.0)], 1)])
    assert words.place.top() > 212
    assert not words._is_crossed
    assert BAND.contains(words.place)


def test_two_far_marks_count_as_the_line_between_them(qapp):
    words = ChanceWords(BAND, [np.array([[50.0, 208.0], [650.0, 208.0]])])
    assert words.place.top() > 212


def test_where_curves_are_everywhere_there_is_a_veil(qapp):
    along = np.linspace(50, 650, 400)
    lines = [np.stack([along, np.full(400, y)], 1) for y in range(200, 261, 4)]
    assert ChanceWords(BAND, lines)._is_crossed


def test_runs_that_end_in_the_band_do_not_cross_its_words(qtbot, said):
    plot = RacePlot()
    qtbot.addWidget(plot)
    plot.resize(700, 300)
    along = np.linspace(1.0, 100.0, 40)
    values = np.where(along < 8, 0.5, 0.0048)
    arrays = {"A.x": along, "A.value": values, "A.smooth": values}
    plot.show_frame({"names": {"A": "RealNVP"}, "log": True, "chance": 0.005}, arrays)
    plot.show()
    plot.grab()
    place, crossed = said[-1]
    assert not crossed
    band = plot.race_paper.field()
    level = plot.panel.pane.pixel(50.0, np.log10(0.0048)).y()
    assert band.top() + 2 < level < band.top() + theme.px(18)  # where they stood
    assert not place.top() < level < place.bottom()


def test_samplers_that_end_in_the_band_do_not_cross_its_words(qtbot, said):
    chart = BenchChart()
    qtbot.addWidget(chart)
    chart.resize(640, 360)
    costs = (2.0, 4.0, 8.0, 16.0, 32.0)
    lines = [Series("a", "A", 0, costs, (0.5, 0.0092, 0.0091, 0.009, 0.0091))]
    chart.show_series(lines, 0.01, "t", "", [])
    chart.grab()
    place, crossed = said[-1]
    assert not crossed
    level = chart.pane.pixel(3.0, np.log10(0.0091)).y()
    assert not place.top() < level < place.bottom()
