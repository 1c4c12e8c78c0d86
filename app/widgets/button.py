"""Buttons: one primary per window, secondary, quiet, and icons with a name."""

from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.palette import mix
from app.theme import theme
from app.widgets.paint import CENTRE, box, draw_icon, draw_text, painting, ring
from app.widgets.paint import text_width as width_of
from app.widgets.press import PressButton
from app.widgets.state import State

Kind = Literal["primary", "secondary", "quiet"]


class Button(PressButton):
    """A word, with an icon before it and the name of its key behind it.

    Args:
        text: The word; it is also the accessible name.
        icon: Phosphor name, e.g. ``"git-branch"``.
        kind: ``"primary"`` is filled with the accent, ``"quiet"`` has no fill.
        hint: Name of the key that does the same, e.g. ``"Space"``.
    """

    def __init__(
        self,
        text: str,
        icon: str = "",
        kind: Kind = "secondary",
        hint: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon = icon
        self._kind: Kind = kind
        self._hint = hint
        self._minimum_text = ""
        self._shows = (True, True)
        self.setText(text)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self._state = State(self)

    def set_icon(self, icon: str) -> None:
        """Show another icon."""
        self._icon = icon
        self.update()

    def set_shown(self, *, word: bool, hint: bool) -> None:
        """Leave out the word, or the key's name, where room is short."""
        if (word, hint) != self._shows:
            self._shows = (word, hint)
            self.updateGeometry()
            self.update()

    def keep_room_for(self, text: str) -> None:
        """Never be narrower than with ``text``: a swap of words moves nothing."""
        self._minimum_text = text
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Room for icon, word and hint; 30 px high."""
        words = max(self._word_room(), width_of(self._minimum_text, 13, 500))
        width = words + theme.px(24) + self._icon_room() + self._hint_room()
        return QSize(width, theme.px(30))

    def minimumSizeHint(self) -> QSize:
        """A button is never cut."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Fill, icon, word, hint, ring."""
        rect = self.rect().toRectF()
        with painting(self) as painter:
            body = rect
            if self._state.ring:
                ring(painter, rect, 8)
                gap = theme.px(4)
                body = rect.adjusted(gap, gap, -gap, -gap)
            box(painter, body, 4 if self._state.ring else 6, self._fill())
            self._draw_words(painter, rect)

    def _icon_room(self) -> int:
        return theme.px(16 + 8 * self._shows[0]) if self._icon else 0

    def _word_room(self) -> int:
        return width_of(self.text(), 13, 500) if self._shows[0] else 0

    def _hint_room(self) -> int:
        shown = self._hint and self._shows[1]
        return width_of(self._hint, 11) + theme.px(12) if shown else 0

    def _draw_words(self, painter: QPainter, rect: QRectF) -> None:
        words = self._word_room()
        total = words + self._icon_room() + self._hint_room()
        x = (rect.width() - total) / 2
        ink = self._ink()
        if self._icon:
            centre = QPointF(x + theme.px(8), rect.center().y())
            draw_icon(painter, centre, self._icon, 16, ink)
            x += self._icon_room()
        if words:
            line = QRectF(x, 0, words + 1, rect.height())
            draw_text(painter, line, self.text(), ink, 13, 500)
        if self._hint_room():
            x += words + theme.px(12)
            line = QRectF(x, 0, rect.width() - x, rect.height())
            draw_text(painter, line, self._hint, ink, 11)

    def _fill(self) -> QColor | None:
        c, hover = theme.c, self._state.hover
        if not self.isEnabled():
            return None if self._kind == "quiet" else c.bg2
        if self._kind == "primary":
            fill = mix(c.accent, c.accent_hover, hover)
        elif self._kind == "secondary":
            fill = mix(c.bg3, c.bg4, hover)
        else:
            fill = QColor(c.bg3)
            fill.setAlphaF(hover)
        return mix(fill, c.edge, 0.35) if self.isDown() else fill

    def _ink(self) -> QColor:
        if not self.isEnabled():
            return theme.c.text4
        return theme.c.on_accent if self._kind == "primary" else theme.c.text1


class IconButton(PressButton):
    """An icon in a target of 28 px; its name is tooltip and accessible name."""

    def __init__(
        self,
        icon: str,
        name: str,
        *,
        filled: bool = False,
        size: int = 28,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon = icon
        self._filled = filled
        self._size = size
        self.set_name(name)
        self._state = State(self, self._restyle)

    def set_icon(self, icon: str, name: str) -> None:
        """Show another icon with another name."""
        self._icon = icon
        self.set_name(name)
        self.update()

    def set_name(self, name: str) -> None:
        """What the button does, in words."""
        self.setAccessibleName(name)
        self.setToolTip(name)

    def sizeHint(self) -> QSize:
        """A square."""
        return QSize(theme.px(self._size), theme.px(self._size))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Square, icon, ring."""
        c, rect = theme.c, self.rect().toRectF()
        fill = QColor(c.bg3)
        fill.setAlphaF(1.0 if self.isChecked() else self._state.hover)
        if self._filled:
            fill = mix(c.bg3, c.bg4, self._state.hover)
        ink = mix(c.text2, c.text1, self._state.hover)
        if not self.isEnabled():
            ink = c.text4
        with painting(self) as painter:
            box(painter, rect, 6, fill)
            draw_icon(painter, rect.center(), self._icon, 16, ink)
            if self._state.ring:
                ring(painter, rect, 6)

    def _restyle(self) -> None:
        self.setFixedSize(self.sizeHint())


class LinkButton(PressButton):
    """A word in the accent colour: the one action of a note."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self._state = State(self)

    def sizeHint(self) -> QSize:
        """Room for the word and its ring, in a target of 24 px."""
        return QSize(width_of(self.text(), 12, 600) + theme.px(12), theme.px(24))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The word, underlined by nothing: its colour and weight mark it."""
        rect = self.rect().toRectF()
        colour = mix(theme.c.accent, theme.c.accent_hover, self._state.hover)
        with painting(self) as painter:
            draw_text(painter, rect, self.text(), colour, 12, 600, CENTRE)
            if self._state.ring:
                ring(painter, rect, 6)
