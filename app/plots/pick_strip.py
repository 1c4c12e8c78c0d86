"""The strip under a plot in which one number is chosen: a slider and its words."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.theme import theme
from app.widgets.label import Label
from app.widgets.slider import Slider
from app.widgets.state import State
from app.widgets.value_range import ValueRange


class PickStrip(QWidget):
    """A number by hand; ``picked`` comes from the hand only."""

    picked = Signal(float)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._range = ValueRange(0.0, 1.0)
        self.slider = self._make(0.0)
        self.words = Label(colour="text1", weight=600)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.slider, 1)
        self._row.addWidget(self.words)
        self._state = State(self, self._restyle)

    def set_range(self, low: float, high: float, *, integer: bool = False) -> None:
        """Other ends, silently; a range of one number has no slider."""
        wanted = ValueRange(low, high, integer=integer)
        if wanted == self._range:
            return
        self._range = wanted
        old, self.slider = self.slider, self._make(low)
        self._row.replaceWidget(old, self.slider)
        old.hide()
        old.deleteLater()
        self.slider.setVisible(high > low)

    def set_value(self, value: float, words: str) -> None:
        """Show a number and its words, silently."""
        self.slider.set_number(value)
        self.words.setText(words)

    def _make(self, value: float) -> Slider:
        slider = Slider(self._range, value, self._name)
        slider.edited.connect(self.picked)
        return slider

    def _restyle(self) -> None:
        self._row.setContentsMargins(theme.px(10), 0, theme.px(14), 0)
        self._row.setSpacing(theme.px(10))
        self.setFixedHeight(theme.px(36))
