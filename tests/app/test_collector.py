"""Garbage of the window is collected where the window lives, and nowhere else."""

import gc
import threading
import weakref

from app.collector import Collector


class Knot:
    """Something that only the collector can free."""

    def __init__(self) -> None:
        self.itself = self


def test_what_is_tied_to_itself_goes_in_the_thread_of_the_window(qtbot):
    collector = Collector()
    died = []
    try:
        assert not gc.isenabled()
        knot = Knot()
        weakref.finalize(knot, lambda: died.append(threading.get_ident()))
        del knot
        qtbot.waitUntil(lambda: bool(died), timeout=10_000)
        assert died == [threading.get_ident()]
    finally:
        collector.stop()
        assert gc.isenabled()
        gc.disable()  # as the tests have it


def test_all_generations_have_their_turn(monkeypatch, qapp):
    asked = []
    monkeypatch.setattr(gc, "collect", lambda generation: asked.append(generation))
    collector = Collector()
    for _ in range(20):
        collector.collect()
    collector.stop()
    gc.disable()
    assert asked.count(2) == 1
    assert asked.count(1) == 19
