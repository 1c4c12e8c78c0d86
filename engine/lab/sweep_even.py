"""Who has nothing left to train takes cells from who has much.

Processes of a sweep are dealt equal shares by a trial at its beginning; other programs
on the machine, cells that were stopped or that came to grief make them unequal later.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from engine.lab.crew import Crew, Tables
from engine.lab.crew_process import CrewProcess
from engine.lab.far_cell import FarCell
from engine.lab.far_crews import FarCrews
from engine.lab.moving import Moved, join, part_of
from engine.protocol import RunConfig

if TYPE_CHECKING:
    from engine.lab.sweep_cell import Cell

#: Seconds that a move has to spare its giver.
WORTH = 1.0


class Evener:
    """Moves cells between the crew of the engine and those of its workers.

    Args:
        cells: All cells by their places; moved ones are replaced in it.
        configs: Their configurations.
        far: The worker processes.
        tables: Data of the cells.
    """

    def __init__(
        self,
        cells: "list[Cell | FarCell]",
        configs: Sequence[RunConfig],
        far: FarCrews,
        tables: Tables,
    ) -> None:
        self._cells = cells
        self._configs: Mapping[int, RunConfig] = dict(enumerate(configs))
        self._far = far
        self._tables = tables
        #: Who was asked to share, and the resting process it is for; None: the engine.
        self._asked: dict[CrewProcess, CrewProcess | None] = {}

    def even_out(self, crew: Crew) -> bool:
        """Move what is to be moved; whether anything was.

        Args:
            crew: The engine's own.
        """
        alive = self._far.processes
        self._asked = {g: r for g, r in self._asked.items() if g in alive}
        has_moved = False
        for giver, moved in self._far.parted():
            receiver = self._asked.pop(giver, None)
            has_moved |= bool(moved.units)
            self._bring(moved, crew, receiver)
        if crew.is_over and None not in self._asked.values():
            self._ask(None)
        for process in list(self._far.resting):
            if process not in self._asked.values():
                has_moved |= self._employ(process, crew)
        return has_moved

    def _employ(self, process: CrewProcess, crew: Crew) -> bool:
        """Find work for a process that has none, or let it go; whether it has some."""
        busiest = self._far.busiest(self._asked)
        others = self._far.spare(busiest) if busiest else 0.0
        if crew.told().spare > max(WORTH, others):
            self._give(crew, process)
            return True
        is_unheard = self._far.is_unheard or _is_unheard(crew)
        if not self._ask(process) and not self._asked and not is_unheard:
            self._far.dismiss(process)
        return False

    def _ask(self, receiver: CrewProcess | None) -> bool:
        """Ask the worker with most to do; whether there is one worth asking."""
        giver = self._far.busiest(self._asked)
        if giver is None or self._far.spare(giver) <= WORTH:
            return False
        self._asked[giver] = receiver
        self._far.ask(giver)
        return True

    def _bring(self, moved: Moved, crew: Crew, receiver: CrewProcess | None) -> None:
        """Cells of a worker, to another or here, if the other is no more."""
        if receiver in self._far.resting:
            self._far.hand(receiver, moved, self._configs)
            return
        for index in moved.cells:
            del self._far.cells[index]
        join(crew, moved, self._configs, self._tables)
        for index in moved.cells:
            self._cells[index] = crew.cells[index]

    def _give(self, crew: Crew, receiver: CrewProcess) -> None:
        """Cells of the engine, to a worker."""
        held = dict(crew.cells)
        moved = part_of(crew)
        for index in moved.cells:
            cell = held[index]
            far = FarCell(self._configs[index], cell.experiment.data, cell.facts(index))
            self._far.cells[index] = self._cells[index] = far
        self._far.hand(receiver, moved, self._configs)


def _is_unheard(crew: Crew) -> bool:
    """Whether a crew has work and has done none."""
    told = crew.told()
    return told.trained == 0 and not told.is_over
