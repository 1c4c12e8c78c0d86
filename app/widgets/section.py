"""The head of a section in a panel: a title, and a hint at the right."""

from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.theme import theme
from app.widgets.label import Label
from app.widgets.state import State


class Section(QWidget):
    """Title in the weight of card titles, hint in the colour of units."""

    def __init__(
        self, title: str, hint: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._title = Label(title, colour="text1", size=13, weight=600)
        self._hint = Label(hint, colour="text3", size=12)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.addWidget(self._title)
        self.row.addStretch(1)
        self.row.addWidget(self._hint)
        self._state = State(self, self._restyle)

    def set_title(self, title: str) -> None:
        """Show another title."""
        self._title.setText(title)

    def set_hint(self, hint: str) -> None:
        """Show another hint, e.g. ``"13 sets"``."""
        self._hint.setText(hint)

    def add_hint_widget(self, widget: QWidget) -> None:
        """Put a widget at the right end, behind the hint."""
        self.row.addWidget(widget)

    def _restyle(self) -> None:
        self.row.setSpacing(theme.px(6))
        self.setFixedHeight(theme.px(28))
