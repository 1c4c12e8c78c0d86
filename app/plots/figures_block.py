"""Blocks of a rail for views that look inside a model: rows of numbers, and columns."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from app.plots.ink import colour
from app.theme import theme
from app.widgets.paint import RIGHT, draw_text, text_width

_ROW, _COLUMNS = 18, 64  # px
_GIVES = 30  # px that columns give way by


@dataclass(frozen=True)
class Numbers:
    """Names with their values, one to a line; a long value stands below its name.

    ``tip`` defines what is not known to everybody.
    """

    title: str
    rows: tuple[tuple[str, str], ...]
    tip: str = ""

    def height(self) -> int:
        """Height in pixels, as if each value had a line of its own where it is long."""
        lines = sum(1 + self._is_long(name, value) for name, value in self.rows)
        return (bool(self.title) + lines) * theme.px(_ROW)

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """Title, then the rows."""
        c, high = theme.c, theme.px(_ROW)
        row = QRectF(rect.left(), rect.top(), rect.width(), high)
        if self.title:
            draw_text(painter, row, self.title, c.text3, 11)
            row.translate(0, high)
        for name, value in self.rows:
            draw_text(painter, row, name, c.text2, 11)
            if self._is_long(name, value):
                row.translate(0, high)
            draw_text(painter, row, value, c.text1, 11, 500, RIGHT)
            row.translate(0, high)

    @staticmethod
    def _is_long(name: str, value: str) -> bool:
        # The rail is never narrower than this.
        room = theme.px(104)
        return text_width(name, 11) + text_width(value, 11, 500) + theme.px(4) > room


@dataclass(frozen=True)
class Columns:
    """A histogram over the places of a list, with a second one as a line of ticks.

    Values are shares; columns stand in falling order of the first, ``less`` px lower
    where room is scarce.
    """

    title: str
    values: tuple[float, ...]
    others: tuple[float, ...]
    token: str
    other_token: str
    note: str = ""
    less: int = 0

    @property
    def gives(self) -> int:
        """Pixels that it can give way by."""
        return theme.px(_GIVES)

    def height(self) -> int:
        """Height in pixels."""
        lines = (1 + bool(self.note)) * theme.px(_ROW)
        return theme.px(_COLUMNS) + lines - self.less

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """Title, columns, ticks, note."""
        c, high = theme.c, theme.px(_ROW)
        head = QRectF(rect.left(), rect.top(), rect.width(), high)
        draw_text(painter, head, self.title, c.text3, 11)
        box = QRectF(rect.left(), head.bottom(), rect.width(), 0)
        box.setHeight(theme.px(_COLUMNS - 4) - self.less)
        painter.fillRect(box, c.well)
        top = max(*self.values, *self.others, 1e-9)
        order = sorted(range(len(self.values)), key=lambda k: -self.values[k])
        wide = box.width() / max(len(order), 1)
        for place, index in enumerate(order):
            left = box.left() + place * wide
            room = max(wide - (1 if wide > theme.px(4) else 0), 0.5)
            tall = box.height() * self.values[index] / top
            column = QRectF(left, box.bottom() - tall, room, tall)
            painter.fillRect(column, colour(self.token))
            level = box.bottom() - box.height() * self.others[index] / top
            tick = QRectF(left, level - 1, max(room, 1.0), theme.px(1.5))
            painter.fillRect(tick, colour(self.other_token))
        if self.note:
            head.moveTop(box.bottom() + theme.px(4))
            draw_text(painter, head, self.note, c.text2, 11)
