"""A worker process of a sweep: ``python -m engine.lab.worker PID``, PID its engine's.

Orders come in through stdin, reports go out through stdout
(:mod:`engine.lab.crew_words`). The end of stdin ends the process, and so does the death
of the engine.
"""

import os
import sys
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import IO, TYPE_CHECKING

from engine.lab.crew_words import (
    ORDERS,
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
    Train,
    read,
    write,
)
from engine.link import guard

if TYPE_CHECKING:
    from engine.lab.crew import Crew, Tables
    from engine.lab.moving import State
    from engine.protocol import Arrays, Message, RunConfig

#: Niceness beside the engine's own: the run on show goes first.
_NICER = 2
_FOR_ENGINES = (
    "python -m engine.lab.worker is started by an engine; people use genplay."
)

#: Orders with their arrays, which another thread appends.
Orders = SimpleQueue[tuple[Order, "Arrays"]]


class Worker:
    """Does what one :class:`Train` asks for, and then what is left of others' work.

    Args:
        orders: Further orders.
        tell: Sends a report.
    """

    def __init__(
        self,
        orders: Orders,
        tell: "Callable[[Message, Arrays | None], None]",
    ) -> None:
        self._orders = orders
        self._tell = tell
        self._crew: Crew | None = None
        self._configs: dict[int, RunConfig] = {}
        self._arriving: dict[int, State] = {}
        self._moves: list[Share | Take] = []
        self._final: set[int] = set()

    def run(self, train: Train) -> None:
        """Train, examine, hand over."""
        from engine.lab.crew import Tables

        self._tables = Tables(self._obey)
        self._configs = {task.cell: task.config for task in train.tasks}
        self._crew = _made(train, self._tables, self._obey)
        self._work(self._crew)

    def go_on(self) -> None:
        """Wait for an order, and work on what there is to do then.

        One to move cells may have come with the last looks already: who gave it waits.
        """
        assert self._crew
        if not self._moves:
            self._sort(self._crew, *self._orders.get())
        self._move(self._crew)
        if self._crew.cells.keys() - self._final:
            self._work(self._crew)

    def _work(self, crew: "Crew") -> None:
        from engine.lab.handed import hand_over

        self._obey()
        self._move(crew)
        while not crew.is_over:
            self._tell(*crew.work())
            self._obey()
            self._move(crew)
        left = sorted(crew.cells.keys() - self._final)
        self._final.update(left)
        for index in left:
            self._tell(*crew.last_look(index))
        for index in left:
            run = crew.cells[index].experiment
            self._tell(*hand_over(index, run, "final"))
        self._tell(Ended(), None)

    def _obey(self) -> None:
        """Follow the orders that wait, once there is somebody to follow them."""
        while self._crew is not None and not self._orders.empty():
            self._sort(self._crew, *self._orders.get())

    def _sort(self, crew: "Crew", order: Order, arrays: "Arrays") -> None:
        """Follow an order; one that moves cells waits until none is looked at."""
        if isinstance(order, Stop):
            crew.stop(order.cells)
        elif isinstance(order, Finish):
            crew.finish()
        elif isinstance(order, Give):
            self._give(crew, order.cell)
        elif isinstance(order, Handed):
            self._arriving[order.cell] = order, arrays
        elif isinstance(order, Share | Take):
            self._moves.append(order)

    def _give(self, crew: "Crew", index: int) -> None:
        from engine.lab.handed import hand_over

        if index in crew.cells:  # it may just have moved
            self._tell(*hand_over(index, crew.cells[index].experiment))

    def _move(self, crew: "Crew") -> None:
        """Part with cells, and take those of others."""
        from engine.lab.moving import Moved, join

        moves, self._moves = self._moves, []
        for order in moves:
            if isinstance(order, Share):
                self._part(crew)
                continue
            self._configs |= {task.cell: task.config for task in order.tasks}
            states = {task.cell: self._arriving.pop(task.cell) for task in order.tasks}
            moved = Moved(order.units, states)
            self._final.difference_update(moved.cells)
            join(crew, moved, self._configs, self._tables)

    def _part(self, crew: "Crew") -> None:
        from engine.lab.moving import part_of

        moved = part_of(crew)
        for state in moved.states.values():
            self._tell(*state)
        self._tell(crew.told(), None)
        self._tell(Parted(units=moved.units), None)


def _made(train: Train, tables: "Tables", tick: Callable[[], None]) -> "Crew":
    """The cells, built here exactly as the engine would have built them."""
    from engine.lab.crew import CellMaker, Crew
    from engine.lab.sweep_team import squad_of

    maker = CellMaker(train.metric, tables)
    cells = {task.cell: maker.make(task.config) for task in train.tasks}
    squads = []
    for unit in train.units:
        trainers = [cells[i].experiment.trainer for i in unit.cells]
        squads.append(squad_of(trainers, unit.is_stacked))
    return Crew(cells, squads, train.steps, train.metric, tick)


def main() -> None:
    """Work for the engine that started this process."""
    if len(sys.argv) != 2 or not sys.argv[1].isdecimal():
        sys.exit(_FOR_ENGINES)
    guard.killed_with_parent(int(sys.argv[1]))
    guard.be_modest(_NICER)
    reports = os.fdopen(os.dup(1), "wb")
    guard.keep_stdout_clean()
    orders: Orders = SimpleQueue()
    first = read(sys.stdin.buffer, ORDERS)
    if first is None or not isinstance(first[0], Train):
        sys.exit(_FOR_ENGINES)
    Thread(target=_listen, args=(sys.stdin.buffer, orders), daemon=True).start()

    from engine.link import failure

    try:
        worker = Worker(orders, lambda *told: write(reports, *told))
        worker.run(first[0])
        while True:
            worker.go_on()
    except BrokenPipeError:
        os._exit(1)  # nobody listens any more
    except Exception as error:  # noqa: BLE001 - told to the engine, whatever it is
        write(reports, Broken(reason=failure.trouble(error).reason))
        sys.stderr.flush()
        # Threads of torch must not hold the process back.
        os._exit(0)


def _listen(pipe: IO[bytes], orders: Orders) -> None:
    """Take orders until the engine is gone, which ends this process at once."""
    try:
        while (found := read(pipe, ORDERS)) is not None:
            orders.put(found)
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
