"""The letter of a run in a comparison, on its colour."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import theme
from app.widgets.paint import CENTRE, box, draw_text, painting
from app.widgets.state import State

_DARK, _LIGHT = QColor("#101216"), QColor("#FFFFFF")
_BRIGHT = 150  # of 255; on lighter colours the letter is dark


def draw_badge(painter: QPainter, rect: QRectF, letter: str) -> None:
    """A rounded field in the run's colour with its letter."""
    colour = theme.c.runs["ABCD".index(letter)]
    grey = 0.3 * colour.red() + 0.59 * colour.green() + 0.11 * colour.blue()
    is_bright = grey > _BRIGHT
    box(painter, rect, 5, colour)
    draw_text(painter, rect, letter, _DARK if is_bright else _LIGHT, 12, 600, CENTRE)


class RunBadge(QWidget):
    """One letter, 20 px."""

    def __init__(self, letter: str = "A", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.letter = letter
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._state = State(self, self._restyle)
        self.set_letter(letter)

    def set_letter(self, letter: str) -> None:
        """Show another letter in its colour."""
        self.letter = letter
        self.setAccessibleName(f"Run {letter}")
        self.update()

    def sizeHint(self) -> QSize:
        """A square."""
        return QSize(theme.px(20), theme.px(20))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Field and letter."""
        with painting(self) as painter:
            draw_badge(painter, self.rect().toRectF(), self.letter)

    def _restyle(self) -> None:
        self.setFixedSize(self.sizeHint())
