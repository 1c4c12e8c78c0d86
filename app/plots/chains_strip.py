"""The strip under the chains: their clock, other chains, level and temperature."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.plots.film import Film
from app.theme import theme
from app.widgets.button import IconButton
from app.widgets.label import Label
from app.widgets.scrubber import Scrubber
from app.widgets.state import State
from app.widgets.switch import Switch

HEATS = {"0": "0", "0.5": "½", "1": "1", "2": "2"}


class ChainsStrip(QWidget):
    """``redrawn``, ``heated`` and ``levelled`` tell what the hand wants."""

    redrawn = Signal()
    heated = Signal(float)
    levelled = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("lines", 2)
        self.film = Film()
        self.film.turn.hide()
        self.film.scrubber.set_end_words("start", "end")
        self.again = IconButton("dice-five", "Draw other chains")
        self.heat_name = Label("temperature")
        self.heat = Switch(HEATS, "Temperature of the chains")
        self.level = Scrubber()
        self.level.play.hide()
        self.heat.set_value("1")
        self.level.set_time(0.8)
        self.set_steps(200)
        self._arrange()
        self.again.clicked.connect(self.redrawn)
        self.heat.chosen.connect(lambda key: self.heated.emit(float(key)))
        self.level.moved.connect(self.levelled)
        self._state = State(self, self._restyle)

    def set_steps(self, total: int) -> None:
        """Write the clock as a number of steps."""
        scrubber = self.film.scrubber
        scrubber.set_writer(lambda t: f"step {round(t * total):,}", f"step {total:,}")

    def set_level_shown(self, shown: bool) -> None:
        """An energy has no noise level."""
        self.level.setVisible(shown)
        self._fill.setVisible(not shown)

    def _arrange(self) -> None:
        self._first, self._second = QHBoxLayout(), QHBoxLayout()
        self._first.addWidget(self.film, 1)
        self._first.addWidget(self.again)
        self._fill = QWidget()
        self._second.addWidget(self.heat_name)
        self._second.addWidget(self.heat)
        self._second.addWidget(self._fill, 1)
        self._second.addWidget(self.level, 1)
        self._column = QVBoxLayout(self)
        self._column.addLayout(self._first)
        self._column.addLayout(self._second)

    def _restyle(self) -> None:
        px = theme.px
        self._column.setContentsMargins(0, 0, px(8), 0)
        self._column.setSpacing(0)
        self._second.setContentsMargins(px(10), 0, 0, 0)
        self._second.setSpacing(px(6))
