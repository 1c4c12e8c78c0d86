"""Nothing that opens leaves anything behind when it closes."""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QWidget
from window_world import Recorder, World

from app.bench_openers import Opener, live_objects, openers
from engine.protocol import Ping

OPENS = 3


@pytest.fixture
def world(qtbot, tmp_path):
    client = Recorder()
    world = World(qtbot, tmp_path, client)
    world.start()
    yield world
    world.close()
    client.end()


def settle(world):
    """Until the engine has obeyed, and all that was closed is gone."""
    world.client._client.request(Ping())
    QCoreApplication.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def alive(world):
    world.client.sent.clear()
    found = live_objects(world.window)
    del found["Python objects"]  # pictures come when they come
    return found


def leaked(world, opener):
    """What has more instances after each of two rounds, at least one for an open.

    What is made once, when something first opens, is no leak.
    """
    counts = []
    for _ in range(3):
        for _ in range(OPENS):
            opener.open(world.window)
            settle(world)
            opener.close(world.window)
            settle(world)
        counts.append(alive(world))
    first, second, third = counts
    gains = {k: (second[k] - first[k], third[k] - second[k]) for k in third}
    return {k: gain for k, gain in gains.items() if min(gain) >= OPENS}


def test_a_sheet_that_is_closed_is_gone(world):
    assert leaked(world, openers()["keys"]) == {}


def test_a_widget_that_stays_is_noticed(world):
    def keep(window):
        # Many: other objects of the window's own life may end in the meantime.
        for _ in range(20):
            QWidget(window)

    gains = leaked(world, Opener(keep, lambda w: None))
    assert {"widgets", "Qt objects"} <= gains.keys()


def test_a_listener_that_stays_is_noticed(world):
    def listen(window):
        # Many: functions of the window's own life may end in the meantime.
        for _ in range(50):
            window.session.noted.connect(lambda _: window)

    assert "functions" in leaked(world, Opener(listen, lambda w: None))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_that_opens_leaves_anything_behind(world):
    found = {name: leaked(world, each) for name, each in openers().items()}
    found = {name: gains for name, gains in found.items() if gains}
    assert found == {}
