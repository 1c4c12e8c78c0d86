"""What a person should know about the data, line by line."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.theme import theme
from app.widgets.label import Label
from app.widgets.paint import draw_icon, painting
from app.widgets.state import State


class _Sign(QWidget):
    """A triangle: the word beside it says what it means."""

    def __init__(self) -> None:
        super().__init__()
        self._state = State(self, self._restyle)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The sign, on the first line."""
        with painting(self) as painter:
            place = QPointF(theme.px(7), theme.px(8))
            draw_icon(painter, place, "warning", 12, theme.c.warn)

    def _restyle(self) -> None:
        self.setFixedWidth(theme.px(16))


class NotesList(QWidget):
    """Notes below each other; nothing at all where there are none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.labels: list[Label] = []
        self._rows: list[QWidget] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 4, 0, 0)
        self._column.setSpacing(4)
        self.setAccessibleName("Notes on the data")
        self.hide()

    def set_notes(self, notes: Sequence[str]) -> None:
        """Show other notes."""
        for row in self._rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = []
        self.labels = [Label(note, size=11, wraps=True) for note in notes]
        for label in self.labels:
            row = QWidget()
            line = QHBoxLayout(row)
            line.setContentsMargins(0, 0, 0, 0)
            line.setSpacing(4)
            line.addWidget(_Sign())
            line.addWidget(label, 1)
            line.setAlignment(label, Qt.AlignmentFlag.AlignTop)
            self._column.addWidget(row)
            self._rows.append(row)
        self.setVisible(bool(notes))
