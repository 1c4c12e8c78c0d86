"""One cell of the wall: its thumbnail, its metric, its state, its loss."""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.plots.thumb import Thumb, paint_curve
from app.theme import theme
from app.widgets.numbers import format_number
from app.widgets.paint import LEFT, box, draw_icon, draw_text, painting, text_width
from app.widgets.state import State

_RAIL = 78  # px of the column of words beside the picture
_FOOT = 112  # px of the words below it, in a tall tile
_LINE = 20  # px of the line of words below it, where there is no room beside
_PAD = 5
#: State to its word on the tile; what goes well needs none.
STATES = {
    "waiting": "waiting",
    "learning": "still learning",
    "settled": "",
    "unstable": "unstable",
    "diverged": "diverged",
    "stopped": "stopped",
    "not begun": "not begun",
    "lost": "lost",
}
ALARMING = ("unstable", "diverged", "lost")


class Tile(QWidget):
    """A square picture with a rail.

    It is chosen by a click, opened by a double click, and lit by the pointer.
    """

    chosen = Signal(int)
    opened = Signal(int)
    entered = Signal(int)
    left = Signal()

    def __init__(self, index: int) -> None:
        super().__init__()
        self.index = index
        self.thumb = Thumb()
        self.content = "density"
        self.words = ""
        self.is_best = self.is_chosen = self.is_lit = False
        self._metric: float | None = None
        self._state_name = "waiting"
        self._detail = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._state = State(self)

    def show_cell(self, metric: float | None, state: str, detail: str) -> None:
        """Show figures and state of a cell; pictures are in ``thumb``."""
        self._metric, self._state_name, self._detail = metric, state, detail
        self._describe()
        self.update()

    def set_marks(self, best: bool, chosen: bool, lit: bool) -> None:
        """Mark the best, the chosen and the pointed-at cell."""
        if (best, chosen, lit) != (self.is_best, self.is_chosen, self.is_lit):
            self.is_best, self.is_chosen, self.is_lit = best, chosen, lit
            self._describe()
            self.update()

    def set_words(self, words: str) -> None:
        """Name the cell by its settings."""
        self.words = words
        self._describe()

    @property
    def state_words(self) -> str:
        """What stands below the metric."""
        if self.is_best and self._state_name not in ALARMING:
            return "best"
        return STATES.get(self._state_name, self._state_name)

    @property
    def metric_words(self) -> str:
        """The metric as written."""
        return short(self._metric)

    def sizeHint(self) -> QSize:
        """A picture with its rail."""
        return QSize(theme.px(190), theme.px(112))

    def minimumSizeHint(self) -> QSize:
        """May be small."""
        return QSize(theme.px(56), theme.px(48))

    def enterEvent(self, event: QEnterEvent) -> None:
        """Tell it."""
        self.entered.emit(self.index)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Tell it."""
        self.left.emit()
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose it."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(self.index)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open it."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit(self.index)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Card, picture, words."""
        c, rect = theme.c, self.rect().toRectF()
        outline, width = c.edge, 1.0
        if self.is_chosen or self.is_best:
            outline, width = c.accent, 2.0 if self.is_chosen else 1.0
        if self.is_lit and not self.is_chosen:
            outline, width = c.strong, 2.0
        with painting(self) as painter:
            fill = c.bg3 if self.is_lit and c.is_dark else c.bg1
            box(painter, rect, 6, fill, outline, width)
            self._paint_inside(painter, rect)

    def _paint_inside(self, painter: QPainter, rect: QRectF) -> None:
        px, pad = theme.px, theme.px(_PAD)
        inner = rect.adjusted(pad, pad, -pad, -pad)
        beside = min(inner.height(), inner.width() - px(_RAIL))
        above = min(inner.width(), inner.height() - px(_FOOT))
        if max(beside, above) < px(_PAD * 10):
            self._paint_small(painter, inner)
        elif above > beside:
            top = inner.center().y() - (above + px(_FOOT)) / 2
            frame = QRectF(inner.center().x() - above / 2, top, above, above)
            foot = QRectF(frame.left(), frame.bottom(), above, px(_FOOT))
            foot.adjust(px(2), px(7), 0, 0)
            # The same for all states: else the tiles of a wall would stand uneven.
            longest = max(text_width(word, 11) for word in STATES.values())
            more = min(max(longest - foot.width(), 0), inner.width() - above) / 2
            self._paint_both(painter, frame, foot.adjusted(-more, 0, more, 0))
        else:
            frame = QRectF(inner.left(), inner.top(), beside, beside)
            frame.moveTop(inner.center().y() - beside / 2)
            left = frame.right() + px(7)
            width = inner.right() - left
            rail = QRectF(left, inner.top(), width, inner.height())
            self._paint_both(painter, frame, rail)

    def _paint_both(self, painter: QPainter, frame: QRectF, words: QRectF) -> None:
        """Picture and words beside it or, in a tall tile, below it."""
        self.thumb.paint(painter, frame, self.content)
        self._paint_rail(painter, words)

    def _paint_small(self, painter: QPainter, inner: QRectF) -> None:
        """Picture and one line."""
        line = theme.px(_LINE)
        side = min(inner.width(), inner.height() - line)
        frame = QRectF(inner.center().x() - side / 2, inner.top(), side, side)
        self.thumb.paint(painter, frame, self.content)
        below = QRectF(inner.left(), frame.bottom(), inner.width(), line)
        self._paint_line(painter, below)

    def _paint_rail(self, painter: QPainter, rail: QRectF) -> None:
        """Metric, state, course of the loss, one more figure."""
        c, px = theme.c, theme.px
        top = QRectF(rail.left(), rail.top(), rail.width(), px(20))
        ink = c.accent if self.is_best else c.text1
        draw_text(painter, top, self.metric_words, ink, 15, 600)
        self._paint_state(painter, top.translated(0, px(19)), 11)
        if rail.height() < px(84):
            return
        if self._detail:
            last = QRectF(rail.left(), rail.bottom() - px(16), rail.width(), px(16))
            draw_text(painter, last, self._detail, c.text3, 11)
        spark = self.thumb.arrays.get("spark")
        if spark is not None and self.content != "curves":
            room = min(px(46), rail.height() - px(40) - px(18))
            low = rail.bottom() - px(18) - room
            frame = QRectF(rail.left() - px(4), low, rail.width(), room)
            paint_curve(painter, frame, spark, c.text2)

    def _paint_line(self, painter: QPainter, line: QRectF) -> None:
        """Metric; beside it that it is the best, or why there is none, if not cut.

        A state that alarms has its triangle.
        """
        c = theme.c
        alarming = self._state_name in ALARMING
        ink = c.warn if alarming else c.accent if self.is_best else c.text1
        if alarming:
            spot = QPointF(line.left() + theme.px(7), line.center().y())
            draw_icon(painter, spot, "warning", 12, c.warn)
        words = line.adjusted(theme.px(16) if alarming else theme.px(2), 0, 0, 0)
        draw_text(painter, words, self.metric_words, ink, 12, 600)
        words.setLeft(words.left() + text_width(self.metric_words, 12, 600))
        words.adjust(theme.px(6), 0, 0, 0)
        needed = not alarming and (self.is_best or self._metric is None)
        if needed and text_width(self.state_words, 11) <= words.width():
            self._paint_word(painter, words, 11)

    def _paint_state(self, painter: QPainter, line: QRectF, size: int) -> None:
        words = QRectF(line)
        if self._state_name in ALARMING:
            spot = QPointF(line.left() + theme.px(6), line.center().y())
            draw_icon(painter, spot, "warning", 12, theme.c.warn)
            words.setLeft(line.left() + theme.px(16))
        self._paint_word(painter, words, size)

    def _paint_word(self, painter: QPainter, line: QRectF, size: int) -> None:
        c = theme.c
        ink: QColor = c.warn if self._state_name in ALARMING else c.text3
        if self.state_words == "best":
            ink = c.accent
        draw_text(painter, line, self.state_words, ink, size, align=LEFT)

    def _describe(self) -> None:
        parts = [self.words, self.metric_words, self.state_words]
        self.setAccessibleName(", ".join(p for p in parts if p))
        self.setToolTip(self.words)


def short(metric: float | None) -> str:
    """A metric in a few figures; a dash where there is none."""
    if metric is None:
        return "–"
    if abs(metric) < 10:
        return f"{metric:.3f}".replace("-", "−")
    return format_number(metric, 3)
