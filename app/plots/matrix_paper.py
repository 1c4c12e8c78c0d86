"""Tables of numbers as pictures, side by side, with names along their edges."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from app.plots.paper import Paper
from app.plots.rail import Block, Figure
from app.plots.rail_places import place
from app.theme import theme
from app.widgets.paint import CENTRE, RIGHT, draw_text, text_width, whole_or_short

_TITLE, _NAMES, _GAP, _RAIL, _EDGE = 20, 18, 14, 104, 10
_LEAST, _MOST_NAME = 110, 64
_LEAST_WORD = 11  # px of a cell below which nothing is written in or beside it

Stretches = Sequence[tuple[str, int]]


@dataclass(frozen=True)
class Matrix:
    """One table: ``colours`` (rows, columns, 4), row 0 at the top.

    ``rows`` and ``columns`` name stretches of equal cells: a name and how many.
    ``words`` are written into the cells; empty for none. ``short`` is said where the
    title has no room.
    """

    title: str
    colours: NDArray[np.uint8]
    rows: Stretches = ()
    columns: Stretches = ()
    words: Sequence[Sequence[str]] = field(default=())
    short: str = ""


class MatrixPaper(Paper):
    """Matrices as large squares as fit, and a rail.

    Attributes:
        shares_names: Whether all have the same names, which then stand at the left and
            at the bottom only.
    """

    def __init__(self, *, shares_names: bool = False) -> None:
        super().__init__()
        self.shares_names = shares_names
        self._columns = 1
        self.matrices: list[Matrix] = []
        self._places: list[QRectF] = []
        self._rail = QRectF()
        self._blocks: list[Block] = []
        self._figures: list[Figure] = []

    @property
    def places(self) -> list[QRectF]:
        """Where each matrix is drawn, pixels."""
        return self._places

    def set_content(
        self, matrices: list[Matrix], blocks: list[Block], figures: list[Figure]
    ) -> None:
        """Show these instead."""
        self.matrices = matrices
        self._blocks, self._figures = blocks, figures
        self.refresh()

    def cell_at(self, pixel: QPointF) -> tuple[int, int, int] | None:
        """Number of the matrix under a pixel, with row and column."""
        for index, (rect, matrix) in enumerate(
            zip(self._places, self.matrices, strict=True)
        ):
            if rect.contains(pixel):
                high, wide = matrix.colours.shape[:2]
                row = int((pixel.y() - rect.top()) / rect.height() * high)
                column = int((pixel.x() - rect.left()) / rect.width() * wide)
                return index, min(row, high - 1), min(column, wide - 1)
        return None

    def lay_out(self, width: int, height: int) -> None:
        """The number of columns that gives the largest squares."""
        px = theme.px
        railed = width - px(_RAIL + _GAP)
        room = railed if railed >= px(_LEAST) else width
        self._rail = QRectF()
        if room == railed:
            self._rail = QRectF(railed + px(_GAP) / 2, px(4), px(_RAIL), height - px(8))
        if not self.matrices:
            self._places = []
            return
        self._places = self._squares(room - px(_EDGE), height - px(_EDGE))

    def _squares(self, wide: float, high: float) -> list[QRectF]:
        px, count = theme.px, len(self.matrices)
        left, names = self._left(), px(_NAMES)
        once = (left, names) if self.shares_names else (0, 0)
        each = (0, 0) if self.shares_names else (left, names)

        def side(columns: int) -> float:
            rows = ceil(count / columns)
            across = (wide - once[0]) / columns - each[0] - px(_GAP)
            return min(across, (high - once[1]) / rows - each[1] - px(_TITLE))

        columns = self._columns = max(range(1, count + 1), key=side)
        edge = max(side(columns), 4.0)
        step_x = (wide - once[0]) / columns
        step_y = edge + px(_TITLE) + each[1]
        return [
            QRectF(
                round(left + px(_EDGE) / 2 + index % columns * step_x),
                round(index // columns * step_y + px(_TITLE)),
                round(edge),
                round(edge),
            )
            for index in range(count)
        ]

    def _named(self, index: int) -> tuple[bool, bool]:
        """Whether a matrix has its row names, and its column names, beside it."""
        if not self.shares_names:
            return True, True
        lowest = index + self._columns >= len(self.matrices)
        return index % self._columns == 0, lowest

    def _left(self) -> int:
        """Room for the names of rows."""
        names = [name for matrix in self.matrices for name, _ in matrix.rows]
        if not names:
            return theme.px(4)
        widest = max(text_width(name, 11) for name in names)
        return min(widest, theme.px(_MOST_NAME)) + theme.px(8)

    def paint_behind(self, painter: QPainter) -> None:
        """Every matrix with its names, and the rail."""
        for index, (rect, matrix) in enumerate(
            zip(self._places, self.matrices, strict=True)
        ):
            head = QRectF(rect.left(), rect.top() - theme.px(_TITLE), 0, 0)
            head.setSize(rect.size())
            head.setWidth(rect.width() + theme.px(_GAP - 2))
            head.setHeight(theme.px(_TITLE - 2))
            title = whole_or_short(matrix.title, matrix.short, head.width(), 12, 600)
            draw_text(painter, head, title, theme.c.text2, 12, 600)
            painter.drawImage(rect, _image(matrix.colours))
            painter.setPen(theme.c.edge)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
            self._paint_names(painter, rect, matrix, *self._named(index))
            self._paint_words(painter, rect, matrix)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for block, where in place(self._blocks, self._figures, self._rail):
            block.paint(painter, where)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_names(
        self,
        painter: QPainter,
        rect: QRectF,
        matrix: Matrix,
        at_left: bool,
        below: bool,
    ) -> None:
        ink, high = theme.c.text3, theme.px(16)
        for name, begin, size in _spans(matrix.columns, rect.width()):
            x = rect.left() + begin
            self._cut(painter, QPointF(x, rect.top()), QPointF(x, rect.bottom()))
            if below and text_width(name, 11) <= size + theme.px(4):
                where = QRectF(x - 8, rect.bottom() + theme.px(1), size + 16, high)
                draw_text(painter, where, name, ink, 11, 400, CENTRE)
        left = self._left()
        for name, begin, size in _spans(matrix.rows, rect.height()):
            y = rect.top() + begin
            self._cut(painter, QPointF(rect.left(), y), QPointF(rect.right(), y))
            if at_left and size >= theme.px(_LEAST_WORD):
                wide = left - theme.px(5)
                where = QRectF(rect.left() - left, y + (size - high) / 2, wide, high)
                draw_text(painter, where, name, ink, 11, 400, RIGHT)

    def _cut(self, painter: QPainter, start: QPointF, end: QPointF) -> None:
        """A hairline between two stretches."""
        painter.setPen(theme.c.strong)
        painter.drawLine(start, end)

    def _paint_words(self, painter: QPainter, rect: QRectF, matrix: Matrix) -> None:
        for row, words in enumerate(matrix.words):
            wide, high = rect.width() / len(words), rect.height() / len(matrix.words)
            if high < theme.px(14) or wide < theme.px(14):
                return
            for column, word in enumerate(words):
                cell = QRectF(
                    rect.left() + column * wide, rect.top() + row * high, wide, high
                )
                if text_width(word, 11, 600) > wide:
                    continue
                ink = _ink_on(matrix.colours[row, column])
                draw_text(painter, cell, word, ink, 11, 600, CENTRE)


def _ink_on(ground: NDArray[np.uint8]) -> QColor:
    """Black or white, whichever can be read on the colour of a cell."""
    light = float(np.array([0.299, 0.587, 0.114]) @ ground[:3])
    return QColor("#000000" if light > 127 else "#FFFFFF")


def _spans(stretches: Stretches, room: float) -> list[tuple[str, float, float]]:
    """Name, start and length in pixels of each stretch."""
    total = sum(count for _, count in stretches)
    found, begin = [], 0
    for name, count in stretches:
        found.append((name, begin / total * room, count / total * room))
        begin += count
    return found


def _image(colours: NDArray[np.uint8]) -> QImage:
    """A picture with one pixel for each cell."""
    rows, columns = colours.shape[:2]
    plain = np.ascontiguousarray(colours)
    image = QImage(
        plain.tobytes(), columns, rows, 4 * columns, QImage.Format.Format_RGBA8888
    )
    return image.copy()
