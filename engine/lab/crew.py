"""The cells of a sweep that one process trains, and what it finds out about them.

The engine has such a crew, and so has each of its worker processes
(:mod:`engine.lab.worker`).
"""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import torch

from engine.experiment import Experiment
from engine.lab.crew_words import Told
from engine.lab.sweep_cell import Cell
from engine.lab.sweep_exam import FULL, QUICK, check_metric, examine
from engine.lab.sweep_half import half, spare_seconds
from engine.lab.sweep_team import Squad
from engine.models.fitted import Tick
from engine.protocol import Arrays, RunConfig
from engine.training import setup
from engine.training.trainer import Diverged, Trainer

if TYPE_CHECKING:
    from engine.data.load import Data

#: Share of the time of a sweep that examinations may take.
EXAM_SHARE = 0.12
#: The same until every cell has been seen once: nobody waits before empty squares.
FIRST_SHARE = 0.5
#: Seconds of training between two pieces of news.
_SLICE = 0.05

#: What a process says of itself and of cells, and pictures of some of them.
Saying = tuple[Told, Arrays]


class Tables:
    """Data of cells, equal ones made once.

    Args:
        tick: Called after data have been made.
    """

    def __init__(self, tick: Tick) -> None:
        self._tick = tick
        self._made: dict[str, Data] = {}

    def of(self, config: RunConfig) -> "Data":
        """The data of a configuration.

        Raises:
            DataError: They cannot be read.
        """
        table = json.dumps([config.data, config.data_settings, config.seed])
        if table not in self._made:
            self._made[table] = setup.make_data(config)
            self._tick()
        return self._made[table]


class CellMaker:
    """Makes cells; equal data and equal trainings are shared between them.

    Args:
        metric: What the cells will be judged by.
        tables: Where their data come from.
    """

    def __init__(self, metric: str, tables: Tables) -> None:
        self._metric = metric
        self._tables = tables
        self._trainers: dict[str, Trainer] = {}

    def make(self, config: RunConfig) -> Cell:
        """The cell of a configuration, before its first step.

        Raises:
            ValueError: The metric does not suit the run.
            DataError: The data cannot be read.
        """
        experiment = Experiment.from_config(config, self._tables.of(config))
        training = training_of(experiment.config)
        experiment.trainer = self._trainers.setdefault(training, experiment.trainer)
        check_metric(self._metric, experiment)
        return Cell(experiment)


class Crew:
    """Trains the squads of some cells, and examines the cells by turns.

    Args:
        cells: The cells by their places in the grid.
        squads: Squads of their trainers.
        steps: Steps of each training.
        metric: What they are judged by.
        tick: Called between chunks of an examination.
    """

    def __init__(
        self,
        cells: Mapping[int, Cell],
        squads: Sequence[Squad],
        steps: int,
        metric: str,
        tick: Tick,
    ) -> None:
        self.cells = dict(cells)
        self.squads = list(squads)
        self._steps = steps
        self._metric = metric
        self._tick = tick
        self._changed: set[int] = set()
        self._trained = self._looked = 0.0
        self._moved = 0
        self._is_finishing = False

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to train."""
        return self._next_squad() is None

    def work(self) -> Saying:
        """A slice of training, and what is new."""
        squad = self._next_squad()
        if squad is not None:
            self._train(squad)
        is_new = any(cell.examined < 0 for cell in self.cells.values())
        share = FIRST_SHARE if is_new else EXAM_SHARE
        allowed = share * (self._trained + self._looked)
        if self._looked < allowed and (index := self._stalest()) is not None:
            begin = time.monotonic()
            found = self._examined(index, QUICK)
            self._looked += time.monotonic() - begin
            return found
        changed, self._changed = sorted(self._changed), set()
        return self.told([self.cells[i].facts(i) for i in changed]), {}

    def last_look(self, index: int) -> Saying:
        """A better look at a cell, which no share of time limits."""
        return self._examined(index, FULL)

    def stop(self, cells: Iterable[int]) -> None:
        """Train those of these cells that are here no more."""
        for index in self.cells.keys() & set(cells):
            self.cells[index].is_stopped = True
            self._changed.add(index)
        using = [c for c in self.cells.values() if c.is_training]
        in_use = {id(c.experiment.trainer) for c in using}
        for squad in self.squads:
            squad.leave_out([t for t in squad.trainers if id(t) not in in_use])

    def part(self) -> list[tuple[dict[int, Cell], bool]]:
        """Part with about half of what is left: cells of squads, and if stacked."""
        found = []
        for squad, trainers in half(self._behind(), self._steps):
            is_stacked = squad.stack is not None
            squad.leave_out(trainers)
            gone = {id(trainer) for trainer in trainers}
            held = self.cells.items()
            mine = {i: c for i, c in held if id(c.experiment.trainer) in gone}
            self.cells = {i: c for i, c in held if i not in mine}
            self._changed.difference_update(mine)
            found.append((mine, is_stacked))
        return found

    def take(self, cells: Mapping[int, Cell], squad: Squad) -> None:
        """Train further cells on, which are one squad."""
        self.cells.update(cells)
        self.squads.append(squad)

    def finish(self) -> None:
        """Train nothing more."""
        self._is_finishing = True

    def told(
        self, facts: Sequence[dict[str, object]] = (), pictured: Sequence[int] = ()
    ) -> Told:
        """How far it is."""
        open_ones = [s for s in self.squads if s.trainers]
        return Told(
            done=sum(len(s.trainers) * s.step for s in open_ones),
            whole=sum(len(s.trainers) for s in open_ones) * self._steps,
            step=min((s.step for s in open_ones), default=self._steps),
            moved=self._moved,
            trained=self._trained,
            looked=self._looked,
            spare=spare_seconds(self._behind(), self._steps),
            is_over=self.is_over,
            facts=list(facts),
            pictured=list(pictured),
        )

    # ---- training

    def _next_squad(self) -> Squad | None:
        """Who has trained least; None if all are done."""
        return min(self._behind(), key=lambda s: s.step, default=None)

    def _behind(self) -> list[Squad]:
        """Squads that have something left to train."""
        if self._is_finishing:
            return []
        return [s for s in self.squads if s.trainers and s.step < self._steps]

    def _train(self, squad: Squad) -> None:
        if squad.trainers[0].device.type == "cpu":
            _use_one_thread()
        begin, before = time.monotonic(), squad.step
        until = min(_next_kept(squad.step), self._steps)
        self._moved += squad.train(_SLICE, until, self._on_diverged)
        if squad.trainers and squad.step > before:
            squad.pace = (time.monotonic() - begin) / (squad.step - before)
        if squad.trainers and squad.step == until:
            kept = {id(t) for t in squad.trainers}
            for cell in self.cells.values():
                if id(cell.experiment.trainer) in kept:
                    cell.experiment.keep()
        self._trained += time.monotonic() - begin

    def _on_diverged(self, trainer: Trainer, error: Diverged) -> None:
        for index, cell in self.cells.items():
            if cell.experiment.trainer is trainer and cell.is_training:
                cell.give_up(error)
                self._changed.add(index)

    # ---- examinations

    def _stalest(self) -> int | None:
        """The cell whose picture is oldest; None if every picture is new."""
        old = [i for i, c in self.cells.items() if c.examined != c.experiment.step]
        return min(old, key=lambda i: self.cells[i].examined, default=None)

    def _examined(self, index: int, samples: int) -> Saying:
        cell = self.cells[index]
        metric, arrays = examine(cell.experiment, self._metric, samples, self._tick)
        cell.note(metric)
        facts = cell.facts(index)
        arrays["spark"] = cell.spark()
        return self.told([facts], [index]), {k: v[None] for k, v in arrays.items()}


def training_of(config: RunConfig) -> str:
    """What decides a training: everything but the sampler."""
    return config.model_dump_json(exclude={"sampler", "sampler_settings"})


def _next_kept(step: int) -> int:
    """The next step to keep: few, since there are many runs."""
    return max(16, 1 << step.bit_length())


def _use_one_thread() -> None:
    """More threads pay for none of the small networks of a sweep."""
    if torch.get_num_threads() != 1:
        torch.set_num_threads(1)
