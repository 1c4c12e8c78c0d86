"""Two panes of curves side by side, and a line in the left one that is dragged."""

from math import isfinite

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter

from app.plots.pane import Drag, Pane
from app.plots.ticks import three_ticks
from app.plots.two_panes import TwoPanes
from app.theme import theme
from app.widgets.paint import text_width

_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


class SlicePaper(TwoPanes):
    """The paper of the slices; ``sliced`` carries the place of the line in data units.

    Attributes:
        line: Where the line stands in the left pane; None for none.
    """

    sliced = Signal(float)
    stepped = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.line: float | None = None
        self._wordings: tuple[tuple[str, ...], ...] = (("",), ("",))
        self.left.grab_at = self._grab
        self.left.clicked.connect(lambda x, _: self.sliced.emit(x))

    def y_ticks(self, pane: Pane) -> list[float]:
        """Densities begin at zero."""
        high = pane.limits[3]
        return [v for v in three_ticks(0.0, high, edge=0.0) if v < high]

    def set_wordings(self, *wordings: tuple[str, ...]) -> None:
        """Titles of each pane, the longest first: the first that fits is shown."""
        self._wordings = wordings
        self._choose_titles()

    def lay_out(self, width: int, height: int) -> None:
        """As two panes; where they become narrow their titles become short."""
        super().lay_out(width, height)
        self._choose_titles()

    def _choose_titles(self) -> None:
        self.titles = tuple(
            _longest_that_fits(words, pane.geometry().width())
            for pane, words in zip(self.panes, self._wordings, strict=True)
        )

    def paint_ahead(self, painter: QPainter) -> None:
        """Frames, and the line with its grip."""
        super().paint_ahead(painter)
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


def _longest_that_fits(words: tuple[str, ...], width: float) -> str:
    """The first wording with room in that many pixels; the last if none has."""
    return next(
        (each for each in words if text_width(each, 12, 600) <= width), words[-1]
    )
