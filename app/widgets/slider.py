"""A slider with a linear or logarithmic track and a tick at the default."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QSlider, QWidget

from app.palette import mix
from app.theme import theme
from app.widgets.numbers import format_number
from app.widgets.paint import box, painting
from app.widgets.state import State
from app.widgets.value_range import ValueRange

_TICKS = 1000  # resolution that screen readers see
_KEYS = {
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Up: 1,
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Down: -1,
    Qt.Key.Key_PageUp: 10,
    Qt.Key.Key_PageDown: -10,
    Qt.Key.Key_Home: -10_000,
    Qt.Key.Key_End: 10_000,
}


class Slider(QSlider):
    """A number by hand: grabbed anywhere, stepped by arrows, Shift ten times as far.

    A double click restores the default. The exact value is kept beside the place of
    the knob, so that showing a number never rounds it.
    """

    edited = Signal(float)

    def __init__(
        self,
        value_range: ValueRange,
        default: float,
        name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._range = value_range
        self._default = default
        self._value = default
        self._is_error = False
        self.setRange(0, _TICKS)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._state = State(self)
        self.valueChanged.connect(self._on_ticks)
        self.set_number(default)

    def number(self) -> float:
        """The exact value."""
        return self._value

    def set_number(self, value: float) -> None:
        """Show a value silently."""
        self._value = value
        self.blockSignals(True)
        self.setValue(round(self._range.fraction(value) * _TICKS))
        self.blockSignals(False)
        self.setAccessibleDescription(format_number(value))
        self.update()

    def set_error(self, is_error: bool) -> None:
        """Draw the track as a warning, or not."""
        self._is_error = is_error
        self.update()

    def user_set(self, value: float) -> None:
        """Act as the user's hand would: held to the limits, with a signal."""
        value = min(max(value, self._range.minimum), self._range.maximum)
        if value != self._value:
            self.set_number(value)
            self.edited.emit(value)

    def sizeHint(self) -> QSize:
        """As wide as the row lets it be."""
        return QSize(theme.px(84), theme.px(24))

    def minimumSizeHint(self) -> QSize:
        """Still of use at 44 px."""
        return QSize(theme.px(44), theme.px(24))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The knob comes to the pointer, wherever it grabs."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._follow(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._follow(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Nothing to end: each move was already told."""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Back to the default."""
        self.user_set(self._default)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Page, Home and End."""
        count = _KEYS.get(Qt.Key(event.key()))
        if count is None:
            super().keyPressEvent(event)
            return
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            count *= 10
        self.user_set(self._range.step(self._value, count))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll the panel, never the value: that would be a change by accident."""
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Track, filled part, default tick, knob, ring."""
        c, middle = theme.c, self.height() / 2
        left, right = self._ends()
        knob_x = left + self._range.fraction(self._value) * (right - left)
        with painting(self) as painter:
            half = theme.px(2)
            track = QRectF(left, middle - half, right - left, 2 * half)
            box(painter, track, 2, c.bg4 if self.isEnabled() else c.bg3)
            filled = QRectF(track)
            filled.setRight(knob_x)
            box(painter, filled, 2, self._colour())
            tick_x = left + self._range.fraction(self._default) * (right - left)
            tick = QRectF(tick_x - theme.px(1) / 2, middle - theme.px(5), 0, 0)
            tick.setSize(QSize(theme.px(1), theme.px(10)).toSizeF())
            painter.fillRect(tick, c.text3 if self.isEnabled() else c.text4)
            centre = QPointF(knob_x, middle)
            radius = theme.px(6) + self._state.hover * theme.px(1)
            if self._state.ring:
                radius = theme.px(5)
                painter.setBrush(c.accent)
                painter.drawEllipse(centre, theme.px(9), theme.px(9))
                painter.setBrush(c.bg1)
                painter.drawEllipse(centre, theme.px(7), theme.px(7))
            painter.setBrush(c.knob if self.isEnabled() else c.text4)
            painter.drawEllipse(centre, radius, radius)

    def _ends(self) -> tuple[float, float]:
        edge = theme.px(9)  # the knob and its ring stay inside
        return edge, max(self.width() - edge, edge + 1)

    def _follow(self, x: float) -> None:
        left, right = self._ends()
        place = (x - left) / (right - left)
        self.user_set(self._range.snap(self._range.value(place)))

    def _on_ticks(self, ticks: int) -> None:
        # Only assistive technology moves the Qt value while signals are on.
        self.user_set(self._range.snap(self._range.value(ticks / _TICKS)))

    def _colour(self) -> QColor:
        if not self.isEnabled():
            return theme.c.bg4
        if self._is_error:
            return theme.c.warn
        return mix(theme.c.accent, theme.c.accent_hover, self._state.hover)
