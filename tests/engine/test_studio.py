"""Long work in the midst of questions: a hand that drags is answered first."""

from types import SimpleNamespace
from typing import Any

import pytest

from engine.link.inbox import Inbox, Letter
from engine.link.studio import Studio
from engine.protocol import Pause, Probe

QUESTION = Letter(b"w", Probe(run_id="a", what="path", points=[[0.0, 0.0]]))


class Hand(Inbox):
    """Asks again whenever it is waited for, as often as it moves."""

    moves = 0

    def wait(self, seconds: float) -> None:
        assert seconds < 0.1  # a person notices more
        if self.moves:
            self.moves -= 1
            self.put(QUESTION)


class Desk:
    """Notes what is obeyed."""

    def __init__(self, playing: bool) -> None:
        self.runs = {"a": SimpleNamespace(playing=playing)}
        self.obeyed: list[str] = []

    def obey(self, letter: Letter) -> None:
        self.obeyed.append(letter.command.kind)


def studio_of(inbox: Inbox, desk: Desk) -> Studio:
    anything: Any = SimpleNamespace(tell=lambda runs: None)
    commands: Any = desk
    return Studio(anything, inbox, commands, anything, anything)


@pytest.mark.parametrize(("playing", "answered"), [(False, 6), (True, 1)])
def test_a_standing_run_waits_for_the_hand_and_a_playing_one_does_not(
    playing: bool, answered: int
) -> None:
    inbox, desk = Hand(), Desk(playing)
    inbox.moves = 5
    inbox.put(QUESTION)

    def work(tick: Any) -> int:
        tick()
        return len(desk.obeyed)

    run: Any = desk.runs["a"]
    assert studio_of(inbox, desk)._work(run, work, lambda: True) == answered


def test_nothing_is_waited_for_after_any_other_command() -> None:
    inbox, desk = Hand(), Desk(playing=False)
    inbox.moves = 5
    inbox.put(Letter(b"w", Pause(run_id="a")))
    studio = studio_of(inbox, desk)
    studio._work(SimpleNamespace(), lambda tick: tick(), lambda: True)  # type: ignore[arg-type]
    assert desk.obeyed == ["pause"]
    assert inbox.moves == 5
