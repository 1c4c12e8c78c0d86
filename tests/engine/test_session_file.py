"""Session files: what is opened goes on as if it had never been closed."""

import json
import shutil
import subprocess
import sys
import zipfile

import pytest
import torch

from engine import Experiment
from engine.training import session_file
from engine.training.checkpoint import CheckpointError
from engine.training.session_file import open_session, save_session

WINDOW = {"shown": "a", "words": "Grüße"}


def nothing() -> None:
    """No tick."""


@pytest.fixture(scope="module")
def runs():
    gan = Experiment("gan", "eight_gaussians", seed=2)
    gan.train(25)
    vae = Experiment("vae", "two_moons", seed=1, model_settings={"width": 32})
    vae.train(60)
    return {"a": vae, "b": gan}


@pytest.fixture
def file(runs, tmp_path):
    path = tmp_path / "lab.genplay"
    save_session(path, runs, WINDOW, nothing)
    return path


def test_runs_come_back_with_all_their_moments_and_the_windows_words(file, runs):
    found, window = open_session(file, nothing)
    assert window == WINDOW
    assert list(found) == ["a", "b"]
    for name, run in runs.items():
        assert found[name].config == run.config
        assert found[name].step == run.step
        assert set(found[name].snapshots) == {*run.snapshots, run.step}
        step = run.snapshots[len(run.snapshots) // 2]
        old, new = run.model_at(step), found[name].model_at(step)
        for one, other in zip(old.parameters(), new.parameters(), strict=True):
            assert torch.equal(one, other)


def test_an_opened_run_goes_on_bit_for_bit_from_now_and_from_before(file, runs):
    found, _ = open_session(file, nothing)
    for name in runs:
        again = open_session(file, nothing)[0][name]
        found[name].train(20)
        again.train(20)
        step = again.snapshots[3]
        for run in (found[name], again):
            run.restore(step)
            run.train(10)
        for one, other in zip(
            found[name].trainer.model.parameters(),
            again.trainer.model.parameters(),
            strict=True,
        ):
            assert torch.equal(one, other)


def test_going_on_in_the_file_is_going_on_in_the_run(file):
    run = Experiment("vae", "two_moons", seed=1, model_settings={"width": 32})
    run.train(80)
    opened = open_session(file, nothing)[0]["a"]
    opened.train(20)
    for one, other in zip(
        run.trainer.model.parameters(), opened.trainer.model.parameters(), strict=True
    ):
        torch.testing.assert_close(one, other)


def test_a_failed_writing_leaves_the_old_file(file, runs, monkeypatch):
    before = file.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        save_session(file, {"a": runs["a"]}, {}, nothing)
    assert file.read_bytes() == before
    assert [p.name for p in file.parent.iterdir()] == [file.name]


def test_a_writing_that_is_given_up_in_the_midst_of_a_run_leaves_the_old_file(
    file, runs, monkeypatch
):
    """A large run is written for many seconds: the engine was killed over its part."""
    before, pieces = file.read_bytes(), []

    def ended():
        pieces.append(1)
        if len(pieces) == 3:
            raise RuntimeError

    monkeypatch.setattr(session_file, "_PIECE", 1000, raising=False)
    with pytest.raises(RuntimeError):
        save_session(file, {"a": runs["a"]}, {}, ended)
    assert file.read_bytes() == before
    assert [p.name for p in file.parent.iterdir()] == [file.name]


def test_an_error_names_the_file_that_was_asked_for(runs, tmp_path):
    wanted = tmp_path / "none" / "lab.genplay"
    with pytest.raises(FileNotFoundError) as caught:
        save_session(wanted, {"a": runs["a"]}, {}, nothing)
    assert caught.value.filename == str(wanted)


def test_opening_removes_what_a_killed_save_left(file):
    script = """
import os, signal, sys
from pathlib import Path
from engine.training.session_file import save_session
kill = lambda: os.kill(os.getpid(), signal.SIGKILL)
from engine import Experiment
save_session(Path(sys.argv[1]), {"a": Experiment("realnvp", "two_moons")}, {}, kill)
"""
    subprocess.run([sys.executable, "-c", script, str(file)], check=False)
    assert len(list(file.parent.glob("*.part"))) == 1
    open_session(file, nothing)
    assert list(file.parent.glob("*.part")) == []


def rewritten(file, change):
    """The archive with one member changed by ``change(name, content)``."""
    other = file.with_name("other.genplay")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return other


def spoil(wanted, content):
    return lambda name, old: content if name == wanted else old


def flipped(wanted):
    """One bit of the last number is another: still well formed, and wrong."""
    return lambda name, old: old[:-1] + bytes([old[-1] ^ 1]) if name == wanted else old


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (flipped("runs/0/moments.safetensors"), "kept moments of run 1"),
        (spoil("session.json", b"[]"), "damaged or no session"),
        (spoil("session.json", b"{" * 100_000), "damaged or no session"),
        (
            spoil("session.json", json.dumps({"format": 99}).encode()),
            "newer version",
        ),
        (spoil("runs/1/run.json", None), "lacks a part of run 2"),
        (spoil("runs/0/model.safetensors", b"x" * 64), "Run 1 of .* is damaged"),
        (spoil("runs/0/moments.safetensors", b"x" * 64), "kept moments of run 1"),
        (spoil("runs/0/moments.json", b"{}"), "kept moments of run 1"),
    ],
)
def test_a_damaged_file_is_one_sentence(file, change, words):
    with pytest.raises(CheckpointError, match=words):
        open_session(rewritten(file, change), nothing)


def test_what_is_no_session_is_one_sentence(file, tmp_path):
    short = tmp_path / "short.genplay"
    short.write_bytes(file.read_bytes()[:5000])
    for path in (short, tmp_path / "none.genplay"):
        with pytest.raises(CheckpointError, match=path.name):
            open_session(path, nothing)


def test_a_bomb_is_refused_before_it_is_read(file, monkeypatch):
    monkeypatch.setattr(session_file, "_MOST_BYTES", 10_000)
    with pytest.raises(CheckpointError, match="too large"):
        open_session(file, nothing)


def test_strange_names_in_the_archive_are_left_alone(file, tmp_path):
    evil = tmp_path / "evil.genplay"
    shutil.copy(file, evil)
    with zipfile.ZipFile(evil, "a") as archive:
        archive.writestr("../escaped.txt", "no")
    open_session(evil, nothing)
    assert not (tmp_path.parent / "escaped.txt").exists()
    assert not (tmp_path / "escaped.txt").exists()


def edited(file, change):
    """The same file with another head of its first run."""
    other = file.with_name("edited.genplay")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "runs/0/run.json":
                head = json.loads(content)
                change(head["config"])
                content = json.dumps(head).encode()
            new.writestr(name, content)
    return other


def test_a_class_that_the_data_do_not_have_costs_no_session(tmp_path):
    settings = {"conditional": True, "label": 2, "width": 16}
    run = Experiment("flow_matching", "two_moons", model_settings=settings)
    run.train(3)
    path = tmp_path / "lab.genplay"
    save_session(path, {"a": run}, WINDOW, nothing)
    file = edited(path, lambda config: config["model_settings"].update(label=20))
    found = open_session(file, nothing)[0]["a"]
    assert (found.step, found.config.model_settings["label"]) == (3, 0)
    assert found.lowered == ["Class drawn"]
    assert open_session(path, nothing)[0]["a"].lowered == []


def test_a_setting_that_cannot_be_is_named(file):
    bad = edited(file, lambda config: config["model_settings"].update(width=-3))
    with pytest.raises(CheckpointError, match=r"Run 1 of .* cannot be opened: .*width"):
        open_session(bad, nothing)
