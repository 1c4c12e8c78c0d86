"""When an engine counts as slow, stuck, or not worth another start."""

from engine.link.watchdog import Limits, RestartPolicy, Watchdog

LIMITS = Limits()


def watched(seconds: float, playing: bool = False, heard: bool = True) -> str:
    """State after so long with pings answered (or not), and a run that stands still."""
    dog = Watchdog(LIMITS, 0.0)
    dog.hear_status("a", playing, 0.0)
    state = ""
    for tick in range(int(seconds * 10) + 1):
        now = tick / 10
        if heard:
            dog.hear(now)
        state, _ = dog.judge(now)
    return state


def test_an_idle_engine_that_answers_is_ready() -> None:
    assert watched(100) == "ready"


def test_a_playing_run_without_news_is_slow_then_stuck() -> None:
    assert watched(4, playing=True) == "ready"
    assert watched(6, playing=True) == "slow"
    assert watched(61, playing=True) == "stuck"


def test_silence_is_stuck() -> None:
    assert watched(9, heard=False) == "ready"
    assert watched(11, heard=False) == "stuck"


def test_an_unanswered_command_is_slow_until_it_is_answered() -> None:
    dog = Watchdog(LIMITS, 0.0)
    dog.ask(1, 0.0)
    for now in range(8):
        dog.hear(now)
        state, sentence = dog.judge(now)
    assert state == "slow"
    assert "7 s" in sentence
    dog.answer(1)
    assert dog.judge(7.1)[0] == "ready"


def test_a_computer_that_slept_blames_nobody() -> None:
    dog = Watchdog(LIMITS, 0.0)
    dog.hear_status("a", True, 0.0)
    assert dog.judge(0.1)[0] == "ready"
    assert dog.judge(5000.0)[0] == "ready"


def test_pings_are_asked_once_a_second() -> None:
    dog = Watchdog(LIMITS, 0.0)
    assert sum(dog.ping_due(tick / 10) for tick in range(101)) == 10


def test_two_restarts_in_five_minutes_then_no_more() -> None:
    policy = RestartPolicy(LIMITS)
    assert [policy.may_restart(t) for t in (0, 10, 20)] == [True, True, False]
    assert policy.may_restart(330)
    policy.forgive()
    assert policy.may_restart(331)
