"""Quality of samplers against what they cost, a line for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2, log10

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPainter

from app.plots.base import Table
from app.plots.chance_words import ChanceWords
from app.plots.ink import colour, draw_mark
from app.plots.marks import Lines, Marks
from app.plots.pane import Pane
from app.plots.panels import spread
from app.plots.paper import Paper
from app.plots.ticks import decades, significant
from app.theme import theme
from app.widgets.paint import CENTRE, RIGHT, draw_text, text_width

_LEFT, _TOP, _BOTTOM = 52, 26, 44
_LEAST_RIGHT, _MOST_RIGHT = 60, 190
_NEAR = 14  # px between pointer and mark
_MARK = 8


def rank_look(rank: int) -> tuple[str, str]:
    """Colour and symbol of a line; the second time round the pairs are others."""
    turn, place = divmod(rank, len(theme.c.classes))
    symbols = theme.c.symbols
    return f"class{place}", symbols[(place + 3 * turn) % len(symbols)]


@dataclass(frozen=True)
class Series:
    """One sampler: its costs and values in order, and how it is drawn."""

    name: str
    title: str
    rank: int
    costs: tuple[float, ...]
    values: tuple[float, ...]

    @property
    def token(self) -> str:
        """Colour of its line."""
        return rank_look(self.rank)[0]

    @property
    def symbol(self) -> str:
        """Shape of its marks: colour never stands alone."""
        return rank_look(self.rank)[1]


class BenchChart(Paper):
    """Both axes are logarithmic; the floor is what two draws of the data differ by."""

    pointed_at = Signal(object)  # (name, index) or None
    picked = Signal(str, int)

    def __init__(self) -> None:
        super().__init__()
        self._series: list[Series] = []
        self._items: list[Lines | Marks] = []
        self._floor: float | None = None
        self._title = ""
        self._words = ""
        self._selected: list[tuple[str, int]] = []
        self.pane = self.add_pane(Pane())
        self.pane.clicked.connect(self._on_clicked)
        self.pointed.connect(self._on_pointed)
        self.setAccessibleName("Quality against cost")

    def show_series(
        self,
        series: Sequence[Series],
        floor: float | None,
        title: str,
        words: str,
        selected: Sequence[tuple[str, int]] = (),
    ) -> None:
        """Draw these lines.

        Args:
            series: The samplers; values that are not positive are left out.
            floor: Level under which a difference means nothing; None for none.
            title: What the vertical axis shows.
            words: Said in place of lines where there are none.
            selected: Name and index of the marks that are ringed.
        """
        self._series = list(series)
        self._floor, self._title, self._words = floor, title, words
        self._selected = list(selected)
        for item in self._items:
            self.pane.removeItem(item)
        self._items = []
        for line in self._series:
            self._draw(line)
        self._set_home()
        self.lay_out(self.width(), self.height())
        self.redraw()

    @property
    def is_empty(self) -> bool:
        """Whether no line is drawn."""
        return not self._series

    def tables(self) -> dict[str, Table]:
        """Cost and value of each trial, by sampler."""
        columns = ("evaluations", "value")
        return {
            line.title: Table(columns, np.array([line.costs, line.values]).T)
            for line in self._series
        }

    def copied(self) -> "BenchChart":
        """Another chart that shows the same, without the rings of the pointer."""
        copy = BenchChart()
        copy.show_series(self._series, self._floor, self._title, self._words)
        return copy

    def nearest(self, pixel: QPointF) -> tuple[str, int] | None:
        """The mark within reach of a pixel: sampler and index of its value."""
        best, found = float(theme.px(_NEAR)), None
        for line in self._series:
            for index, place in enumerate(_places(line)):
                if place is not None:
                    away = self.pane.pixel(*place) - pixel
                    distance = float(np.hypot(away.x(), away.y()))
                    if distance <= best:
                        best, found = distance, (line.name, index)
        return found

    def lay_out(self, width: int, height: int) -> None:
        """One pane, with room for names at its right."""
        px = theme.px
        names = [text_width(line.title, 12, 500) for line in self._series]
        right = min(max([px(_LEAST_RIGHT), *names]) + px(28), px(_MOST_RIGHT))
        room = QRectF(px(_LEFT), px(_TOP), 0, 0)
        room.setWidth(max(width - px(_LEFT) - right, 40))
        room.setHeight(max(height - px(_TOP + _BOTTOM), 40))
        self.pane.setGeometry(room)

    def paint_behind(self, painter: QPainter) -> None:
        """Paper, floor, grid, labels, names at the ends."""
        frame = QRectF(self.pane.geometry())
        painter.fillRect(frame, theme.c.well)
        if not self._series:
            draw_text(painter, frame, self._words, theme.c.text2, 12, align=CENTRE)
            return
        self._paint_floor(painter, frame)
        self._paint_axes(painter, frame)
        self._paint_names(painter, frame)

    def paint_ahead(self, painter: QPainter) -> None:
        """What the floor means; rings round the marks whose paths are on show."""
        band = self._floor_band(QRectF(self.pane.geometry()))
        if not band.isEmpty():
            self._floor_words(band).paint(painter, "well")
        for line in self._series:
            for index, place in enumerate(_places(line)):
                if place is not None and (line.name, index) in self._selected:
                    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                    painter.setPen(pg.mkPen(theme.c.text1, width=theme.px(1.5)))
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    half = theme.px(_MARK)
                    painter.drawEllipse(self.pane.pixel(*place), half, half)

    def _draw(self, line: Series) -> None:
        places = [p for p in _places(line) if p is not None]
        if not places:
            return
        points = np.array(places)
        stroke = Lines(self.pane, line.token)
        stroke.opts["antialias"] = True
        stroke.set_lines(points[None])
        marks = Marks(self.pane, line.token, line.symbol, _MARK, "well")
        marks.set_points(points)
        self._items += [stroke, marks]

    def _set_home(self) -> None:
        places = [p for line in self._series for p in _places(line) if p is not None]
        if not places:
            return
        xs, ys = np.array(places).T
        low = ys.min()
        if self._floor:
            low = min(low, log10(self._floor) - 0.3)
        pad = 0.08 * max(ys.max() - low, 0.5)
        self.pane.set_home(
            float(xs.min()) - 0.3, float(xs.max()) + 0.3, low - pad, ys.max() + pad
        )

    def _floor_band(self, frame: QRectF) -> QRectF:
        """The part of the plot that lies below the floor, px; empty if none does."""
        if not self._floor or not self._series:
            return QRectF()
        top = max(self.pane.pixel(0.0, log10(self._floor)).y(), frame.top())
        height = max(frame.bottom() - top, 0.0)
        return QRectF(frame.left(), top, frame.width(), height)

    def _floor_words(self, band: QRectF) -> ChanceWords:
        lines = []
        for line in self._series:
            pixels = [self.pane.pixel(*p) for p in _places(line) if p is not None]
            lines.append(np.array([(p.x(), p.y()) for p in pixels]).reshape(-1, 2))
        return ChanceWords(band, lines)

    def _paint_floor(self, painter: QPainter, frame: QRectF) -> None:
        ink = colour("data").toRgb()
        ink.setAlphaF(0.16)
        painter.fillRect(self._floor_band(frame), ink)

    def _paint_axes(self, painter: QPainter, frame: QRectF) -> None:
        px, c = theme.px, theme.c
        x_0, x_1, y_0, y_1 = self.pane.limits
        for power in range(int(np.ceil(x_0)), int(np.floor(x_1)) + 1):
            x = round(self.pane.pixel(power, y_0).x())
            painter.setPen(c.grid)
            painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
            label = QRectF(x - px(40), frame.bottom() + px(5), px(80), px(16))
            draw_text(painter, label, f"{2**power:,}", c.text3, 11, align=CENTRE)
        for exponent in decades(y_0, y_1):
            y = round(self.pane.pixel(x_0, exponent).y())
            painter.setPen(c.grid)
            painter.drawLine(QPointF(frame.left(), y), QPointF(frame.right(), y))
            label = QRectF(0, y - px(8), frame.left() - px(6), px(16))
            draw_text(
                painter, label, significant(10**exponent, 1), c.text3, 11, align=RIGHT
            )
        painter.setPen(c.edge)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(frame)
        below = QRectF(frame.left(), frame.bottom() + px(22), frame.width(), px(18))
        text = "network evaluations per sample"
        draw_text(painter, below, text, c.text3, 11, align=CENTRE)
        above = QRectF(frame.left(), frame.top() - px(22), px(460), px(18))
        draw_text(painter, above, self._title, c.text2, 12)

    def _paint_names(self, painter: QPainter, frame: QRectF) -> None:
        ends = [
            (line, places[-1])
            for line in self._series
            if (places := [p for p in _places(line) if p is not None])
        ]
        wanted = [self.pane.pixel(*place).y() for _, place in ends]
        gap = theme.px(16)
        rows = spread(wanted, gap, frame.top(), frame.bottom())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for (line, _), y in zip(ends, rows, strict=True):
            x = frame.right() + theme.px(12)
            size = theme.px(7)
            draw_mark(painter, QPointF(x, y), line.symbol, size, line.token, "")
            left = x + theme.px(8)
            words = QRectF(left, y - gap / 2, self.width() - left, gap)
            draw_text(painter, words, line.title, theme.c.text1, 12, 500)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _on_pointed(self, pixel: QPointF | None) -> None:
        self.pointed_at.emit(self.nearest(pixel) if pixel is not None else None)

    def _on_clicked(self, x: float, y: float) -> None:
        found = self.nearest(self.pane.pixel(x, y))
        if found is not None:
            self.picked.emit(*found)


def _places(line: Series) -> list[tuple[float, float] | None]:
    """Marks in the coordinates of the pane; None for what has no logarithm."""
    return [
        (log2(cost), log10(value)) if cost > 0 and value > 0 else None
        for cost, value in zip(line.costs, line.values, strict=True)
    ]
