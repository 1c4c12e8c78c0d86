"""Settings of the view in a plot: a small form that pops up under its button."""

from collections.abc import Mapping, Set
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.session_config import defaults
from app.theme import theme
from app.widgets.button import Button
from app.widgets.form import Form
from app.widgets.label import Label
from app.widgets.paint import box, painting

_WIDE = 300  # px


def tunable(schema: Mapping[str, Any], own: Set[str]) -> dict[str, Any]:
    """A view's settings without those that its plot has controls of its own for."""
    fields: Mapping[str, Mapping[str, Any]] = schema.get("properties", {})
    kept = {n: {**f, "group": ""} for n, f in fields.items() if n not in own}
    return {**schema, "properties": kept}


class ViewSheet(QFrame):
    """Each change is told at once; a click elsewhere closes the sheet.

    ``edited`` carries settings by name: one that was moved, or all defaults.
    """

    edited = Signal(dict)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._defaults: dict[str, Any] = {}
        self.title = Label(colour="text1", size=13, weight=600)
        self.form = Form()
        self.back = Button("Defaults", "arrow-counter-clockwise", kind="quiet")
        head = QHBoxLayout()
        head.addWidget(self.title)
        head.addStretch(1)
        head.addWidget(self.back)
        self._column = QVBoxLayout(self)
        self._column.addLayout(head)
        self._column.addWidget(self.form)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.form.edited.connect(lambda name, value: self.edited.emit({name: value}))
        self.back.clicked.connect(self._on_back)

    def open_at(
        self,
        corner: QPoint,
        title: str,
        schema: Mapping[str, Any],
        values: Mapping[str, Any],
    ) -> None:
        """Show the form with its upper right corner at a place of the screen."""
        px = theme.px
        self.title.setText(title)
        self.setAccessibleName(f"Settings of {title}")
        self.form.set_schema(schema)
        self._defaults = defaults(dict(schema))
        self.form.set_values(self._defaults | dict(values))
        self._column.setContentsMargins(px(12), px(6), px(10), px(10))
        self.setFixedWidth(px(_WIDE))
        self.adjustSize()
        self.move(corner - QPoint(self.width(), 0))
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A raised field with a hairline."""
        with painting(self) as painter:
            painter.fillRect(self.rect(), theme.c.bg2)
            box(painter, self.rect().toRectF(), 0, outline=theme.c.edge)

    def _on_back(self) -> None:
        self.form.set_values(self._defaults)
        self.edited.emit(dict(self._defaults))
