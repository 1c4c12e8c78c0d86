"""One metric: name, value, unit, how it is known, and its course."""

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.theme import theme
from app.widgets.label import Label
from app.widgets.mode_cells import ModeCells
from app.widgets.spark import Spark
from app.widgets.state import State

NO_VALUE = "–"


class MetricRow(QWidget):
    """Text at the left; at the right a spark line, or the cells of covered modes."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self._name = Label(name, colour="text3")
        self._value = Label(NO_VALUE, colour="text1", size=15, weight=500)
        self._note = Label(colour="text3", size=11)
        self.spark = Spark(name)
        self.cells = ModeCells(name)
        self.cells.hide()
        self._line = QHBoxLayout()
        self._line.addWidget(self._value)
        self._line.addWidget(self._note, 1)
        self._texts = QVBoxLayout()
        self._texts.addWidget(self._name)
        self._texts.addLayout(self._line)
        self._row = QHBoxLayout(self)
        self._row.addLayout(self._texts, 1)
        self._row.addWidget(self.spark)
        self._row.addWidget(self.cells)
        self._state = State(self, self._restyle)
        self.set_value(NO_VALUE)

    def set_value(self, value: str, unit: str = "", known: str = "") -> None:
        """Show a written number; ``known`` is ``exact``, ``bound`` or ``estimate``."""
        self._value.setText(value)
        note = f"{unit}  {known}" if unit and known else unit or known
        self._note.setText(note)
        self.setAccessibleName(f"{self.name}: {value} {unit} {known}".strip())

    def set_course(
        self, values: Sequence[float], reference: float | None = None
    ) -> None:
        """Show a spark line."""
        self.spark.set_values(values, reference)

    def set_modes(self, covered: int, total: int, note: str = "") -> None:
        """Show covered modes as a number and as cells."""
        self.set_value(f"{covered} / {total}", note)
        self.cells.set_modes(covered, total)
        self.cells.show()
        self.spark.hide()

    def _restyle(self) -> None:
        px = theme.px
        self._row.setContentsMargins(0, px(2), 0, px(2))
        self._row.setSpacing(px(8))
        self._texts.setContentsMargins(0, 0, 0, 0)
        self._texts.setSpacing(0)
        self._line.setSpacing(px(6))
