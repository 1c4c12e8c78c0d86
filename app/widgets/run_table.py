"""A table with a column for each run of a comparison, which can be copied as text."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import theme
from app.widgets.paint import RIGHT, draw_fitted, draw_text, painting, text_width
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
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Comparison of the runs")
        self._state = State(self, self._restyle)

    def set_table(self, runs: list[tuple[str, str]], rows: list[TableRow]) -> None:
        """Show these runs (letter, name) and rows; painted again only if new."""
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
        count = max(len(self._runs), 1)
        titles = [text_width(row.title, 12) for row in self.rows if row.cells]
        wide = min(max(titles, default=0) + px(_GAP), round(self.width() * _TITLES))
        each = (self.width() - 2 * px(_LEFT) - wide) / count
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
                    draw_fitted(painter, cell, text, c.text1, weight, RIGHT)

    def _draw_head(self, painter: QPainter, left: float, each: float) -> None:
        px = theme.px
        for column, (letter, name) in enumerate(self._runs):
            end = left + (column + 1) * each
            room = each - px(_GAP) - px(24)
            words = min(text_width(name, 12, 600), room)
            line = QRectF(end - words, 0, words, px(_HEAD))
            draw_fitted(painter, line, name, theme.c.text1, 600, RIGHT)
            side = px(18)
            top = (px(_HEAD) - side) / 2
            draw_badge(painter, QRectF(line.left() - px(24), top, side, side), letter)

    def _restyle(self) -> None:
        self.setFixedHeight(self.sizeHint().height())
        self.update()
