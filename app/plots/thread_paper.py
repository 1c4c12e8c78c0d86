"""Points that travel from one pane to the other and back, each on its thread."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPolygonF

from app.plots.ink import colour, draw_mark
from app.plots.marks import Floats
from app.plots.pane import Pane
from app.plots.ticks import tick_text
from app.plots.two_panes import TwoPanes
from app.theme import theme
from app.widgets.paint import draw_text

_ALPHA = 0.5
_MARK, _START = 6, 3  # px
_LABELS = 32  # px that labels take beside a pane


def pixels(pane: Pane, points: Floats) -> Floats:
    """Where points (n, 2) of a pane are drawn on the paper, (n, 2)."""
    x_0, x_1, y_0, y_1 = pane.limits
    box = pane.geometry()
    x = box.left() + (points[:, 0] - x_0) / (x_1 - x_0) * box.width()
    y = box.bottom() - (points[:, 1] - y_0) / (y_1 - y_0) * box.height()
    return np.stack([x, y], axis=1)


class ThreadPaper(TwoPanes):
    """Two square panes, one for each data set, and threads across the gap."""

    are_square = True

    def __init__(self) -> None:
        super().__init__()
        self.stops: Floats = np.empty((3, 0, 2))
        self.kinds: NDArray[np.integer[Any]] = np.empty(0, int)
        self.begins_left = True
        self.time = 1.0

    def set_threads(
        self, stops: Floats, kinds: NDArray[np.integer[Any]], begins_left: bool
    ) -> None:
        """Threads (3, n, 2): the start, the point there, the point back again.

        ``kinds`` (n,) give each thread its colour and its symbol.
        """
        good = np.isfinite(stops).all(axis=(0, 2))
        self.stops, self.kinds = stops[:, good], kinds[good].astype(int)
        self.begins_left = begins_left
        self.viewport().update()

    def set_time(self, t: float) -> None:
        """0 at the start, 1/2 there, 1 back again."""
        self.time = t
        self.viewport().update()

    def places(self) -> Floats:
        """The stops (3, n, 2) in pixels of the paper."""
        home, away = self.left, self.right
        if not self.begins_left:
            home, away = away, home
        panes = (home, away, home)
        found = [pixels(p, x) for p, x in zip(panes, self.stops, strict=True)]
        return np.stack(found)

    def now(self) -> Floats:
        """Where the points are at this time, (n, 2) pixels."""
        first, there, back = self.places()
        share = 2 * self.time
        if share <= 1:
            return np.asarray(first + share * (there - first))
        return np.asarray(there + (share - 1) * (back - there))

    def lay_out(self, width: int, height: int) -> None:
        """The labels of the right pane at its right: between them run the threads."""
        super().lay_out(width, height)
        left, right = self.left.geometry(), self.right.geometry()
        if right.left() > left.right():
            self.right.setGeometry(right.translated(-theme.px(_LABELS), 0))

    def _paint_y(self, painter: QPainter, pane: Pane, frame: QRectF) -> None:
        if frame.left() <= self.left.geometry().right():
            super()._paint_y(painter, pane, frame)
            return
        px, ticks = theme.px, self.y_ticks(pane)
        for value in ticks:
            y, x = round(pane.pixel(0.0, value).y()), frame.right()
            painter.setPen(theme.c.text4)
            painter.drawLine(QPointF(x, y), QPointF(x + px(3), y))
            label = QRectF(x + px(6), y - px(8), px(_LABELS), px(16))
            draw_text(painter, label, tick_text(value, ticks), theme.c.text3, 11)

    def paint_ahead(self, painter: QPainter) -> None:
        """Frames, threads so far, what the way back misses, the points."""
        super().paint_ahead(painter)
        if not self.stops.shape[1]:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        first, there, back = self.places()
        now = self.now()
        symbols = theme.c.symbols
        for index, kind in enumerate(self.kinds.tolist()):
            ink = colour(f"class{kind}").toRgb()
            ink.setAlphaF(_ALPHA)
            painter.setPen(pg.mkPen(ink, width=1, cosmetic=False))
            corners = [first[index], now[index]]
            if self.time > 0.5:
                corners.insert(1, there[index])
            painter.drawPolyline(QPolygonF([QPointF(*corner) for corner in corners]))
        if self.time == 1.0:
            painter.setPen(pg.mkPen(theme.c.warn, width=2, cosmetic=False))
            for start, end in zip(first, back, strict=True):
                painter.drawLine(QPointF(*start), QPointF(*end))
        for index, kind in enumerate(self.kinds.tolist()):
            start, place = QPointF(*first[index]), QPointF(*now[index])
            draw_mark(painter, start, "o", theme.px(_START), "text2", "")
            symbol = symbols[kind % len(symbols)]
            draw_mark(painter, place, symbol, theme.px(_MARK), f"class{kind}", "well")
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
