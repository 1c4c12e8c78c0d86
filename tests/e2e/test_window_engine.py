"""The real window in front of the real engine: trained, killed, fed with garbage."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
from PySide6.QtGui import QImage

from app import preferences, render

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

ROOT = Path(__file__).parents[2]
WAIT = 90_000  # ms; a bound for a busy machine, not a pace


def test_vae_on_a_table_fills_every_place(open_lab, table):
    lab = open_lab(data=table)
    lab.train(30)
    cards = lab.window.wall.cards
    lab.until(lambda: all(card.shows_full_frame for card in cards.values()))
    lab.until(lambda: all(card.shows_step(30) for card in cards.values()))
    assert lab.run.ready.columns == ("size", "weight")
    assert lab.run.ready.scaling[0] == pytest.approx(10, abs=1)
    assert "Standardised" in lab.window.data.scaling.text()
    assert cards["a"].plot.has_frame
    assert cards["c"].plot.has_frame
    assert cards["b"].plot.view == "posterior"  # a VAE has no path
    assert lab.run.status.losses


def test_killed_engine_is_named_and_the_run_goes_on_from_its_snapshot(open_lab):
    lab = open_lab()
    lab.session.play()
    saved = Path(lab.run.recovery) / "run.json"
    lab.until(saved.is_file)
    os.kill(lab.client.engine_pid, signal.SIGKILL)
    lab.until(lambda: any("stopped" in note.title for note in lab.notes))
    lab.until(lambda: any("picked up" in note.text for note in lab.notes))
    assert lab.run.step > 0
    assert not lab.run.is_playing
    lab.until(lambda: lab.window.wall.cards["a"].shows_full_frame)
    before = lab.run.step
    lab.session.step_once(5)
    lab.until(lambda: lab.run.step == before + 5)


def test_garbage_is_a_note_and_the_run_lives(open_lab, tmp_path):
    lab = open_lab()
    lab.train(5)
    garbage = tmp_path / "garbage.csv"
    garbage.write_bytes(bytes(np.random.default_rng(1).integers(0, 256, 5000, "u1")))
    lab.window.files.open_table(str(garbage))
    toasts = lab.window.toasts.toasts
    lab.until(lambda: any("garbage.csv" in toast.title for toast in toasts))
    assert lab.run.config.data == "two_moons"
    lab.session.step_once(5)
    lab.until(lambda: lab.run.step == 10)


def test_learning_rate_of_a_million_stops_with_advice_and_a_way_back(open_lab):
    lab = open_lab(model="rectified_flow", settings=["schedule=constant"])
    lab.train(20)
    lab.session.desk.edit("training", "learning_rate", 1e6)
    lab.until(lambda: not lab.session.desk.is_busy)
    lab.session.play()
    lab.until(lambda: lab.run.failed is not None)
    note = next(note for note in lab.notes if note.do is not None)
    assert "learning rate" in note.text.lower()
    assert note.action.startswith("Back to step")
    note.do()
    lab.until(lambda: lab.run.failed is None and lab.run.status)
    lab.until(lambda: lab.run.status.state == "paused")
    lab.session.desk.edit("training", "learning_rate", 1e-3)
    lab.until(lambda: not lab.session.desk.is_busy)
    back = lab.run.step
    lab.session.step_once(5)
    lab.until(lambda: lab.run.step == back + 5)
    losses = lab.run.status.losses.values()
    assert all(value is not None and np.isfinite(value) for value in losses)


def program(*arguments):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
    )


def test_screenshot_shows_a_trained_window(tmp_path):
    picture = tmp_path / "window.png"
    ended = program(
        *("--model", "realnvp", "--data", "two_moons", "--theme", "light"),
        *("--size", "1280x720", "--screenshot", str(picture), "--steps", "20"),
    )
    assert ended.returncode == 0, ended.stderr
    image = QImage(str(picture))
    assert (image.width(), image.height()) == (1280, 720)


def test_killed_window_takes_its_engine_along(tmp_path):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    window = subprocess.Popen(
        [sys.executable, "-m", "app"],
        env=environment | {"XDG_CONFIG_HOME": str(tmp_path)},
        cwd=ROOT,
    )
    parent = psutil.Process(window.pid)
    try:
        engine = None
        for _ in range(600):
            children = parent.children()
            if children:
                engine = children[0]
                break
            psutil.wait_procs([parent], timeout=0.1)
        assert engine is not None
        window.kill()
        window.wait()
        _, alive = psutil.wait_procs([engine], timeout=WAIT / 1000)
        assert not alive
    finally:
        window.kill()


def test_saved_run_is_rendered(open_lab, tmp_path):
    lab = open_lab(model="rectified_flow")
    lab.train(5)
    folder = tmp_path / "run"
    lab.session.questions.save_run(str(folder))
    lab.until(lambda: any(note.title == "Run saved" for note in lab.notes))
    out = tmp_path / "figures"
    line = [str(folder), "--out", str(out), "--view", "samples", "--view", "curves"]
    assert render.main(line) == 0
    assert {f.name for f in out.iterdir()} == {"samples.png", "curves.png"}
    assert render.main([str(folder), "--out", str(out), "--view", "codes"]) == 2
    assert render.main([str(tmp_path), "--out", str(out)]) == 2


def test_preferences_live_outside_the_checkout():
    assert ROOT not in preferences.preferences_file().parents
