"""Chips: how a number is known, or a fault by name."""

from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from app.theme import theme
from app.widgets.paint import CENTRE, box, draw_icon, draw_text, painting, text_width
from app.widgets.state import State

ChipKind = Literal["exact", "bound", "estimate", "warning", "plain"]

_MEANING = {
    "exact": "Computed exactly.",
    "bound": "A bound: the true value is at least as good.",
    "estimate": "An estimate from random draws.",
}


class Chip(QLabel):
    """A short word in a rounded field: filled, outlined, dashed, or a warning."""

    def __init__(
        self, text: str, kind: ChipKind = "plain", parent: QWidget | None = None
    ) -> None:
        super().__init__(text, parent)
        self._kind: ChipKind = kind
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._state = State(self)
        self.set_chip(text, kind)

    def set_chip(self, text: str, kind: ChipKind) -> None:
        """Show another word in the style of ``kind``."""
        self._kind = kind
        self.setText(text)
        self.setToolTip(_MEANING.get(kind, ""))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Room for the word and, in a warning, its triangle."""
        icon = theme.px(16) if self._kind == "warning" else 0
        width = text_width(self.text(), 11, 500) + theme.px(14) + icon
        return QSize(width, theme.px(20))

    def minimumSizeHint(self) -> QSize:
        """A chip is never cut."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Field, triangle, word."""
        c, rect = theme.c, self.rect().toRectF()
        fill, outline, ink = {
            "exact": (c.accent_bg, None, c.accent),
            "bound": (None, c.strong, c.text1),
            "estimate": (None, c.strong, c.text1),
            "warning": (c.warn_bg, None, c.warn),
            "plain": (c.bg3, None, c.text2),
        }[self._kind]
        with painting(self) as painter:
            dashed = self._kind == "estimate"
            box(painter, rect, 10, fill, outline, dashed=dashed)
            words = QRectF(rect)
            if self._kind == "warning":
                centre = QPointF(theme.px(13), rect.center().y())
                draw_icon(painter, centre, "warning", 12, ink)
                words.setLeft(theme.px(18))
            draw_text(painter, words, self.text(), ink, 11, 500, CENTRE)
