"""A form that shows its first rows, and the rest on demand."""

from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.widgets.button import IconButton
from app.widgets.form import Form
from app.widgets.row import Row
from app.widgets.section import Section

_FEW = 3  # rows always in sight


class FewForm(QWidget):
    """A heading with an arrow over a :class:`Form`.

    The few rows are those that the schema names under ``first``, in that order, or else
    its first ones.

    While folded, a setting that waits for a restart or holds an unusual value is still
    kept: only its row is out of sight.
    """

    edited = Signal(str, object)
    restart_requested = Signal()

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._schema: dict[str, Any] = {}
        self._values: dict[str, Any] = {}
        self._pending: set[str] = set()
        self._is_folded = True
        self.head = Section(title)
        self.arrow = IconButton("caret-down", "All settings", size=24)
        self.form = Form()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)
        self.column.addWidget(self.head)
        self.column.addWidget(self.form)
        self.arrow.clicked.connect(lambda: self.set_folded(not self._is_folded))
        self.form.edited.connect(self._on_edited)
        self.form.restart_requested.connect(self.restart_requested)

    @property
    def fields(self) -> dict[str, Row]:
        """The rows in sight."""
        return self.form.fields

    def set_schema(self, schema: Mapping[str, Any]) -> None:
        """Show other settings, folded as before."""
        self._schema = dict(schema)
        self._values = {}
        self._pending = set()
        count = len(schema.get("properties", {}))
        self.arrow.setVisible(count > _FEW)
        self._draw()

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Show values silently."""
        self._values = dict(values)
        self.form.set_values(values)

    def set_pending(self, names: Iterable[str]) -> None:
        """Mark what waits for a restart; a row out of sight comes into sight."""
        self._pending = set(names)
        if self._is_folded and self._pending - self.fields.keys():
            self.set_folded(False)
        self.form.set_pending(self._pending)

    def set_folded(self, folded: bool) -> None:
        """Show the first rows only, or all of them under their headings."""
        if folded != self._is_folded:
            self._is_folded = folded
            icon = "caret-down" if folded else "caret-up"
            name = "All settings" if folded else "Fewer settings"
            self.arrow.set_icon(icon, name)
            self._draw()

    def _draw(self) -> None:
        fields = self._schema.get("properties", {})
        if self._is_folded:
            named = [n for n in self._schema.get("first", ()) if n in fields]
            few = named or list(fields)[:_FEW]
            fields = {name: {**fields[name], "group": ""} for name in few}
        self.form.set_schema({**self._schema, "properties": fields})
        self.form.set_values(self._values)
        self.form.set_pending(self._pending & self.fields.keys())

    def _on_edited(self, name: str, value: object) -> None:
        self._values[name] = value
        self.edited.emit(name, value)
