"""The ground of a bar: paper and a hairline above or below."""

from typing import Literal

from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.theme import theme
from app.widgets.paint import painting
from app.widgets.state import State


class Bar(QWidget):
    """A row of widgets of fixed height (px of the normal look)."""

    def __init__(
        self, height: int, edge: Literal["top", "bottom"], ground: str, name: str
    ) -> None:
        super().__init__()
        self._height = height
        self._edge = edge
        self._ground = ground
        self.row = QHBoxLayout(self)
        self.setAccessibleName(name)
        self._state = State(self, self._restyle)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground and hairline."""
        y = 0 if self._edge == "top" else self.height() - 1
        with painting(self) as painter:
            painter.fillRect(self.rect(), getattr(theme.c, self._ground))
            painter.fillRect(0, y, self.width(), 1, theme.c.edge)

    def _restyle(self) -> None:
        self.setFixedHeight(theme.px(self._height))
        self.row.setContentsMargins(theme.px(14), 0, theme.px(12), 0)
        self.row.setSpacing(theme.px(8))
