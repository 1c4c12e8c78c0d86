"""The command line as other programs use it: exit status, JSON, one sentence."""

import json
import subprocess
import sys

import pytest

from engine import cli, registry
from engine.cli import main

QUICK = ["--steps", "8", "--set", "batch_size=32"]


@pytest.fixture(autouse=True, scope="module")
def few_points():
    """The numbers are of no interest here, only that they are printed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.commands.MEASURED_POINTS", 200)
        yield


def genplay(capsys, *arguments: str) -> tuple[int, str, str]:
    try:
        status = main(list(arguments))
    except SystemExit as done:
        status = int(done.code)
    out, err = capsys.readouterr()
    return status, out, err


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "flow"
    data = ["--data", "eight_gaussians", "--set", "points=500", "--seed", "5"]
    assert main(["train", "rectified_flow", *data, *QUICK, "--out", str(out)]) == 0
    return out


def test_train_prints_one_object_last(capsys, tmp_path):
    status, out, err = genplay(
        capsys, "train", "vae", "--data", "two_moons", *QUICK, "--json", "--seed", "7"
    )
    assert status == 0
    result = json.loads(out)
    assert list(result) == [
        "model",
        "data",
        "seed",
        "device",
        "steps",
        "seconds",
        "steps_per_second",
        "losses",
        "nll",
        "energy_distance",
        "sliced_wasserstein",
        "modes",
    ]
    assert (result["model"], result["data"]) == ("vae", "two_moons")
    assert (result["seed"], result["steps"]) == (7, 8)
    assert set(result["nll"]) == {"value", "kind", "unit"}
    assert (result["nll"]["kind"], result["nll"]["unit"]) == ("bound", "nats/point")
    assert result["modes"] is None
    assert "steps/s" in err


def test_same_seed_same_result(capsys):
    arguments = ("train", "gan", "--data", "rings", *QUICK, "--json", "--seed", "2")
    first, second = (json.loads(genplay(capsys, *arguments)[1]) for _ in range(2))
    for result in (first, second):
        del result["seconds"], result["steps_per_second"]
    assert first == second


def test_evaluate_and_sample(capsys, folder, tmp_path):
    points = tmp_path / "points.csv"
    status, _, _ = genplay(
        capsys, "sample", str(folder), "-n", "40", "--out", str(points), "--seed", "1",
        "--sampler", "heun", "--steps", "3",
    )  # fmt: skip
    assert status == 0
    lines = points.read_text().splitlines()
    assert lines[0] == "x,y"
    assert len(lines) == 41
    status, out, _ = genplay(
        capsys, "evaluate", str(folder), "--data", str(points), "--json"
    )
    assert status == 0
    assert list(json.loads(out)) == [
        "nll", "energy_distance", "sliced_wasserstein", "modes",
    ]  # fmt: skip
    status, out, _ = genplay(
        capsys, "evaluate", str(folder), "--data", "eight_gaussians", "--json"
    )
    assert json.loads(out)["modes"]["total"] == 8


def test_the_sampler_of_sample_matters(capsys, folder, tmp_path):
    texts = []
    for extra in (["--steps", "2"], ["--steps", "9"], ["--sampler", "rk4"]):
        path = tmp_path / "points.csv"
        genplay(capsys, "sample", str(folder), "-n", "5", "--out", str(path), *extra)
        texts.append(path.read_text())
    assert len(set(texts)) == 3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["train", "vea", "--data", "two_moons"], "no model 'vea'"),
        (["train", "vae"], "--data"),
        (["train", "vae", "--data", "nowhere.csv"], "nowhere.csv"),
        (["train", "vae", "--data", "two_moons", "--set", "beta"], "key=value"),
        (["train", "vae", "--data", "two_moons", "--set", "x=1"], "no setting 'x'"),
        (["train", "vae", "--data", "two_moons", "--set", "beta=-4"], "beta"),
        (
            ["train", "oracle", "--data", "rings", "--set", "label=20"],
            "Class drawn ('label') of Exact reference is 20",
        ),
        (["train", "vae", "--data", "two_moons", "--seed", "-1"], "seed"),
        (["train", "vae", "--data", "two_moons", "--steps", "0"], "from 1 up"),
        (["train", "vae", "--data", "iris", "--columns", "a,b"], "--columns"),
        (["train", "vae", "--data", "two_moons", "--device", "tpu"], "tpu"),
        (["evaluate", "nowhere", "--data", "two_moons"], "nowhere"),
        (["list", "wishes"], "wishes"),
        (["dance"], "dance"),
    ],
)
def test_bad_input_gets_one_sentence_and_status_2(
    capsys, tmp_path, monkeypatch, arguments, sentence
):
    monkeypatch.chdir(tmp_path)
    status, out, err = genplay(capsys, *arguments)
    assert status == 2
    assert sentence in err
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert not out
    assert not list(tmp_path.iterdir())


def test_a_device_that_is_not_there(capsys, monkeypatch):
    monkeypatch.setattr("engine.training.setup.available_devices", lambda: ["cpu"])
    status, _, err = genplay(
        capsys, "train", "vae", "--data", "two_moons", "--device", "cuda"
    )
    assert (status, "no device 'cuda'" in err) == (2, True)


def test_a_folder_with_other_files_is_not_written_over(capsys, tmp_path):
    (tmp_path / "diary.txt").write_text("dear diary")
    arguments = ["train", "vae", "--data", "two_moons", *QUICK, "--out", str(tmp_path)]
    status, _, err = genplay(capsys, *arguments)
    assert (status, "other files" in err) == (2, True)
    assert [p.name for p in tmp_path.iterdir()] == ["diary.txt"]


def test_a_diverging_training_fails_with_advice(capsys):
    status, out, err = genplay(
        capsys, "train", "rectified_flow", "--data", "two_moons", "--steps", "60",
        "--set", "learning_rate=1e6", "--set", "batch_size=32",
    )  # fmt: skip
    assert status == 1
    assert "learning rate" in err.splitlines()[-1]
    assert not out


@pytest.mark.parametrize("kind", ["models", "data", "samplers", "views"])
def test_lists(capsys, kind):
    status, out, _ = genplay(capsys, "list", kind, "--json")
    rows = json.loads(out)
    table = {
        "models": registry.MODELS,
        "data": registry.DATA,
        "samplers": registry.SAMPLERS,
        "views": registry.VIEWS,
    }[kind]
    assert status == 0
    assert [r["name"] for r in rows] == list(table)
    assert all(r["title"] and r["description"] for r in rows)
    plain = genplay(capsys, "list", kind)[1]
    assert [line.split()[0] for line in plain.splitlines()] == list(table)


def test_settings_go_where_they_belong():
    import argparse

    from engine.commands import run_config

    options = argparse.Namespace(
        model="rectified_flow",
        data="rings",
        seed=3,
        settings=["width=32", "sampler=rk4", "sampler.steps=7", "steps=9", "noise=0.2"],
    )
    config = run_config(options)
    assert config.model_settings == {"width": "32"}
    assert (config.sampler, config.sampler_settings) == ("rk4", {"steps": "7"})
    assert config.training == {"steps": "9"}
    assert config.data_settings == {"noise": "0.2"}


def test_help_loads_no_torch():
    code = (
        "import sys, engine.cli; status = engine.cli.main(['--help']);"
        "sys.exit(status + ('torch' in sys.modules) + ('numpy' in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0
    assert "genplay train" in done.stdout


def test_a_session_is_opened_by_its_name_alone(monkeypatch):
    """As a desktop opens a file; the window knows it as an option."""
    asked = []
    monkeypatch.setattr(cli, "_window", lambda *a: asked.append(a) or 0)
    assert main(["my lab.genplay", "--theme", "light"]) == 0
    assert asked == [("app", ["--open", "my lab.genplay", "--theme", "light"])]
    assert "--open" in cli.HELP
