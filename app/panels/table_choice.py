"""A table of one's own: what was found in the file, and which columns to learn from."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.theme import theme
from app.widgets.button import Button
from app.widgets.choice import Choice
from app.widgets.label import Label

TABLE = "csv"  # the catalogue's data set that reads files
_COLUMN = "_column"
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", " ": "space", "|": "bar"}
_ENCODINGS = {"utf-8-sig": "UTF-8", "cp1252": "Windows-1252", "latin-1": "Latin-1"}


def form_schema(schema: Mapping[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    """A data set's schema with the free text taken out.

    A form cannot ask for a drawing, a file or the name of a column: fields that end
    in ``_column`` become a choice among ``columns``, other text goes. Headings and
    units go too: the panel is narrow, and its titles and tooltips say the same.
    """
    fields: dict[str, Any] = {}
    for name, field in schema.get("properties", {}).items():
        if field.get("type") == "array":
            continue  # a drawing is no row of a form
        if field.get("type") != "string" or "enum" in field or "const" in field:
            fields[name] = {**field, "group": "", "unit": ""}
        elif name.endswith(_COLUMN) and columns:
            default = "none" if name.startswith("label") else "automatic"
            choices = {"": default} | {c: c for c in columns}
            extra = {"enum": ["", *columns], "choices": choices, "group": ""}
            fields[name] = field | extra
    return {**schema, "properties": fields}


def split_schema(
    schema: Mapping[str, Any], kind: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema without the fields of one type, and the schema of those alone."""
    fields = schema.get("properties", {}).items()
    first = {name: field for name, field in fields if field.get("type") != kind}
    rest = {name: field for name, field in fields if field.get("type") == kind}
    return {**schema, "properties": first}, {**schema, "properties": rest}


def dialect_words(result: Mapping[str, Any]) -> str:
    """What was detected in a file, in one sentence."""
    delimiter = str(result.get("delimiter", ","))
    named = _DELIMITERS.get(delimiter, f"{delimiter!r}")
    decimal = "decimal comma" if result.get("decimal") == "," else "decimal point"
    rows = int(result.get("rows", 0))
    text = f"{rows:,} rows; columns split by {named}, {decimal}"
    encoding = str(result.get("encoding") or "")
    name = _ENCODINGS.get(encoding, encoding.upper())
    return f"{text}, {name}." if encoding else f"{text}."


class TableSheet(QDialog):
    """Choose two numeric columns, and one that colours the points.

    ``accepted_columns`` carries the path and the data settings.
    """

    accepted_columns = Signal(str, dict)

    def __init__(
        self, path: str, result: Mapping[str, Any], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.path = path
        numeric = [str(c) for c in result.get("numeric", [])]
        columns = [str(c) for c in result.get("columns", numeric)]
        axes = {name: name for name in numeric}
        self.across = Choice(axes, "Horizontal axis")
        self.up = Choice(axes, "Vertical axis")
        self.colour_by = Choice({"": "none"} | {c: c for c in columns}, "Colour by")
        self.learn = Button("Learn from this table", kind="primary")
        self.cancel = Button("Cancel", kind="quiet")
        if len(numeric) > 1:
            self.up.set_value(numeric[1])
        self._arrange(path, result)
        self.setWindowTitle("Open a table")
        self.setModal(False)
        self.learn.clicked.connect(self._on_learn)
        self.cancel.clicked.connect(self.reject)

    def settings(self) -> dict[str, Any]:
        """Data settings of the choice."""
        return {
            "file": self.path,
            "x_column": self.across.value(),
            "y_column": self.up.value(),
            "label_column": self.colour_by.value(),
        }

    def _arrange(self, path: str, result: Mapping[str, Any]) -> None:
        px = theme.px
        column = QVBoxLayout(self)
        column.setContentsMargins(px(16), px(12), px(16), px(12))
        column.setSpacing(px(8))
        name = path.replace("\\", "/").rpartition("/")[2]
        column.addWidget(Label(name, colour="text1", size=15, weight=600))
        column.addWidget(Label(dialect_words(result), wraps=True))
        for title, choice in (
            ("Horizontal axis", self.across),
            ("Vertical axis", self.up),
            ("Colour by", self.colour_by),
        ):
            row = QHBoxLayout()
            label = Label(title)
            label.setFixedWidth(px(112))
            row.addWidget(label)
            row.addWidget(choice, 1)
            column.addLayout(row)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.learn)
        column.addLayout(buttons)
        self.setMinimumWidth(px(380))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.learn.setFocus()

    def _on_learn(self) -> None:
        self.accepted_columns.emit(self.path, self.settings())
        self.accept()
