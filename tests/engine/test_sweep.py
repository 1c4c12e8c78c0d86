"""A sweep is a grid of whole runs: planned, trained, examined, handed over."""

import time

import numpy as np
import pytest
import torch

from engine.experiment import Experiment
from engine.lab import thumbnails
from engine.lab.base import Job, News
from engine.lab.sweep import Sweep
from engine.lab.sweep_cell import SPARK, Cell
from engine.lab.sweep_plan import SweepSettings, places
from engine.link import desk as desk_module
from engine.link.desk import JobDesk
from engine.link.failure import CommandError
from engine.protocol import StartJob
from engine.registry import UnknownNameError
from engine.settings import SettingError
from engine.training.trainer import Diverged

VAE = {
    "model": "vae",
    "data": "two_moons",
    "model_settings": {"width": 16, "depth": 1},
    "data_settings": {"points": 500},
    "training": {"batch_size": 32},
    "device": "cpu",
}
FLOW = {**VAE, "model": "rectified_flow", "sampler_settings": {"steps": 4}}
RATES = {"group": "training", "name": "learning_rate", "values": [1e-3, 1e-2]}
BETAS = {"group": "model_settings", "name": "beta", "values": [0.5, 1, 4]}
SEEDS = {"group": "seed", "name": "seed", "values": [0, 1]}


def sweep(config=VAE, tick=lambda: None, **settings):
    asked = {"config": config, "rows": RATES, "steps": 20, "processes": 1, **settings}
    return Sweep(SweepSettings(**asked), {}, "", tick)


def weights(experiment):
    return torch.cat([p.flatten() for p in experiment.trainer.model.parameters()])


@pytest.mark.slow
def test_every_cell_is_the_run_that_would_be_trained_alone():
    job = sweep(columns=BETAS)
    news = list(job.work())
    assert len(job.cells) == 6
    for place, cell in zip(job.places, job.cells, strict=True):
        alone = Experiment.from_config(place.config)
        assert cell.experiment.config == alone.config
        alone.trainer.train_for(float("inf"), 20)
        torch.testing.assert_close(
            weights(cell.experiment), weights(alone), rtol=1e-3, atol=1e-3
        )
    beta = [place.config.model_settings["beta"] for place in job.places]
    assert beta == [0.5, 1, 4, 0.5, 1, 4]
    assert news[-1].share == 1.0


def test_news_show_every_cell_at_the_end():
    news = list(sweep(columns=BETAS).work())
    opening = next(n for n in news if "data" in n.arrays)
    assert opening.arrays["data_density"].shape == (thumbnails.SIDE, thumbnails.SIDE)
    assert opening.result["kind"] == "bound"  # of the likelihood of a VAE
    last = [n for n in news if n.result["phase"] == "end"]
    assert [n.result["pictured"] for n in last] == [[i] for i in range(6)]
    for piece in last:
        (fact,) = piece.result["cells"]
        assert fact["step"] == 20
        assert fact["metric"] > 0
        assert set(fact["losses"]) >= {"loss", "kl"}
        shapes = {name: array.shape for name, array in piece.arrays.items()}
        assert shapes["density"] == (1, thumbnails.SIDE, thumbnails.SIDE)
        assert shapes["samples"] == (1, thumbnails.DOTS, 2)
        assert shapes["codes"] == (1, thumbnails.DOTS, 2)
        assert shapes["spark"] == (1, SPARK)


def test_an_opened_cell_goes_on_by_itself():
    job = sweep()
    list(job.work())
    opened, cell = job.give(1), job.cells[1].experiment
    assert opened.step == 20
    torch.testing.assert_close(weights(opened), weights(cell), rtol=0, atol=0)
    assert opened.latest_losses() == cell.latest_losses()
    before = weights(cell).clone()
    opened.trainer.train_for(float("inf"), 3)
    torch.testing.assert_close(weights(cell), before, rtol=0, atol=0)
    cell.trainer.train_for(float("inf"), 3)
    torch.testing.assert_close(weights(opened), weights(cell), rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="no cell 7"):
        job.give(7)


def test_cells_that_differ_in_the_sampler_share_a_training():
    steps = {"group": "sampler_settings", "name": "steps", "values": [2, 4]}
    job = sweep(FLOW, rows=steps, columns=SEEDS)
    list(job.work())
    trainers = [cell.experiment.trainer for cell in job.cells]
    assert trainers[0] is trainers[2]
    assert trainers[0] is not trainers[1]
    first, other = (job.give(i) for i in (0, 2))
    assert [e.config.sampler_settings["steps"] for e in (first, other)] == [2, 4]
    torch.testing.assert_close(weights(first), weights(other), rtol=0, atol=0)


def test_stopped_cells_train_no_more_and_the_others_do():
    job = sweep(columns=SEEDS, steps=40)
    for news in job.work():
        if news.result["phase"] == "train" and news.result["step"] >= 16:
            job.hear({"stop": [0, 3]})
    steps = [cell.experiment.step for cell in job.cells]
    assert steps[1] == steps[2] == 40
    assert 16 <= steps[0] < 40
    assert steps[0] == steps[3]
    assert [c.state() == "stopped" for c in job.cells] == [True, False, False, True]
    with pytest.raises(ValueError, match="no cell"):
        job.hear({"stop": [9]})


def test_a_finished_sweep_ends_early_and_gives_its_cells():
    job = sweep(steps=1_000_000)
    for news in job.work():
        if news.result["phase"] == "train":
            job.hear({"finish": True})
    assert 0 < job.cells[0].experiment.step < 1_000_000
    assert job.give(0).step == job.cells[0].experiment.step


def test_a_diverged_cell_is_named_and_its_neighbours_go_on():
    wild = {**VAE, "training": {"batch_size": 32, "optimizer": "sgd", "clip": 0}}
    rates = {**RATES, "values": [1e-4, 1e5]}
    job = sweep(wild, rows=rates)
    news = list(job.work())
    facts = {f["cell"]: f for n in news for f in n.result.get("cells", [])}
    assert facts[1]["state"] == "diverged"
    assert facts[1]["diverged_at"] <= 20
    assert facts[0]["state"] != "diverged"
    assert job.cells[0].experiment.step == 20
    assert torch.isfinite(weights(job.give(1))).all()


def test_work_lets_commands_through():
    ticks = []
    list(sweep(tick=lambda: ticks.append(1)).work())
    assert len(ticks) > 5


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"rows": None}, "Choose a setting"),
        ({"columns": RATES}, "different settings"),
        ({"rows": {**SEEDS, "values": list(range(37))}}, "at most 36 runs"),
        ({"rows": {**RATES, "values": [-1.0]}}, "learning_rate"),
        ({"rows": {**BETAS, "name": "omega"}}, "no setting 'omega'"),
        ({"rows": {**SEEDS, "values": [-3]}}, "A seed is a whole number"),
        ({"config": {}}, "configuration of a run"),
        ({"config": {**VAE, "model": "vea"}}, "no model 'vea'"),
        (
            {"rows": {"group": "data_settings", "name": "points", "values": [1]}},
            "points",
        ),
    ],
)
def test_what_cannot_be_swept_is_refused_before_anything_is_built(settings, words):
    with pytest.raises((ValueError, SettingError, UnknownNameError), match=words):
        sweep(**settings)


@pytest.mark.parametrize(
    ("model", "metric", "words"),
    [
        ("gan", "nll", "GAN has no log-density"),
        ("vae", "missed_modes", "no known modes"),
    ],
)
def test_a_metric_that_cannot_be_taken_is_refused(model, metric, words):
    settings = {"width": 16, "depth": 1}
    config = {**VAE, "model": model, "model_settings": settings}
    with pytest.raises(ValueError, match=words):
        list(sweep(config, metric=metric).work())


@pytest.mark.parametrize(
    "metric", ["nll", "sliced_wasserstein", "missed_modes", "loss"]
)
def test_every_metric_judges_every_cell(metric):
    config = {**VAE, "data": "eight_gaussians"}
    job = sweep(config, metric=metric, steps=3)
    list(job.work())
    assert all(np.isfinite(c.metric) for c in job.cells)
    assert job.cells[0].metric != job.cells[1].metric or metric == "missed_modes"


def test_rows_alone_make_one_column_and_steps_are_everywhere():
    found = places(SweepSettings(config=VAE, rows=RATES, steps=77))
    assert [(p.row, p.column) for p in found] == [(0, 0), (1, 0)]
    assert {p.config.training["steps"] for p in found} == {77}
    assert {p.config.training["batch_size"] for p in found} == {32}


def test_density_of_points_has_their_place_and_their_mass():
    right_below = torch.tensor([[2.0, -1.0]]).repeat(1000, 1)
    limits = (-4.0, 4.0, -2.0, 2.0)
    found = thumbnails.density(right_below, limits)
    row, column = np.unravel_index(found.argmax(), found.shape)
    assert (row, column) in {(r, c) for r in (15, 16) for c in (47, 48)}
    area = 8 * 4 / thumbnails.SIDE**2
    assert found.sum() * area == pytest.approx(1, rel=1e-3)
    for place in (50.0, float("nan")):
        lost = torch.cat((right_below, torch.full((1000, 2), place)))
        seen = thumbnails.density(lost, limits).sum() * area
        assert seen == pytest.approx(0.5, rel=1e-3)


def test_dots_are_padded_and_clean():
    found = thumbnails.dots(torch.tensor([[1.0, 2.0], [float("inf"), 0.0]]))
    assert found.shape == (thumbnails.DOTS, 2)
    np.testing.assert_array_equal(found[0], [1, 2])
    assert np.isnan(found[1:]).sum() == 2 * thumbnails.DOTS - 3


def cell(losses, metrics):
    made = Cell(
        Experiment.from_config(places(SweepSettings(config=VAE, rows=RATES))[0].config)
    )
    steps = np.arange(1.0, len(losses) + 1)
    made.experiment.history.term("loss", "model").extend(
        steps, steps, np.array(losses, dtype=float)
    )
    made.trail = list(metrics)
    return made


def test_the_state_of_a_cell_in_one_word():
    falling = np.exp(-np.arange(100) / 20)
    assert cell(falling, [0.5, 0.3]).state() == "learning"
    assert cell(falling, [0.5, 0.3, 0.1]).state() == "learning"
    assert cell(falling, [0.5, 0.1, 0.1, 0.099]).state() == "settled"
    up_again = np.concatenate((falling, np.linspace(0, 0.6, 60)))
    assert cell(up_again, [0.5, 0.1, 0.1, 0.1]).state() == "unstable"
    # It knew nothing and drew noise; now it draws worse, but it learns.
    assert cell(falling, [0.06, 0.13]).state() == "learning"
    # The loss of a codebook climbs at first; later on that would be a fault.
    early = np.concatenate((np.ones(40), np.linspace(1, 2.5, 40)))
    assert cell(early, [0.06, 0.2]).state() == "learning"
    assert cell(np.append(np.ones(60), early), [0.06, 0.2]).state() == "unstable"
    level = np.ones(100)
    assert cell(level, [0.5, 0.1, 0.4]).state() == "unstable"
    assert cell(falling, [0.5, None]).state() == "unstable"
    lost = cell(falling, [0.5])
    lost.give_up(Diverged(7, 0.1))
    assert lost.state() == "diverged"


class PretendedHub:
    def __init__(self):
        self.news = []

    def send(self, message, arrays):
        self.news.append(message)


def test_the_desk_keeps_an_ended_sweep_until_it_is_let_go():
    hub = PretendedHub()
    desk = JobDesk(hub, {})
    settings = {"config": VAE, "rows": RATES, "steps": 4}
    desk.start(StartJob(job_id="j", what="sweep", settings=settings))
    while desk.work(runs_play=False):
        if hub.news and hub.news[-1].result.get("phase") == "train":
            desk.tell("j", {"finish": True})
    assert [n.error for n in hub.news if n.ended] == [""]
    assert not desk.is_busy
    assert desk.give("j", 0).step > 0
    with pytest.raises(CommandError, match="already"):
        desk.start(StartJob(job_id="j", what="sweep", settings=settings))
    desk.cancel("j")
    with pytest.raises(CommandError, match="let go"):
        desk.give("j", 0)


class Waiting(Job):
    """Has to wait for somebody else after its first piece."""

    def work(self):
        yield News(0.1)
        self.pause = 1e6
        yield News(0.2)
        yield News(0.3)


def test_a_job_that_waits_takes_no_time_and_can_be_cancelled(monkeypatch):
    monkeypatch.setattr(desk_module, "job_class", lambda name: Waiting)
    hub = PretendedHub()
    desk = JobDesk(hub, {})
    assert desk.wait(0.0) == float("inf")
    desk.start(StartJob(job_id="j", what="waiting"))
    assert desk.wait(1.0) == 0.0
    while desk.work(runs_play=False):
        pass
    assert [n.share for n in hub.news] == [0.1, 0.2]
    assert desk.wait(time.monotonic()) > 9e5
    desk.cancel("j")
    assert desk.work(runs_play=False)
    assert [n.error for n in hub.news if n.ended] == ["cancelled"]


def test_a_cancelled_sweep_leaves_nothing():
    hub = PretendedHub()
    desk = JobDesk(hub, {})
    settings = {"config": VAE, "rows": RATES, "steps": 4}
    desk.start(StartJob(job_id="j", what="sweep", settings=settings))
    desk.cancel("j")
    desk.work(runs_play=False)
    assert [n.error for n in hub.news if n.ended] == ["cancelled"]
    with pytest.raises(CommandError, match="let go"):
        desk.tell("j", {"finish": True})
