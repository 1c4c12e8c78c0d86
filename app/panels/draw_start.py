"""How a drawing begins: with a copy of the data on show, or with nothing."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.theme import theme
from app.widgets.button import Button
from app.widgets.label import Label
from app.widgets.paint import CENTRE, box, painting
from app.widgets.state import State

_WIDE = 460  # px of a line of text


class DrawStart(QWidget):
    """Two lines and two buttons; what is there already goes on behind."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = Label("Draw your own data", colour="text1", size=15, weight=600)
        self.words = Label(
            "Each stroke changes what the run learns from, at once and without losing "
            "what it has learned. Points can also be pasted, read from a table or "
            "strewn over a picture.",
            wraps=True,
        )
        self.copy = Button("Edit a copy", "copy")
        self.empty = Button("Empty canvas", "paint-brush")
        column = QVBoxLayout(self)
        column.addStretch(4)
        for label in (self.title, self.words):
            label.setAlignment(CENTRE)
            column.addWidget(label, 0, Qt.AlignmentFlag.AlignHCenter)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.copy)
        row.addWidget(self.empty)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(5)
        self._rows = (column, row)
        self._state = State(self, self._restyle)

    def set_source(self, title: str) -> None:
        """Name the data that a copy would be made of."""
        self.copy.setText(f"Edit a copy of {title}")

    def paintEvent(self, event: object) -> None:
        """A dashed sheet."""
        edge = theme.px(12)
        sheet = self.rect().toRectF().adjusted(edge, edge, -edge, -edge)
        with painting(self) as painter:
            box(painter, sheet, 8, theme.c.bg1, theme.c.strong, dashed=True)

    def _restyle(self) -> None:
        column, row = self._rows
        column.setSpacing(theme.px(12))
        row.setSpacing(theme.px(8))
        wide = theme.px(_WIDE)
        self.words.setFixedSize(wide, self.words.heightForWidth(wide))
