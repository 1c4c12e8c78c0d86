"""A window in front of the fake engine, and waits for conditions instead of time."""

import sys
from pathlib import Path

from app.preferences import Preferences
from app.session import START, Session
from app.window import Window
from engine.client import Client
from engine.protocol import Configure

FAKE = Path(__file__).parents[1] / "fake_engine.py"
WAIT = 20_000  # ms; a bound for a busy machine, not a pace


class Recorder:
    """A client of the fake engine that keeps what is sent."""

    def __init__(self):
        self._client = Client(command=[sys.executable, str(FAKE)])
        self.sent = []

    def __setattr__(self, name, value):
        if name.startswith("on_"):
            setattr(self._client, name, value)
        else:
            object.__setattr__(self, name, value)

    def start(self):
        self._client.start()

    def send(self, command):
        self.sent.append(command)
        return self._client.send(command)

    def credit(self, slot):
        self._client.credit(slot)

    def stop(self):
        self._client.stop()

    def kill(self):
        self._client.kill()

    @property
    def engine_pid(self):
        return self._client.engine_pid

    def of(self, kind):
        return [c for c in self.sent if isinstance(c, kind)]

    @property
    def configured(self):
        return self.of(Configure)[-1].config


class World:
    """A session with its recorder, and a window if one is asked for."""

    def __init__(self, qtbot, tmp_path, with_window, start):
        self.qtbot = qtbot
        self.client = Recorder()
        self.session = Session(self.client, start, tmp_path / "recovery")
        self.notes = []
        self.session.noted.connect(self.notes.append)
        self.window = None
        if with_window:
            self.window = Window(self.session, Preferences())
            self.window.resize(1440, 900)
            self.window.show()
            self.window.wall.build()

    def start(self):
        self.session.start()
        self.until(lambda: self.session.run and self.session.run.status)
        self.settle()

    def until(self, condition):
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=WAIT)

    def settle(self):
        """Until no configuration is under way."""
        self.until(lambda: not self.session.desk.is_busy)

    def train(self, steps=50):
        """Train a little, so that a restart would lose something."""
        self.session.step_once(steps)
        self.until(lambda: self.session.run.step >= steps)
        self.until(lambda: self.session.run.status.state == "paused")

    @property
    def run(self):
        return self.session.run

    def close(self):
        if self.window is not None and self.window.isVisible():
            self.window.close()
        else:
            self.session.stop()


def make_world(qtbot, tmp_path, with_window=True, start=lambda _: START):
    world = World(qtbot, tmp_path, with_window, start)
    world.start()
    return world


def changed(field, value):
    """Another allowed value of a field."""
    if "enum" in field:
        options = [v for v in field["enum"] if v != value]
        return options[0] if options else value
    if field.get("type") == "boolean":
        return not value
    low, high = field.get("minimum"), field.get("maximum")
    if field.get("type") == "integer":
        return value + 1 if high is None or value + 1 <= high else value - 1
    other = value * 1.25 if value else 0.125
    if high is not None and other > high:
        other = (value + (low or 0)) / 2
    return float(f"{other:.3g}")
