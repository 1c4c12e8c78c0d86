"""The metric of every cell as colour and figure, with a scale."""

from collections.abc import Sequence
from math import log

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QLinearGradient, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.plots.tile import short
from app.theme import theme
from app.widgets.paint import CENTRE, LEFT, RIGHT, box, draw_text, painting, text_width
from app.widgets.state import State

_CELL, _GAP, _WORDS, _BAR = 40, 3, 20, 38  # px of the normal look
_LIGHT = 0.45  # luminance above which black can be read


class HeatMap(QWidget):
    """Cells in the order of the wall; lower values are better and stand out."""

    chosen = Signal(int)
    pointed = Signal(object)  # index, or None

    def __init__(self) -> None:
        super().__init__()
        self.values: list[float | None] = []
        self.shape = (0, 0)
        self.lit: int | None = None
        self.marked: int | None = None
        self._rows: list[str] = []
        self._columns: list[str] = []
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Metric of every cell")
        self._state = State(self, self._restyle)

    def set_grid(self, rows: Sequence[str], columns: Sequence[str]) -> None:
        """Another grid, with the words of its rows and columns; nothing known yet."""
        self._rows, self._columns = list(rows), list(columns)
        self.shape = (len(rows), len(columns))
        self.values = [None] * (len(rows) * len(columns))
        self.lit = self.marked = None
        self._restyle()
        self.update()

    def set_value(self, index: int, value: float | None) -> None:
        """The metric of one cell."""
        self.values[index] = value
        self.update()

    def set_marks(self, lit: int | None, marked: int | None) -> None:
        """Light one cell, and ring the best one."""
        if (lit, marked) != (self.lit, self.marked):
            self.lit, self.marked = lit, marked
            self.update()

    def goodness(self, value: float) -> float:
        """0 for the worst of all, 1 for the best; by ratio where all are positive."""
        known = [v for v in self.values if v is not None]
        low, high = min(known), max(known)
        if low > 0:
            low, high, value = log(low), log(high), log(value)
        return (high - value) / (high - low) if high > low else 1.0

    def colour(self, value: float) -> QColor:
        """The colour of a metric."""
        table = theme.density_lut()
        share = 0.12 + 0.84 * self.goodness(value)
        red, green, blue, _ = table[round(share * 255)].tolist()
        return QColor(red, green, blue)

    def cell_rect(self, index: int) -> QRectF:
        """Where a cell is, px."""
        row, column = divmod(index, self.shape[1])
        left, gap = self._left(), theme.px(_GAP)
        width = (self.width() - left) / self.shape[1]
        height = theme.px(self._cell_height())
        return QRectF(left + column * width, row * height, width - gap, height - gap)

    def index_at(self, place: QPointF) -> int | None:
        """The cell at a place of the widget; None beside all."""
        for index in range(len(self.values)):
            if self.cell_rect(index).contains(place):
                return index
        return None

    def sizeHint(self) -> QSize:
        """As wide as the panel; a line of words and the scale below."""
        rows = self.shape[0] * self._cell_height()
        return QSize(theme.px(240), theme.px(rows + _WORDS + _BAR))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell which cell is pointed at."""
        self.pointed.emit(self.index_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is pointed at."""
        self.pointed.emit(None)
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a cell."""
        index = self.index_at(event.position())
        if index is not None and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(index)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Cells, words of rows and columns, scale."""
        if not self.values:
            return
        with painting(self) as painter:
            for index, value in enumerate(self.values):
                self._paint_cell(painter, index, value)
            self._paint_words(painter)
            if any(v is not None for v in self.values):
                self._paint_scale(painter)

    def _paint_cell(self, painter: QPainter, index: int, value: float | None) -> None:
        c, rect = theme.c, self.cell_rect(index)
        fill = c.bg3 if value is None else self.colour(value)
        outline = None
        if index == self.lit:
            outline = c.text1
        elif index == self.marked:
            outline = c.accent
        box(painter, rect, 3, fill, outline, 2.0 if outline else 1.0)
        ink = c.text3 if value is None else _readable(fill)
        weight = 600 if index == self.marked else 500
        draw_text(painter, rect, short(value), ink, 11, weight, CENTRE)

    def _paint_words(self, painter: QPainter) -> None:
        c, left = theme.c, self._left()
        for row, word in enumerate(self._rows):
            rect = self.cell_rect(row * self.shape[1])
            place = QRectF(0, rect.top(), left - theme.px(6), rect.height())
            draw_text(painter, place, word, c.text2, 11, align=RIGHT)
        top = self.cell_rect(len(self.values) - 1).bottom() + theme.px(_GAP)
        for column, word in enumerate(self._columns):
            rect = self.cell_rect(column)
            place = QRectF(rect.left(), top, rect.width(), theme.px(_WORDS))
            draw_text(painter, place, word, c.text2, 11, align=CENTRE)

    def _paint_scale(self, painter: QPainter) -> None:
        c, left = theme.c, self._left()
        known = [v for v in self.values if v is not None]
        table = theme.density_lut()
        top = self.height() - theme.px(_BAR) + theme.px(10)
        bar = QRectF(left, top, self.width() - left - theme.px(_GAP), theme.px(6))
        shades = QLinearGradient(bar.topLeft(), bar.topRight())
        for step in range(17):
            share = 0.12 + 0.84 * step / 16
            red, green, blue, _ = table[round(share * 255)].tolist()
            shades.setColorAt(step / 16, QColor(red, green, blue))
        painter.fillRect(bar, shades)
        words = QRectF(bar.left(), bar.bottom(), bar.width(), theme.px(20))
        draw_text(painter, words, f"{short(max(known))} worse", c.text3, 11, align=LEFT)
        best = f"better {short(min(known))}"
        draw_text(painter, words, best, c.text3, 11, align=RIGHT)

    def _left(self) -> float:
        widest = max((text_width(w, 11) for w in self._rows), default=0)
        return min(widest, self.width() // 3) + theme.px(10)

    def _cell_height(self) -> int:
        return max(24, min(_CELL, 170 // max(1, self.shape[0])))

    def _restyle(self) -> None:
        self.setFixedHeight(self.sizeHint().height())


def _readable(ground: QColor) -> QColor:
    light = 0.299 * ground.redF() + 0.587 * ground.greenF() + 0.114 * ground.blueF()
    return QColor("#000000") if light > _LIGHT else QColor("#FFFFFF")
