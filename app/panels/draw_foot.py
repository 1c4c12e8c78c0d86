"""The line under the canvas: what the hand can do, and what is odd about the points."""

from collections.abc import Sequence

from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.panels.notes_list import NotesList
from app.theme import theme
from app.widgets.label import Label
from app.widgets.paint import painting
from app.widgets.state import State

_HINT = (
    "The left button draws, the right one erases. 1 to 8 choose a class, E the eraser."
)


class DrawFoot(QWidget):
    """Keeps its height whatever it says, so that no tool moves under the pointer."""

    def __init__(self) -> None:
        super().__init__()
        self.hint = Label(_HINT, colour="text3", size=11, wraps=True)
        self.notes = NotesList()
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.hint, 1)
        self._row.addWidget(self.notes, 2)
        self._state = State(self, self._restyle)

    def set_notes(self, notes: Sequence[str]) -> None:
        """Show notes in place of the hint."""
        self.notes.set_notes(list(notes))
        self.hint.setVisible(not notes)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The same ground as the canvas has."""
        with painting(self) as painter:
            painter.fillRect(self.rect(), theme.c.bg1)

    def _restyle(self) -> None:
        px = theme.px
        self._row.setContentsMargins(px(16), 0, px(16), 0)
        self.setFixedHeight(px(40))
