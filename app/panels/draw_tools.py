"""What stands beside the canvas: brush, classes, and all that adds or changes."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.panels.frame import Rule, SidePanel
from app.widgets.button import Button
from app.widgets.choice import Choice
from app.widgets.class_palette import ClassPalette
from app.widgets.form import Form
from app.widgets.label import Label
from app.widgets.section import Section
from app.widgets.switch import Switch
from app.widgets.toggle import Toggle


def _number(
    title: str, words: str, default: float, low: float, high: float, **more: Any
) -> dict[str, Any]:
    kind = "integer" if isinstance(default, int) else "number"
    limits = {"minimum": low, "maximum": high, "apply": ""}  # for what is done next
    return {"type": kind, "title": title, "description": words, "default": default} | (
        limits | more
    )


BRUSH: dict[str, Any] = {
    "properties": {
        "radius": _number(
            "Radius",
            "Radius of brush and eraser, in percent of the canvas ([ and ], or wheel).",
            *(4.0, 0.5, 25.0),
            unit="%",
            scale="log",
        ),
        "density": _number(
            "Density",
            "Points that one dab of the brush leaves; a longer stroke leaves more.",
            *(60, 2, 1000),
            unit="points",
            scale="log",
        ),
    }
}
CHANGES: dict[str, Any] = {
    "properties": {
        "rotate": _number(
            "Rotate",
            "Angle about the middle of the canvas; positive is anticlockwise.",
            *(30.0, -180.0, 180.0),
            unit="°",
        ),
        "scale": _number(
            "Scale",
            "Factor about the middle of the canvas; below 1 draws points together.",
            *(0.8, 0.1, 5.0),
            scale="log",
        ),
        "noise": _number(
            "Noise",
            "Standard deviation of what is added to each coordinate, in percent of "
            "the canvas.",
            *(1.0, 0.1, 20.0),
            unit="%",
            scale="log",
        ),
    }
}
_CHANGE_WORDS = {"rotate": "Rotate", "scale": "Scale", "noise": "Add noise"}


class DrawTools(SidePanel):
    """Controls of the canvas; it does nothing itself.

    ``acted`` names what a button asks for: undo, redo, clear, paste, table, picture,
    layer, rotate, scale, noise, load, save, done.
    """

    tool_changed = Signal()
    acted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("right", (316, 292), "Drawing tools")
        self.setParent(parent)
        self.head = Section("Draw data")
        self.done = Button("Done", kind="quiet")
        self.tool = Switch({"brush": "Brush", "erase": "Eraser"}, "Tool")
        self.brush = Form()
        self.palette_row = ClassPalette()
        self.steps = {
            "undo": Button("Undo", "arrow-u-up-left"),
            "redo": Button("Redo", "arrow-u-up-right"),
            "clear": Button("Clear", "trash"),
        }
        self.sources = {
            "paste": Button("Paste points", "clipboard-text"),
            "table": Button("Open CSV…", "folder-open"),
            "picture": Button("Open picture…", "image"),
        }
        self.invert = Toggle("Light parts are dense")
        self.layer = Choice({}, "Data set to add")
        self.add_layer = Button("Add", "plus")
        self.changes = Form()
        self.change = {name: Button(word) for name, word in _CHANGE_WORDS.items()}
        self.files = {"load": Button("Open drawing…"), "save": Button("Save drawing…")}
        self._arrange()
        self._connect()

    @property
    def radius(self) -> float:
        """Radius of the tool as a share of the canvas."""
        return float(self.brush.values()["radius"]) / 100

    @property
    def density(self) -> int:
        """Points of one dab."""
        return int(self.brush.values()["density"])

    def set_radius(self, percent: float) -> None:
        """Another radius, as if typed; held to what is allowed."""
        field = BRUSH["properties"]["radius"]
        held = min(max(percent, field["minimum"]), field["maximum"])
        self.brush.set_values({"radius": float(f"{held:.3g}")})
        self.tool_changed.emit()

    def _arrange(self) -> None:
        self.brush.set_schema(BRUSH)
        self.changes.set_schema(CHANGES)
        self.head.add_hint_widget(self.done)
        self.sources["paste"].setToolTip(
            "Points of the clipboard: x and y, one point a line (Ctrl+V)"
        )
        self.sources["table"].setToolTip("Points of a table; it may be dropped here")
        self.sources["picture"].setToolTip(
            "A picture whose dark parts become dense; it may be dropped here"
        )
        self.invert.setToolTip("Of pictures: light parts become dense, not dark ones")
        self._column((self.head, self.tool, self.brush, self.palette_row))
        self._line(list(self.steps.values()))
        self._column((Rule(), Section("Add")))
        self._line([self.sources["paste"], self.sources["table"]])
        self._line([self.sources["picture"]])
        self._line([Label("Light parts are dense"), self.invert], last_is_small=True)
        self._line([self.layer, self.add_layer], last_is_small=True)
        self._column((Rule(), Section("Change all points"), self.changes))
        self._line(list(self.change.values()))
        self._column((Rule(),))
        self._line(list(self.files.values()))
        self.column.addStretch(1)

    def _column(self, widgets: tuple[QWidget, ...]) -> None:
        for widget in widgets:
            self.column.addWidget(widget)

    def _line(self, widgets: list[QWidget], last_is_small: bool = False) -> None:
        line = QHBoxLayout()
        line.setSpacing(6)
        for widget in widgets:
            line.addWidget(widget, 0 if last_is_small and widget is widgets[-1] else 1)
        holder = QVBoxLayout()
        holder.setContentsMargins(0, 2, 0, 2)
        holder.addLayout(line)
        self.column.addLayout(holder)

    def _connect(self) -> None:
        self.tool.chosen.connect(lambda _: self.tool_changed.emit())
        self.brush.edited.connect(lambda *_: self.tool_changed.emit())
        self.palette_row.chosen.connect(lambda _: self.tool_changed.emit())
        self.done.clicked.connect(lambda: self.acted.emit("done"))
        self.add_layer.clicked.connect(lambda: self.acted.emit("layer"))
        for group in (self.steps, self.sources, self.change, self.files):
            for name, button in group.items():
                button.clicked.connect(lambda _=False, n=name: self.acted.emit(n))
