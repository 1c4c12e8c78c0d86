"""What an engine and its worker processes say to each other over a pipe.

Each message is a JSON header and raw arrays, as between window and engine
(:mod:`engine.protocol.wire`), with the lengths of its parts before it. No pickle, no
code. Free of torch.
"""

import struct
from collections.abc import Collection, Sequence
from typing import IO, Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from engine.protocol import Arrays, Json, Message, ProtocolError, RunConfig
from engine.protocol.wire import MAX_ARRAYS, MAX_BYTES, decode, encode

#: Why a cell is handed over.
Reason = Literal["lent", "final", "moved"]

_COUNT, _LENGTH = struct.Struct("<I"), struct.Struct("<Q")


class Task(Message):
    """A cell of the grid, and the run that stands there."""

    cell: int
    config: RunConfig


class Unit(Message):
    """Cells whose trainers move together; one trainer by itself if not stacked."""

    cells: list[int]
    is_stacked: bool = False


class Train(Message):
    """All that a worker has to do; the first that it hears."""

    kind: Literal["train"] = "train"
    tasks: list[Task]
    units: list[Unit]
    steps: int
    metric: str

    def plus(self, tasks: Sequence[Task], units: Sequence[Unit]) -> "Train":
        """The same with further cells."""
        more = {"tasks": [*self.tasks, *tasks], "units": [*self.units, *units]}
        return self.model_copy(update=more)

    def only(self, cells: Collection[int]) -> "Train":
        """The same for some of the cells."""
        units = [
            unit.model_copy(update={"cells": [c for c in unit.cells if c in cells]})
            for unit in self.units
        ]
        tasks = [task for task in self.tasks if task.cell in cells]
        kept = [unit for unit in units if unit.cells]
        return self.model_copy(update={"tasks": tasks, "units": kept})


class Stop(Message):
    """Train these cells no more."""

    kind: Literal["stop"] = "stop"
    cells: list[int]


class Finish(Message):
    """Train nothing more: a last look, and the end."""

    kind: Literal["finish"] = "finish"


class Give(Message):
    """Hand over a cell as it stands; its training goes on."""

    kind: Literal["give"] = "give"
    cell: int


class Share(Message):
    """Hand over about half of what is left to train, and train it no more."""

    kind: Literal["share"] = "share"


class Take(Message):
    """Train cells on from where they stand; their states came before."""

    kind: Literal["take"] = "take"
    tasks: list[Task]
    units: list[Unit]


class Told(Message):
    """How far a process is, and what is new of its cells.

    Arrays are those of the cells in ``pictured``, along their first axis.
    """

    kind: Literal["told"] = "told"
    done: int = Field(0, ge=0, description="Steps of all trainings that go on")
    whole: int = Field(0, ge=0, description="Steps that these will have")
    step: int = Field(0, ge=0, description="Step of the training that is least far")
    moved: int = Field(0, ge=0, description="Steps done by whomever")
    trained: float = Field(0, ge=0, description="Time in training, s")
    looked: float = Field(0, ge=0, description="Time in examinations, s")
    spare: float = Field(0, ge=0, description="Time that others could save it, s")
    is_over: bool = False
    facts: list[Json] = Field(default_factory=list)
    pictured: list[int] = Field(default_factory=list)


class Series(Message):
    """One curve among the columns of the array ``curves``."""

    name: str
    player: str
    points: int = Field(ge=0)


class Handed(Message):
    """A cell's whole state: of one that trains on, that is done, or that moves.

    A report, and an order to a worker that is to take the cell. ``trail`` is what its
    examinations found, the newest at step ``examined``.

    Arrays: ``moments``, a block of :mod:`engine.training.moments`, and ``curves``
    (3, points): step, seconds and value of each loss, one after the other.
    """

    kind: Literal["handed"] = "handed"
    cell: int
    moments: list[Json]
    series: list[Series]
    reason: Reason
    trail: list[float | None] = Field(default_factory=list)
    examined: int = -1


class Parted(Message):
    """The answer to :class:`Share`: squads whose cells were handed over, or none."""

    kind: Literal["parted"] = "parted"
    units: list[Unit]


class Broken(Message):
    """The worker cannot go on, in one sentence; trying again would not help."""

    kind: Literal["broken"] = "broken"
    reason: str


class Ended(Message):
    """All is trained and handed over; the process waits for cells of others."""

    kind: Literal["ended"] = "ended"


Order = Train | Stop | Finish | Give | Share | Handed | Take
Report = Told | Handed | Parted | Broken | Ended
ORDERS: TypeAdapter[Any] = TypeAdapter(Annotated[Order, Field(discriminator="kind")])
REPORTS: TypeAdapter[Any] = TypeAdapter(Annotated[Report, Field(discriminator="kind")])


def write(pipe: IO[bytes], message: Message, arrays: Arrays | None = None) -> None:
    """Send a message; waits while the pipe is full.

    Raises:
        OSError: Nobody reads any more.
    """
    _put(pipe, encode(message, arrays))


def _put(pipe: IO[bytes], parts: Sequence[bytes]) -> None:
    lengths = b"".join(_LENGTH.pack(len(part)) for part in parts)
    pipe.write(_COUNT.pack(len(parts)) + lengths)
    for part in parts:
        pipe.write(part)
    pipe.flush()


def read(pipe: IO[bytes], kinds: TypeAdapter[Any]) -> tuple[Any, Arrays] | None:
    """The next message and its arrays; None at the end of the pipe.

    Raises:
        ProtocolError: The bytes are no message of these kinds.
    """
    head = pipe.read(_COUNT.size)
    if len(head) < _COUNT.size:
        return None
    (count,) = _COUNT.unpack(head)
    if not 0 < count <= MAX_ARRAYS + 1:
        raise ProtocolError(f"A message of {count} parts.")
    lengths = pipe.read(count * _LENGTH.size)
    if len(lengths) < count * _LENGTH.size:
        return None
    sizes = [size for (size,) in _LENGTH.iter_unpack(lengths)]
    if sum(sizes) > MAX_BYTES:
        raise ProtocolError(f"A message over {MAX_BYTES} bytes.")
    parts = [pipe.read(size) for size in sizes]
    if [len(part) for part in parts] != sizes:
        return None
    return decode(parts, kinds)
