"""What the README shows runs: the five lines, and the example of a new model."""

import re
import sys
import types
from pathlib import Path

import pytest
import torch

from engine import Experiment, registry

README = Path(__file__).parents[2] / "README.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(), re.DOTALL)


def test_the_python_example_runs(monkeypatch):
    code = next(b for b in blocks("python") if "Experiment(" in b)
    code = code.replace("run.train(2000)", "run.train(20)")
    scope: dict[str, object] = {}
    monkeypatch.setattr("builtins.print", lambda *values: None)
    exec(compile(code, "README.md", "exec"), scope)
    assert scope["points"].shape == (1000, 2)


@pytest.fixture
def gaussian(monkeypatch):
    code = next(b for b in blocks("python") if "class Gaussian(" in b)
    module = types.ModuleType("readme_gaussian")
    exec(compile(code, "README.md", "exec"), module.__dict__)
    monkeypatch.setitem(sys.modules, "readme_gaussian", module)
    monkeypatch.setitem(registry.MODELS, "gaussian", "readme_gaussian:Gaussian")


def test_the_example_model_learns_and_feeds_views(gaussian):
    run = Experiment("gaussian", "banana", training={"steps": 400, "ema": 0.0})
    run.train()
    x = run.data.train.x
    fitted = torch.distributions.MultivariateNormal(x.mean(0), x.T.cov())
    expected = -fitted.log_prob(run.data.heldout.x).mean()
    assert abs(run.measure(10_000).nll.value - float(expected)) < 0.02
    assert run.picture("density", {"resolution": 32}).meta["kind"] == "exact"
    assert run.picture("curves").meta["quantities"]


def test_every_block_of_commands_names_real_ones(capsys):
    from engine.cli import _parser

    lines = [line for b in blocks("sh") for line in b.splitlines()]
    commands = [line.split()[1:] for line in lines if line.startswith("genplay ")]
    assert len(commands) >= 4
    for words in commands:
        _parser().parse_args(words)
