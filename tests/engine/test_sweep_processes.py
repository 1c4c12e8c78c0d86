"""A sweep with real worker processes: equal results, and no process left behind."""

import threading

import psutil
import pytest
import torch

from engine.experiment import Experiment
from engine.lab import sweep_deal, sweep_even
from engine.lab.far_cell import FarCell
from engine.lab.sweep import Sweep
from engine.lab.sweep_plan import SweepSettings

# A new process imports torch: seconds on a free core, minutes on a crowded one.
pytestmark = pytest.mark.timeout(600)

#: A model that cannot be stacked.
BASE = {
    "model": "vqvae",
    "data": "two_moons",
    "model_settings": {"width": 16, "depth": 1},
    "data_settings": {"points": 300},
    "training": {"batch_size": 32},
    "device": "cpu",
}


def sweep(steps, seeds=4):
    rows = {"group": "seed", "name": "seed", "values": list(range(seeds))}
    settings = SweepSettings(config=BASE, rows=rows, steps=steps, processes=2)
    return Sweep(settings, {}, "", lambda: None)


def told(job):
    """News as the desk takes it: not before the job has something to do."""
    for news in job.work():
        yield news
        if job.pause:
            threading.Event().wait(job.pause)


def weights(run):
    return torch.cat([p.flatten() for p in run.trainer.model.parameters()])


def far(job):
    return [i for i, cell in enumerate(job.cells) if isinstance(cell, FarCell)]


def started(job):
    """The work, driven until there is a worker; it has hardly begun by then."""
    work = told(job)
    while not job.far.processes:
        next(work)
    return work


def test_cells_of_two_processes_are_those_trained_alone():
    job = sweep(12)
    news = list(told(job))
    assert len(far(job)) == 2
    last = {f["cell"]: f for n in news for f in n.result.get("cells", [])}
    pictured = [i for n in news for i in n.result.get("pictured", [])]
    assert set(pictured) == set(last) == {0, 1, 2, 3}
    assert news[-1].share == 1.0
    assert (news[-1].result["processes"], news[-1].result["alone"]) == (2, 4)
    for index, place in enumerate(job.places):
        alone = Experiment.from_config(place.config)
        alone.trainer.train_for(float("inf"), 12)
        opened = job.give(index)
        assert opened.config == alone.config
        assert last[index]["step"] == opened.step == 12
        for more in (0, 3):
            for run in (opened, alone):
                run.trainer.train_for(float("inf"), more)
            torch.testing.assert_close(weights(opened), weights(alone), rtol=0, atol=0)
    assert psutil.Process().children() == []


def test_a_cancelled_sweep_leaves_no_process():
    job = sweep(1_000_000)
    work = started(job)
    (process,) = job.far.processes
    assert psutil.pid_exists(process.pid)
    with pytest.raises(ValueError, match="not begun"):
        job.give(far(job)[0])
    work.close()
    assert not psutil.pid_exists(process.pid)
    assert job.far.is_over


@pytest.mark.slow
def test_a_killed_worker_is_replaced_and_nothing_is_lost():
    job = sweep(30, seeds=2)
    work = started(job)
    (process,) = job.far.processes
    psutil.Process(process.pid).kill()
    list(work)
    for index in range(2):
        alone = Experiment.from_config(job.places[index].config)
        alone.trainer.train_for(float("inf"), 30)
        opened = job.give(index)
        torch.testing.assert_close(weights(opened), weights(alone), rtol=0, atol=0)


@pytest.mark.slow
def test_a_finished_sweep_hands_over_what_its_workers_have():
    job = sweep(1_000_000)
    work = started(job)
    job.hear({"stop": [far(job)[0]], "finish": True})
    list(work)
    assert psutil.Process().children() == []
    for index in far(job):
        assert job.give(index).step == job.cells[index].facts["step"] < 1_000_000
    assert job.cells[far(job)[0]].facts["state"] == "stopped"


@pytest.mark.slow
def test_a_worker_that_has_finished_takes_cells_of_the_engine(monkeypatch):
    monkeypatch.setattr(sweep_even, "WORTH", 0.0)
    monkeypatch.setattr(sweep_deal, "shares", lambda *_: ([[0, 2, 3], [1]], ""))
    job = sweep(60)
    work = started(job)
    train_on = job.crew.work
    waits = [True]

    def work_when_somebody_rests():
        if waits and job.crew.squads[0].step and not job.far.resting:
            return job.crew.told(), {}
        waits.clear()
        return train_on()

    monkeypatch.setattr(job.crew, "work", work_when_somebody_rests)
    list(work)
    assert 1 < len(far(job)) < 4  # its own, and by its speed one or two of three
    for index, place in enumerate(job.places):
        alone = Experiment.from_config(place.config)
        alone.trainer.train_for(float("inf"), 60)
        opened = job.give(index)
        for run in (opened, alone):
            run.trainer.train_for(float("inf"), 3)
        torch.testing.assert_close(weights(opened), weights(alone), rtol=0, atol=0)
    assert psutil.Process().children() == []
