"""What a worker process does and says, without starting one."""

import os
from queue import SimpleQueue
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from engine.experiment import Experiment
from engine.lab import crew
from engine.lab.crew_words import (
    ORDERS,
    REPORTS,
    Broken,
    Ended,
    Finish,
    Give,
    Handed,
    Stop,
    Task,
    Told,
    Train,
    Unit,
    read,
    write,
)
from engine.lab.handed import take_over
from engine.lab.worker import Worker
from engine.protocol import ProtocolError, RunConfig
from engine.training.moments import packed, unpacked


def config(seed=0, model="vae", **more):
    return RunConfig(
        model=model,
        data="two_moons",
        model_settings={"width": 16, "depth": 1},
        data_settings={"points": 300},
        training={"batch_size": 32, "steps": 20},
        seed=seed,
        device="cpu",
        **more,
    )


def train(*units, steps=20, stacked=False, make=config):
    cells = [cell for unit in units for cell in unit]
    return Train(
        tasks=[Task(cell=cell, config=make(cell)) for cell in cells],
        units=[Unit(cells=list(unit), is_stacked=stacked) for unit in units],
        steps=steps,
        metric="energy_distance",
    )


def worked(order, react=lambda orders, report: None):
    """Reports of a worker; ``react`` may answer each with orders."""
    orders, heard = SimpleQueue(), []

    def tell(report, arrays=None):
        heard.append((report, arrays))
        react(orders, report)

    Worker(orders, tell).run(order)
    return heard


def handed(heard):
    finals = [(r, a) for r, a in heard if isinstance(r, Handed) and r.reason == "final"]
    return {r.cell: (r, a) for r, a in finals}


def alone(cell, steps):
    run = Experiment.from_config(config(cell))
    run.trainer.train_for(float("inf"), steps)
    return run


def weights(run):
    return torch.cat([p.flatten() for p in run.trainer.model.parameters()])


def same(a, b):
    torch.testing.assert_close(weights(a), weights(b), rtol=0, atol=0)


def test_a_cell_of_a_worker_is_bit_for_bit_the_run_trained_alone():
    heard = worked(train([3], [5]))
    found = handed(heard)
    assert isinstance(heard[-1][0], Ended)
    assert sorted(found) == [3, 5]
    for cell, (message, arrays) in found.items():
        expected = alone(cell, 20)
        run = take_over(message, arrays, config(cell), expected.data)
        assert (run.step, run.config) == (20, expected.config)
        same(run, expected)
        ours, theirs = (r.history.terms["loss"].arrays() for r in (run, expected))
        np.testing.assert_array_equal(ours[0], theirs[0])
        np.testing.assert_array_equal(ours[2], theirs[2])
        assert run.snapshots == [0, 16, 20]
        # It goes on with the same draws, averages and optimiser.
        for r in (run, expected):
            r.trainer.train_for(float("inf"), 7)
        same(run, expected)
        assert run.latest_losses() == expected.latest_losses()
        run.restore(16)
        same(run, alone(cell, 16))


def test_a_stack_of_a_worker_comes_to_the_weights_of_its_cells():
    for cell, (message, arrays) in handed(worked(train([0, 1], stacked=True))).items():
        expected = alone(cell, 20)
        run = take_over(message, arrays, config(cell), expected.data)
        torch.testing.assert_close(
            weights(run), weights(expected), rtol=1e-3, atol=1e-3
        )


def test_cells_of_one_training_are_trained_once():
    def make(cell):
        flow = config(0, "rectified_flow")
        return flow.model_copy(update={"sampler_settings": {"steps": cell + 2}})

    told = [r for r, _ in worked(train([0, 1], make=make)) if isinstance(r, Told)]
    assert told[-1].moved == told[-1].whole == 20


def test_a_worker_tells_how_far_it_is_and_shows_its_cells():
    heard = worked(train([0], [1]))
    told = [(r, a) for r, a in heard if isinstance(r, Told)]
    assert (told[0][0].whole, told[-1][0].done) == (40, 40)
    assert [r.is_over for r, _ in told][-2:] == [True, True]
    assert [r.pictured for r, _ in told][-2:] == [[0], [1]]
    assert told[-1][1]["density"].shape == (1, 64, 64)
    assert told[-1][0].facts[0]["losses"]["loss"] > 0
    assert told[-1][0].trained > 0
    # The last looks come after the training: they are no part of its time.
    assert told[-1][0].looked == told[-2][0].looked


def test_a_worker_finishes_when_it_is_told_to():
    def react(orders, report):
        if isinstance(report, Told) and orders.empty():
            orders.put((Finish(), {}))

    heard = worked(train([0], [1], steps=1_000_000), react)
    assert sorted(handed(heard)) == [0, 1]
    last = [r for r, _ in heard if isinstance(r, Told)][-1]
    assert 0 < last.moved < 1_000_000


def test_a_worker_stops_a_cell_and_trains_the_other():
    def react(orders, report):
        if isinstance(report, Told) and report.moved and not report.is_over:
            orders.put((Stop(cells=[0]), {}))

    found = handed(worked(train([0], [1], steps=60), react))
    steps = {cell: message.moments[-1]["step"] for cell, (message, _) in found.items()}
    assert steps[1] == 60
    assert 0 < steps[0] <= 16


def test_a_worker_gives_a_cell_and_trains_on():
    asked = []

    def react(orders, report):
        if isinstance(report, Told) and report.step >= 16 and not asked:
            asked.append(report.step)
            orders.put((Give(cell=0), {}))

    heard = worked(train([0], steps=60), react)
    given = [(r, a) for r, a in heard if isinstance(r, Handed) and r.reason == "lent"]
    ((message, arrays),) = given
    step = message.moments[-1]["step"]
    expected = alone(0, step)
    same(take_over(message, arrays, config(0), expected.data), expected)
    assert 16 <= step < 60
    assert handed(heard)[0][0].moments[-1]["step"] == 60


class StubCell:
    """A cell whose look takes a second of a clock that nothing else moves."""

    is_training = True

    def __init__(self, squad):
        self.experiment, self.examined = squad, -1

    def note(self, metric):
        self.examined = self.experiment.step

    def facts(self, index):
        return {"cell": index}

    def spark(self):
        return np.zeros(2)


def test_every_cell_is_seen_before_pictures_become_few(monkeypatch):
    clock = SimpleNamespace(now=0.0, step=0, trainers=[], keep=lambda: None)
    monkeypatch.setattr(crew.time, "monotonic", lambda: clock.now)

    def take(seconds, result):
        clock.now += seconds
        return result

    def train_on(seconds, until, on_diverged):
        clock.step += 1
        return take(0.05, 1)

    cpu = SimpleNamespace(device=torch.device("cpu"))
    squad = SimpleNamespace(trainers=[cpu], step=0, train=train_on, pace=None)
    cells = {i: StubCell(clock) for i in range(8)}
    monkeypatch.setattr(crew, "examine", lambda *_: take(1.0, (0.5, {})))
    made = crew.Crew(cells, [squad], 10**6, "energy_distance", lambda: None)
    seen = []
    while clock.now < 40:
        told, _ = made.work()
        seen += [(i, clock.now) for i in told.pictured]
    assert sorted(i for i, _ in seen[:8]) == list(range(8))
    assert seen[7][1] == pytest.approx(2 * 8, abs=1.2)
    # From then on the looks are paid for at the lower rate, the first ones included.
    assert len(seen) == 8
    assert made.told().looked / clock.now == pytest.approx(0.2, abs=0.01)


def test_messages_cross_a_pipe_with_their_arrays():
    here, there = (
        os.fdopen(f, mode) for f, mode in zip(os.pipe(), ("rb", "wb"), strict=True)
    )
    arrays = {"x": np.arange(6, dtype=np.float32).reshape(2, 3)}
    with here, there:
        write(there, Told(done=3, facts=[{"cell": 1}]), arrays)
        write(there, Broken(reason="No."))
        message, found = read(here, REPORTS)
        assert (message.done, message.facts) == (3, [{"cell": 1}])
        np.testing.assert_array_equal(found["x"], arrays["x"])
        assert read(here, REPORTS)[0].reason == "No."
        write(there, train([0]))
        with pytest.raises(ProtocolError):
            read(here, REPORTS)  # an order is no report
        write(there, Give(cell=1))
        assert read(here, ORDERS)[0].cell == 1


@pytest.mark.parametrize("cut", [0, 2, 9, 40])
def test_a_message_cut_short_is_the_end(tmp_path, cut):
    file = tmp_path / "message"
    with file.open("wb") as pipe:
        write(pipe, Told())
    file.write_bytes(file.read_bytes()[:cut])
    with file.open("rb") as pipe:
        assert read(pipe, REPORTS) is None


@pytest.mark.parametrize(
    "content",
    [
        b"\xff" * 40,
        b"\0" * 40,
        b"\1\0\0\0" + b"\xff" * 8,
        b"\1\0\0\0\1" + b"\0" * 7 + b"{",
    ],
)
def test_nonsense_is_no_message(tmp_path, content):
    file = tmp_path / "nonsense"
    file.write_bytes(content)
    with file.open("rb") as pipe, pytest.raises(ProtocolError):
        read(pipe, REPORTS)


def test_only_the_newest_moments_travel_where_room_is_short():
    run = Experiment.from_config(config())
    run.train(20)
    content, facts = packed(run)
    assert [f["step"] for f in facts] == run.snapshots
    one = run.kept(20).bytes
    content, facts = packed(run, 2.5 * one)
    assert [m.step for m in unpacked(content, facts)] == run.snapshots[-2:]
    content, facts = packed(run, 0)
    (newest,) = unpacked(content, facts)
    assert newest.step == 20
    for name, value in run.kept(20).model.items():
        torch.testing.assert_close(newest.model[name], value, rtol=0, atol=0)


def test_an_order_for_some_cells_is_part_of_the_order():
    part = train([0, 1], [2], [3]).only({1, 3})
    assert [task.cell for task in part.tasks] == [1, 3]
    assert [unit.cells for unit in part.units] == [[1], [3]]
    assert part.steps == 20
