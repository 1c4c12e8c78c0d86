"""Cells of a sweep that go on in another process, from where they stand.

A cell takes its weights, averages, optimisers, random states and course with it, so its
training comes to the same bits as if it had stayed. A squad moves whole. Only a stack
that is alone is divided, into stacks again, since a model comes to the same bits in
stacks of any size but one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.experiment import Experiment
from engine.lab.crew import Crew, Tables, training_of
from engine.lab.crew_words import Handed, Task, Unit
from engine.lab.handed import hand_over, take_over
from engine.lab.sweep_cell import Cell
from engine.lab.sweep_team import squad_of
from engine.protocol import Arrays, RunConfig

if TYPE_CHECKING:
    from engine.training.trainer import Trainer

State = tuple[Handed, Arrays]


@dataclass(frozen=True)
class Moved:
    """Squads by the places of their cells, and the state of each cell."""

    units: list[Unit]
    states: dict[int, State]

    @property
    def cells(self) -> list[int]:
        """Places of all cells."""
        return [index for unit in self.units for index in unit.cells]

    @property
    def steps(self) -> list[int]:
        """How far each cell is."""
        return [message.moments[-1]["step"] for message, _ in self.states.values()]


def part_of(crew: Crew) -> Moved:
    """About half of what a crew has left to train, which it trains no more."""
    units: list[Unit] = []
    states: dict[int, State] = {}
    for cells, is_stacked in crew.part():
        units.append(Unit(cells=list(cells), is_stacked=is_stacked))
        states |= {index: _state(index, cell) for index, cell in cells.items()}
    return Moved(units, states)


def join(
    crew: Crew, moved: Moved, configs: Mapping[int, RunConfig], tables: Tables
) -> None:
    """Let a crew train moved cells on."""
    for unit in moved.units:
        trainers: dict[str, Trainer] = {}
        cells = {}
        for index in unit.cells:
            data = tables.of(configs[index])
            message, arrays = moved.states[index]
            run = take_over(message, arrays, configs[index], data)
            run.trainer = trainers.setdefault(training_of(run.config), run.trainer)
            cells[index] = _cell(run, message)
        crew.take(cells, squad_of(list(trainers.values()), unit.is_stacked))


def tasks(cells: Sequence[int], configs: Mapping[int, RunConfig]) -> list[Task]:
    """What a worker has to know of cells before it takes them."""
    return [Task(cell=index, config=configs[index]) for index in cells]


def _state(index: int, cell: Cell) -> State:
    message, arrays = hand_over(index, cell.experiment, "moved")
    looks = {"trail": cell.trail, "examined": cell.examined}
    return message.model_copy(update=looks), arrays


def _cell(run: Experiment, message: Handed) -> Cell:
    cell = Cell(run)
    cell.trail, cell.examined = list(message.trail), message.examined
    return cell
