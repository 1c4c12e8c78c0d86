"""The wall: a sweep over one or two settings, as a grid of runs trained together.

Every cell is a whole run (:class:`engine.experiment.Experiment`) with its own random
state, so a cell that is opened is the very run that would have been trained alone.
Cells that differ only in how samples are drawn share one training.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from engine.experiment import Experiment
from engine.lab import thumbnails
from engine.lab.base import Job, JobSettings, News
from engine.lab.sweep_cell import Cell
from engine.lab.sweep_exam import FULL, QUICK, check_metric, examine
from engine.lab.sweep_plan import Place, SweepSettings, places
from engine.lab.sweep_team import Squad, squads
from engine.protocol import Arrays, Json, RunConfig
from engine.training import setup
from engine.training.trainer import Diverged, Trainer

if TYPE_CHECKING:
    from engine.data.load import Data

#: Share of the time of a sweep that examinations may take.
EXAM_SHARE = 0.12
#: Seconds of training between two pieces of news.
_SLICE = 0.05


class Sweep(Job):
    """Trains a grid of runs and tells of each how it looks and how good it is.

    News: ``phase`` is ``build``, ``arrange``, ``train`` or ``end``. The first news of
    training has the arrays ``data`` and ``data_density`` and the common ``limits``.
    Where ``cells`` is not empty it has facts of some cells, and arrays whose first axis
    goes over those of them in ``pictured``: ``density``, ``samples``, ``spark`` and,
    where there is a latent space, ``codes`` and ``labels`` or ``lines``.
    """

    name: ClassVar[str] = "sweep"
    Config: ClassVar[type[JobSettings]] = SweepSettings
    outlives: ClassVar[bool] = True

    def __init__(
        self,
        settings: Any,
        runs: Mapping[str, Experiment],
        run_id: str,
        tick: Callable[[], None],
    ) -> None:
        super().__init__(settings, runs, run_id, tick)
        self.places: list[Place] = places(settings)
        self.cells: list[Cell] = []
        self.squads: list[Squad] = []
        self._changed: list[int] = []
        self._trained = self._examining = 0.0
        self._steps_done = 0
        self._begun = 0.0
        self._is_finishing = False

    def work(self) -> Iterator[News]:
        """Build, arrange, train and examine, examine all at the end."""
        yield from self._build()
        yield self._opening()
        trainers = {id(c.experiment.trainer): c.experiment.trainer for c in self.cells}
        for found in squads(list(trainers.values()), self.tick):
            self.squads += found
            yield News(0.0, {"phase": "arrange"})
        self._begun = time.monotonic()
        while (squad := self._next_squad()) is not None:
            self._train(squad)
            yield self._news()
        yield from self._finish()

    def hear(self, words: Json) -> Json:
        """``stop`` lists cells to train no more; ``finish`` ends the sweep now.

        Raises:
            ValueError: There is no such cell.
        """
        for index in words.get("stop", []):
            self._cell(index).is_stopped = True
            self._changed.append(index)
        self._is_finishing |= bool(words.get("finish"))
        in_use = {id(c.experiment.trainer) for c in self.cells if c.is_training}
        for squad in self.squads:
            squad.leave_out([t for t in squad.trainers if id(t) not in in_use])
        return {}

    def give(self, item: int) -> Experiment:
        """An independent run that goes on from where a cell stands.

        Raises:
            ValueError: There is no such cell.
        """
        experiment = self._cell(item).experiment
        experiment.keep()
        return experiment.branch(experiment.step)

    # ---- building

    def _build(self) -> Iterator[News]:
        """An experiment for each cell; equal data and equal trainings are shared."""
        tables: dict[str, Data] = {}
        trainers: dict[str, Trainer] = {}
        for place in self.places:
            config = place.config
            table = json.dumps([config.data, config.data_settings, config.seed])
            if table not in tables:
                tables[table] = setup.make_data(config)
                self.tick()
            experiment = Experiment.from_config(config, tables[table])
            training = _training_of(experiment.config)
            experiment.trainer = trainers.setdefault(training, experiment.trainer)
            check_metric(self.settings.metric, experiment)
            self.cells.append(Cell(experiment))
            built = len(self.cells)
            yield News(
                0.0, {"phase": "build", "built": built, "count": len(self.places)}
            )

    def _opening(self) -> News:
        data = self.cells[0].experiment.data
        result: Json = {
            "phase": "arrange",
            "limits": [float(v) for v in data.limits],
            "classes": data.classes,
            "count": len(self.cells),
        }
        arrays: Arrays = {
            "data": thumbnails.dots(data.train.x),
            "data_density": thumbnails.density(data.train.x[:20_000], data.limits),
        }
        return News(0.0, result, arrays)

    # ---- training

    def _next_squad(self) -> Squad | None:
        """Who has trained least; None if all are done."""
        if self._is_finishing:
            return None
        open_ones = [s for s in self.squads if s.trainers]
        behind = [s for s in open_ones if s.step < self.settings.steps]
        return min(behind, key=lambda s: s.step, default=None)

    def _train(self, squad: Squad) -> None:
        if self.cells[0].experiment.device.type == "cpu":
            _use_one_thread()
        begin = time.monotonic()
        until = min(_next_kept(squad.step), self.settings.steps)
        self._steps_done += squad.train(_SLICE, until, self._on_diverged)
        if squad.trainers and squad.step == until:
            kept = {id(t) for t in squad.trainers}
            for cell in self.cells:
                if id(cell.experiment.trainer) in kept:
                    cell.experiment.keep()
        self._trained += time.monotonic() - begin

    def _on_diverged(self, trainer: Trainer, error: Diverged) -> None:
        for index, cell in enumerate(self.cells):
            if cell.experiment.trainer is trainer and cell.is_training:
                cell.give_up(error)
                self._changed.append(index)

    # ---- news

    def _news(self) -> News:
        """How far, and what has changed; an examination if one can be paid."""
        allowed = EXAM_SHARE * (self._trained + self._examining)
        if self._examining < allowed and (index := self._stalest()) is not None:
            return self._examined(index, QUICK)
        changed, self._changed = self._changed, []
        facts = [self.cells[i].facts(i) for i in sorted(set(changed))]
        return News(self._share(), self._progress() | {"cells": facts})

    def _stalest(self) -> int | None:
        """The cell whose picture is oldest; None if every picture is new."""
        old = [
            i
            for i, cell in enumerate(self.cells)
            if cell.examined != cell.experiment.step
        ]
        return min(old, key=lambda i: self.cells[i].examined, default=None)

    def _examined(self, index: int, samples: int) -> News:
        begin = time.monotonic()
        cell = self.cells[index]
        metric, arrays = examine(
            cell.experiment, self.settings.metric, samples, self.tick
        )
        cell.note(metric)
        facts = cell.facts(index)
        arrays["spark"] = cell.spark()
        self._examining += time.monotonic() - begin
        result = self._progress() | {"cells": [facts], "pictured": [index]}
        return News(self._share(), result, {k: v[None] for k, v in arrays.items()})

    def _finish(self) -> Iterator[News]:
        """A last and better look at every cell."""
        share = self._progress()["exam_share"]
        for index in range(len(self.cells)):
            news = self._examined(index, FULL)
            told = {"phase": "end", "exam_share": share}
            yield News(news.share, news.result | told, news.arrays)

    def _share(self) -> float:
        whole = sum(len(s.trainers) for s in self.squads) * self.settings.steps
        done = sum(len(s.trainers) * s.step for s in self.squads if s.trainers)
        return done / whole if whole else 1.0

    def _progress(self) -> Json:
        steps = [s.step for s in self.squads if s.trainers]
        passed = time.monotonic() - self._begun
        share = self._share()
        spent = self._trained + self._examining
        return {
            "phase": "train",
            "step": min(steps, default=self.settings.steps),
            "steps": self.settings.steps,
            "speed": self._steps_done / max(self._trained, 1e-9),
            "seconds_left": passed * (1 - share) / share if share else None,
            "exam_share": self._examining / spent if spent else 0.0,
            "stacked": sum(len(s.trainers) for s in self.squads if s.stack),
        }

    def _cell(self, index: object) -> Cell:
        if not isinstance(index, int) or not 0 <= index < len(self.cells):
            raise ValueError(f"The sweep has no cell {index!r} yet.")
        return self.cells[index]


def _training_of(config: RunConfig) -> str:
    """What decides a training: everything but the sampler."""
    return config.model_dump_json(exclude={"sampler", "sampler_settings"})


def _next_kept(step: int) -> int:
    """The next step to keep: few, since there are many runs."""
    return max(16, 1 << step.bit_length())


def _use_one_thread() -> None:
    """More threads pay for none of the small networks of a sweep."""
    if torch.get_num_threads() != 1:
        torch.set_num_threads(1)
