"""Taking a run away from the real window in front of the real engine."""

import csv
import re
import shlex
import subprocess
import sys

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication

from app.take_away import WAYS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
def lab(open_lab):
    made = open_lab(model="realnvp", settings=("steps=20",))
    made.told = []
    made.window.take_away.noted.connect(made.told.append)
    made.train(20)
    return made


def taken(lab, action, **settings):
    """The note that ends one way of taking away."""
    before = len(lab.told)
    way = next(way for way in WAYS if way.action == action)
    lab.window.take_away.fetch(way, settings)
    ends = ("good", "warning")
    lab.until(lambda: any(n.severity in ends for n in lab.told[before:]))
    assert lab.told[-1].severity == "good", lab.told[-1]
    return QGuiApplication.clipboard().text()


def test_the_copied_script_draws_the_losses_of_the_window(lab, tmp_path):
    (tmp_path / "script.py").write_text(taken(lab, "copy_code"))
    subprocess.run([sys.executable, "script.py"], cwd=tmp_path, check=True, timeout=200)
    taken(lab, "save_curves", file=str(tmp_path / "curves.csv"))
    with (tmp_path / "losses.csv").open() as file:
        own = [float(row["loss"]) for row in csv.DictReader(file)]
    with (tmp_path / "curves.csv").open() as file:
        seen = [float(row["loss.loss"]) for row in csv.DictReader(file)]
    np.testing.assert_allclose(own, seen[:20], rtol=1e-4)


def test_samples_command_and_citation_leave_the_window(lab, tmp_path):
    file = tmp_path / "samples.csv"
    taken(lab, "save_samples", file=str(file), points=3000)
    assert np.loadtxt(file, delimiter=",", skiprows=1).shape == (3000, 2)
    words = shlex.split(taken(lab, "copy_command"))
    assert words[:5] == ["genplay", "train", "realnvp", "--data", "two_moons"]
    assert "@inproceedings{dinh2016density," in taken(lab, "cite")
    assert re.search(r'"steps": 20\b', taken(lab, "copy_json"))
