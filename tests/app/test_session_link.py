"""The link to the engine knows which answers are still owed."""

import pytest

from app.session_link import EngineLink
from engine.protocol import Ack, Shutdown


class PretendedClient:
    """An engine that takes commands and answers when told."""

    on_event = on_state = on_restarted = None

    def __init__(self) -> None:
        self.taken = 0

    def send(self, command) -> int:
        self.taken += 1
        return self.taken


@pytest.fixture
def client() -> PretendedClient:
    return PretendedClient()


@pytest.fixture
def link(qapp, client) -> EngineLink:
    return EngineLink(client)


def test_an_answer_is_owed_until_it_comes(link, client, qtbot):
    assert not link.awaits_answers
    heard = []
    number = link.send(Shutdown(), lambda ack, arrays: heard.append(ack.id))
    assert link.awaits_answers
    client.on_event(Ack(id=number), {})
    qtbot.waitUntil(lambda: heard == [number])
    assert not link.awaits_answers


def test_a_command_that_nobody_hears_of_owes_nothing(link):
    link.send(Shutdown())
    assert not link.awaits_answers


def test_what_a_dead_engine_owed_is_forgotten(link):
    link.send(Shutdown(), lambda ack, arrays: None)
    link.forget_answers()
    assert not link.awaits_answers
