"""Models trained as one stack take the very steps that they would take alone."""

import numpy as np
import pytest
import torch

from engine.experiment import Experiment
from engine.models.rectified_flow import RectifiedFlow
from engine.training.stack import Stack
from engine.training.stack_check import agrees, trial_alone
from engine.training.stack_loss import structure

SMALL = {
    "rectified_flow": {"width": 16, "depth": 1},
    "score_sde": {"width": 16, "depth": 1},
    "vae": {"width": 16, "depth": 1},
    "realnvp": {"width": 16, "couplings": 4},
    "gan": {"width": 16, "depth": 1},
    "autoencoder": {"width": 16, "depth": 1},
    "made": {"width": 16},
}
OPTIMISERS = {
    "adam": ({"beta1": 0.5}, {"beta2": 0.9}),
    "adamw": ({"weight_decay": 0.5}, {"weight_decay": 5.0}),
    "sgd": ({"momentum": 0.0}, {"momentum": 0.9}),
    "rmsprop": ({"rho": 0.5}, {"rho": 0.99}),
}


def run(model, seed=0, settings=None, **training):
    return Experiment(
        model,
        "two_moons",
        model_settings={**SMALL[model], **(settings or {})},
        data_settings={"points": 300},
        training={"batch_size": 32, "steps": 100, **training},
        seed=seed,
        device="cpu",
    )


def weights(run):
    model, average = run.trainer.model, run.trainer.average
    return torch.cat(
        [p.flatten() for p in (*model.parameters(), *average.parameters())]
    )


def assert_same(first, second, tolerance=1e-3):
    for one, other in zip(first, second, strict=True):
        assert one.step == other.step
        for name, series in other.history.terms.items():
            found = one.history.terms[name].arrays()
            np.testing.assert_array_equal(found[0], series.arrays()[0])
            np.testing.assert_allclose(
                found[2], series.arrays()[2], rtol=2e-4, atol=2e-5
            )
        torch.testing.assert_close(
            weights(one), weights(other), rtol=1e-3, atol=tolerance
        )


def stack_of(runs):
    trainers = [r.trainer for r in runs]
    assert len({structure(t) for t in trainers}) == 1
    return Stack(trainers)


@pytest.mark.parametrize(
    "model",
    [
        m if m in ("rectified_flow", "gan") else pytest.param(m, marks=pytest.mark.slow)
        for m in SMALL
    ],
)
def test_together_as_alone(model):
    """Seeds, data, rates and clips differ; each model sees its own random numbers."""

    def some():
        rates = (1e-3, 3e-4, 1e-2)
        return [run(model, s, learning_rate=r, clip=s) for s, r in enumerate(rates)]

    together, alone = some(), some()
    stack = stack_of(together)
    assert agrees(stack)
    stack.train_for(float("inf"), 10)
    for one in alone:
        one.trainer.train_for(float("inf"), 10)
    assert_same(together, alone)
    for one in (*together, *alone):
        one.trainer.train_for(float("inf"), 4)  # each goes on by itself
    assert_same(together, alone)


@pytest.mark.parametrize("optimizer", OPTIMISERS)
def test_every_optimiser_with_settings_by_model(optimizer):
    def some():
        return [
            run("rectified_flow", learning_rate=rate, optimizer=optimizer, **more)
            for rate, more in zip((1e-3, 2e-3), OPTIMISERS[optimizer], strict=True)
        ]

    together, alone = some(), some()
    for one in (*together, *alone):
        one.trainer.train_for(float("inf"), 3)  # the stack takes over their states
    stack_of(together).train_for(float("inf"), 5)
    for one in alone:
        one.trainer.train_for(float("inf"), 5)
    assert_same(together, alone, tolerance=2e-5)


def test_a_real_setting_of_the_loss_may_differ():
    def some():
        return [run("vae", settings={"beta": beta}) for beta in (0.1, 1.0, 16.0)]

    together, alone = some(), some()
    stack = stack_of(together)
    assert agrees(stack)
    stack.train_for(float("inf"), 6)
    for one in alone:
        one.trainer.train_for(float("inf"), 6)
    assert_same(together, alone)
    assert not torch.allclose(weights(together[0]), weights(together[2]), atol=1e-3)


def test_other_structures_do_not_stack():
    base = run("vae")
    kinds = {
        structure(one.trainer)
        for one in (
            base,
            run("vae", settings={"width": 24}),
            run("vae", batch_size=64),
            run("vae", optimizer="sgd"),
            run("gan"),
        )
    }
    assert len(kinds) == 5
    assert structure(run("vae", seed=3).trainer) == structure(base.trainer)
    assert structure(Experiment("distilled_flow", "two_moons").trainer) == ""


def test_a_model_that_keeps_a_setting_is_found_out(monkeypatch):
    """The stack asks the first model; a second one with another mind must not pass."""
    losses = RectifiedFlow.losses

    def biased(self, player, batch):
        terms = losses(self, player, batch)
        return {**terms, "loss": terms["loss"] * self.kept}

    monkeypatch.setattr(RectifiedFlow, "losses", biased)
    runs = [run("rectified_flow", seed) for seed in range(2)]
    before = [weights(one).clone() for one in runs]
    for one in runs:
        one.trainer.model.kept = 1.0
    assert agrees(stack_of(runs))
    runs[1].trainer.model.kept = 2.0
    assert not agrees(stack_of(runs))
    for one, then in zip(runs, before, strict=True):
        torch.testing.assert_close(weights(one), then, rtol=0, atol=0)


def test_one_model_diverges_and_the_other_goes_on():
    def some():
        rates = (1e-3, 1e6)
        return [run("rectified_flow", learning_rate=r, optimizer="sgd") for r in rates]

    together, alone = some(), some()
    stack = stack_of(together)
    done = stack.train_for(float("inf"), 60)
    assert list(stack.diverged) == [1]
    assert stack.diverged[1] <= done
    alone[0].trainer.train_for(float("inf"), done)
    assert_same(together[:1], alone[:1])


def test_a_trial_takes_no_step():
    runs = [run("gan", seed) for seed in range(2)]
    stack = stack_of(runs)
    before = [weights(one).clone() for one in runs]
    stack.trial()
    for one in runs:
        trial_alone(one.trainer)
    assert [one.step for one in runs] == [0, 0]
    for one, then in zip(runs, before, strict=True):
        torch.testing.assert_close(weights(one), then, rtol=0, atol=0)
