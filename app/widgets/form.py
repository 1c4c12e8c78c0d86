"""A form drawn from the JSON schema of a settings class, whatever it means."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.theme import theme
from app.widgets.button import Button
from app.widgets.form_row import ChoiceRow, NumberRow, make_row
from app.widgets.label import Label
from app.widgets.numbers import format_number
from app.widgets.row import Row
from app.widgets.section import Section
from app.widgets.state import State

_LABEL_LIMIT = 84  # px; a longer title is set smaller, its tooltip is whole
_BOX_LIMIT = 104


class Form(QWidget):
    """Rows for the fields of a schema, under headings of their groups.

    ``edited`` carries the name and the new value of a field, for the user's hand
    only; :meth:`set_values` is silent. A row whose ``shown_if`` is not met is greyed
    out, and its tooltip says why; or it is folded away. So is one that is ``idle``.

    Args:
        folds: Whether rows without an effect are not shown at all.

    Attributes:
        fields: The row of each field.
    """

    edited = Signal(str, object)
    restart_requested = Signal()
    aligned = Signal()  # its rows have found their widths

    def __init__(self, parent: QWidget | None = None, folds: bool = False) -> None:
        super().__init__(parent)
        self.fields: dict[str, Row] = {}
        self._folds = folds
        self._label_limit = _LABEL_LIMIT
        self._sections: list[Section] = []
        self._waiting = Label(colour="warn")
        self._restart = Button("Restart")
        self._pending_line = QWidget()
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        self._pending_row = QHBoxLayout(self._pending_line)
        self._pending_row.setContentsMargins(0, 0, 0, 0)
        self._pending_row.addWidget(self._waiting, 1)
        self._pending_row.addWidget(self._restart)
        self._pending_line.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._rows)
        column.addWidget(self._pending_line)
        self._restart.clicked.connect(self.restart_requested)
        self._state = State(self, self._restyle)

    def set_schema(
        self, schema: Mapping[str, Any], groups: Sequence[str] | None = None
    ) -> None:
        """Draw other rows, with the defaults in them.

        Args:
            schema: JSON schema of a settings class.
            groups: Only fields of these groups, in this order; all if None. One group
                alone has no heading.
        """
        self._clear()
        properties: Mapping[str, Mapping[str, Any]] = schema.get("properties", {})
        found = {str(p.get("group", "")): None for p in properties.values()}
        shown = list(found) if groups is None else [g for g in groups if g in found]
        for group in shown:
            if len(shown) > 1 and group:
                section = Section(group)
                self._sections.append(section)
                self._rows.addWidget(section)
            for name, field in properties.items():
                if str(field.get("group", "")) == group:
                    self._add(name, field)
        self._align()
        self._check_shown_if()

    def values(self) -> dict[str, Any]:
        """Value of each field."""
        return {name: row.value() for name, row in self.fields.items()}

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Show values silently; names that the form does not have are left out."""
        for name, value in values.items():
            if name in self.fields:
                self.fields[name].set_value(value)
        self._check_shown_if()

    def set_pending(self, names: Iterable[str]) -> None:
        """Mark the fields whose change waits for a restart."""
        pending = set(names) & set(self.fields)
        for name, row in self.fields.items():
            row.mark.set_pending(name in pending)
        count = len(pending)
        verb = "changes wait" if count > 1 else "change waits"
        self._waiting.setText(f"{count} {verb} for a restart")
        self._pending_line.setVisible(count > 0)

    def set_label_limit(self, width: int) -> None:
        """Labels take at most this width, in px of the normal text size."""
        self._label_limit = width
        self._align()

    def set_error(self, name: str, text: str) -> None:
        """Mark a field and say below it what is wrong; empty takes it back."""
        self.fields[name].set_error(text)

    def _clear(self) -> None:
        for widget in (*self.fields.values(), *self._sections):
            self._rows.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self.fields = {}
        self._sections = []
        self._pending_line.hide()

    def _add(self, name: str, field: Mapping[str, Any]) -> None:
        row = make_row(name, field)
        self.fields[name] = row
        self._rows.addWidget(row)
        row.edited.connect(lambda value: self._on_edited(name, value))

    def _on_edited(self, name: str, value: object) -> None:
        self._check_shown_if()
        self.edited.emit(name, value)

    def _check_shown_if(self) -> None:
        for row in self.fields.values():
            idle = row.schema.get("idle", "")
            reason = idle or self._reason(row.schema.get("shown_if") or {})
            row.set_reason(reason)
            row.setHidden(self._folds and bool(reason))

    def _reason(self, conditions: Mapping[str, Sequence[Any]]) -> str:
        for name, wanted in conditions.items():
            other = self.fields.get(name)
            if other is not None and other.value() not in wanted:
                words = _all_in_words(other, wanted)
                return f"Has an effect only if {other.title} is {words}."
        return ""

    def natural_widths(self) -> tuple[int, int]:
        """Widths of labels and of boxes that its own rows ask for, px."""
        rows = self.fields.values()
        widths = [row.label.natural_width() + 2 for row in rows]
        boxes = [r.box.sizeHint().width() for r in rows if isinstance(r, NumberRow)]
        return (
            min(max(widths, default=0), theme.px(self._label_limit)),
            min(max(boxes, default=0), theme.px(_BOX_LIMIT)),
        )

    def set_widths(self, labels: int, boxes: int) -> None:
        """Give all labels and all boxes these widths, px."""
        for row in self.fields.values():
            row.set_label_width(labels)
            row.set_box_width(boxes)

    def _align(self) -> None:
        self.set_widths(*self.natural_widths())
        self.aligned.emit()

    def _restyle(self) -> None:
        self._pending_row.setSpacing(theme.px(8))
        self._align()


def _all_in_words(row: Row, values: Sequence[Any]) -> str:
    """Values as "a or b"; a long row of whole numbers as "1 to 16"."""
    whole = len(values) > 3 and all(type(value) is int for value in values)
    if whole and set(values) == set(range(min(values), max(values) + 1)):
        return f"{min(values)} to {max(values)}"
    return " or ".join(_in_words(row, value) for value in values)


def _in_words(row: Row, value: Any) -> str:
    if isinstance(row, ChoiceRow):
        return row.options.get(value, str(value))
    if isinstance(value, bool):
        return "on" if value else "off"
    return format_number(value) if isinstance(value, int | float) else str(value)
