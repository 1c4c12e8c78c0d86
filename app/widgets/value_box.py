"""A number with its unit that can be typed."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPaintEvent, QPalette
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from app.palette import mix
from app.theme import theme
from app.widgets.numbers import format_number, parse_number, unit_word
from app.widgets.paint import RIGHT, box, draw_text, painting, ring, text_width
from app.widgets.state import State
from app.widgets.value_range import ValueRange

_PAD = 6
_WRITTEN_OUT = 1e9  # whole limits below it are read best with all their figures


class ValueBox(QLineEdit):
    """Shows a number; takes ``5e-4``, ``0,15``, ``1/3``; says so when it cannot.

    ``edited`` carries a number inside the limits and comes with Return or when the
    box is left. What is out of range or no number marks the box, and
    ``error_changed`` says what is allowed; nothing else is emitted. Escape takes the
    typed text back.
    """

    edited = Signal(float)
    error_changed = Signal(str)

    def __init__(
        self,
        value_range: ValueRange,
        default: float,
        unit: str = "",
        name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._range = value_range
        self._default = default
        self._unit = unit
        self._value = default
        self._error = ""
        self.setAccessibleName(f"{name}, {unit}" if unit else name)
        self.setAlignment(RIGHT)
        self.setFrame(False)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._state = State(self, self._restyle)
        self.editingFinished.connect(self._commit)
        self.set_value(default)

    def value(self) -> float:
        """The last good number."""
        return self._value

    @property
    def unit(self) -> str:
        """The unit, as it is said of the value; empty for none."""
        return unit_word(self._value, self._unit)

    @property
    def error(self) -> str:
        """What is wrong with the typed text; empty if nothing is."""
        return self._error

    def set_value(self, value: float) -> None:
        """Show a number silently; a text that is being typed stays."""
        self._value = value
        if not (self.hasFocus() and self.isModified()):
            self._show_value()

    def set_error(self, text: str) -> None:
        """Mark the box, or with an empty text unmark it."""
        if text != self._error:
            self._error = text
            self._restyle()
            self.error_changed.emit(text)

    def allowed(self) -> str:
        """The limits in words, e.g. ``1 to 1,000 steps``."""
        low, high = self._range.minimum, self._range.maximum
        unit = f" {self._unit}" if self._unit else ""
        if low == float("-inf") and high == float("inf"):
            return "any whole number" if self._range.integer else "any number"
        if high == float("inf"):
            return f"at least {format_number(low)}{unit}"
        if low == float("-inf"):
            return f"at most {format_number(high)}{unit}"
        return f"{self._limit(low)} to {self._limit(high)}{unit}"

    def _limit(self, value: float) -> str:
        """A limit in words, whole numbers written out."""
        whole = self._range.integer and abs(value) < _WRITTEN_OUT
        return f"{value:,.0f}".replace("-", "−") if whole else format_number(value)

    def type_text(self, text: str) -> None:
        """Act as typing ``text`` and Return would."""
        self.setText(text)
        self.setModified(True)
        self._commit()

    def sizeHint(self) -> QSize:
        """Room for the longest value and its unit in the actual font."""
        shown = [self._default, self._range.minimum, self._range.maximum, self._value]
        texts = [format_number(v) for v in shown if abs(v) < float("inf")]
        number = max(text_width(text, 12, 500) for text in texts)
        width = number + self._unit_room() + theme.px(2 * _PAD)
        return QSize(max(width, theme.px(56)), theme.px(24))

    def minimumSizeHint(self) -> QSize:
        """A value is never cut."""
        return self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows step, Shift ten times as far; Escape takes back."""
        count = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()))
        if count is not None:
            shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self._accept(self._range.step(self._value, count * 10 if shift else count))
        elif event.key() == Qt.Key.Key_Escape and (self.isModified() or self._error):
            self._show_value()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The next typed figure replaces the number."""
        super().focusInEvent(event)
        self.selectAll()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Field and outline, then Qt's text and cursor, then the unit."""
        c, rect, enabled = theme.c, self.rect().toRectF(), self.isEnabled()
        outline = mix(c.bg3, c.strong, self._state.hover)
        with painting(self) as painter:
            box(
                painter,
                rect,
                5,
                c.bg3 if enabled else c.bg2,
                outline if enabled else None,
            )
            if self._error:
                box(painter, rect, 5, c.warn_bg, c.warn, width=1.5)
            elif self.hasFocus() or self._state.ring:
                ring(painter, rect, 5)
        super().paintEvent(event)
        if self._unit:
            with painting(self) as painter:
                line = rect.adjusted(0, 0, -theme.px(_PAD), 0)
                ink = c.text3 if enabled else c.text4
                draw_text(painter, line, self.unit, ink, 11, align=RIGHT)

    def _unit_room(self) -> int:
        return text_width(self._unit, 11) + theme.px(4) if self._unit else 0

    def _show_value(self) -> None:
        self.setText(format_number(self._value, 6))
        self.setModified(False)
        self.setCursorPosition(0)
        if self.hasFocus():
            self.selectAll()
        self.set_error("")

    def _commit(self) -> None:
        if not self.isModified():
            return
        try:
            value = parse_number(self.text())
        except ValueError:
            self.set_error(self.allowed())
            return
        whole = not self._range.integer or value == round(value)
        if value not in self._range or not whole:
            prefix = "" if whole else "whole numbers, "
            self.set_error(prefix + self.allowed())
            return
        self._accept(value)

    def _accept(self, value: float) -> None:
        changed = value != self._value
        self._value = value
        self._show_value()
        if changed:
            self.edited.emit(value)

    def _restyle(self) -> None:
        c, role = theme.c, QPalette.ColorRole
        palette = theme.palette()
        palette.setColor(role.Base, Qt.GlobalColor.transparent)
        palette.setColor(role.Text, c.warn if self._error else c.text1)
        palette.setColor(QPalette.ColorGroup.Disabled, role.Text, c.text4)
        palette.setColor(
            QPalette.ColorGroup.Disabled, role.Base, Qt.GlobalColor.transparent
        )
        self.setPalette(palette)
        self.setFont(theme.font(12, 500))
        pad = theme.px(_PAD)
        self.setTextMargins(pad - 2, 0, pad - 2 + self._unit_room(), 0)
        self.setFixedHeight(theme.px(24))
