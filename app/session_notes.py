"""Notes of a session in plain words."""

from collections.abc import Callable
from dataclasses import dataclass

from engine.protocol import Failed, Severity

#: What a note on settings that were not taken is about; over with what is taken next.
REFUSED = "settings:refused"


@dataclass(frozen=True)
class Notice:
    """What happened, what is safe, and at most one thing to do about it.

    ``about`` names what it speaks of; once that is over, the note is taken away.
    """

    severity: Severity
    title: str
    text: str = ""
    action: str = ""
    do: Callable[[], object] | None = None
    about: str = ""


def grouped(number: int) -> str:
    """A whole number with commas, e.g. 12,340."""
    return f"{number:,}"


def failure_of(run_id: str) -> str:
    """What a note on the failure of a run is about."""
    return f"{run_id}:failure"


def of_failure(failed: Failed, go_back: Callable[[], object]) -> Notice:
    """A run that cannot go on, with the way back to its last good snapshot."""
    text = " ".join(filter(None, (failed.reason, failed.advice)))
    title = f"Training stopped at step {grouped(failed.step)}"
    action = "Reset"
    if failed.last_good_step is not None:
        action = f"Back to step {grouped(failed.last_good_step)}"
    about = failure_of(failed.run_id)
    return Notice("warning", title, text, action, go_back, about)


def of_recovery(step: int | None) -> Notice:
    """The engine died, was started again, and the run was picked up."""
    if step is None:
        return Notice(
            "warning",
            "The engine was restarted",
            "Nothing had been saved yet: the run begins again, paused.",
        )
    text = f"The run was picked up at step {grouped(step)}, paused."
    return Notice("warning", "The engine was restarted", text)


def of_complete(steps: int, extend: Callable[[], object]) -> Notice:
    """All steps that were asked for are done."""
    return Notice(
        "good",
        f"Training is complete at step {grouped(steps)}",
        "Everything can still be explored. More steps start the schedule's tail anew.",
        f"Train {grouped(steps)} more",
        extend,
    )
