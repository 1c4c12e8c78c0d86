"""A figure at any size: width, height, format and sharpness."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.theme import theme
from app.widgets.button import Button
from app.widgets.choice import Choice
from app.widgets.label import Label
from app.widgets.value_box import ValueBox
from app.widgets.value_range import ValueRange

_MM_PER_PX = 25.4 / 96
_PX = ValueRange(160, 4000, integer=True)
_MM = ValueRange(43, 1058)
#: More pixels than this would take more memory than a picture is worth.
_MOST_PIXELS = 60_000_000
_FORMATS = {"png": "PNG, pixels", "svg": "SVG, a drawing", "pdf": "PDF, a document"}
_SCALES: dict[object, str] = {1: "once", 2: "twice", 3: "three times", 4: "four times"}
_UNITS = {"px": "px", "mm": "mm"}


@dataclass(frozen=True)
class FigureSize:
    """Size of a figure in pixels of the screen, and how it is written.

    ``unit`` is what the person reads it in; 96 pixels are 25.4 mm.
    """

    width: float = 800
    height: float = 600
    unit: str = "px"
    kind: str = "png"
    scale: int = 2

    @classmethod
    def recalled(cls, kept: dict[str, Any]) -> "FigureSize":
        """What was remembered, as far as it makes sense."""
        good: dict[str, Any] = {}
        for name, allowed in (("unit", _UNITS), ("kind", _FORMATS), ("scale", _SCALES)):
            if kept.get(name) in list(allowed):
                good[name] = kept[name]
        for name in ("width", "height"):
            value = kept.get(name)
            if isinstance(value, int | float) and value in _PX:
                good[name] = value
        return cls(**good)

    def kept(self) -> dict[str, Any]:
        """To be remembered."""
        return asdict(self)

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height in whole pixels of the screen."""
        return round(self.width), round(self.height)

    @property
    def trouble(self) -> str:
        """Why it cannot be drawn; empty if it can."""
        wide, high = self.pixels
        if self.kind == "png" and wide * high * self.scale**2 > _MOST_PIXELS:
            return "That is more than 60 million pixels: choose less, or SVG or PDF."
        return ""

    @property
    def words(self) -> str:
        """What comes out, in words."""
        wide, high = self.pixels
        if self.kind == "png":
            return f"{wide * self.scale:,} × {high * self.scale:,} pixels"
        return f"{wide * _MM_PER_PX:.0f} × {high * _MM_PER_PX:.0f} mm, at any sharpness"


class FigureSheet(QDialog):
    """Asks for a size; ``accepted_size`` carries it."""

    accepted_size = Signal(object)

    def __init__(
        self, title: str, size: FigureSize, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.size_now = size
        self.unit = Choice(_UNITS, "Unit")
        self.kind = Choice(_FORMATS, "Format")
        self.scale = Choice(_SCALES, "Sharpness")
        self.boxes = {
            name: {
                "px": ValueBox(_PX, getattr(size, name), "px", name.capitalize()),
                "mm": ValueBox(_MM, 0.0, "mm", name.capitalize()),
            }
            for name in ("width", "height")
        }
        self.save = Button("Choose a file…", kind="primary")
        self.cancel = Button("Cancel", kind="quiet")
        self.words = Label("", wraps=True)
        self.setWindowTitle("Save figure")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._arrange(title)
        self._connect()
        self._show()

    def _arrange(self, title: str) -> None:
        px = theme.px
        column = QVBoxLayout(self)
        column.setContentsMargins(px(16), px(12), px(16), px(12))
        column.setSpacing(px(10))
        column.addWidget(Label(title, colour="text1", size=15, weight=600))
        grid = QGridLayout()
        grid.setVerticalSpacing(px(8))
        grid.setHorizontalSpacing(px(10))
        for row, (name, boxes) in enumerate(self.boxes.items()):
            grid.addWidget(Label(name.capitalize()), row, 0)
            for box in boxes.values():
                grid.addWidget(box, row, 1)
        grid.addWidget(self.unit, 0, 2)
        for row, (title, choice) in enumerate(
            (("Format", self.kind), ("Sharpness", self.scale)), start=2
        ):
            grid.addWidget(Label(title), row, 0)
            grid.addWidget(choice, row, 1, 1, 2)
        grid.setColumnStretch(2, 1)
        column.addLayout(grid)
        column.addWidget(self.words)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.save)
        column.addLayout(buttons)
        self.setMinimumWidth(px(360))

    def _connect(self) -> None:
        for name, boxes in self.boxes.items():
            for unit, box in boxes.items():
                factor = 1 if unit == "px" else 1 / _MM_PER_PX
                box.edited.connect(
                    lambda value, n=name, f=factor: self._change(**{n: value * f})
                )
                box.error_changed.connect(self._on_error)
        self.unit.chosen.connect(lambda unit: self._change(unit=unit))
        self.kind.chosen.connect(lambda kind: self._change(kind=kind))
        self.scale.chosen.connect(lambda scale: self._change(scale=scale))
        self.save.clicked.connect(self._on_save)
        self.cancel.clicked.connect(self.reject)

    def _change(self, **values: Any) -> None:
        self.size_now = replace(self.size_now, **values)
        self._show()

    def _show(self) -> None:
        size = self.size_now
        self.unit.set_value(size.unit)
        self.kind.set_value(size.kind)
        self.scale.set_value(size.scale)
        self.scale.setEnabled(size.kind == "png")
        for name, boxes in self.boxes.items():
            value = getattr(size, name)
            boxes["px"].set_value(round(value))
            boxes["mm"].set_value(round(value * _MM_PER_PX, 1))
            for unit, box in boxes.items():
                box.setVisible(unit == size.unit)
        self.words.setText(size.trouble or size.words)
        self.save.setEnabled(not size.trouble)

    def _on_error(self, text: str) -> None:
        if text:
            self.words.setText(text)
            self.save.setEnabled(False)
        else:
            self._show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return goes on, once the value that was typed is taken."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.save.isEnabled():
                self._on_save()
        else:
            super().keyPressEvent(event)

    def _on_save(self) -> None:
        self.accepted_size.emit(self.size_now)
        self.accept()
