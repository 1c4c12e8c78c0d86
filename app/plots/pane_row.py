"""Panes in a row under one line of keys."""

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QPainter

from app.plots.pane import Pane
from app.plots.paper import Paper
from app.plots.ticks import three_ticks, tick_text
from app.theme import theme
from app.widgets.paint import CENTRE, RIGHT, draw_text, shortened, text_width

if TYPE_CHECKING:
    from app.plots.rail import Key

_LEFT, _RIGHT, _BOTTOM, _TITLE, _KEYS, _GAP = 42, 10, 24, 22, 26, 12
_NARROW = 190  # px a pane, below which they stand one above the other
_FOOT, _SHARED = 18, 4


class PaneRow(Paper):
    """Keys, then panes with a title each, which cannot be moved in.

    Attributes:
        keys: What the marks mean, in a line at the top.
        words: At the right end of that line.
        titles: Words over the panes.
        feet: Words under the panes; none, and no room for them, if empty.
    """

    count: ClassVar[int] = 2
    are_square = False  # whether both axes of a pane have the same scale
    shares_axis = False  # whether the labels at the first pane serve for all

    def __init__(self) -> None:
        super().__init__()
        self.keys: tuple[Key, ...] = ()
        self.words = ""
        self.titles: tuple[str, ...] = ("",) * self.count
        self.feet: tuple[str, ...] = ()
        for _ in range(self.count):
            self.add_pane(Pane()).setMouseEnabled(False, False)

    def lay_out(self, width: int, height: int) -> None:
        """Side by side, or one above the other where the paper is narrow."""
        px, count = theme.px, self.count
        narrow = width < px(_NARROW * count) and height > width
        shared = self.shares_axis and not narrow
        margin = px(_SHARED if shared else _LEFT)
        top, free = px(_KEYS), height - px(_KEYS)
        first = px(_LEFT) - margin if shared else 0
        wide = width if narrow else (width - first) / count
        high = free / count if narrow else free
        below = px(_BOTTOM + (_FOOT if self.feet else 0))
        across = max(round(wide - margin - px(_RIGHT)), 20)
        up = max(round(high - px(_TITLE) - below), 20)
        if self.are_square:
            across = up = min(across, up)
        if shared:  # small panes stand in the middle of their room
            top += max(round((high - px(_TITLE) - below - up) / 2), 0)
        for index, pane in enumerate(self.panes):
            left = first + margin + (0 if narrow else index * wide)
            upper = top + px(_TITLE) + (index * high if narrow else 0)
            if self.are_square:  # in the middle of its room
                left += (wide - margin - px(_RIGHT) - across) / 2
            pane.setGeometry(QRectF(round(left), round(upper), across, up))

    def y_ticks(self, pane: Pane) -> list[float]:
        """Places of the labels at the left of a pane."""
        _, _, low, high = pane.limits
        return three_ticks(low, high)

    def paint_behind(self, painter: QPainter) -> None:
        """Keys, then paper, grid, labels and title of each pane."""
        self._paint_keys(painter)
        lefts = [pane.geometry().left() for pane in self.panes]
        for pane, title in zip(self.panes, self.titles, strict=True):
            frame = QRectF(pane.geometry())
            painter.fillRect(frame, theme.c.well)
            self._paint_x(painter, pane, frame)
            if not self.shares_axis or frame.left() == min(lefts):
                self._paint_y(painter, pane, frame)
            head = frame.adjusted(0, -theme.px(_TITLE - 2), 0, 0)
            head.setSize(QSizeF(self._title_room(frame), theme.px(18)))
            shown = shortened(title, ",", head.width(), 12, 600)
            draw_text(painter, head, shown, theme.c.text2, 12, 600)
        for pane, foot in zip(self.panes, self.feet, strict=False):
            frame = QRectF(pane.geometry())
            line = QRectF(frame.left(), frame.bottom(), frame.width(), theme.px(16))
            line.translate(0, theme.px(_BOTTOM))
            draw_text(painter, line, foot, theme.c.text2, 12, 400, CENTRE)

    def paint_ahead(self, painter: QPainter) -> None:
        """Frames."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(theme.c.edge)
        for pane in self.panes:
            painter.drawRect(QRectF(pane.geometry()).adjusted(0, 0, -1, -1))

    def _title_room(self, frame: QRectF) -> float:
        """Width for a title, px: small squares leave some up to the next of them."""
        end = min(
            (
                other.geometry().left()
                for other in self.panes
                if other.geometry().left() > frame.left()
            ),
            default=float(self.width()),
        )
        return max(end - theme.px(_RIGHT) - frame.left(), frame.width())

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
        ticks = self.y_ticks(pane)
        for value in ticks:
            y = round(pane.pixel(0.0, value).y())
            painter.setPen(c.text4)
            painter.drawLine(QPointF(frame.left() - px(3), y), QPointF(frame.left(), y))
            label = QRectF(frame.left() - px(60), y - px(8), px(54), px(16))
            draw_text(painter, label, tick_text(value, ticks), c.text3, 11, 400, RIGHT)
