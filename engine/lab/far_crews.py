"""The cells of a sweep that worker processes train, as the engine sees them.

A process that dies costs the others nothing. Its cells are trained again from their
start by a new one, which comes to the same weights; cells that have lost two processes
are given up, since the fault may be theirs. A process that has trained all its cells
waits until somebody has cells for it or lets it go.
"""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

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
    Parted,
    Share,
    Stop,
    Take,
    Told,
    Train,
    Unit,
)
from engine.lab.handed import take_over
from engine.lab.moving import Moved, State, tasks
from engine.protocol import Arrays, RunConfig

if TYPE_CHECKING:
    from engine.lab.far_cell import FarCell

#: Seconds within which a worker has to hand over a cell that trains.
PATIENCE = 10.0


class FarCrews:
    """The worker processes of a sweep; none at first."""

    def __init__(self) -> None:
        self.cells: dict[int, FarCell] = {}
        self.processes: list[CrewProcess] = []
        #: Processes that have trained all they had, in wait for cells of others.
        self.resting: list[CrewProcess] = []
        self._told: dict[int, Told] = {}
        self._unheard: set[int] = set()
        self._moving: dict[int, State] = {}
        self._parted: list[tuple[CrewProcess, Moved]] = []
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
        self._unheard.add(process.pid)

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
        self.processes, self.resting = [], []

    # ---- from one to another

    @property
    def is_unheard(self) -> bool:
        """Whether a process that has work has not said yet how it gets on."""
        return bool(self._unheard)

    def spare(self, process: CrewProcess) -> float:
        """Seconds of training that others could save a process."""
        return self._told[process.pid].spare

    def busiest(self, but: Collection[CrewProcess]) -> CrewProcess | None:
        """Whom others could save most, but for some; None if nobody trains on."""
        if self._is_finishing:
            return None
        busy = [p for p in self.processes if p not in self.resting and p not in but]
        return max(busy, key=self.spare, default=None)

    def ask(self, process: CrewProcess) -> None:
        """Ask a process to part with a half of its work; :meth:`parted` has it then."""
        process.send(Share())

    def parted(self) -> list[tuple[CrewProcess, Moved]]:
        """What processes have parted with since; from now on it is the caller's."""
        found, self._parted = self._parted, []
        return found

    def hand(
        self, process: CrewProcess, moved: Moved, configs: Mapping[int, RunConfig]
    ) -> None:
        """Let a resting process train moved cells on, which have to be in ``cells``."""
        self.resting.remove(process)
        needed = tasks(moved.cells, configs)
        process.train = process.train.plus(needed, moved.units)
        for state in moved.states.values():
            process.send(*state)
        process.send(Take(tasks=needed, units=moved.units))
        stopped = [i for i in moved.cells if self.cells[i].is_stopped]
        if stopped:
            process.send(Stop(cells=stopped))
        told = self._told[process.pid]
        done = told.done + sum(moved.steps)
        whole = told.whole + len(moved.steps) * process.train.steps
        news = {
            "done": done,
            "whole": whole,
            "step": min(moved.steps),
            "is_over": False,
        }
        self._told[process.pid] = told.model_copy(update=news)
        self._unheard.add(process.pid)

    def dismiss(self, process: CrewProcess) -> None:
        """Nothing is left for a resting process."""
        self._bury(process)

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
            self._unheard.discard(process.pid)
            for facts in report.facts:
                self.cells[facts["cell"]].facts = facts
            yield report, arrays
        elif isinstance(report, Handed):
            self._receive(report, arrays)
        elif isinstance(report, Parted):
            self._part(process, report.units)
        elif isinstance(report, Broken):
            yield from self._give_up(self._open(process), report.reason)
        elif isinstance(report, Ended):
            self.resting.append(process)
            self._unheard.discard(process.pid)

    def _receive(self, report: Handed, arrays: Arrays) -> None:
        if report.reason == "moved":
            self._moving[report.cell] = report, arrays
        elif report.reason == "final":
            self.cells[report.cell].handed = report, arrays
        elif self.cells[report.cell].asked is not None:
            self.cells[report.cell].lent = report, arrays

    def _part(self, process: CrewProcess, units: list[Unit]) -> None:
        """Cells have left a process; they are in nobody's hands for a moment."""
        moving = [index for unit in units for index in unit.cells]
        process.train = process.train.only(set(_cells(process.train)) - set(moving))
        states = {index: self._moving.pop(index) for index in moving}
        for index in moving:
            self.cells[index].asked = None  # the next process does not know of it
        self._parted.append((process, Moved(units, states)))

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
        self.resting = [p for p in self.resting if p is not process]
        self._unheard.discard(process.pid)
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
            self.cells[index].give_up(index, reason)
        if cells:
            yield Told(facts=[self.cells[i].facts for i in cells]), {}


def _cells(train: Train) -> list[int]:
    return [task.cell for task in train.tasks]
