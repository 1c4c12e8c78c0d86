"""A field that opens the action palette."""

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.palette import mix
from app.theme import theme
from app.widgets.paint import RIGHT, box, draw_icon, draw_text, painting, ring
from app.widgets.state import State


class SearchButton(QAbstractButton):
    """Looks like a search field; the palette that it opens is one."""

    def __init__(self, keys: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys = keys
        self.setText("Search actions")
        self.setAccessibleName("Search actions")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._state = State(self)

    def sizeHint(self) -> QSize:
        """Room for words and keys."""
        return QSize(theme.px(212), theme.px(30))

    def minimumSizeHint(self) -> QSize:
        """Room for the glass alone."""
        return QSize(theme.px(32), theme.px(30))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Outline, glass, words, keys."""
        c, px, rect = theme.c, theme.px, self.rect().toRectF()
        with painting(self) as painter:
            outline = mix(c.edge, c.strong, self._state.hover)
            box(painter, rect, 6, c.bg0, outline)
            place = QPointF(px(16), rect.center().y())
            draw_icon(painter, place, "magnifying-glass", 14, c.text3)
            words = rect.adjusted(px(30), 0, -px(8), 0)
            if self.width() >= px(120):
                draw_text(painter, words, self.text(), c.text3, 12)
            if self.width() >= px(200):
                draw_text(painter, words, self._keys, c.text3, 11, 400, RIGHT)
            if self._state.ring:
                ring(painter, rect, 6)
