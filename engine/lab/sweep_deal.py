"""Who of a sweep is trained where: here, or in worker processes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.lab.crew_words import Task, Train, Unit
from engine.lab.sweep_cell import Cell
from engine.lab.sweep_plan import SweepSettings
from engine.lab.sweep_shares import Limit, limit, parts, shares
from engine.lab.sweep_team import Squad, squad_of, step_seconds
from engine.protocol import Json, RunConfig
from engine.training.trainer import Trainer


@dataclass(frozen=True)
class Dealt:
    """Squads that are trained here, orders for workers, and both in facts.

    ``ways``: sizes of the ``stacks``, trainings ``alone``, ``processes``, and ``why``.
    """

    here: list[Squad]
    away: list[Train]
    ways: Json


@dataclass(frozen=True)
class _Part:
    """A squad, or a part of a stack, that one process trains."""

    whole: Squad
    trainers: list[Trainer]
    seconds: float

    @property
    def is_stacked(self) -> bool:
        return self.whole.stack is not None and len(self.trainers) > 1

    def squad(self) -> Squad:
        """As it is trained here."""
        if len(self.trainers) == len(self.whole.trainers):
            return self.whole
        return squad_of(self.trainers, self.is_stacked)


def deal(
    cells: Sequence[Cell],
    configs: Sequence[RunConfig],
    squads: Sequence[Squad],
    settings: SweepSettings,
    tick: Callable[[], None],
) -> Dealt:
    """Deal squads to processes, stacks in parts where that is faster.

    Args:
        cells: All cells, built but not trained.
        configs: Their configurations.
        squads: Squads of all their trainers.
        settings: Settings of the sweep.
        tick: Called between trials.
    """
    allowed = limit(settings.processes, cells[0].experiment.device.type)
    found = [_Part(squad, squad.trainers, 0.0) for squad in squads]
    dealt, why = [list(range(len(found)))], allowed.why
    if allowed.processes > 1:
        found = _parts(squads, settings, allowed, tick)
        seconds = [part.seconds for part in found]
        dealt, why = shares(seconds, allowed, settings.processes)
    away = [
        _order([found[i] for i in share], cells, configs, settings)
        for share in dealt[1:]
    ]
    ways = {
        "stacks": [len(part.trainers) for part in found if part.is_stacked],
        "alone": sum(not part.is_stacked for part in found),
        "processes": len(dealt),
        "why": why,
    }
    return Dealt([found[i].squad() for i in dealt[0]], away, ways)


def _parts(
    squads: Sequence[Squad],
    settings: SweepSettings,
    allowed: Limit,
    tick: Callable[[], None],
) -> list[_Part]:
    found = []
    for squad in squads:
        seconds = step_seconds(squad, tick) * settings.steps
        size, begin = len(squad.trainers), 0
        for count in parts(size, seconds, allowed, settings.processes):
            some = squad.trainers[begin : begin + count]
            found.append(_Part(squad, some, seconds * count / size))
            begin += count
    return found


def _order(
    share: Sequence[_Part],
    cells: Sequence[Cell],
    configs: Sequence[RunConfig],
    settings: SweepSettings,
) -> Train:
    """What a worker has to do: cells that share a trainer stay together."""
    units = []
    for part in share:
        mine = {id(trainer) for trainer in part.trainers}
        found = [i for i, c in enumerate(cells) if id(c.experiment.trainer) in mine]
        units.append(Unit(cells=found, is_stacked=part.is_stacked))
    tasks = [Task(cell=i, config=configs[i]) for unit in units for i in unit.cells]
    return Train(tasks=tasks, units=units, steps=settings.steps, metric=settings.metric)
