"""The cells of a sweep that worker processes train, as the engine sees them.

A process that dies costs the others nothing. Its cells are trained again from their
start by a new one, which comes to the same weights; cells that have lost two processes
are given up, since the fault may be theirs.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from engine.data.load import Data
from engine.experiment import Experiment
from engine.lab.base import OnItsWay
from engine.lab.crew import Saying
from engine.lab.crew_process import CrewProcess
from engine.lab.crew_words import (
    Broken,
    Ended,
    Finish,
    Give,
    Handed,
    Order,
    Stop,
    Told,
    Train,
)
from engine.lab.handed import take_over
from engine.protocol import Arrays, Json, RunConfig

#: Processes that may die over the same cell.
_LIVES = 2
#: Seconds within which a worker has to hand over a cell that trains.
PATIENCE = 10.0


@dataclass
class FarCell:
    """A cell that another process trains, and what is known of it here.

    ``facts`` are the newest, empty before the first; ``handed`` is its last state,
    ``lent`` one of a cell that trains on, if it was asked for at ``asked`` (seconds).
    """

    config: RunConfig
    data: Data
    facts: Json = field(default_factory=dict)
    handed: tuple[Handed, Arrays] | None = None
    lent: tuple[Handed, Arrays] | None = None
    asked: float | None = None
    trouble: str = ""
    lives: int = _LIVES
    is_stopped: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it is still in a worker's hands."""
        return self.handed is None and not self.trouble


class FarCrews:
    """The worker processes of a sweep; none at first."""

    def __init__(self) -> None:
        self.cells: dict[int, FarCell] = {}
        self.processes: list[CrewProcess] = []
        self._told: dict[int, Told] = {}
        self._is_finishing = False

    @property
    def is_over(self) -> bool:
        """Whether no process is left."""
        return not self.processes

    @property
    def told(self) -> list[Told]:
        """How far each process is that there was."""
        return list(self._told.values())

    def start(self, train: Train) -> None:
        """Let a process of its own train cells, which have to be in ``cells``."""
        process = CrewProcess(train)
        self.processes.append(process)
        self._told[process.pid] = Told(whole=len(train.tasks) * train.steps)

    def stop(self, cells: Iterable[int]) -> None:
        """Train those of these cells that are far no more."""
        mine = sorted(self.cells.keys() & set(cells))
        for index in mine:
            self.cells[index].is_stopped = True
        if mine:
            self._send(Stop(cells=mine))

    def finish(self) -> None:
        """Train nothing more."""
        self._is_finishing = True
        self._send(Finish())

    def news(self) -> Iterator[Saying]:
        """What the processes have said since; replaces those that have died."""
        for process in list(self.processes):
            for report, arrays in process.take():
                yield from self._hear(process, report, arrays)
            if process.is_silent:
                yield from self._replace(process)

    def give(self, index: int) -> Experiment:
        """An independent run that goes on from where a cell stands.

        Raises:
            OnItsWay: Its process was asked for it; the answer comes with the news.
            ValueError: It has not begun, or its process is lost or does not answer.
        """
        cell = self.cells[index]
        if cell.trouble:
            raise ValueError(cell.trouble)
        if not cell.facts:
            raise ValueError("This run has not begun yet; try again in a moment.")
        found = cell.handed or cell.lent
        if found is None:
            self._ask(index)
            raise OnItsWay
        cell.lent = cell.asked = None
        return take_over(*found, cell.config, cell.data)

    def close(self) -> None:
        """End every process now."""
        for process in self.processes:
            process.kill()
        self.processes = []

    # ---- inside

    def _send(self, order: Order) -> None:
        for process in self.processes:
            process.send(order)

    def _ask(self, index: int) -> None:
        """Ask the process of a cell for its state, once.

        Raises:
            ValueError: It was asked long ago.
        """
        cell, now = self.cells[index], time.monotonic()
        if cell.asked is None:
            cell.asked = now
            process = next(p for p in self.processes if index in _cells(p.train))
            process.send(Give(cell=index))
        elif now - cell.asked > PATIENCE:
            cell.asked = None
            raise ValueError("This run could not be handed over just now; try again.")

    def _hear(
        self, process: CrewProcess, report: object, arrays: Arrays
    ) -> Iterator[Saying]:
        if isinstance(report, Told):
            self._told[process.pid] = report
            for facts in report.facts:
                self.cells[facts["cell"]].facts = facts
            yield report, arrays
        elif isinstance(report, Handed) and report.is_final:
            self.cells[report.cell].handed = report, arrays
        elif isinstance(report, Handed) and self.cells[report.cell].asked is not None:
            self.cells[report.cell].lent = report, arrays
        elif isinstance(report, Broken):
            yield from self._give_up(self._open(process), report.reason)
        elif isinstance(report, Ended):
            self._bury(process)

    def _replace(self, process: CrewProcess) -> Iterator[Saying]:
        """After an end that nobody asked for: another process, or none."""
        if process not in self.processes:
            return
        left, reason = self._open(process), process.epitaph()
        self._bury(process)
        for index in left:
            self.cells[index].lives -= 1
            self.cells[index].asked = None  # the next process does not know of it
        again = [i for i in left if self.cells[i].lives > 0 and not self._is_finishing]
        if again:
            self.start(process.train.only(again))
            stopped = [i for i in again if self.cells[i].is_stopped]
            self.processes[-1].send(Stop(cells=stopped))
        yield from self._give_up([i for i in left if i not in again], reason)

    def _bury(self, process: CrewProcess) -> None:
        process.kill()
        self.processes.remove(process)
        told = self._told[process.pid]
        if self._open(process):
            del self._told[process.pid]
        else:
            self._told[process.pid] = told.model_copy(update={"is_over": True})

    def _open(self, process: CrewProcess) -> list[int]:
        """Cells that a process still has in hand."""
        return [i for i in _cells(process.train) if self.cells[i].is_open]

    def _give_up(self, cells: Sequence[int], reason: str) -> Iterator[Saying]:
        """Say of cells that they are lost."""
        for index in cells:
            cell = self.cells[index]
            cell.trouble = reason
            cell.facts = _UNKNOWN | cell.facts | {"cell": index, "state": "lost"}
            cell.facts["trouble"] = reason
        if cells:
            yield Told(facts=[self.cells[i].facts for i in cells]), {}


_UNKNOWN: Json = {"step": 0, "metric": None, "losses": {}, "diverged_at": None}


def _cells(train: Train) -> list[int]:
    return [task.cell for task in train.tasks]
