"""Cells that move from a busy process of a sweep to one that has nothing to do."""

from queue import SimpleQueue
from types import SimpleNamespace

import pytest
import torch

from engine.experiment import Experiment
from engine.lab import far_crews
from engine.lab.base import OnItsWay
from engine.lab.crew import CellMaker, Crew, Tables
from engine.lab.crew_words import (
    Ended,
    Give,
    Handed,
    Parted,
    Share,
    Stop,
    Take,
    Task,
    Told,
    Train,
    Unit,
)
from engine.lab.far_cell import FarCell
from engine.lab.far_crews import FarCrews
from engine.lab.handed import hand_over, take_over
from engine.lab.moving import join, part_of
from engine.lab.sweep_even import Evener
from engine.lab.sweep_half import half
from engine.lab.sweep_team import squad_of
from engine.lab.worker import Worker
from engine.protocol import RunConfig

STEPS = 40


def config(seed=0, **settings):
    return RunConfig(
        model="vae",
        data="two_moons",
        model_settings={"width": 16, "depth": 1} | settings,
        data_settings={"points": 300},
        training={"batch_size": 32, "steps": STEPS},
        seed=seed,
        device="cpu",
    )


def crew_of(*units, stacked=False, make=config):
    maker = CellMaker("energy_distance", Tables(lambda: None))
    cells = {i: maker.make(make(i)) for unit in units for i in unit}
    trainers = [[cells[i].experiment.trainer for i in unit] for unit in units]
    squads = [squad_of(some, stacked) for some in trainers]
    return Crew(cells, squads, STEPS, "energy_distance", lambda: None)


def empty_crew():
    return Crew({}, [], STEPS, "energy_distance", lambda: None)


def trained_to(crew, step):
    for squad in (s for s in crew.squads if s.trainers):
        squad.train(float("inf"), step, lambda *_: None)
    return crew


def alone(cell, steps=STEPS, make=config):
    run = Experiment.from_config(make(cell))
    run.trainer.train_for(float("inf"), steps)
    return run


def weights(run):
    return torch.cat([p.flatten() for p in run.trainer.model.parameters()])


def same(a, b):
    torch.testing.assert_close(weights(a), weights(b), rtol=0, atol=0)


# ---- what moves


def test_half_of_the_squads_move_and_one_always_stays():
    crew = trained_to(crew_of([0], [1], [2], [3]), 8)
    assert len(half(crew.squads, STEPS)) == 2
    assert len(half(crew.squads[:3], STEPS)) == 1
    assert half(crew.squads[:1], STEPS) == []
    assert half([], STEPS) == []


def test_dear_squads_weigh_more_than_many():
    squads = crew_of([0], [1], [2], [3]).squads
    for squad, pace in zip(squads, (3.0, 1.0, 1.0, 1.0), strict=True):
        squad.pace = pace
    assert {id(s) for s, _ in half(squads, STEPS)} == {id(s) for s in squads[1:]}


def test_time_that_others_can_save_is_known_after_a_step():
    crew = crew_of([0], [1], [2])
    assert crew.told().spare == 0.0
    crew.work()
    for squad in crew.squads:
        squad.pace = 0.5
    step = crew.squads[1].step
    assert crew.told().spare == pytest.approx(0.5 * (STEPS - step))
    crew.finish()
    assert crew.told().spare == 0.0
    assert crew.part() == []


def test_a_moved_cell_comes_to_the_bits_of_the_run_trained_alone():
    giver, receiver = trained_to(crew_of([0], [1], [2]), 11), empty_crew()
    for index in (0, 1, 2):
        giver.last_look(index)
    moved = part_of(giver)
    trails = {i: state[0].trail for i, state in moved.states.items()}
    configs = {i: config(i) for i in range(3)}
    join(receiver, moved, configs, Tables(lambda: None))
    assert giver.cells.keys() | receiver.cells.keys() == {0, 1, 2}
    assert len(receiver.cells) == 1
    for crew in (giver, receiver):
        assert not crew.is_over
        trained_to(crew, STEPS)
        for index, cell in crew.cells.items():
            same(cell.experiment, alone(index))
            assert cell.examined == 11
    ((index, cell),) = receiver.cells.items()
    assert cell.trail == trails[index] != []
    assert {0, 11} <= set(cell.experiment.snapshots)
    assert len(cell.experiment.history.terms["loss"]) == STEPS


@pytest.mark.parametrize("count", [4, 5])
def test_a_lone_stack_is_divided_and_comes_to_the_same_bits(count):
    def make(cell):
        return config(cell, beta=0.5 + cell)

    places = list(range(count))
    whole = trained_to(crew_of(places, stacked=True, make=make), STEPS)
    giver, receiver = crew_of(places, stacked=True, make=make), empty_crew()
    trained_to(giver, 13)
    configs = {i: make(i) for i in places}
    join(receiver, part_of(giver), configs, Tables(lambda: None))
    assert len(receiver.cells) == 2
    for crew in (giver, receiver):
        trained_to(crew, STEPS)
        for index, cell in crew.cells.items():
            same(cell.experiment, whole.cells[index].experiment)


def test_a_stack_stays_whole_where_its_parts_would_be_computed_differently():
    def make(cell):
        return config(cell, beta=1.0 if cell < 2 else 2.0)

    assert len(crew_of([0, 1, 2, 3], stacked=True).squads[0].halves()) == 2
    assert len(crew_of([0, 1, 2], stacked=True).squads[0].halves()) == 1
    assert len(crew_of([0, 1, 2, 3], stacked=True, make=make).squads[0].halves()) == 1


def test_cells_of_one_training_move_together_and_are_trained_once():
    def make(cell):
        flow = config(cell // 2).model_copy(
            update={"model": "rectified_flow", "sampler_settings": {"steps": 2 + cell}}
        )
        return flow

    giver, receiver = crew_of([0, 1], [2, 3], make=make), empty_crew()
    moved = part_of(trained_to(giver, 5))
    join(receiver, moved, {i: make(i) for i in range(4)}, Tables(lambda: None))
    first, second = receiver.cells.values()
    assert first.experiment.trainer is second.experiment.trainer
    trained_to(receiver, STEPS)
    for index, cell in receiver.cells.items():
        same(cell.experiment, alone(index, make=make))


# ---- a worker gives, a worker takes


def order(*cells):
    return Train(
        tasks=[Task(cell=cell, config=config(cell)) for cell in cells],
        units=[Unit(cells=[cell]) for cell in cells],
        steps=STEPS,
        metric="energy_distance",
    )


def reports_of(kind, heard):
    return [(r, a) for r, a in heard if isinstance(r, kind)]


def test_a_worker_hands_half_to_another_that_had_ended():
    orders, heard = SimpleQueue(), []

    def tell(report, arrays=None):
        heard.append((report, arrays))
        if isinstance(report, Told) and len(heard) == 1:
            orders.put((Share(), {}))
            orders.put((Give(cell=0), {}))

    giver = Worker(orders, tell)
    giver.run(order(0, 1))
    (parted,) = [r for r, _ in reports_of(Parted, heard)]
    gone = [i for unit in parted.units for i in unit.cells]
    handed = reports_of(Handed, heard)
    moved = {r.cell: (r, a) for r, a in handed if r.reason == "moved"}
    final = {r.cell: (r, a) for r, a in handed if r.reason == "final"}
    assert sorted(moved) == sorted(gone)
    assert len(gone) == 1
    assert sorted(gone + list(final)) == [0, 1]

    theirs, news = SimpleQueue(), []
    taker = Worker(theirs, lambda report, arrays=None: news.append((report, arrays)))
    taker.run(order(7))
    assert isinstance(news[-1][0], Ended)
    for state in moved.values():
        theirs.put(state)
        taker.go_on()
    assert isinstance(news[-1][0], Ended)  # nothing to do before the order comes
    tasks = [Task(cell=i, config=config(i)) for i in gone]
    theirs.put((Take(tasks=tasks, units=parted.units), {}))
    taker.go_on()
    done = {r.cell: (r, a) for r, a in reports_of(Handed, news)}
    assert sorted(done) == sorted([7, *gone])
    assert len(reports_of(Ended, news)) == 2
    for cell, (message, arrays) in (final | done).items():
        expected = alone(cell)
        run = take_over(message, arrays, config(cell), expected.data)
        assert run.step == STEPS
        same(run, expected)


class NothingMore(Exception):
    """A worker waits for an order that nobody will give."""


class Given(SimpleQueue):
    def get(self, *_):
        if self.empty():
            raise NothingMore
        return super().get()


def test_a_wish_to_share_that_comes_with_the_last_looks_is_answered():
    """A sweep that was stopped then never ended: who had asked waited for ever."""
    orders, heard = Given(), []

    def tell(report, arrays=None):
        heard.append((report, arrays))
        if isinstance(report, Told) and report.is_over and report.pictured == [0]:
            orders.put((Share(), {}))  # taken between two chunks of the next look

    worker = Worker(orders, tell)
    worker.run(order(0, 1))
    assert isinstance(heard[-1][0], Ended)
    assert orders.empty()
    worker.go_on()
    assert heard[-1][0] == Parted(units=[])
    with pytest.raises(NothingMore):
        worker.go_on()


def test_nobody_is_asked_to_share_in_a_sweep_that_is_to_end():
    far = FarCrews()
    far.processes = [SimpleNamespace(pid=1, send=lambda order: None)]
    far._told = {1: Told(whole=100, spare=50.0)}
    assert far.busiest([]) is far.processes[0]
    far.finish()
    assert far.busiest([]) is None


def test_a_worker_that_has_ended_has_nothing_to_share():
    orders, heard = SimpleQueue(), []
    worker = Worker(orders, lambda report, arrays=None: heard.append((report, arrays)))
    worker.run(order(0, 1))
    orders.put((Share(), {}))
    worker.go_on()
    assert heard[-1][0] == Parted(units=[])


# ---- who gives whom


class PretendedProcess:
    """Says what a test puts into ``says``."""

    def __init__(self, train):
        self.train, self.heard, self.says = train, [], []
        self.pid = id(self)
        self.is_silent = self.is_killed = False

    def send(self, order, arrays=None):
        self.heard.append(order)

    def take(self):
        found, self.says = self.says, []
        return [s if isinstance(s, tuple) else (s, {}) for s in found]

    def epitaph(self):
        return "It was ended."

    def kill(self):
        self.is_killed = True


@pytest.fixture
def house(monkeypatch):
    """Two workers with cells 0 and 1 and 2 and 3; the engine has 4 and 5."""
    monkeypatch.setattr(far_crews, "CrewProcess", PretendedProcess)
    far, tables = FarCrews(), Tables(lambda: None)
    crew = trained_to(crew_of([4], [5]), 9)
    configs = [config(i) for i in range(6)]
    cells = [FarCell(configs[i], tables.of(configs[i])) for i in range(4)]
    cells += [crew.cells[4], crew.cells[5]]
    far.cells = {i: cells[i] for i in range(4)}
    for some in ((0, 1), (2, 3)):
        far.start(order(*some))
    evener = Evener(cells, configs, far, tables)
    return SimpleNamespace(
        far=far, crew=crew, cells=cells, evener=evener, workers=list(far.processes)
    )


def says(house, process, *reports):
    process.says += reports
    return list(house.far.news())


def ends(house, process):
    """All its cells are trained and handed over."""
    for task in process.train.tasks:
        cell = house.far.cells[task.cell]
        cell.handed = hand_over(task.cell, Experiment.from_config(cell.config), "final")
    says(house, process, Ended())


def kinds(process):
    return [type(order) for order in process.heard]


def at_work(spare):
    return Told(done=10, whole=2 * STEPS, moved=10, trained=1.0, spare=spare)


def moved_from(cells, step=9):
    """What a worker says that parts with a half of its cells."""
    crew = trained_to(crew_of(*([i] for i in cells)), step)
    moved = part_of(crew)
    return [*moved.states.values(), Parted(units=moved.units)], moved.cells


def test_nobody_is_asked_while_all_work(house):
    says(house, house.workers[0], at_work(9.0))
    assert not house.evener.even_out(house.crew)
    assert [kinds(w) for w in house.workers] == [[], []]


def test_the_busiest_shares_with_who_has_ended(house):
    first, second = house.workers
    house.evener.even_out(house.crew)
    says(house, second, at_work(5.0))
    ends(house, first)
    house.evener.even_out(house.crew)
    house.evener.even_out(house.crew)
    assert kinds(second) == [Share]  # once
    reports, (index,) = moved_from((2, 3))
    says(house, second, at_work(2.0), *reports)
    assert house.evener.even_out(house.crew)
    assert kinds(first) == [Handed, Take]
    assert [t.cell for t in first.train.tasks] == [0, 1, index]
    assert [t.cell for t in second.train.tasks] == [5 - index]
    assert house.far.resting == []
    share = [t for t in house.far.told if t.whole == 3 * STEPS]
    assert [t.done for t in share] == [9]
    # Who dies after a move takes only what it had with it.
    first.is_silent = True
    list(house.far.news())
    (again,) = [p for p in house.far.processes if p not in house.workers]
    assert [t.cell for t in again.train.tasks] == [index]


def test_the_engine_gives_and_takes(house):
    first, second = house.workers
    house.crew.squads[0].pace = house.crew.squads[1].pace = 1.0
    says(house, second, at_work(5.0))
    ends(house, first)
    assert house.evener.even_out(house.crew)
    ((index, given),) = [
        (i, c) for i, c in enumerate(house.cells[4:], 4) if isinstance(c, FarCell)
    ]
    assert house.far.cells[index] is given
    assert index not in house.crew.cells
    assert given.facts["step"] == 9
    assert kinds(first) == [Handed, Take]
    trained_to(house.crew, STEPS)
    house.evener.even_out(house.crew)
    assert kinds(second) == [Share]
    house.evener.even_out(house.crew)
    assert kinds(second) == [Share]  # asked for the engine already
    reports, (taken,) = moved_from((2, 3))
    says(house, second, *reports)
    assert house.evener.even_out(house.crew)
    assert house.cells[taken] is house.crew.cells[taken]
    assert taken not in house.far.cells
    trained_to(house.crew, STEPS)
    same(house.cells[taken].experiment, alone(taken))


def test_who_has_nothing_to_wait_for_is_let_go(house):
    first, second = house.workers
    ends(house, first)
    house.evener.even_out(house.crew)
    assert not first.is_killed  # the other has not said yet how it gets on
    says(house, second, at_work(0.5))
    house.evener.even_out(house.crew)
    assert not first.is_killed  # nor has the engine
    trained_to(house.crew, STEPS)
    house.evener.even_out(house.crew)
    assert first.is_killed  # half a second is not worth a move
    assert kinds(second) == []
    ends(house, second)
    house.evener.even_out(house.crew)
    assert house.far.is_over


def test_cells_for_a_worker_that_died_come_here(house):
    first, second = house.workers
    says(house, second, at_work(5.0))
    ends(house, first)
    house.evener.even_out(house.crew)
    first.is_silent = True
    list(house.far.news())
    reports, (index,) = moved_from((2, 3))
    says(house, second, *reports)
    house.evener.even_out(house.crew)
    assert index in house.crew.cells
    assert house.far.processes == [second]


def test_a_stopped_cell_stays_stopped_and_a_wish_for_one_is_asked_anew(house):
    first, second = house.workers
    says(house, second, at_work(5.0).model_copy(update={"facts": [{"cell": 3}]}))
    house.far.stop([2, 3])
    with pytest.raises(OnItsWay):
        house.far.give(3)
    assert second.heard[-1] == Give(cell=3)
    ends(house, first)
    house.evener.even_out(house.crew)
    reports, moved = moved_from((2, 3))
    says(house, second, *reports)
    house.evener.even_out(house.crew)
    assert moved == [3]
    assert first.heard[-1] == Stop(cells=[3])
    with pytest.raises(OnItsWay):
        house.far.give(3)
    assert first.heard[-1] == Give(cell=3)
