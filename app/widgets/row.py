"""The base of all rows of a form: label, room for controls, mark, note below."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.theme import theme
from app.widgets.label import FittedLabel, Label
from app.widgets.mark import Mark
from app.widgets.state import State
from app.widgets.tooltip import Tip, set_tip


class RowLabel(FittedLabel):
    """Name of a row, small if long; a double click restores the row's default."""

    double_clicked = Signal()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Tell it."""
        self.double_clicked.emit()


class Row(QWidget):
    """One setting. ``edited`` carries the new value, for the user's hand only.

    Args:
        name: Name of the field.
        schema: Its JSON schema, as :func:`engine.settings.knob` writes it.
    """

    edited = Signal(object)

    def __init__(self, name: str, schema: Mapping[str, Any]) -> None:
        super().__init__()
        self.name = name
        self.title: str = schema.get("title", name)
        self.schema = schema
        self.default: Any = schema.get("default")
        self.label = RowLabel(self.title)
        self.mark = Mark(schema.get("apply", "restart"))
        self.note = Label(colour="warn", size=11)
        self.note.hide()
        self.line = QHBoxLayout()
        self.line.addWidget(self.label)
        self._column = QVBoxLayout(self)
        self._column.setSpacing(0)
        self._column.addLayout(self.line)
        self._column.addWidget(self.note)
        self.label.double_clicked.connect(self._restore)
        self._reason: str | None = None
        self._state = State(self, self._restyle)

    def value(self) -> Any:
        """The value shown."""
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        """Show a value silently."""
        raise NotImplementedError

    def user_set(self, value: Any) -> None:
        """Act as the user's hand would."""
        raise NotImplementedError

    def range_text(self) -> str:
        """Limits and usual value in words."""
        return ""

    def set_error(self, text: str) -> None:
        """Say below the row what is wrong; an empty text takes it back."""
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def set_label_width(self, width: int) -> None:
        """Align the labels of a form."""
        self.label.setFixedWidth(width)

    def set_box_width(self, width: int) -> None:
        """Align the value boxes of a form; a row without one ignores it."""

    def set_reason(self, reason: str) -> None:
        """Grey the row out because of ``reason``; an empty one enables it."""
        if reason == self._reason:
            return
        self._reason = reason
        for child in (self.label, self.mark, *self.controls()):
            child.setEnabled(not reason)
        tip = Tip(
            title=self.title,
            sentence=self.schema.get("description", ""),
            symbol=self.schema.get("symbol", ""),
            formula=self.schema.get("formula", ""),
            range_text=self.range_text(),
            apply=self.schema.get("apply", "restart"),
            reason=reason,
        )
        set_tip(self, tip)
        for child in self.controls():
            child.setAccessibleDescription(f"{tip.sentence} {reason}".strip())

    def controls(self) -> tuple[QWidget, ...]:
        """What the hand can change."""
        return ()

    def add_beside(self, widget: QWidget) -> None:
        """Put a widget before the last control, in the row's free room."""
        self.line.insertWidget(self.line.count() - 2, widget)

    def _finish(self) -> None:
        self.line.addWidget(self.mark)
        if not self.schema.get("apply", "restart"):
            self.mark.hide()  # it says what is done next, and does nothing by itself
        self.set_reason("")

    def _restore(self) -> None:
        if self.label.isEnabled():
            self.user_set(self.default)

    def _restyle(self) -> None:
        self._column.setContentsMargins(0, 0, 0, 0)
        self.line.setContentsMargins(0, theme.px(2), 0, theme.px(2))
        self.line.setSpacing(theme.px(6))
