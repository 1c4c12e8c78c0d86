"""The captured step does what the step does.

On a machine without CUDA the graph is replaced by one that runs the recorded function
again on the CPU: positions, rates, averages and losses are then the real code's.
"""

import contextlib
import math
from types import SimpleNamespace

import pytest
import torch

from engine import Experiment
from engine.training import graph, trainer

TRAINING = {"batch_size": 32, "steps": 400, "warmup": 20, "clip": 1.0}


@pytest.fixture
def recorded(monkeypatch):
    """Capture on the CPU: replaying calls the step."""
    stream = SimpleNamespace(wait_stream=lambda other: None)
    monkeypatch.setattr(trainer, "can_capture", lambda device: True)
    monkeypatch.setattr(torch.cuda, "Stream", lambda: stream)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: stream)
    monkeypatch.setattr(torch.cuda, "stream", lambda s: contextlib.nullcontext())
    monkeypatch.setattr(torch.cuda, "graph", lambda g: contextlib.nullcontext())
    monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: SimpleNamespace(replay=None))
    monkeypatch.setattr(
        graph.StepGraph,
        "replay",
        lambda self: (self._step(), setattr(self, "waiting", self.waiting + 1)),
    )


def weights(run: Experiment) -> torch.Tensor:
    found = [*run.trainer.model.parameters(), *run.trainer.average.parameters()]
    return torch.cat([p.detach().flatten() for p in found])


@pytest.mark.parametrize("model", ["rectified_flow", "gan"])
@pytest.mark.parametrize(
    "more",
    [{}, {"optimizer": "adamw"}, {"lookahead": True, "lookahead_steps": 7}],
    ids=["adam", "adamw", "lookahead"],
)
def test_captured_steps_learn_the_same(model, more, request):
    settings = {**TRAINING, **more}
    plain = Experiment(model, "two_moons", training=settings, seed=1)
    plain.train(150)
    request.getfixturevalue("recorded")
    captured = Experiment(model, "two_moons", training=settings, seed=1)
    for n in (1, 70, 79):
        captured.train(n)
    torch.testing.assert_close(weights(captured), weights(plain), atol=2e-4, rtol=1e-3)
    assert set(captured.history.terms) == set(plain.history.terms)
    for name, series in plain.history.terms.items():
        step, _, value = series.arrays()
        step_2, _, value_2 = captured.history.terms[name].arrays()
        assert step.tolist() == step_2.tolist() == list(range(1, 151))
        torch.testing.assert_close(
            torch.tensor(value_2), torch.tensor(value), atol=2e-3, rtol=1e-2
        )


def test_a_change_is_captured_anew(recorded):
    run = Experiment("rectified_flow", "two_moons", training=TRAINING)
    run.train(10)
    before = weights(run)
    training = {**run.config.training, "learning_rate": 1e-9, "ema": 0.0}
    run.configure(run.config.model_copy(update={"training": training}))
    run.train(10)
    torch.testing.assert_close(weights(run), before, atol=1e-6, rtol=0)
    assert run.step == 20


def test_capturing_itself_teaches_nothing(recorded):
    run = Experiment("rectified_flow", "two_moons", training=TRAINING)
    before = weights(run)
    run.trainer._graph = graph.StepGraph(run.trainer)
    assert torch.equal(weights(run), before)
    for state in run.trainer.optimisers["model"].state.values():
        assert all(float(v.abs().sum()) == 0 for v in state.values())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@pytest.mark.parametrize("model", ["rectified_flow", "ddpm", "realnvp", "vae", "gan"])
@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd", "rmsprop"])
@pytest.mark.parametrize("lookahead", [False, True])
def test_on_a_gpu(model, optimizer, lookahead, monkeypatch):
    """The same losses from graphs as from plain steps on the same device."""
    settings = {**TRAINING, "optimizer": optimizer, "learning_rate": 1e-4}
    settings["lookahead"] = lookahead
    captured = Experiment(model, "two_moons", training=settings, device="cuda").train(
        90
    )
    monkeypatch.setattr(trainer, "can_capture", lambda device: False)
    plain = Experiment(model, "two_moons", training=settings, device="cuda").train(90)
    for name, series in plain.history.terms.items():
        value, other = series.last(), captured.history.terms[name].last()
        assert math.isclose(value, other, rel_tol=0.02, abs_tol=0.02), name
