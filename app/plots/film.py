"""The strip under the trajectories: play, scrub, and turn the direction round."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.widgets.button import IconButton
from app.widgets.scrubber import Scrubber

_TICK = 33  # ms between two pictures
_LENGTH = 3.0  # s from one end to the other


class Film(QWidget):
    """A clock from t = 0 (noise) to 1 (data), or back; all frames are at hand.

    ``moved`` carries each new time, ``stopped`` says that the last picture may be
    drawn with care, ``turned`` the direction that the person wants.
    """

    moved = Signal(float)
    stopped = Signal()
    turned = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._t, self._direction = 1.0, "denoise"
        self._ends = ("noise", "data")
        self.scrubber = Scrubber()
        self.turn = IconButton("arrows-left-right", "")
        self.clock = QTimer(self)
        self.clock.setInterval(_TICK)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.scrubber, 1)
        row.addWidget(self.turn)
        self.set_direction(self._direction)
        self.clock.timeout.connect(self.advance)
        self.scrubber.moved.connect(self._on_scrubbed)
        self.scrubber.play_toggled.connect(self._on_play)
        self.turn.clicked.connect(self._on_turned)

    @property
    def time(self) -> float:
        """The time shown."""
        return self._t

    @property
    def direction(self) -> str:
        """``denoise`` runs to the data, ``noise`` from them."""
        return self._direction

    def state(self) -> dict[str, Any]:
        """Which way it runs and when it is, to be kept."""
        return {"direction": self._direction, "t": self._t}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take what was kept back, silently; what makes no sense is left."""
        if state.get("direction") in ("denoise", "noise"):
            self.set_direction(state["direction"])
        if isinstance(state.get("t"), int | float):
            self.set_time(float(state["t"]))

    @property
    def is_forward(self) -> bool:
        """Whether time runs from noise to data."""
        return self._direction == "denoise"

    @property
    def is_running(self) -> bool:
        """Whether the film plays."""
        return self.clock.isActive()

    def set_time(self, t: float) -> None:
        """Show a time, silently."""
        self._t = min(max(t, 0.0), 1.0)
        self.scrubber.set_time(self._t)

    def set_direction(self, direction: str) -> None:
        """Run the other way, silently."""
        self._direction = direction
        first, last = self._ends if self.is_forward else self._ends[::-1]
        words = f"Runs from {first} to {last}; click for {last} to {first}"
        self.turn.set_icon("arrows-left-right", words)

    def set_ends(self, first: str, last: str) -> None:
        """Call t = 0 and t = 1 by other names."""
        if (first, last) != self._ends:
            self._ends = (first, last)
            self.scrubber.set_end_words(first, last)
            self.set_direction(self._direction)

    def stop(self) -> None:
        """Hold the film."""
        if self.is_running:
            self.clock.stop()
            self.stopped.emit()
        self.scrubber.set_playing(False)

    def advance(self) -> None:
        """One picture further; stops at the end."""
        step = _TICK / 1000 / _LENGTH
        self.set_time(self._t + (step if self.is_forward else -step))
        self.moved.emit(self._t)
        if self._t in (0.0, 1.0):
            self.stop()

    def _on_play(self, playing: bool) -> None:
        if not playing:
            self.stop()
            return
        end = 1.0 if self.is_forward else 0.0
        if self._t == end:
            self.set_time(1.0 - end)
        self.clock.start()

    def _on_scrubbed(self, t: float) -> None:
        self.stop()
        self._t = t
        self.moved.emit(t)

    def _on_turned(self) -> None:
        self.stop()
        self.set_direction("noise" if self.is_forward else "denoise")
        self.turned.emit(self._direction)
