"""How many processes a sweep has, who trains what, and what becomes of the dead."""

from typing import ClassVar

import pytest

from engine.experiment import Experiment
from engine.lab import far_crews, sweep_deal, sweep_shares
from engine.lab.base import OnItsWay
from engine.lab.crew_words import (
    Broken,
    Ended,
    Finish,
    Give,
    Stop,
    Task,
    Told,
    Train,
    Unit,
)
from engine.lab.far_cell import FarCell
from engine.lab.far_crews import FarCrews
from engine.lab.handed import hand_over
from engine.lab.sweep_cell import Cell
from engine.lab.sweep_deal import deal
from engine.lab.sweep_plan import SweepSettings
from engine.lab.sweep_shares import START, Limit, limit, parts, shares
from engine.lab.sweep_team import squad_of
from engine.protocol import RunConfig

SMALL = RunConfig(
    model="vae",
    data="two_moons",
    model_settings={"width": 16, "depth": 1},
    data_settings={"points": 100},
    training={"batch_size": 16},
    device="cpu",
)
TWO = Limit(2, "two")


@pytest.fixture
def four_cores(monkeypatch):
    monkeypatch.setattr(sweep_shares, "cores", lambda: 4)


def test_a_process_for_each_core_unless_asked_otherwise(four_cores):
    assert limit(0, "cpu").processes == 4
    assert limit(3, "cpu").processes == 3
    assert limit(1, "cpu") == Limit(1, "One process, as asked for.")


def test_one_process_where_more_would_not_help(monkeypatch, four_cores):
    gpu = limit(4, "cuda")
    assert gpu.processes == 1
    assert "GPU" in gpu.why
    memory = type("Memory", (), {"available": 2**29})
    monkeypatch.setattr(sweep_shares.psutil, "virtual_memory", lambda: memory)
    assert limit(0, "cpu").processes == 1
    assert "memory" in limit(0, "cpu").why
    monkeypatch.setattr(sweep_shares, "cores", lambda: 1)
    assert "one core" in limit(0, "cpu").why


def test_long_work_is_dealt_evenly_and_short_work_stays():
    assert shares([60.0] * 4, TWO, 0) == ([[0, 2], [1, 3]], "two")
    assert shares([0.5] * 4, TWO, 0)[0] == [[0, 1, 2, 3]]
    assert "longer to start" in shares([0.5] * 4, TWO, 0)[1]
    dear_first, _ = shares([10.0, 90.0, 40.0, 40.0], TWO, 0)
    assert sorted(map(sorted, dear_first)) == [[0, 2, 3], [1]]


def test_who_asks_for_processes_gets_them():
    assert [len(s) for s in shares([0.01] * 4, TWO, 2)[0]] == [2, 2]
    assert len(shares([0.01] * 3, Limit(8, ""), 8)[0]) == 3


def test_a_start_is_paid_from_what_it_saves():
    """Two equal trainings: the second is worth a process if longer than its start."""
    for seconds, processes in ((START - 0.1, 1), (START + 0.1, 2)):
        assert len(shares([seconds] * 2, TWO, 0)[0]) == processes


@pytest.mark.parametrize(
    ("size", "seconds", "asked", "found"),
    [
        (8, 100.0, 0, [4, 4]),
        (7, 100.0, 0, [4, 3]),
        (8, 1.0, 0, [8]),
        (8, 1.0, 2, [4, 4]),
        (1, 100.0, 2, [1]),
    ],
)
def test_a_long_stack_is_divided(size, seconds, asked, found):
    assert parts(size, seconds, TWO, asked) == found
    assert parts(size, seconds, Limit(1, ""), asked) == [size]


def dealt(monkeypatch, squads, cells, processes=2, seconds=1.0):
    monkeypatch.setattr(sweep_deal, "step_seconds", lambda squad, tick: seconds)
    settings = SweepSettings(
        config=SMALL.model_dump(mode="json"), steps=100, processes=processes
    )
    configs = [SMALL.model_copy(update={"seed": i}) for i in range(len(cells))]
    return deal(cells, configs, squads, settings, lambda: None)


@pytest.fixture
def cells():
    seeds = [SMALL.model_copy(update={"seed": i}) for i in range(4)]
    return [Cell(Experiment.from_config(seed)) for seed in seeds]


def test_every_cell_is_trained_in_one_place(monkeypatch, cells):
    squads = [squad_of([c.experiment.trainer], False) for c in cells]
    found = dealt(monkeypatch, squads, cells)
    (order,) = found.away
    here = {id(t) for s in found.here for t in s.trainers}
    away = {task.cell for task in order.tasks}
    assert len(away) == len(here) == 2
    assert all(id(cells[i].experiment.trainer) not in here for i in away)
    assert {task.config.seed for task in order.tasks} == away
    assert (order.steps, order.metric) == (100, "energy_distance")
    ways = found.ways
    assert (ways["stacks"], ways["alone"], ways["processes"]) == ([], 4, 2)


def test_a_stack_is_trained_in_parts_in_two_processes(monkeypatch, cells):
    squad = squad_of([c.experiment.trainer for c in cells], True)
    found = dealt(monkeypatch, [squad], cells)
    assert found.ways["stacks"] == [2, 2]
    (here,), (order,) = found.here, found.away
    assert len(here.trainers) == 2
    assert here.stack is not None
    assert [(len(u.cells), u.is_stacked) for u in order.units] == [(2, True)]


def test_one_process_keeps_the_squads_as_they_are(monkeypatch, cells):
    squad = squad_of([c.experiment.trainer for c in cells], True)
    found = dealt(monkeypatch, [squad], cells, processes=1)
    assert (found.here, found.away) == ([squad], [])
    assert found.ways["processes"] == 1


def test_cells_of_one_training_stay_together(monkeypatch, cells):
    cells[3].experiment.trainer = cells[0].experiment.trainer
    squads = [squad_of([c.experiment.trainer], False) for c in cells[:3]]
    found = dealt(monkeypatch, squads, cells, processes=3)
    units = [unit.cells for order in found.away for unit in order.units]
    assert ([0, 3] in units) or not any(0 in u or 3 in u for u in units)


class PretendedProcess:
    """Says what a test puts into ``says``; ``None`` is the end of its pipe."""

    made: ClassVar[list] = []

    def __init__(self, train):
        self.train, self.heard, self.says = train, [], []
        self.pid = len(self.made)
        self.is_killed = False
        self.made.append(self)

    @property
    def is_silent(self):
        return self.says[:1] == [None] or self.is_killed

    def send(self, order, arrays=None):
        self.heard.append(order)

    def take(self):
        found = [s for s in self.says if s is not None]
        self.says = self.says[len(found) :]
        return [(s, {}) if not isinstance(s, tuple) else s for s in found]

    def epitaph(self):
        return "It was ended by signal SIGKILL."

    def kill(self):
        self.is_killed = True


@pytest.fixture
def crews(monkeypatch):
    monkeypatch.setattr(far_crews, "CrewProcess", PretendedProcess)
    monkeypatch.setattr(PretendedProcess, "made", [])
    made = FarCrews()
    data = Experiment.from_config(SMALL).data
    made.cells = {i: FarCell(SMALL, data) for i in range(2)}
    tasks = [Task(cell=i, config=SMALL) for i in range(2)]
    units = [Unit(cells=[i]) for i in range(2)]
    made.start(Train(tasks=tasks, units=units, steps=9, metric="loss"))
    return made


def facts(cell, step=4):
    return {"cell": cell, "step": step, "state": "learning"}


def heard(crews):
    return [fact for told, _ in crews.news() for fact in told.facts]


def test_a_dead_process_is_replaced_and_its_cells_begin_again(crews):
    (first,) = PretendedProcess.made
    final = hand_over(0, Experiment.from_config(SMALL), "final")
    first.says = [Told(facts=[facts(0), facts(1)]), final]
    assert len(heard(crews)) == 2
    crews.stop([1])
    first.says = [None]
    assert heard(crews) == []
    second = PretendedProcess.made[1]
    assert first.is_killed
    assert [task.cell for task in second.train.tasks] == [1]
    assert second.heard == [Stop(cells=[1])]
    assert not crews.is_over
    second.says = [None]
    (lost,) = heard(crews)
    assert (lost["cell"], lost["state"]) == (1, "lost")
    assert "SIGKILL" in lost["trouble"]
    assert crews.is_over
    assert len(PretendedProcess.made) == 2
    assert crews.give(0).step == 0
    with pytest.raises(ValueError, match="SIGKILL"):
        crews.give(1)


def test_what_would_fail_again_is_not_repeated(crews):
    (process,) = PretendedProcess.made
    process.says = [Broken(reason="The file is gone."), None]
    found = heard(crews)
    assert [f["cell"] for f in found] == [0, 1]
    assert all(f["trouble"] == "The file is gone." for f in found)
    assert all(f["state"] == "lost" and f["step"] == 0 for f in found)
    assert crews.is_over
    assert len(PretendedProcess.made) == 1


def test_a_finished_sweep_replaces_nobody(crews):
    (process,) = PretendedProcess.made
    crews.finish()
    assert process.heard == [Finish()]
    process.says = [None]
    assert [f["state"] for f in heard(crews)] == ["lost", "lost"]
    assert crews.is_over


def test_an_orderly_end_loses_nothing(crews):
    (process,) = PretendedProcess.made
    run = Experiment.from_config(SMALL)
    finals = [hand_over(i, run, "final") for i in range(2)]
    process.says = [Told(facts=[facts(0), facts(1)]), *finals, Ended()]
    heard(crews)
    assert not crews.is_over  # somebody may have cells for it
    crews.dismiss(process)
    assert process.is_killed
    assert crews.is_over
    assert [t.is_over for t in crews.told] == [True]
    assert crews.give(0).step == crews.give(1).step == 0


def test_a_cell_that_trains_is_asked_for_and_no_news_is_lost(crews, monkeypatch):
    (process,) = PretendedProcess.made
    with pytest.raises(ValueError, match="not begun"):
        crews.give(1)
    process.says = [Told(facts=[facts(0), facts(1)])]
    heard(crews)
    run = Experiment.from_config(SMALL)
    run.train(3)
    for _ in range(3):
        with pytest.raises(OnItsWay):
            crews.give(1)
    assert process.heard == [Give(cell=1)]  # asked once
    process.says = [Told(facts=[facts(0, 5)]), hand_over(1, run)]
    assert [f["step"] for f in heard(crews)] == [5]
    assert crews.give(1).step == 3
    with pytest.raises(OnItsWay):
        crews.give(1)  # as it stands now, not as it stood
    assert process.heard == [Give(cell=1)] * 2
    monkeypatch.setattr(far_crews, "PATIENCE", -1.0)
    with pytest.raises(ValueError, match="try again"):
        crews.give(1)  # it says nothing more


def test_a_cell_that_was_asked_for_is_asked_of_the_next_process(crews):
    (first,) = PretendedProcess.made
    first.says = [Told(facts=[facts(0), facts(1)])]
    heard(crews)
    with pytest.raises(OnItsWay):
        crews.give(1)
    first.says = [None]
    heard(crews)
    second = PretendedProcess.made[1]
    with pytest.raises(OnItsWay):
        crews.give(1)
    assert Give(cell=1) in second.heard
    second.says = [hand_over(1, Experiment.from_config(SMALL), "final")]
    heard(crews)
    assert crews.give(1).step == 0


def test_closing_ends_every_process(crews):
    crews.close()
    assert PretendedProcess.made[0].is_killed
    assert crews.is_over
