"""Modes covered, as a row of cells."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import theme
from app.widgets.paint import box, painting
from app.widgets.state import State

_WIDTH = 84


class ModeCells(QWidget):
    """Filled for a mode that has samples, hollow for one that is missed."""

    def __init__(self, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._covered = 0
        self._total = 0
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._state = State(self, self._restyle)

    def set_modes(self, covered: int, total: int) -> None:
        """Show ``covered`` of ``total``."""
        self._covered, self._total = covered, total
        self.setAccessibleDescription(f"{covered} of {total}")
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as a spark line."""
        return QSize(theme.px(_WIDTH), theme.px(30))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Up to nine cells in one row, more in a square grid."""
        if self._total <= 0:
            return
        columns = self._total if self._total <= 9 else -(-self._total // 3)
        rows = -(-self._total // columns)
        gap = theme.px(2)
        width = min((self.width() + gap) / columns - gap, theme.px(8))
        height = theme.px(10) if rows == 1 else theme.px(26) / rows - gap
        left = self.width() - columns * (width + gap) + gap
        top = (self.height() - rows * (height + gap) + gap) / 2
        c = theme.c
        with painting(self) as painter:
            for cell in range(self._total):
                row, column = divmod(cell, columns)
                x, y = left + column * (width + gap), top + row * (height + gap)
                filled = cell < self._covered
                fill, outline = (c.text2, None) if filled else (None, c.strong)
                box(painter, QRectF(x, y, width, height), 2, fill, outline)

    def _restyle(self) -> None:
        self.setFixedSize(self.sizeHint())
