"""Scripts do what the run does: each is run by a Python that has no engine."""

import ast
import csv
import json
import os
import runpy
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch

from engine import registry
from engine.data.load import load_data
from engine.experiment import Experiment
from engine.lab.script.assignment import linear_sum_assignment
from engine.lab.script.module import Library, Module
from engine.lab.script.reach import Reach
from engine.lab.script.scope import references
from engine.lab.script.script import script_of
from engine.protocol import RunConfig

# A Python without the engine and what only the engine needs; it runs one folder's
# script after the other, since to import torch takes longer than all of them.
ALONE = """
import contextlib, io, json, os, runpy, sys, traceback
class Refuses:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("engine", "app", "pydantic", "PySide6"):
            raise ImportError(name)
sys.meta_path.insert(0, Refuses())
for line in sys.stdin:
    os.chdir(json.loads(line))
    trouble = ""
    with contextlib.redirect_stdout(io.StringIO()) as told:
        try:
            runpy.run_path("script.py", run_name="__main__")
        except Exception:
            trouble = traceback.format_exc()
    print(json.dumps([trouble, told.getvalue()]), flush=True)
"""
QUICK = {"threads": 1}
ALLOWED = {"torch", "numpy", *sys.stdlib_module_names}


def configured(model: str, data: str = "two_moons", steps: int = 30, **rest):
    training = {"steps": steps, **QUICK, **rest.pop("training", {})}
    return RunConfig(model=model, data=data, training=training, **rest)


class Alone:
    """Runs scripts in a process that has only torch and numpy."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-W", "error", "-c", ALONE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )

    def run(self, config: RunConfig, folder) -> tuple[list[dict[str, str]], np.ndarray]:
        """Losses by step, and samples, of the script of a run."""
        made = script_of(config)
        for name, text in {"script.py": made.text, **made.files}.items():
            (folder / name).write_text(text)
        self.process.stdin.write(json.dumps(str(folder)) + "\n")
        self.process.stdin.flush()
        trouble, told = json.loads(self.process.stdout.readline())
        assert not trouble, trouble
        assert "2000 points in samples.csv" in told
        losses: list[dict[str, str]] = []
        if (folder / "losses.csv").exists():
            with (folder / "losses.csv").open() as file:
                losses = list(csv.DictReader(file))
        samples = np.loadtxt(folder / "samples.csv", delimiter=",", skiprows=1)
        return losses, samples


@pytest.fixture(scope="module")
def alone():
    worker = Alone()
    yield worker
    worker.process.communicate()


def assert_same(alone: Alone, config: RunConfig, folder) -> None:
    """Every loss term at every step, and the samples, are those of the run."""
    losses, samples = alone.run(config, folder)
    run = Experiment.from_config(config).train()
    assert len(losses) == (run.step if run.trainer.model.turns() else 0)
    for name, series in run.history.terms.items():
        steps, _, values = series.arrays()
        own = [float(losses[int(step) - 1][name]) for step in steps]
        np.testing.assert_allclose(own, values, rtol=1e-5, atol=1e-6, err_msg=name)
    expected = run.sample(len(samples), seed=0).numpy()
    np.testing.assert_allclose(samples, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.timeout(400)  # two programs that load torch, on any machine
# One loss; two players; two stages and a nested model; a sampler with noise.
@pytest.mark.parametrize("model", ["vae", "gan", "distilled_flow", "ddpm"])
def test_the_script_repeats_the_run(alone, model, tmp_path):
    assert_same(alone, configured(model, steps=20), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("model", list(registry.MODELS))
def test_every_script_repeats_its_run(alone, model, tmp_path):
    assert_same(alone, configured(model, "rings"), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("data", [name for name in registry.DATA if name != "csv"])
def test_every_data_set_is_in_the_script(alone, data, tmp_path):
    assert_same(alone, configured("made", data, steps=3), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("sampler", list(registry.SAMPLERS))
def test_every_sampler_is_in_the_script(alone, sampler, tmp_path):
    settings = {} if sampler == "dopri5" else {"steps": 5}
    made = configured("edm", steps=3, sampler=sampler, sampler_settings=settings)
    assert_same(alone, made, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["adamw", "sgd", "rmsprop"])
def test_the_optimiser_and_its_schedule_are_the_runs(alone, optimizer, tmp_path):
    training = {
        "optimizer": optimizer,
        "schedule": "constant",
        "warmup": 5,
        "clip": 0.5,
        "ema": 0.0,
        "learning_rate": 1e-3,
    }
    assert_same(alone, configured("maf", steps=12, training=training), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["gan", "rectified_flow"])
def test_slow_weights_are_the_runs(alone, model, tmp_path):
    training = {"lookahead": True, "lookahead_steps": 3, "lookahead_share": 0.3}
    settings = {"reflow_rounds": 1, "reflow_pairs": 1000} if model != "gan" else {}
    made = configured(model, steps=12, training=training, model_settings=settings)
    assert_same(alone, made, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "data", "settings"),
    [
        ("flow_matching", "rings", {"coupling": "optimal", "coupling_batch": 64}),
        ("flow_matching", "rings", {"source": "iris"}),
        ("flow_matching", "two_moons", {"conditional": True, "label": 1}),
        ("rectified_flow", "rings", {"reflow_rounds": 1, "reflow_pairs": 1000}),
        ("gan", "rings", {"loss": "wasserstein", "mapping_depth": 2}),
        ("vae", "rings", {"posterior": "iaf", "draws": 3, "warmup": 5}),
        ("iaf", "rings", {"objective": "reverse_kl"}),
        ("oracle", "wine", {"reference": "points"}),
    ],
)
def test_variants_are_in_the_script(alone, model, data, settings, tmp_path):
    assert_same(
        alone, configured(model, data, steps=10, model_settings=settings), tmp_path
    )


@pytest.mark.slow
@pytest.mark.parametrize("rows", [300, 7000])
def test_a_table_travels_inside_the_script_or_beside_it(alone, rows, tmp_path):
    points = np.random.default_rng(0).normal(size=(rows, 2))
    lines = [f"{x},{y},{'left' if x < 0 else 'right'}" for x, y in points.tolist()]
    file = tmp_path / "mine.csv"
    file.write_text("\n".join(["height,weight,side", *lines]))
    settings = {"label_column": "side"}
    config = configured("vae", str(file), steps=5, data_settings=settings)
    assert bool(script_of(config).files) == (rows == 7000)
    assert_same(alone, config, tmp_path)


def loaded(config: RunConfig, folder) -> dict[str, Any]:
    """The names of a script, without its main."""
    (folder / "script.py").write_text(script_of(config).text)
    return runpy.run_path(str(folder / "script.py"), run_name="script")


def test_a_companion_with_other_settings_than_the_data_keeps_its_own(tmp_path):
    config = configured(
        "flow_matching",
        "rings",
        model_settings={"source": "rings"},
        data_settings={"noise": 0.07},
    )
    space = loaded(config, tmp_path)
    torch.testing.assert_close(space["make_data"]()[0], _points("rings", noise=0.07))
    other, usual = space["make_x_0"]()[0], load_data("rings", {}, 0)
    assert other.std() == pytest.approx(float(usual.train.x.std()), rel=0.02)
    assert space["RingsConfig"]().noise == 0.07


def _points(name: str, **settings: float) -> torch.Tensor:
    run = Experiment("nice", name, data_settings=settings)
    return run.data.train.x


def complaints(text: str) -> str:
    """What a linter says of a script: names unknown, unused or bound for nothing."""
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "E,F,W"]
    asked = subprocess.run(
        [*command, "-"], input=text, text=True, capture_output=True, check=False
    )
    assert asked.returncode in (0, 1), asked.stderr
    return asked.stdout if asked.returncode else ""


FEW = ("vae", "gan", "distilled_flow", "flow_matching", "vqvae")


@pytest.mark.parametrize(
    "model",
    [
        name if name in FEW else pytest.param(name, marks=pytest.mark.slow)
        for name in registry.MODELS
    ],
)
def test_scripts_import_torch_and_numpy_alone_and_define_all_they_use(model):
    text = script_of(configured(model)).text
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert {a.name.partition(".")[0] for a in node.names} <= ALLOWED
        elif isinstance(node, ast.ImportFrom):
            assert node.module.partition(".")[0] in ALLOWED
    assert "knob(" not in text
    assert "type: ignore" not in text
    assert ":class:" not in text
    assert not [line for line in text.splitlines() if len(line) > 88]
    assert not complaints(text)


def test_the_values_of_the_run_are_in_the_script(tmp_path):
    config = configured(
        "vae",
        model_settings={"sigma_x": 0.25, "latent_dim": 3},
        data_settings={"noise": 0.05},
        training={"learning_rate": 0.0125},
        seed=7,
    )
    space = loaded(config, tmp_path)
    assert (space["VAEConfig"]().sigma_x, space["VAEConfig"]().latent_dim) == (0.25, 3)
    assert space["TwoMoonsConfig"]().noise == 0.05
    assert (space["STEPS"], space["LEARNING_RATE"]) == (30, 0.0125)


def test_what_is_not_called_is_left_out():
    text = script_of(configured("vae")).text
    for absent in ("log_prob", "kl_per_axis", "density_draws", "nodes", "card"):
        assert f"def {absent}" not in text
    assert "density_draws" not in text


def test_global_names_are_told_from_local_ones():
    code = """
def f(a, b=D):
    c = [x for x in a if x > LIMIT]
    def g(c): return c + a + OTHER
    return lambda y: y + c
"""
    names = {r.name for r in references(ast.parse(code))}
    assert names == {"D", "LIMIT", "OTHER"}


def test_only_the_answering_method_is_reached():
    """A base class's method that nobody can end up in stays behind."""
    library = Library()
    text = b"from engine.data.two_moons import TwoMoons\nmade = TwoMoons\nmade.draw\n"
    library["main"] = Module("main", text + b"def go(): return made(1).split(2)\n")
    reach = Reach(library, library["main"], lambda: None)
    members = {owner.name: names for owner, names in reach.members.items()}
    assert members["NoisyCurve"] >= {"draw", "stretches"}
    assert "curve" not in members["NoisyCurve"]
    assert {"curve", "std", "arms"} <= members["TwoMoons"]
    assert "density" not in members["NoisyCurve"]


@pytest.mark.parametrize("size", [1, 2, 7, 60])
@pytest.mark.parametrize("repeated", [False, True])
def test_the_assignment_is_the_one_of_scientific_python(size, repeated):
    """With repeated points many assignments are equally cheap."""
    from scipy.optimize import linear_sum_assignment as reference

    source = np.random.default_rng(size)
    a, b = source.normal(size=(2, size, 2))
    if repeated:
        pick = source.integers(0, max(1, size // 2), size)
        a, b = a[pick], b[pick[::-1]]
    cost = ((a[:, None] - b[None]) ** 2).sum(-1)
    np.testing.assert_array_equal(linear_sum_assignment(cost)[1], reference(cost)[1])
