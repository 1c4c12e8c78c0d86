"""The wall: a sweep over one or two settings, as a grid of runs trained together.

Every cell is a whole run (:class:`engine.experiment.Experiment`) with its own random
state, so a cell that is opened is the very run that would have been trained alone.
Cells that differ only in how samples are drawn share one training. What is faster in
one batched call is stacked; the rest, and the stacks themselves where there are cores,
are dealt to processes (:mod:`engine.lab.sweep_deal`).
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from engine.experiment import Experiment
from engine.lab import thumbnails
from engine.lab.base import Job, JobSettings, News
from engine.lab.crew import CellMaker, Crew, Saying, Tables
from engine.lab.crew_words import Told
from engine.lab.far_cell import FarCell
from engine.lab.far_crews import FarCrews
from engine.lab.sweep_cell import Cell
from engine.lab.sweep_deal import deal
from engine.lab.sweep_even import Evener
from engine.lab.sweep_plan import Place, SweepSettings, places
from engine.lab.sweep_team import Squad, squads
from engine.models.base import LogDensity
from engine.protocol import Arrays, Json, RunConfig

#: Seconds between two looks at what other processes say, when these train alone.
_POLL = 0.05


class Sweep(Job):
    """Trains a grid of runs and tells of each how it looks and how good it is.

    News: ``phase`` is ``build``, ``arrange``, ``train`` or ``end``. The first news of
    training has the arrays ``data`` and ``data_density`` and the common ``limits``.
    Where ``cells`` is not empty it has facts of some cells, and arrays whose first axis
    goes over those of them in ``pictured``: ``density``, ``samples``, ``spark`` and,
    where there is a latent space, ``codes`` and ``labels`` or ``lines``. How the cells
    are trained is in ``stacks``, ``alone``, ``processes`` and ``why``.
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
        self.cells: list[Cell | FarCell] = []
        self.crew = Crew({}, [], settings.steps, settings.metric, tick)
        self.far = FarCrews()
        self._ways: Json = {}
        self._begun = 0.0
        self._tables = Tables(tick)
        self._evener = Evener(self.cells, self._configs, self.far, self._tables)
        self._seen: set[int] = set()
        self._stopped: set[int] = set()
        self._is_finishing = False

    def work(self) -> Iterator[News]:
        """Build, arrange, train and examine, examine all at the end."""
        try:
            yield from self._arranged()
            self._begun = time.monotonic()
            while not (self.crew.is_over and self.far.is_over):
                heard = list(self.far.news())
                if not self.crew.is_over:
                    heard.append(self.crew.work())
                else:
                    yield from self._last_looks()
                if self._evener.even_out(self.crew):
                    self._pass_on()
                self.pause = 0.0 if heard else _POLL
                yield from map(self._news, heard or [(Told(), {})])
            yield from self._last_looks()
        finally:
            self.far.close()

    def hear(self, words: Json) -> Json:
        """``stop`` lists cells to train no more; ``finish`` ends the sweep now.

        Raises:
            ValueError: There is no such cell.
        """
        for index in words.get("stop", []):
            self._cell(index)
            self._stopped.add(index)
        self._is_finishing |= bool(words.get("finish"))
        self._pass_on()
        return {}

    def give(self, item: int) -> Experiment:
        """An independent run that goes on from where a cell stands.

        Raises:
            OnItsWay: Its process was asked for it.
            ValueError: There is no such cell, or it is lost.
        """
        cell = self._cell(item)
        if isinstance(cell, FarCell):
            return self.far.give(item)
        cell.experiment.keep()
        return cell.experiment.branch(cell.experiment.step)

    @property
    def _configs(self) -> list[RunConfig]:
        return [place.config for place in self.places]

    # ---- before the training

    def _arranged(self) -> Iterator[News]:
        """All cells, the opening, and who is trained where."""
        maker = CellMaker(self.settings.metric, self._tables)
        cells: list[Cell] = []
        for place in self.places:
            cells.append(maker.make(place.config))
            self.cells.append(cells[-1])
            result = {"phase": "build", "built": len(cells), "count": len(self.places)}
            yield News(0.0, result)
        yield self._opening(cells[0].experiment)
        found: list[Squad] = []
        trainers = {id(c.experiment.trainer): c.experiment.trainer for c in cells}
        for some in squads(list(trainers.values()), self.tick):
            found += some
            yield News(0.0, {"phase": "arrange"})
        self._deal(cells, found)
        self._pass_on()

    def _opening(self, first: Experiment) -> News:
        data, model = first.data, first.trainer.model
        result: Json = {
            "phase": "arrange",
            "kind": model.density_kind if isinstance(model, LogDensity) else "",
            "limits": [float(v) for v in data.limits],
            "classes": data.classes,
            "count": len(self.places),
        }
        arrays: Arrays = {
            "data": thumbnails.dots(data.train.x),
            "data_density": thumbnails.density(data.train.x[:20_000], data.limits),
        }
        return News(0.0, result, arrays)

    def _deal(self, cells: list[Cell], found: list[Squad]) -> None:
        """Start the processes, and keep here what is trained here."""
        dealt = deal(cells, self._configs, found, self.settings, self.tick)
        self._ways = dealt.ways
        for order in dealt.away:
            for task in order.tasks:
                data = cells[task.cell].experiment.data
                far = self.far.cells[task.cell] = FarCell(task.config, data)
                self.cells[task.cell] = far
            self.far.start(order)
        here = {i: c for i, c in enumerate(cells) if i not in self.far.cells}
        self.crew = Crew(
            here, dealt.here, self.settings.steps, self.settings.metric, self.tick
        )

    def _pass_on(self) -> None:
        """Tell those who train what the window has said, again if need be."""
        self.crew.stop(self._stopped)
        self.far.stop(self._stopped)
        if self._is_finishing:
            self.crew.finish()
            self.far.finish()

    # ---- news

    def _last_looks(self) -> Iterator[News]:
        """A last and better look at every cell whose training ended here."""
        unseen = sorted(self.crew.cells.keys() - self._seen)
        self._seen.update(unseen)
        for index in unseen:
            yield self._news(self.crew.last_look(index))

    def _news(self, saying: Saying) -> News:
        """What one process says, and how far all are."""
        told, arrays = saying
        all_told = [self.crew.told(), *self.far.told]
        whole = sum(t.whole for t in all_told)
        share = sum(t.done for t in all_told) / whole if whole else 1.0
        result = self._progress(all_told, share) | self._ways
        result["cells"] = told.facts
        if told.pictured:
            result["pictured"] = told.pictured
        return News(share, result, arrays)

    def _progress(self, all_told: list[Told], share: float) -> Json:
        over = all(t.is_over for t in all_told)
        is_seen = self._seen >= self.crew.cells.keys()
        busy = [t for t in all_told if over or not t.is_over]
        passed = time.monotonic() - self._begun
        looked = sum(t.looked for t in all_told)
        spent = looked + sum(t.trained for t in all_told)
        return {
            "phase": "end" if is_seen and over else "train",
            "step": min(t.step for t in busy),
            "steps": self.settings.steps,
            "speed": sum(t.moved / t.trained for t in busy if t.trained),
            "seconds_left": passed * (1 - share) / share if share else None,
            "exam_share": looked / spent if spent else 0.0,
        }

    def _cell(self, index: object) -> Cell | FarCell:
        if not isinstance(index, int) or not 0 <= index < len(self.cells):
            raise ValueError(f"The sweep has no cell {index!r} yet.")
        return self.cells[index]
