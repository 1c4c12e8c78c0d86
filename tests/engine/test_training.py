"""The training loop, its settings, its snapshots and its randomness."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from engine import Experiment
from engine.models.base import Batch, Card, Draw, GenerativeModel, ModelConfig
from engine.training import snapshots
from engine.training.config import TrainingConfig
from engine.training.draws import BLOCK_NUMBERS, Draws, block_length
from engine.training.history import History, Series
from engine.training.snapshots import SnapshotStore, take
from engine.training.threads import measured_threads
from engine.training.trainer import Diverged, Trainer


class Line(GenerativeModel):
    """Two weights that fall to the mean of the data; two players to choose from."""

    name = "line"
    card = Card("Line", "test", "", "", "", "")
    Config = ModelConfig

    def __init__(self, players: int = 1) -> None:
        super().__init__(ModelConfig())
        self.a = nn.Parameter(torch.zeros(2))
        self.b = nn.Parameter(torch.zeros(2))
        self.count = players
        self.order: list[str] = []

    def players(self) -> dict[str, list[nn.Parameter]]:
        if self.count == 1:
            return {"model": [self.a, self.b]}
        return {"first": [self.a], "second": [self.b]}

    def turns(self) -> tuple[str, ...]:
        return ("model",) if self.count == 1 else ("first", "first", "second")

    def noise(self, player: str) -> dict[str, Draw]:
        return {"e": Draw("normal", (2,))}

    def losses(self, player: str, batch: Batch) -> dict[str, torch.Tensor]:
        self.order.append(player)
        gap = {"model": self.a + self.b, "first": self.a, "second": self.b}[player]
        target = batch.x + 0 * batch.noise["e"]
        return {"loss": (gap - target).square().mean(), "step": batch.step.clone()}


def trainer(players: int = 1, seed: int = 0, **settings) -> Trainer:
    values = {"batch_size": 32, "learning_rate": 0.1, "schedule": "constant"}
    config = TrainingConfig(**{**values, "steps": 100, **settings})
    x = torch.tensor([[1.0, -2.0]]).repeat(64, 1) + 0.1 * torch.randn(
        64, 2, generator=torch.Generator().manual_seed(5)
    )
    columns = {"x": x, "labels": torch.zeros(64, dtype=torch.int64)}
    return Trainer(Line(players), columns, config, seed)


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd", "rmsprop"])
def test_each_optimiser_reaches_the_mean(optimizer):
    run = trainer(optimizer=optimizer, learning_rate=0.02, momentum=0.5)
    run.train_for(math.inf, 600)
    mean = run.columns["x"].mean(0)
    torch.testing.assert_close(run.model.a + run.model.b, mean, atol=0.1, rtol=0)


def test_sgd_with_momentum_is_the_formula():
    """v <- mu v + g, theta <- theta - eta v, on the exact gradient."""
    run = trainer(optimizer="sgd", momentum=0.8, learning_rate=0.05, batch_size=64)
    theta, v = torch.zeros(2, dtype=torch.float64), torch.zeros(2, dtype=torch.float64)
    for _ in range(5):
        rows = run.columns["x"][run._draws[0].index[run.cursor]].double()
        gradient = (2 * theta - rows).mean(0)  # of the mean over (b, 2)
        run.train_for(math.inf, 1)
        v = 0.8 * v + gradient
        theta = theta - 0.05 * v
        torch.testing.assert_close(run.model.a.double(), theta, atol=1e-6, rtol=0)


def test_players_take_turns_and_touch_only_their_own():
    run = trainer(players=2)
    run.train_for(math.inf, 2)
    assert run.model.order == ["first", "first", "second"] * 2
    before = run.model.b.clone()
    run.train_player("first")
    assert torch.equal(run.model.b, before)
    assert set(run.history.terms) == {
        "first.loss",
        "first.step",
        "second.loss",
        "second.step",
    }
    assert run.history.players["second.loss"] == "second"


def test_the_loss_knows_the_step():
    run = trainer()
    run.train_for(math.inf, 5)
    step, _, value = run.history.terms["step"].arrays()
    assert value.tolist() == [0, 1, 2, 3, 4]
    assert step.tolist() == [1, 2, 3, 4, 5]


def test_cosine_schedule_and_warm_up():
    config = TrainingConfig(learning_rate=2.0, schedule="cosine", warmup=10)
    assert config.rate(0, 100) == pytest.approx(0.2)
    assert config.rate(50, 100) == pytest.approx(1.0)
    assert config.rate(100, 100) == pytest.approx(0.0)
    assert TrainingConfig(schedule="constant").rate(10**6, 10) == 1e-3


def test_rate_reaches_the_optimiser():
    run = trainer(schedule="cosine", learning_rate=0.4, steps=10)
    run.train_for(math.inf, 6)
    group = run.optimisers["model"].param_groups[0]
    assert group["lr"] == pytest.approx(0.2 * (1 + math.cos(math.pi / 2)))


def test_clip_bounds_the_gradient():
    """With SGD and no momentum the first step is rate times the clipped gradient."""
    run = trainer(optimizer="sgd", momentum=0.0, learning_rate=1.0, clip=0.01)
    run.train_for(math.inf, 1)
    moved = torch.cat([run.model.a, run.model.b]).norm()
    assert moved.item() == pytest.approx(0.01, rel=1e-3)


def test_average_is_the_weighted_sum_of_all_weights():
    run = trainer(ema=0.9)
    average = run.model.a.detach().clone().double()
    for n in range(30):
        run.train_for(math.inf, 1)
        decay = min(0.9, (1 + n) / (10 + n))
        average = decay * average + (1 - decay) * run.model.a.detach().double()
    torch.testing.assert_close(run.average.a.double(), average, atol=1e-6, rtol=0)
    assert run.averaged() is run.average
    run.configure(TrainingConfig(ema=0.0), run.model.config)
    assert run.averaged() is run.model


def test_slices_do_not_change_what_is_learned():
    whole, parts = trainer(), trainer()
    whole.train_for(math.inf, 150)
    for n in (1, 63, 1, 64, 21):
        parts.train_for(math.inf, n)
    assert torch.equal(whole.model.a, parts.model.a)


def test_seeds_decide():
    a, b, c = trainer(seed=1), trainer(seed=1), trainer(seed=2)
    for run in (a, b, c):
        run.train_for(math.inf, 20)
    assert torch.equal(a.model.a, b.model.a)
    assert not torch.equal(a.model.a, c.model.a)


def test_live_changes_keep_weights_and_averages():
    run = trainer()
    run.train_for(math.inf, 10)
    before = run.model.a.clone()
    moments = run.optimisers["model"].state[run.model.a]["exp_avg"].clone()
    changed = run.config.model_copy(update={"learning_rate": 1e-9, "batch_size": 8})
    run.configure(changed, run.model.config)
    run.train_for(math.inf, 1)
    torch.testing.assert_close(run.model.a, before, atol=1e-7, rtol=0)
    after = run.optimisers["model"].state[run.model.a]["exp_avg"]
    assert (after - moments).abs().max() < 0.3 * moments.abs().max() + 1e-3
    assert run._draws[0].index.shape[1] == 8


def test_not_a_number_stops_and_is_named():
    run = trainer(optimizer="sgd", learning_rate=1e6, momentum=0.0)
    with pytest.raises(Diverged, match="undefined at step") as caught:
        run.train_for(math.inf, 200)
    step, _, value = run.history.terms["loss"].arrays()
    first_bad = int(step[~np.isfinite(value)][0])
    assert caught.value.step == first_bad
    assert "1e+06" in caught.value.advice


# Randomness in blocks


def test_blocks_have_the_right_law():
    spec = {
        "n": Draw("normal", (3,)),
        "u": Draw("uniform"),
        "i": Draw("integer", high=7),
    }
    draws = Draws(spec, rows=50, batch=400, length=20, device=torch.device("cpu"))
    draws.refill(torch.Generator().manual_seed(0))
    index, noise = draws.at(3)
    assert index.shape == (400,)
    assert noise["n"].shape == (400, 3)
    assert set(draws.index.unique().tolist()) == set(range(50))
    assert set(draws.noise["i"].unique().tolist()) == set(range(7))
    assert draws.noise["n"].std().item() == pytest.approx(1, abs=0.02)
    assert draws.noise["u"].mean().item() == pytest.approx(0.5, abs=0.01)
    assert draws.noise["u"].min() >= 0
    assert draws.noise["u"].max() < 1


def test_blocks_stay_small():
    spec = {"n": Draw("normal", (2,))}
    assert block_length([spec], 512) == 64
    length = block_length([spec], 65_536)
    assert 1 <= length < 64
    assert length * 65_536 * 3 <= BLOCK_NUMBERS


# Snapshots


def test_going_back_repeats_the_future_exactly():
    run = trainer()
    run.train_for(math.inf, 37)
    kept = take(run)
    run.train_for(math.inf, 90)
    future = run.model.a.clone(), run.history.terms["loss"].arrays()[2]
    snapshots.put_back(run, kept)
    assert run.step == 37
    assert len(run.history.terms["loss"]) == 37
    run.train_for(math.inf, 90)
    assert torch.equal(run.model.a, future[0])
    np.testing.assert_array_equal(run.history.terms["loss"].arrays()[2], future[1])


def test_a_snapshot_of_another_optimiser_goes_back_without_its_averages():
    run = trainer()
    run.train_for(math.inf, 5)
    kept = take(run)
    changed = run.config.model_copy(update={"optimizer": "sgd"})
    run.configure(changed, run.model.config)
    snapshots.put_back(run, kept)
    run.train_for(math.inf, 5)
    assert run.step == 10


def test_the_store_thins_evenly_in_log_step():
    run = trainer()
    one = take(run)
    store = SnapshotStore(budget=20 * one.bytes)
    step = 0
    while step < 100_000:
        store.add(snapshots.Snapshot(**{**vars(one), "step": step}))
        step = store.next_step(step)
    assert len(store.steps) <= 20
    assert store.bytes <= store.budget
    assert store.steps[0] == 0
    late = np.diff(np.log(np.array(store.steps[3:]) + 1.0))
    assert late[:-1].max() < 4 * late[:-1].min()  # the newest has yet to be thinned


def test_many_small_tensors_take_more_than_their_numbers():
    """Measured in fresh processes: 400 to 600 bytes beside the numbers of each."""
    one = take(trainer())
    few = snapshots.Snapshot(**{**vars(one), "average": {"w": torch.zeros(1000)}})
    parts = {str(i): torch.zeros(1) for i in range(1000)}
    many = snapshots.Snapshot(**{**vars(one), "average": parts})
    assert 400 * 999 <= many.bytes - few.bytes <= 600 * 999


# History


def test_a_series_grows_and_is_cut():
    series = Series()
    for i in range(1000):
        series.append(i, i / 10, -i)
    series.cut(500)
    step, seconds, value = series.arrays()
    assert len(series) == 501
    assert (step[-1], seconds[-1], value[-1]) == (500, 50, -500)


def test_history_survives_its_rows():
    history = History()
    history.term("loss", "model").append(1, 0.5, 2.0)
    history.metric("nll").append(1, 0.5, 1.25)
    run = trainer()
    run.history = history
    run.record_change("learning_rate", 1e-3, 1e-4)
    again = History.from_rows(history.rows())
    assert again.rows() == history.rows()
    assert again.changes[0].new == 1e-4


# Threads


def test_more_threads_only_where_they_win(monkeypatch):
    """A fake clock: two threads are 1.6 times, four 1.1 times as fast as the last."""
    from engine.training import threads

    now = [0.0]
    cost = {1: 1.0, 2: 1 / 1.6, 4: 1 / 1.6 / 1.1}
    used = [1]
    monkeypatch.setattr(threads.torch, "set_num_threads", lambda n: used.append(n))
    monkeypatch.setattr(threads.time, "perf_counter", lambda: now[0])

    def work():
        now[0] += cost[used[-1]]

    assert measured_threads(work, most=8) == 2
    assert used[-1] == 2


def test_short_work_stays_on_one_thread(monkeypatch):
    calls = []
    before = torch.get_num_threads()
    monkeypatch.setattr("engine.training.threads.SHORT", math.inf)
    assert measured_threads(lambda: calls.append(1), most=4) == 1
    assert len(calls) == 2
    torch.set_num_threads(before)


def test_five_lines_train_without_a_window():
    run = Experiment("realnvp", "two_moons", seed=1, training={"batch_size": 64})
    run.train(20)
    points = run.sample(100)
    assert run.step == 20
    assert points.shape == (100, 2)
    assert torch.isfinite(run.log_prob(points)).all()


def test_a_series_of_any_length_takes_the_same_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And stays evenly spread over the whole training, with its newest value known."""
    monkeypatch.setattr("engine.training.history.MOST_POINTS", 64)
    series = Series()
    for first in range(1, 5001, 25):
        steps = np.arange(first, first + 25)
        series.extend(steps, 0.5 * steps, np.cos(steps))
    step, seconds, value = series.arrays()
    assert 32 <= len(series) <= 64
    assert series._data.nbytes <= 3 * 8 * 256
    assert set(np.diff(step)) == {128.0}
    assert step[-1] > 5000 - 128
    np.testing.assert_array_equal(seconds, 0.5 * step)
    np.testing.assert_allclose(value, np.cos(step), rtol=1e-6)
    assert series.last() == pytest.approx(math.cos(5000))


def test_a_series_goes_back_and_on_again_when_it_is_thinned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("engine.training.history.MOST_POINTS", 16)
    series = Series()
    steps = np.arange(1, 101)
    series.extend(steps, steps, steps)
    other = series.copy()
    series.cut(50)
    assert series.arrays()[0].tolist() == [8, 16, 24, 32, 40, 48]
    assert series.last() == 48
    series.extend(steps[50:60], steps[50:60], steps[50:60])
    assert series.arrays()[0].tolist() == [8, 16, 24, 32, 40, 48, 56]
    assert (series.last(), other.last(), len(other)) == (60, 100, 12)
    series.cut(0)
    assert series.last() is None
