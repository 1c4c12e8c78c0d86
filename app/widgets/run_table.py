"""A table with a column for each run of a comparison, which can be copied as text."""

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.theme import theme
from app.widgets.paint import (
    RIGHT,
    draw_fitted,
    draw_text,
    painting,
    text_width,
    whole_or_short,
)
from app.widgets.run_badge import draw_badge
from app.widgets.state import State

_ROW, _HEAD, _LEFT, _GAP = 26, 32, 14, 10
_TITLES = 0.34  # share of the width for the titles, at most


@dataclass(frozen=True)
class TableRow:
    """A title and one text for each run; the strong ones are set bold."""

    title: str
    cells: tuple[str, ...]
    strong: tuple[bool, ...] = ()


class RunTable(QWidget):
    """Letters and names at the top, a line for each row; painted, not edited."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[TableRow] = []
        self._runs: list[tuple[str, str]] = []
        self._shorts: Mapping[str, str] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Comparison of the runs")
        self._state = State(self, self._restyle)

    def set_table(
        self,
        runs: list[tuple[str, str]],
        rows: list[TableRow],
        shorts: Mapping[str, str],
    ) -> None:
        """Show these runs (letter, name) and rows; painted again only if new.

        ``shorts`` has what stands where one of these words has no room.
        """
        self._shorts = shorts
        if (runs, rows) != (self._runs, self.rows):
            self._runs, self.rows = runs, rows
            self.setAccessibleDescription(self.text())
            self._restyle()

    def text(self) -> str:
        """The whole table, cells parted by tabs."""
        head = "\t".join(["", *(f"{letter} {name}" for letter, name in self._runs)])
        lines = ["\t".join([row.title, *row.cells]) for row in self.rows]
        return "\n".join([head, *lines])

    def sizeHint(self) -> QSize:
        """As high as its rows."""
        return QSize(theme.px(300), theme.px(_HEAD + _ROW * len(self.rows) + 4))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Head, lines, cells."""
        c, px = theme.c, theme.px
        wide, each = self._widths()
        with painting(self) as painter:
            self._draw_head(painter, px(_LEFT) + wide, each)
            for index, row in enumerate(self.rows):
                top = px(_HEAD) + index * px(_ROW)
                end = self.width() - 2 * px(_LEFT)
                painter.fillRect(QRectF(px(_LEFT), top, end, 1), c.edge)
                room = wide - px(_GAP) if row.cells else end  # a remark takes it all
                line = QRectF(px(_LEFT), top, room, px(_ROW))
                draw_text(painter, line, row.title, c.text2, 12)
                for column, text in enumerate(row.cells):
                    left = px(_LEFT) + wide + column * each + px(_GAP)
                    cell = QRectF(left, top, each - px(_GAP), px(_ROW))
                    bold = bool(row.strong) and row.strong[column]
                    weight = 600 if bold else 400
                    words = self._words(text, cell.width(), weight)
                    draw_fitted(painter, cell, words, c.text1, weight, RIGHT)

    def event(self, event: QEvent) -> bool:
        """What is said in full where the pointer rests on a short name."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.whole_at(event.pos()), self)
            return True
        return super().event(event)

    def whole_at(self, where: QPoint) -> str:
        """The whole of the word that stands there shortened; else empty."""
        px = theme.px
        wide, each = self._widths()
        column = int((where.x() - px(_LEFT) - wide) // max(each, 1.0))
        row = (where.y() - px(_HEAD)) // px(_ROW)
        if not 0 <= column < len(self._runs) or row >= len(self.rows):
            return ""
        if where.y() < px(_HEAD):
            text, room, weight = self._runs[column][1], each - px(_GAP + 24), 600
        else:
            cells, strong = self.rows[row].cells, self.rows[row].strong
            text = cells[column] if cells else ""
            room = each - px(_GAP)
            weight = 600 if strong and strong[column] else 400
        return text if self._words(text, room, weight) != text else ""

    def _widths(self) -> tuple[int, float]:
        """Of the titles, and of each run's column, px."""
        px = theme.px
        titles = [text_width(row.title, 12) for row in self.rows if row.cells]
        wide = min(max(titles, default=0) + px(_GAP), round(self.width() * _TITLES))
        return wide, (self.width() - 2 * px(_LEFT) - wide) / max(len(self._runs), 1)

    def _words(self, text: str, room: float, weight: int) -> str:
        """A name, or its short form where a little condensing does not help."""
        short = self._shorts.get(text, "")
        return whole_or_short(text, short, room, 11, weight)

    def _draw_head(self, painter: QPainter, left: float, each: float) -> None:
        px = theme.px
        for column, (letter, name) in enumerate(self._runs):
            end = left + (column + 1) * each
            room = each - px(_GAP) - px(24)
            shown = self._words(name, room, 600)
            words = min(text_width(shown, 12, 600), room)
            line = QRectF(end - words, 0, words, px(_HEAD))
            draw_fitted(painter, line, shown, theme.c.text1, 600, RIGHT)
            side = px(18)
            top = (px(_HEAD) - side) / 2
            draw_badge(painter, QRectF(line.left() - px(24), top, side, side), letter)

    def _restyle(self) -> None:
        self.setFixedHeight(self.sizeHint().height())
        self.update()
