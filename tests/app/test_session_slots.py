"""Frames on their way to the plots: one in a turn of the event loop."""

import numpy as np
import pytest

from app.session_slots import Slots
from engine.protocol import Frame, Subscribe, Unsubscribe


def frame(slot, view, step=1):
    return Frame(
        run_id="r", slot=slot, view=view, step=step, live=True, full=True, seconds=0.0
    )


@pytest.fixture
def slots(qtbot, sent):
    made = Slots(send=lambda c: sent.append(c) or 1, credit=lambda slot: None)
    made.run_id = "r"
    return made


@pytest.fixture
def sent():
    return []


@pytest.fixture
def shown(slots):
    found = []
    slots.frame_received.connect(lambda name, f, arrays: found.append((name, f.step)))
    return found


VIEWS = {"a": "density", "b": "trajectories", "c": "latent", "d": "curves"}


def test_frames_that_come_together_are_shown_one_after_the_other(slots, shown, qtbot):
    for name, view in VIEWS.items():
        slots.receive(frame(name, view), {"x": np.zeros(1)})
    assert shown == [("a", 1)]
    qtbot.waitUntil(lambda: len(shown) == 4)
    assert [name for name, _ in shown] == ["a", "b", "c", "d"]


def test_of_two_frames_for_one_slot_the_newest_is_shown(slots, shown, qtbot):
    slots.receive(frame("a", "density"), {})
    slots.receive(frame("b", "trajectories", 1), {})
    slots.receive(frame("b", "trajectories", 2), {})
    qtbot.waitUntil(lambda: len(shown) == 2)
    assert shown == [("a", 1), ("b", 2)]
    slots.receive(frame("b", "trajectories", 3), {})
    qtbot.waitUntil(lambda: len(shown) == 3)


def test_a_waiting_frame_that_nobody_wants_any_more_is_left(slots, shown, qtbot):
    slots.receive(frame("a", "density"), {})
    slots.receive(frame("b", "trajectories"), {})
    slots.receive(frame("c", "latent"), {})
    slots.choose("b", "samples")
    qtbot.waitUntil(lambda: len(shown) == 2)
    assert shown == [("a", 1), ("c", 1)]
    slots.receive(frame("d", "curves"), {})
    slots.receive(frame("a", "density"), {})
    slots.forget_frames()
    qtbot.waitUntil(lambda: not slots._turn.isActive())
    assert len(shown) < 4


def test_credits_are_granted_together_and_at_most_thirty_times_a_second(qtbot, sent):
    """However fast frames are drawn; and a stream of them does not put it off."""
    granted = []
    slots = Slots(send=lambda c: sent.append(c) or 1, credit=granted.append)
    gap = slots._gap
    begun = []
    start = gap.start
    gap.start = lambda: begun.append(1) or start()
    assert gap.interval() >= 1000 / 30 - 1
    for name in ("a", "b", "a"):
        slots.drawn(name)
    assert (granted, len(begun), gap.isActive()) == ([], 1, True)
    qtbot.waitUntil(lambda: bool(granted))
    assert granted == ["a", "b"]
    assert not gap.isActive()
    slots.drawn("c")
    assert (granted, len(begun)) == (["a", "b"], 2)
    qtbot.waitUntil(lambda: len(granted) == 3)


def test_a_dropped_picture_does_not_keep_the_credit_of_the_one_awaited(qtbot, sent):
    granted = []
    slots = Slots(send=lambda c: sent.append(c) or 1, credit=granted.append)
    slots.run_id = "r"
    slots.subscribe_all()
    slots.choose("a", "samples")
    granted.clear()
    slots.receive(frame("a", "density"), {})
    slots.receive(frame("elsewhere", "density"), {})
    qtbot.waitUntil(lambda: granted == ["a"])
    slots.show_only({"b"})
    slots.receive(frame("a", "samples"), {})
    assert not slots._gap.isActive()


def test_a_view_that_the_new_model_cannot_feed_is_left_before_its_first_frame(
    slots, sent
):
    slots.subscribe_all()
    slots.can_show = lambda view: view != "trajectories"
    slots.leave_unfed()
    slots.leave_unfed()
    assert [c.slot for c in sent if isinstance(c, Unsubscribe)] == ["b"]


def feed(slots, *views):
    """The model feeds these views now."""
    slots.can_show = lambda view: view in views
    slots.suit()
    return [slot.view for slot in slots.slots.values()]


def test_a_view_stands_in_for_one_that_the_model_cannot_feed(slots):
    every = ("density", "trajectories", "latent", "curves", "duel", "chains", "samples")
    assert feed(slots, *every) == ["density", "trajectories", "latent", "curves"]
    gan = ("density", "latent", "curves", "duel", "samples")
    assert feed(slots, *gan) == ["density", "duel", "latent", "curves"]
    energy = ("density", "curves", "chains", "samples")
    assert feed(slots, *energy) == ["density", "chains", "samples", "curves"]
    assert feed(slots, *every) == ["density", "trajectories", "latent", "curves"]


def test_a_view_chosen_by_hand_stays_until_the_model_changes(slots):
    gan = ("density", "latent", "curves", "duel", "samples")
    feed(slots, *gan)
    slots.choose("b", "trajectories")
    assert feed(slots, *gan) == ["density", "trajectories", "latent", "curves"]
    assert feed(slots, "density", "chains") == ["density", "chains", "latent", "curves"]
    slots.choose("b", "density")
    every = (*gan, "trajectories", "chains")
    assert feed(slots, *every) == ["density", "density", "latent", "curves"]


def test_nothing_is_asked_for_before_the_engine_has_built_the_model(slots, sent):
    slots.is_built = lambda: False
    feed(slots, "density", "duel", "latent", "curves")
    slots.subscribe_all()
    assert not [c for c in sent if isinstance(c, Subscribe)]
    slots.is_built = lambda: True
    slots.subscribe_all()
    asked = [c.view for c in sent if isinstance(c, Subscribe)]
    assert asked == ["density", "duel", "latent", "curves"]
