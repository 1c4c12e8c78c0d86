"""How fast a run may train: one step a second up to as fast as it can."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.theme import theme
from app.widgets.label import Label
from app.widgets.paint import text_width
from app.widgets.slider import Slider
from app.widgets.state import State
from app.widgets.value_range import ValueRange

FASTEST = 10_000.0  # steps/s; the slider's end means no limit at all


class Speed(QWidget):
    """``edited`` carries steps per second; 0 means no limit."""

    edited = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        limits = ValueRange(1.0, FASTEST, log=True, integer=True)
        self.slider = Slider(limits, FASTEST, "Speed, steps per second")
        self._word = Label("Speed")
        self._value = Label("max", colour="text1", weight=500)
        self._row = QHBoxLayout(self)
        for widget in (self._word, self.slider, self._value):
            self._row.addWidget(widget)
        self.slider.setToolTip("Upper limit of the training speed, steps per second")
        self.slider.edited.connect(self._on_edited)
        self._state = State(self, self._restyle)
        self.set_speed(0)

    def set_narrow(self, narrow: bool) -> None:
        """Leave out the word where the bar is short; slider and value tell enough."""
        self._word.setVisible(not narrow)

    def set_speed(self, steps_per_second: float) -> None:
        """Show a limit silently; 0 for none."""
        self.slider.set_number(steps_per_second or FASTEST)
        self._write(steps_per_second)

    def _on_edited(self, value: float) -> None:
        speed = 0.0 if value >= FASTEST else value
        self._write(speed)
        self.edited.emit(speed)

    def _write(self, speed: float) -> None:
        self._value.setText(f"{speed:,.0f} /s" if speed else "max")

    def _restyle(self) -> None:
        self._row.setContentsMargins(theme.px(10), 0, 0, 0)
        self._row.setSpacing(theme.px(6))
        self._word.keep_whole()
        self.slider.setFixedWidth(theme.px(94))
        self._value.setFixedWidth(text_width("8,888 /s", 12, 500) + theme.px(2))
