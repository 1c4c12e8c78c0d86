"""How many samples to save."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.theme import theme
from app.widgets.button import Button
from app.widgets.label import Label
from app.widgets.value_box import ValueBox
from app.widgets.value_range import ValueRange

_RANGE = ValueRange(1, 1_000_000, log=True, integer=True)
_CHOICES = (1000, 10_000, 100_000)


class SamplesSheet(QDialog):
    """A number of points, typed or chosen; ``accepted_points`` carries it."""

    accepted_points = Signal(int)

    def __init__(self, points: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.box = ValueBox(_RANGE, points, "points", "Samples")
        self.usual = [Button(f"{n:,}", kind="quiet") for n in _CHOICES]
        self.save = Button("Choose a file…", kind="primary")
        self.cancel = Button("Cancel", kind="quiet")
        self._wrong = Label("", colour="warning", wraps=True)
        self.setWindowTitle("Save samples")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._arrange()
        for button, number in zip(self.usual, _CHOICES, strict=True):
            button.clicked.connect(lambda _=False, n=number: self.box.set_value(n))
        self.box.error_changed.connect(self._on_error)
        self.save.clicked.connect(self._on_save)
        self.cancel.clicked.connect(self.reject)

    def _arrange(self) -> None:
        px = theme.px
        column = QVBoxLayout(self)
        column.setContentsMargins(px(16), px(12), px(16), px(12))
        column.setSpacing(px(8))
        column.addWidget(Label("Save samples", colour="text1", size=15, weight=600))
        column.addWidget(
            Label(
                "Points of the model at the step on show, as CSV in data units.",
                wraps=True,
            )
        )
        row = QHBoxLayout()
        row.addWidget(Label("Samples"))
        row.addWidget(self.box)
        for button in self.usual:
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(self._wrong)
        self._wrong.hide()
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.save)
        column.addLayout(buttons)
        self.setMinimumWidth(px(420))

    def _on_error(self, text: str) -> None:
        self._wrong.setText(text)
        self._wrong.setVisible(bool(text))
        self.save.setEnabled(not text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return goes on, once the value that was typed is taken."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.save.isEnabled():
                self._on_save()
        else:
            super().keyPressEvent(event)

    def _on_save(self) -> None:
        self.accepted_points.emit(int(self.box.value()))
        self.accept()
