"""The way back from the past of a run to its newest state."""

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import theme
from app.widgets.paint import box, draw_text, painting, ring, text_width
from app.widgets.press import PressButton
from app.widgets.state import State


class LiveButton(PressButton):
    """A dot and the word live: filled while live, hollow in the past."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_live = True
        self.setText("live")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._state = State(self)
        self.set_live(True)

    def set_live(self, live: bool) -> None:
        """Show whether the newest state is seen."""
        self._is_live = live
        self.setToolTip("You see the newest state" if live else "Return to live")
        self.setAccessibleName("live" if live else "Return to live")
        self.update()

    def sizeHint(self) -> QSize:
        """Room for dot and word."""
        return QSize(text_width("live", 12, 500) + theme.px(28), theme.px(28))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Field, dot, word, ring."""
        c, rect = theme.c, self.rect().toRectF()
        with painting(self) as painter:
            fill = QColor(c.bg3)
            fill.setAlphaF(self._state.hover if self._is_live else 1.0)
            box(painter, rect, 6, fill)
            size = theme.px(8)
            dot = QRectF(0, 0, size, size)
            dot.moveCenter(QPointF(theme.px(12), rect.center().y()))
            if self._is_live:
                box(painter, dot, 4, c.accent)
            else:
                box(painter, dot, 4, outline=c.text2, width=1.5)
            words = rect.adjusted(theme.px(21), 0, 0, 0)
            ink = c.accent if self._is_live else c.text1
            draw_text(painter, words, "live", ink, 12, 500)
            if self._state.ring:
                ring(painter, rect, 6)
