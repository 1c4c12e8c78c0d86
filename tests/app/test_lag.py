"""A picture that its run has left far behind says which step it shows."""

import pytest

from app.panels.lag import is_far_behind


@pytest.mark.parametrize(
    ("shown", "step", "rate", "behind"),
    [
        (0, 500, 200.0, True),
        (0, 350, 200.0, False),  # less than two seconds of training
        (9600, 10_000, 100.0, False),  # less than 5 % of the steps
        (9400, 10_000, 100.0, True),
        (0, 150, 0.0, False),
        (0, 250, 0.0, True),
        (500, 0, 100.0, False),  # the run began again
        (500, 500, 100.0, False),
    ],
)
def test_far_behind_is_five_percent_and_two_seconds(shown, step, rate, behind):
    assert is_far_behind(shown, step, rate) == behind


def chips(card):
    return [chip.text() for chip in card._chips]


def train_to(world, step, rate):
    """The run reports a step; no picture comes with the report."""
    facts = {"step": step, "steps_per_second": rate}
    world.run.take_status(world.run.status.model_copy(update=facts))
    world.session.status_changed.emit(world.run.status)


def test_a_picture_left_behind_says_its_step_until_a_new_one_comes(world):
    card = world.window.wall.cards["a"]
    world.until(lambda: card._frame is not None)
    frame, arrays = card.slot.frame
    assert "step 0" not in chips(card)
    train_to(world, 900, 100.0)
    assert "step 0" in chips(card)
    train_to(world, 900, 0.0)  # paused: the picture is as old as before
    assert "step 0" in chips(card)
    card._on_frame("a", frame.model_copy(update={"step": 890}), arrays)
    assert not [text for text in chips(card) if text.startswith("step")]


def test_a_moment_that_is_visited_is_said_once(world):
    card = world.window.wall.cards["a"]
    world.until(lambda: card._frame is not None)
    world.run.at = 0
    train_to(world, 900, 100.0)
    card.refresh()
    assert chips(card).count("step 0") == 1
