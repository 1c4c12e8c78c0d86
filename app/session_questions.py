"""Questions to the engine whose answers come back as signals."""

from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.session_link import EngineLink
from app.session_notes import Notice
from app.session_run import Run
from app.session_runs import Runs
from engine.protocol import Ack, Arrays, InspectTable, Probe, Save

Points = list[list[float]]
#: Questions that have a quick answer, good enough while a hand moves.
_HURRIED = frozenset({"path"})
#: Questions whose answer stays on show: it must be that of the moment on show.
_HELD = frozenset({"path", "decode"})


@dataclass(frozen=True)
class _Held:
    """What the hand has put somewhere, and the step at which it was asked about."""

    run_id: str
    points: Points
    step: int


@dataclass(frozen=True)
class _Wish:
    """What is to be asked once the answer that is owed is there."""

    points: Points
    is_quick: bool


class Questions(QObject):
    """Single points, tables on disk, and saving: commands whose answer matters."""

    probe_answered = Signal(str, str, object)  # slot, what, arrays
    table_inspected = Signal(str, object, str)  # path, result, error
    noted = Signal(object)  # Notice

    def __init__(
        self, link: EngineLink, runs: Runs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._link = link
        self._runs = runs
        self._newest: dict[tuple[str, str], _Wish | None] = {}
        self._held: dict[tuple[str, str], _Held] = {}

    def probe(
        self, slot: str, what: Any, points: Points, run: Run | None = None
    ) -> None:
        """Ask about single points; ``probe_answered`` brings the arrays.

        Of each slot and question one is under way. Of those asked meanwhile only the
        newest is sent then: what is dragged is followed at the pace of the answers.
        While the hand moves, paths are quick ones; where it rests, a full one follows.
        """
        run = run or self._runs.run
        if run is None:
            return
        if what in _HELD:
            step = run.step if run.at is None else run.at
            self._held[slot, what] = _Held(run.id, points, step)
        if (slot, what) in self._newest:
            self._newest[slot, what] = _Wish(points, what in _HURRIED)
        else:
            self._ask(run, slot, what, points)

    def follow(self, slot: str, what: str, run: Run, step: int) -> None:
        """A picture of this step is drawn: the answer on it must be of that moment.

        So what was dragged is asked about again at the pace of pictures, and never
        before the last answer is there. The hand is still: each path is a full one.
        """
        held = self._held.get((slot, what))
        if held is None or held.run_id != run.id or held.step == step:
            return
        self._held[slot, what] = replace(held, step=step)
        if (slot, what) not in self._newest:
            self._ask(run, slot, what, held.points)
        elif self._newest[slot, what] is None:
            self._newest[slot, what] = _Wish(held.points, is_quick=False)

    def _ask(
        self, run: Run, slot: str, what: Any, points: Points, quick: bool = False
    ) -> None:
        key = (slot, what)

        def on_ack(ack: Ack, arrays: Arrays) -> None:
            newer = self._newest.pop(key, None)
            if not ack.error:
                self.probe_answered.emit(slot, what, arrays)
            if newer is not None:
                self._ask(run, slot, what, newer.points, quick=newer.is_quick)
            elif quick:
                self._ask(run, slot, what, points)

        command = Probe(run_id=run.id, what=what, points=points, at=run.at, quick=quick)
        if self._link.send(command, on_ack):
            self._newest[key] = None

    def forget(self) -> None:
        """The engine died: what it owed will not come."""
        self._newest.clear()

    def inspect_table(self, path: str) -> None:
        """Look into a CSV file; ``table_inspected`` brings what was found."""

        def on_ack(ack: Ack, arrays: Arrays) -> None:
            del arrays
            self.table_inspected.emit(path, ack.result, ack.error)

        self._link.send(InspectTable(path=path), on_ack)

    def save_run(self, folder: str) -> None:
        """Write the run directory."""
        run = self._runs.run
        if run is None:
            return

        def on_ack(ack: Ack, arrays: Arrays) -> None:
            del arrays
            if ack.error:
                self.noted.emit(Notice("warning", "The run was not saved", ack.error))
            else:
                self.noted.emit(Notice("good", "Run saved", folder))

        self._link.send(Save(run_id=run.id, folder=folder), on_ack)
