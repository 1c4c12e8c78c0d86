"""Something that several plots share, or not: a chip with a chain."""

from PySide6.QtCore import QPointF, QRectF, QSize, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.palette import mix
from app.theme import theme
from app.widgets.paint import box, draw_icon, draw_text, painting, ring, text_width
from app.widgets.press import PressButton
from app.widgets.state import State


class LinkChip(PressButton):
    """Filled with a chain while linked, outlined with a broken one while not.

    ``edited`` is the hand's only.
    """

    edited = Signal(bool)

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setAccessibleName(text)
        self.setCheckable(True)
        self.setChecked(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._state = State(self)
        self.clicked.connect(self.edited)

    def sizeHint(self) -> QSize:
        """Room for the chain and the words."""
        width = text_width(self.text(), 12, 500) + theme.px(38)
        return QSize(width, theme.px(26))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Field, chain, words, ring."""
        c, rect, on = theme.c, self.rect().toRectF(), self.isChecked()
        with painting(self) as painter:
            if on:
                box(painter, rect, 6, mix(c.accent_bg, c.bg4, 0.5 * self._state.hover))
            else:
                box(painter, rect, 6, None, mix(c.edge, c.strong, self._state.hover))
            ink = c.accent if on else c.text2
            place = QPointF(theme.px(16), rect.center().y())
            draw_icon(painter, place, "link" if on else "link-break", 14, ink)
            words = QRectF(rect)
            words.setLeft(theme.px(28))
            draw_text(painter, words, self.text(), ink, 12, 500)
            if self._state.ring:
                ring(painter, rect, 6)
