"""A worker process of a sweep: ``python -m engine.lab.worker PID``, PID its engine's.

Orders come in through stdin, reports go out through stdout
(:mod:`engine.lab.crew_words`). The end of stdin ends the process, and so does the death
of the engine.
"""

import os
import sys
from collections import deque
from collections.abc import Callable
from threading import Thread
from typing import IO, TYPE_CHECKING

from engine.lab.crew_words import (
    ORDERS,
    Broken,
    Ended,
    Finish,
    Give,
    Order,
    Stop,
    Train,
    read,
    write,
)
from engine.link import guard

if TYPE_CHECKING:
    from engine.lab.crew import Crew
    from engine.protocol import Arrays, Message

#: Niceness beside the engine's own: the run on show goes first.
_NICER = 2
_FOR_ENGINES = (
    "python -m engine.lab.worker is started by an engine; people use genplay."
)


class Worker:
    """Does what one :class:`Train` asks for.

    Args:
        orders: Further orders, which another thread appends.
        tell: Sends a report.
    """

    def __init__(
        self,
        orders: "deque[Order]",
        tell: "Callable[[Message, Arrays | None], None]",
    ) -> None:
        self._orders = orders
        self._tell = tell
        self._crew: Crew | None = None

    def run(self, train: Train) -> None:
        """Train, examine, hand over."""
        from engine.lab.handed import hand_over

        crew = self._crew = _made(train, self._obey)
        self._obey()
        while not crew.is_over:
            self._tell(*crew.work())
            self._obey()
        for index in crew.cells:
            self._tell(*crew.last_look(index))
        for index, cell in crew.cells.items():
            self._tell(*hand_over(index, cell.experiment, is_final=True))
        self._tell(Ended(), None)

    def _obey(self) -> None:
        """Follow the orders that wait, once there is somebody to follow them."""
        crew = self._crew
        while crew is not None and self._orders:
            order = self._orders.popleft()
            if isinstance(order, Stop):
                crew.stop(order.cells)
            elif isinstance(order, Finish):
                crew.finish()
            elif isinstance(order, Give):
                self._give(crew, order.cell)

    def _give(self, crew: "Crew", index: int) -> None:
        from engine.lab.handed import hand_over

        self._tell(*hand_over(index, crew.cells[index].experiment))


def _made(train: Train, tick: Callable[[], None]) -> "Crew":
    """The cells, built here exactly as the engine would have built them."""
    from engine.lab.crew import CellMaker, Crew
    from engine.lab.sweep_team import squad_of

    maker = CellMaker(train.metric, tick)
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
    orders: deque[Order] = deque()
    first = read(sys.stdin.buffer, ORDERS)
    if first is None or not isinstance(first[0], Train):
        sys.exit(_FOR_ENGINES)
    Thread(target=_listen, args=(sys.stdin.buffer, orders), daemon=True).start()

    from engine.link import failure

    try:
        Worker(orders, lambda *told: write(reports, *told)).run(first[0])
    except BrokenPipeError:
        os._exit(1)  # nobody listens any more
    except Exception as error:  # noqa: BLE001 - told to the engine, whatever it is
        write(reports, Broken(reason=failure.trouble(error).reason))
    sys.stderr.flush()
    # Threads of torch must not hold the process back.
    os._exit(0)


def _listen(pipe: IO[bytes], orders: "deque[Order]") -> None:
    """Take orders until the engine is gone, which ends this process at once."""
    try:
        while (found := read(pipe, ORDERS)) is not None:
            orders.append(found[0])
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
