"""A picture of the whole window after some training, without a hand."""

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.session_link import EngineLink
from app.window import Window
from engine.protocol import Ack, Arrays, StepOnce

_LOOK_EVERY = 100  # ms
_AT_ONCE = 100_000  # most steps that one command may ask for
_MEASURING = 30.0  # s to wait for the metrics of the last step
_SETTLED = 0.8  # s without a new frame: the curves follow their last measurement
PATIENCE = 900.0  # s without a step before it is given up


class Photographer(QObject):
    """Trains so many steps, waits for full pictures in all slots, saves the window.

    ``finished`` carries one sentence about what went wrong; empty if nothing did.
    """

    finished = Signal(str)

    def __init__(self, window: Window, path: Path, steps: int) -> None:
        super().__init__(window)
        self._window = window
        self._path = path
        self._steps = steps
        self._asked = 0
        self._quiet = 0.0
        self._still = 0.0
        self._last = -1
        window.session.slots.frame_received.connect(self._on_frame)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_EVERY)
        self._timer.timeout.connect(self._look)

    def start(self) -> None:
        """Begin; the event loop must run."""
        self._timer.start()

    def _look(self) -> None:
        session = self._window.session
        run = session.run
        if session.engine_state == "failed":
            self._finish("The engine could not be started.")
        elif run is not None and run.failed is not None:
            self._finish(run.failed.reason)
        elif run is not None and run.status is not None:
            self._train(session.link, run.id, run.step, run.is_playing)
        self._wait(run.step if run else -1)

    def _train(self, link: EngineLink, run_id: str, step: int, playing: bool) -> None:
        if playing:
            return
        if step >= self._steps:
            self._shoot_if_ready(step)
        elif self._asked <= step:
            count = min(self._steps - step, _AT_ONCE)
            self._asked = step + count
            link.send(StepOnce(run_id=run_id, count=count), self._on_ack)

    def _on_ack(self, ack: Ack, arrays: Arrays) -> None:
        del arrays
        if ack.error:
            self._finish(ack.error)

    def _shoot_if_ready(self, step: int) -> None:
        shown = self._window.session.slots.shown
        cards = [self._window.wall.cards[name] for name in sorted(shown)]
        status = self._window.session.run and self._window.session.run.status
        measured = status and status.metrics and status.metrics.step == step
        if not measured and self._quiet < _MEASURING:
            return
        if not all(c.shows_full_frame and c.shows_step(step) for c in cards):
            return
        if self._still < _SETTLED:
            return
        self._window.toasts.clear()
        if self._window.grab().save(str(self._path)):
            self._finish("")
        else:
            self._finish(f"The picture could not be written to {self._path}.")

    def _on_frame(self) -> None:
        self._still = 0.0

    def _wait(self, step: int) -> None:
        self._still += _LOOK_EVERY / 1000
        self._quiet = 0.0 if step != self._last else self._quiet + _LOOK_EVERY / 1000
        self._last = step
        if self._quiet > PATIENCE:
            self._finish(f"Nothing happened for {PATIENCE:.0f} s.")

    def _finish(self, error: str) -> None:
        if self._timer.isActive():
            self._timer.stop()
            self.finished.emit(error)
