"""A setting that is on or off."""

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QCheckBox, QWidget

from app.palette import mix
from app.theme import theme
from app.widgets.paint import box, draw_icon, painting, ring
from app.widgets.state import State


class Toggle(QCheckBox):
    """A knob in a trough; a tick repeats the colour. ``edited`` is the hand's only."""

    edited = Signal(bool)

    def __init__(self, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._state = State(self, self._restyle)
        self.clicked.connect(self.edited)

    def value(self) -> bool:
        """Whether it is on."""
        return self.isChecked()

    def set_value(self, on: bool) -> None:
        """Switch silently."""
        self.setChecked(on)

    def sizeHint(self) -> QSize:
        """A trough of 32 x 18 px in a target of 24."""
        return QSize(theme.px(38), theme.px(24))

    def hitButton(self, pos: QPoint) -> bool:
        """All of the widget can be pressed."""
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        """Trough, knob, tick, ring."""
        c, on = theme.c, self.isChecked()
        with painting(self) as painter:
            middle = self.height() / 2
            trough = QRectF(theme.px(3), middle - theme.px(9), 0, theme.px(18))
            trough.setWidth(theme.px(32))
            fill = mix(c.bg4, c.strong, 0.4 * self._state.hover)
            if on:
                fill = mix(c.accent, c.accent_hover, self._state.hover)
            if not self.isEnabled():
                fill = c.bg3
            box(painter, trough, 9, fill, None if on else c.strong)
            place = trough.right() - theme.px(9) if on else trough.left() + theme.px(9)
            knob = QRectF(0, 0, theme.px(12), theme.px(12))
            knob.moveCenter(QPointF(place, middle))
            ink = c.on_accent if on else c.text2
            box(painter, knob, 6, ink if self.isEnabled() else c.text4)
            if on:
                tick = QPointF(trough.left() + theme.px(10), middle)
                colour = c.on_accent if self.isEnabled() else c.text4
                draw_icon(painter, tick, "check", 12, colour)
            if self._state.ring:
                ring(painter, self.rect().toRectF(), 12)

    def _restyle(self) -> None:
        self.setFixedSize(self.sizeHint())
