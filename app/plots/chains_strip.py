"""The strip under the chains: their clock, other chains, level and temperature."""

from math import log

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.plots.film import Film
from app.plots.ticks import significant
from app.theme import theme
from app.widgets.button import IconButton
from app.widgets.label import Label
from app.widgets.scrubber import Scrubber
from app.widgets.state import State
from app.widgets.switch import Switch

_MOST, _LEAST, _FIRST = 20.0, 0.01, 0.25  # noise over signal
HEATS = {"0": "0", "0.5": "½", "1": "1", "2": "2"}


def noise_at(place: float) -> float:
    """Noise over signal at a place from 0 (noise) to 1 (data)."""
    return round(float(_MOST * (_LEAST / _MOST) ** place), 6)


class ChainsStrip(QWidget):
    """``redrawn``, ``heated`` and ``levelled`` tell what the hand wants.

    A level is noise over signal, which means the same in each model; its scrubber is
    logarithmic.
    """

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
        self.level.set_end_words("noise", "")
        self.heat.set_value("1")
        self.level.set_writer(
            lambda place: f"σ/α {significant(noise_at(place), 2)}", "σ/α 0.025"
        )
        self.level.set_time(log(_MOST / _FIRST) / log(_MOST / _LEAST))
        self.set_steps(200)
        self._arrange()
        self.again.clicked.connect(self.redrawn)
        self.heat.chosen.connect(lambda key: self.heated.emit(float(key)))
        self.level.moved.connect(lambda place: self.levelled.emit(noise_at(place)))
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
