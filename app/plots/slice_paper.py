"""Two panes of curves side by side, and a line in the left one that is dragged."""

from math import isfinite
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter

from app.plots.pane import Drag, Pane
from app.plots.paper import Paper
from app.plots.ticks import three_ticks, tick_text
from app.theme import theme
from app.widgets.paint import CENTRE, RIGHT, draw_text, text_width

if TYPE_CHECKING:
    from app.plots.rail import Key

_LEFT, _RIGHT, _BOTTOM, _TITLE, _KEYS, _GAP = 42, 10, 24, 22, 26, 12
_NARROW = 380  # px below which the panes stand one above the other
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


class SlicePaper(Paper):
    """The paper of the slices; ``sliced`` carries the place of the line in data units.

    Attributes:
        keys: What the curves mean, in a line at the top.
        words: At the right end of that line.
        titles: Words over the two panes.
        line: Where the line stands in the left pane; None for none.
    """

    sliced = Signal(float)
    stepped = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.keys: tuple[Key, ...] = ()
        self.words = ""
        self.titles = ("", "")
        self.line: float | None = None
        self.left = self.add_pane(Pane())
        self.right = self.add_pane(Pane())
        for pane in self.panes:
            pane.setMouseEnabled(False, False)
        self.left.grab_at = self._grab
        self.left.clicked.connect(lambda x, _: self.sliced.emit(x))

    def lay_out(self, width: int, height: int) -> None:
        """Side by side, or one above the other where the paper is narrow."""
        px = theme.px
        narrow = width < px(_NARROW) and height > width
        top, free = px(_KEYS), height - px(_KEYS)
        wide = width if narrow else width / 2
        high = free / 2 if narrow else free
        for index, pane in enumerate(self.panes):
            left = 0 if narrow else index * wide
            upper = top + index * high if narrow else top
            pane.setGeometry(
                QRectF(
                    round(left + px(_LEFT)),
                    round(upper + px(_TITLE)),
                    max(round(wide - px(_LEFT + _RIGHT)), 20),
                    max(round(high - px(_TITLE + _BOTTOM)), 20),
                )
            )

    def paint_behind(self, painter: QPainter) -> None:
        """Keys, then paper, grid, labels and title of both panes."""
        self._paint_keys(painter)
        for pane, title in zip(self.panes, self.titles, strict=True):
            frame = QRectF(pane.geometry())
            painter.fillRect(frame, theme.c.well)
            self._paint_x(painter, pane, frame)
            self._paint_y(painter, pane, frame)
            head = frame.adjusted(0, -theme.px(_TITLE - 2), 0, 0)
            head.setHeight(theme.px(18))
            draw_text(painter, head, title, theme.c.text2, 12, 600)

    def paint_ahead(self, painter: QPainter) -> None:
        """Frames, and the line with its grip."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(theme.c.edge)
        for pane in self.panes:
            painter.drawRect(QRectF(pane.geometry()).adjusted(0, 0, -1, -1))
        frame = QRectF(self.left.geometry())
        if self.line is None or not isfinite(self.line):
            return
        x = round(self.left.pixel(self.line, 0.0).x())
        if not frame.left() <= x <= frame.right():
            return
        painter.setPen(theme.c.text1)
        painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.c.well)
        painter.setBrush(theme.c.text1)
        radius = theme.px(6)
        painter.drawEllipse(QPointF(x, frame.top() + theme.px(12)), radius, radius)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def keyPressEvent(self, ev: QKeyEvent) -> None:
        """Left and right move the line, Shift ten times as far."""
        step = _STEPS.get(Qt.Key(ev.key()))
        if step is None:
            super().keyPressEvent(ev)
            return
        self._set_ring(True)
        shift = ev.modifiers() & Qt.KeyboardModifier.ShiftModifier
        self.stepped.emit(step * (10 if shift else 1))

    def _grab(self, x: float, y: float) -> Drag:
        def follow(x: float, y: float, done: bool) -> None:
            self.sliced.emit(x)

        return follow

    def _paint_keys(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x = float(theme.px(_LEFT))
        for key in self.keys:
            wide = theme.px(24) + text_width(key.text, 12)
            if x + wide > self.width():
                break
            key.paint(painter, QRectF(x, theme.px(2), wide, theme.px(20)))
            x += wide + theme.px(_GAP)
        rest = QRectF(x, theme.px(2), self.width() - theme.px(_RIGHT) - x, theme.px(20))
        if text_width(self.words, 12) <= rest.width():
            draw_text(painter, rest, self.words, theme.c.text2, 12, 400, RIGHT)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_x(self, painter: QPainter, pane: Pane, frame: QRectF) -> None:
        c, px = theme.c, theme.px
        low, high, _, _ = pane.limits
        ticks = three_ticks(low, high)
        for value in ticks:
            x = round(pane.pixel(value, 0.0).x())
            painter.setPen(c.grid)
            painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
            painter.setPen(c.text4)
            painter.drawLine(
                QPointF(x, frame.bottom()), QPointF(x, frame.bottom() + px(3))
            )
            label = QRectF(x - px(40), frame.bottom() + px(5), px(80), px(16))
            draw_text(painter, label, tick_text(value, ticks), c.text3, 11, 400, CENTRE)

    def _paint_y(self, painter: QPainter, pane: Pane, frame: QRectF) -> None:
        c, px = theme.c, theme.px
        high = pane.limits[3]
        ticks = [v for v in three_ticks(0.0, high, edge=0.0) if v < high]
        for value in ticks:
            y = round(pane.pixel(0.0, value).y())
            painter.setPen(c.text4)
            painter.drawLine(QPointF(frame.left() - px(3), y), QPointF(frame.left(), y))
            label = QRectF(frame.left() - px(60), y - px(8), px(54), px(16))
            draw_text(painter, label, tick_text(value, ticks), c.text3, 11, 400, RIGHT)
