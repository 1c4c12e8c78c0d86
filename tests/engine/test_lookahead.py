"""Lookahead: slow weights follow, and a training that uses them can be taken apart."""

import math

import pytest
import torch

from engine import Experiment
from engine.training.config import TrainingConfig
from engine.training.lookahead import SlowWeights
from engine.training.stack import Stack
from engine.training.stack_loss import structure

TRAINING = {"batch_size": 32, "steps": 400}
SMALL = {"width": 16, "depth": 1}
LOOKAHEAD = {"lookahead": True, "lookahead_steps": 5, "lookahead_share": 0.5}


def run(model: str = "rectified_flow", seed: int = 0, **training) -> Experiment:
    return Experiment(
        model,
        "two_moons",
        model_settings=SMALL,
        data_settings={"points": 300},
        training={**TRAINING, **training},
        seed=seed,
    )


def weights(run: Experiment) -> torch.Tensor:
    found = [*run.trainer.model.parameters(), *run.trainer.average.parameters()]
    return torch.cat([p.detach().flatten() for p in found])


def fast(run: Experiment) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in run.trainer.model.parameters()])


def slow(run: Experiment) -> torch.Tensor:
    return torch.cat([p.flatten() for p in run.trainer.lookahead.slow])


def test_weights_that_walk_evenly_lose_half_of_every_round():
    """Fast weights that go one each step: after k steps both are at k/2 on."""
    config = TrainingConfig(**LOOKAHEAD)
    weight = torch.zeros(3)
    pair = SlowWeights(["w"], [weight])
    pair.tune(config)
    places = []
    for step in range(1, 16):
        weight.add_(1.0)
        pair.after(step, config)
        places.append(float(weight[0]))
    assert places[:5] == [1, 2, 3, 4, 2.5]
    assert places[4::5] == [2.5, 5.0, 7.5]
    assert pair.named()["w"].tolist() == [7.5] * 3


def test_after_each_step_it_is_a_smaller_rate():
    """SGD without momentum: a share of every step is the same share of the rate."""
    plain = {"optimizer": "sgd", "momentum": 0.0, "schedule": "constant"}
    ahead = {"lookahead": True, "lookahead_steps": 1, "lookahead_share": 0.25}
    one = run(**plain, **ahead, learning_rate=0.04).train(30)
    other = run(**plain, learning_rate=0.01).train(30)
    torch.testing.assert_close(
        next(one.trainer.model.parameters()), next(other.trainer.model.parameters())
    )


def test_the_whole_way_is_training_without_it():
    whole = run(**{**LOOKAHEAD, "lookahead_share": 1.0}).train(23)
    assert torch.equal(weights(whole), weights(run().train(23)))


def test_no_way_at_all_comes_back_to_where_it_began():
    start = run()
    none = run(**{**LOOKAHEAD, "lookahead_share": 0.0}).train(20)
    for mine, first in zip(
        none.trainer.model.parameters(), start.trainer.model.parameters(), strict=True
    ):
        assert torch.equal(mine, first)
    none.train(1)
    assert not torch.equal(weights(none), weights(start))


def test_going_back_repeats_the_future_exactly():
    """From between two meetings, where slow and fast weights differ."""
    one = run(**LOOKAHEAD)
    one.train(7)
    one.keep()
    assert not torch.equal(slow(one), fast(one))
    one.train(16)
    future = weights(one), slow(one)
    other = one.branch(7)
    other.train(16)
    assert torch.equal(weights(other), future[0])
    assert torch.equal(slow(other), future[1])


def test_a_run_directory_keeps_the_slow_weights(tmp_path):
    one = run(**LOOKAHEAD).train(8)
    one.save(tmp_path)
    other = Experiment.load(tmp_path)
    assert torch.equal(slow(other), slow(one))
    assert torch.equal(weights(other.train(9)), weights(one.train(9)))


def test_it_comes_on_from_where_the_weights_are_and_goes():
    one = run().train(8)
    assert one.trainer.lookahead.named() == {}
    change(one, **LOOKAHEAD)
    assert torch.equal(slow(one), fast(one))
    one.train(3)
    kept = slow(one)
    change(one, learning_rate=1e-4)  # other settings leave it alone
    assert torch.equal(slow(one), kept)
    change(one, lookahead=False)
    assert one.trainer.lookahead.named() == {}
    one.train(7)


def change(run: Experiment, **training) -> None:
    merged = {**run.config.training, **training}
    run.configure(run.config.model_copy(update={"training": merged}))


@pytest.mark.parametrize("model", ["rectified_flow", "gan"])
def test_together_as_alone(model):
    """In a stack each has its own k and share, or none; each goes on by itself."""
    ways = (
        {"lookahead": True, "lookahead_steps": 2, "lookahead_share": 0.5},
        {"lookahead": True, "lookahead_steps": 6, "lookahead_share": 0.5},
        {},
    )

    def some():
        return [run(model, seed, **way).train(4) for seed, way in enumerate(ways)]

    together, alone = some(), some()
    trainers = [r.trainer for r in together]
    assert len({structure(t) for t in trainers}) == 1
    Stack(trainers).train_for(math.inf, 9)
    for one in alone:
        one.trainer.train_for(math.inf, 9)
    for one in (*together, *alone):
        one.trainer.train_for(math.inf, 4)
    for one, other in zip(together, alone, strict=True):
        torch.testing.assert_close(weights(one), weights(other), rtol=1e-3, atol=1e-3)
        if other.trainer.lookahead.slow:
            torch.testing.assert_close(slow(one), slow(other), rtol=1e-3, atol=1e-3)


def test_slow_weights_count_as_memory():
    def bytes_of(**training) -> int:
        one = run(**training)
        one.keep()
        return one.kept(0).bytes

    assert bytes_of(**LOOKAHEAD) > bytes_of()
