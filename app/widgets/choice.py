"""One of several named values."""

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from app.palette import mix
from app.theme import theme
from app.widgets.paint import (
    box,
    draw_fitted,
    draw_icon,
    draw_text,
    painting,
    ring,
    text_width,
)
from app.widgets.state import State


class Choice(QComboBox):
    """A drop-down list; ``chosen`` gives the key of what the hand has chosen."""

    chosen = Signal(object)

    def __init__(
        self,
        options: Mapping[str, str] | Mapping[object, str] | None = None,
        name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._keys: list[object] = []
        self._is_tight = False
        self.setAccessibleName(name)
        self.view().setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._state = State(self, self._restyle)
        self.set_options(options or {})
        self.activated.connect(self._on_activated)

    def set_options(self, options: Mapping[str, str] | Mapping[object, str]) -> None:
        """Offer other values, silently."""
        self.clear()
        self._keys = list(options)
        self.addItems(list(options.values()))

    def set_tight(self, tight: bool) -> None:
        """Stand close round the word, where there is hardly room for it.

        The word is set smaller and a little condensed before it is cut.
        """
        if tight != self._is_tight:
            self._is_tight = tight
            self.updateGeometry()
            self.update()

    def width_of(self, word: str) -> int:
        """Room that this word wants, uncut, px."""
        left, right = self._margins()
        return text_width(word, 12) + left + right + 2

    @property
    def options(self) -> dict[object, str]:
        """What is on offer: keys and words."""
        return {key: self.itemText(i) for i, key in enumerate(self._keys)}

    def value(self) -> object:
        """Key of the chosen value; None if there is none."""
        index = self.currentIndex()
        return self._keys[index] if index >= 0 else None

    def set_value(self, key: object) -> None:
        """Choose silently.

        Raises:
            ValueError: If the key is not on offer.
        """
        self.setCurrentIndex(self._keys.index(key))

    def user_choose(self, key: object) -> None:
        """Act as a click on the value would."""
        self.set_value(key)
        self._on_activated(self.currentIndex())

    def sizeHint(self) -> QSize:
        """Room for the longest word and the arrow."""
        words = [self.itemText(i) for i in range(self.count())]
        longest = max((self.width_of(word) for word in words), default=0)
        return QSize(longest + theme.px(2), theme.px(24))

    def minimumSizeHint(self) -> QSize:
        """May be narrow: the word is then cut, the list shows it whole."""
        return QSize(theme.px(64), theme.px(24))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll the panel, never the value: that would be a change by accident."""
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Field, word, arrow, ring."""
        c, rect, hover = theme.c, self.rect().toRectF(), self._state.hover
        enabled = self.isEnabled()
        outline = mix(c.bg3, c.strong, hover) if enabled else c.bg3
        with painting(self) as painter:
            box(painter, rect, 5, c.bg3 if enabled else c.bg2, outline)
            left, right = self._margins()
            words = rect.adjusted(left, 0, -right, 0)
            ink = c.text1 if enabled else c.text4
            draw = draw_fitted if self._is_tight else draw_text
            draw(painter, words, self.currentText(), ink, size=12)
            arrow = QPointF(rect.right() - 0.58 * right, rect.center().y())
            colour = c.text3 if enabled else c.text4
            draw_icon(painter, arrow, "caret-down", 12, colour)
            if self._state.ring:
                ring(painter, rect, 5)

    def _margins(self) -> tuple[int, int]:
        """Room before the word, and behind it for the arrow."""
        px = theme.px
        return (px(5), px(16)) if self._is_tight else (px(8), px(24))

    def _on_activated(self, index: int) -> None:
        self.chosen.emit(self._keys[index])

    def _restyle(self) -> None:
        self.setFixedHeight(theme.px(24))
        self.setFont(theme.font(12))
