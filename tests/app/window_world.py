"""A window in front of the fake engine, and waits for conditions instead of time."""

import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent

from app.preferences import Preferences
from app.session import START, Session
from app.window import Window
from engine.client import Client
from engine.protocol import (
    Branch,
    Close,
    Configure,
    Ping,
    Subscribe,
    Unsubscribe,
    Welcome,
)

FAKE = Path(__file__).parents[1] / "fake_engine.py"
WAIT = 20_000  # ms; a bound for a busy machine, not a pace


class Recorder:
    """A client of the fake engine that keeps what is sent.

    One engine serves many sessions after each other: ``stop`` only ends their runs,
    ``end`` ends the engine.
    """

    def __init__(self):
        self._client = Client(command=[sys.executable, str(FAKE)])
        self._welcome = None
        self._listener = lambda *_: None
        self._client.on_event = self._on_event
        self._runs, self._places = set(), set()
        self.sent = []

    def __setattr__(self, name, value):
        if name == "on_event":
            self._listener = value
        elif name in ("on_state", "on_restarted"):
            setattr(self._client, name, value)
        else:
            object.__setattr__(self, name, value)

    def _on_event(self, event, arrays):
        if isinstance(event, Welcome):
            self._welcome = event
        self._listener(event, arrays)

    def start(self):
        self.sent = []
        if self._client.state in ("ready", "slow"):
            self._listener(self._welcome, {})
        else:
            self._client.start()

    def send(self, command):
        self.sent.append(command)
        match command:
            case Configure():
                self._runs.add(command.run_id)
            case Branch():
                self._runs.add(command.new_run_id)
            case Subscribe():
                self._places.add(command.slot)
        return self._client.send(command)

    def credit(self, slot):
        self._client.credit(slot)

    def stop(self):
        for slot in self._places:
            self._client.send(Unsubscribe(slot=slot))
        for run_id in self._runs:
            self._client.send(Close(run_id=run_id))
        self._runs, self._places = set(), set()
        self._client.request(Ping())  # what was under way has arrived
        self._listener = lambda *_: None
        self._client.request(Ping())  # and whatever was being told has been told

    def end(self):
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

    def __init__(self, qtbot, tmp_path, client, with_window=True, start=None):
        start = start or (lambda _: START)
        self.qtbot = qtbot
        self.client = client
        self.session = Session(self.client, start, tmp_path / "recovery")
        self.notes = []
        self.session.noted.connect(self.notes.append)
        self.window = None
        if not with_window:  # a frame on screen earns the next one
            slots = self.session.slots
            slots.frame_received.connect(lambda name, *_: slots.drawn(name))
        else:
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
        """Until no configuration is under way, and no status that answers a command.

        A test may then say itself what a run has reported: no older report undoes it.
        """
        self.until(lambda: not self.session.desk.is_busy)
        heard = []
        if self.session.link.send(Ping(), lambda *_: heard.append(True)):
            self.until(lambda: heard)

    def train(self, steps=50):
        """Train a little, so that a restart would lose something."""
        self.session.step_once(steps)
        self.until(lambda: self.session.run.step >= steps)
        self.until(lambda: self.session.run.status.state == "paused")
        self.until(lambda: self.run.step in self.run.snapshots)

    @property
    def run(self):
        return self.session.run

    def close(self):
        if self.window is not None and self.window.isVisible():
            self.window.close()
        else:
            self.session.stop()
        self.client.on_state = self.client.on_restarted = lambda *_: None
        # Else every test would leave some 700 widgets behind for all the others.
        for each in (self.window, self.session):
            if each is not None:
                each.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


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
