"""The kinds of rows in a form: a number, a choice, on or off."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QWidget

from app.widgets.choice import Choice
from app.widgets.numbers import format_number
from app.widgets.row import Row
from app.widgets.slider import Slider
from app.widgets.toggle import Toggle
from app.widgets.value_box import ValueBox
from app.widgets.value_range import ValueRange

_INFINITY = float("inf")


class NumberRow(Row):
    """A whole or real number: slider where both limits are known, and a box."""

    def __init__(self, name: str, schema: Mapping[str, Any]) -> None:
        super().__init__(name, schema)
        self.is_integer = schema["type"] == "integer"
        low = schema.get("minimum", -_INFINITY)
        high = schema.get("maximum", _INFINITY)
        is_log = schema.get("scale", "linear") == "log"
        self.range = ValueRange(float(low), float(high), is_log, self.is_integer)
        self.slider: Slider | None = None
        default = float(self.default)
        self.box = ValueBox(self.range, default, schema.get("unit", ""), self.title)
        hand = schema.get("slider") or (low, high)  # the box may allow more
        track = ValueRange(float(hand[0]), float(hand[1]), is_log, self.is_integer)
        if track.maximum - track.minimum < _INFINITY:
            self.slider = Slider(track, default, self.title)
            self.slider.edited.connect(self._on_slider)
            self.line.addWidget(self.slider, 1)
        else:
            self.line.addStretch(1)
        self.line.addWidget(self.box)
        self.box.edited.connect(self._on_box)
        self.box.error_changed.connect(self._on_error)
        self._finish()

    def controls(self) -> tuple[QWidget, ...]:
        """Slider and box."""
        return tuple(w for w in (self.slider, self.box) if w is not None)

    def value(self) -> int | float:
        """An int for a whole number, else a float."""
        value = self.box.value()
        return round(value) if self.is_integer else value

    def set_value(self, value: Any) -> None:
        """Show a number silently."""
        self.box.set_value(float(value))
        if self.slider is not None:
            self.slider.set_number(float(value))

    def user_set(self, value: Any) -> None:
        """Act as typing the number and Return would."""
        self.box.type_text(repr(value))

    def range_text(self) -> str:
        """Limits and usual value, e.g. ``0 to 20, usual 1``."""
        return f"{self.box.allowed()}, usual {format_number(float(self.default))}"

    def set_error(self, text: str) -> None:
        """Mark box and slider, and say below what is wrong."""
        self.box.set_error(text)

    def set_box_width(self, width: int) -> None:
        """Align the value boxes of a form."""
        self.box.setFixedWidth(width)

    def _on_slider(self, value: float) -> None:
        self.box.setModified(False)
        self.box.set_value(value)
        self.edited.emit(self.value())

    def _on_box(self, value: float) -> None:
        if self.slider is not None:
            self.slider.set_number(value)
        self.edited.emit(self.value())

    def _on_error(self, text: str) -> None:
        super().set_error(text)
        if self.slider is not None:
            self.slider.set_error(bool(text))


class ChoiceRow(Row):
    """One of several named values."""

    def __init__(self, name: str, schema: Mapping[str, Any]) -> None:
        super().__init__(name, schema)
        # pydantic writes a Literal of one value as "const"
        keys = schema.get("enum", [schema.get("const")])
        labels = schema.get("choices") or {}
        self.options: dict[object, str] = {
            key: labels.get(str(key), str(key).replace("_", " ")) for key in keys
        }
        self.choice = Choice(self.options, self.title)
        self.choice.setMinimumWidth(0)
        self.line.addWidget(self.choice, 1)
        self.set_value(self.default)
        self.choice.chosen.connect(self._on_chosen)
        self._finish()

    def controls(self) -> tuple[QWidget, ...]:
        """The drop-down list."""
        return (self.choice,)

    def value(self) -> object:
        """Key of the chosen value."""
        return self.choice.value()

    def set_value(self, value: Any) -> None:
        """Choose silently."""
        self._last = value
        self.choice.set_value(value)

    def user_set(self, value: Any) -> None:
        """Act as choosing from the list would."""
        self.choice.user_choose(value)

    def _on_chosen(self, value: object) -> None:
        if value != self._last:
            self._last = value
            self.edited.emit(value)


class ToggleRow(Row):
    """On or off."""

    def __init__(self, name: str, schema: Mapping[str, Any]) -> None:
        super().__init__(name, schema)
        self.toggle = Toggle(self.title)
        self.line.addStretch(1)
        self.line.addWidget(self.toggle)
        self.set_value(self.default)
        self.toggle.edited.connect(lambda on: self.edited.emit(on))
        self._finish()

    def controls(self) -> tuple[QWidget, ...]:
        """The toggle."""
        return (self.toggle,)

    def value(self) -> bool:
        """Whether it is on."""
        return self.toggle.value()

    def set_value(self, value: Any) -> None:
        """Switch silently."""
        self.toggle.set_value(bool(value))

    def user_set(self, value: Any) -> None:
        """Act as a click would, if it changes something."""
        if bool(value) != self.toggle.value():
            self.toggle.click()


def make_row(name: str, schema: Mapping[str, Any]) -> Row:
    """The row that fits a field's schema.

    Raises:
        ValueError: If a form cannot show this kind of field.
    """
    if "enum" in schema or "const" in schema:
        return ChoiceRow(name, schema)
    kind = schema.get("type")
    if kind in ("integer", "number"):
        return NumberRow(name, schema)
    if kind == "boolean":
        return ToggleRow(name, schema)
    raise ValueError(f"A form cannot show the field {name!r} of type {kind!r}.")
