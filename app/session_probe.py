"""The place that was clicked, and what every run on screen has to say about it."""

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.session_link import EngineLink
from app.session_run import Run
from app.session_runs import Runs
from engine.protocol import Ack, Arrays, Json, Probe

Point = tuple[float, float]


@dataclass(frozen=True)
class PointAnswer:
    """What one run says: facts and arrays of the protocol's ``point``, and when."""

    step: int
    facts: Json
    arrays: Arrays

    def number(self, name: str) -> float | None:
        """An array of one number; None if the model does not tell."""
        found = self.arrays.get(name)
        return float(found[0]) if found is not None and found.size == 1 else None

    def pair(self, name: str) -> tuple[float, float] | None:
        """The first two numbers of an array; None if the model does not tell."""
        found = self.arrays.get(name)
        if found is None or found.size < 2:
            return None
        x, y = found.reshape(-1)[:2].tolist()
        return float(x), float(y)


class PointProbe(QObject):
    """Asks all runs on screen about one place, in data units.

    One question for each run is under way; while it is, only the newest place is kept,
    so that a pointer can be followed without a queue.

    Attributes:
        point: The place; None before the first click.
        answers: What is known of it, by run id.
        rests: Whether nothing is asked, as no run on screen is shown as it is now.
    """

    changed = Signal(str)  # run id; empty when the place has changed

    def __init__(
        self, link: EngineLink, runs: Runs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.point: Point | None = None
        self.answers: dict[str, PointAnswer] = {}
        self.rests = False
        self._link = link
        self._runs = runs
        self._under_way: dict[str, Any] = {}
        runs.moved.connect(self.ask_again)

    def ask(self, x: float, y: float) -> None:
        """Ask all runs on screen about a place."""
        self.point = (x, y)
        self.answers = {}
        self.changed.emit("")
        for run in self._runs.shown:
            self._ask(run)

    def ask_again(self, run: Run) -> None:
        """A run has changed: what it said holds no longer."""
        if self.point is not None and run in self._runs.shown:
            self._ask(run)

    def keep_up(self, run: Run) -> None:
        """Ask again where a run stands still at another step than it was asked at."""
        answer = self.answers.get(run.id)
        if answer is None or run.is_playing or run.at is not None:
            return
        if answer.step != run.step:
            self._ask(run)

    def rest(self, rests: bool) -> None:
        """Say nothing while pictures of other moments are on show; then ask again."""
        if rests == self.rests:
            return
        self.rests = rests
        self.answers = {}
        self.changed.emit("")
        for run in self._runs.shown:
            self._ask(run)

    def clear(self) -> None:
        """Look at no place."""
        self.point = None
        self.answers = {}
        self.changed.emit("")

    def forget(self) -> None:
        """The engine died: what it owed will not come."""
        self._under_way.clear()

    def _ask(self, run: Run) -> None:
        if self.rests:
            return
        if run.id in self._under_way:
            self._under_way[run.id] = True  # ask once more then
            return
        point, at = self.point, run.at
        if point is None:
            return

        def on_ack(ack: Ack, arrays: Arrays) -> None:
            stale = self._under_way.pop(run.id, False)
            if not ack.error and point == self.point and not self.rests:
                step = int(ack.result["step"])  # a run that trains has gone on
                self.answers[run.id] = PointAnswer(step, ack.result, arrays)
                self.changed.emit(run.id)
            if stale:
                self._ask(run)

        question = Probe(run_id=run.id, what="point", points=[list(point)], at=at)
        if self._link.send(question, on_ack):
            self._under_way[run.id] = False
