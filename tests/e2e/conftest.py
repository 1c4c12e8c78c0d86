"""The real window in front of the real engine, for all tests of this folder."""

import numpy as np
import psutil
import pytest
from PySide6.QtCore import QCoreApplication, QEvent

from app.preferences import Preferences
from app.session import Session
from app.start import data_named, requested
from app.window import Window
from engine.client import Client
from engine.protocol import RunConfig

WAIT = 90_000  # ms; a bound for a busy machine, not a pace


class Lab:
    def __init__(self, qtbot, tmp_path, model="vae", data="two_moons", settings=()):
        name, data_settings = data_named(str(data))
        wanted = RunConfig(model=model, data=name, data_settings=data_settings)
        self.qtbot = qtbot
        self.client = Client()
        self.session = Session(
            self.client,
            lambda catalogue: requested(catalogue, wanted, settings),
            tmp_path / "recovery",
        )
        self.notes = []
        self.session.noted.connect(self.notes.append)
        self.window = Window(self.session, Preferences())
        self.window.resize(1280, 720)
        self.window.show()
        self.window.wall.build()
        self.session.start()
        self.until(lambda: self.run and self.run.status)

    @property
    def run(self):
        return self.session.run

    def until(self, condition):
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=WAIT)

    def train(self, steps):
        self.session.step_once(steps)
        self.until(lambda: self.run.step >= steps and not self.run.is_playing)


@pytest.fixture
def open_lab(qtbot, tmp_path):
    labs = []

    def make(**asked):
        labs.append(Lab(qtbot, tmp_path, **asked))
        return labs[-1]

    yield make
    for lab in labs:
        pid = lab.client.engine_pid
        lab.window.close()
        lab.window.deleteLater()
        lab.session.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        assert pid is None or not psutil.pid_exists(pid)


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(400, 2)) * [3, 0.5] + [10, 20]
    file = tmp_path / "cells.csv"
    lines = [f"{a:.4f};{b:.4f};k".replace(".", ",") for a, b in rows]
    file.write_text("size;weight;kind\n" + "\n".join(lines) + "\n")
    return file
