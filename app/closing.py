"""The question before a window goes with what was learned or drawn in it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.panels import question
from app.session_files import ABOUT
from app.session_notes import Notice

if TYPE_CHECKING:
    from app.session_files import SessionFiles
    from app.window import Window

_WORTH_ASKING = 10.0  # s of training that no file has
_UNWRITTEN = "The session is still being saved; its file would not have it."


def may_close(window: "Window") -> bool:
    """Whether nothing is lost, or the person does not mind.

    Who wants to save first is asked for a file; the window closes once it is written.
    So it does if the session is being written already; who asks a second time may go
    at once.
    """
    words = ("Close", "closing", "The window closes once it is in its file.")
    return _may_go(window, words, window.close)


def may_replace(window: "Window", do: Callable[[], object]) -> bool:
    """The same before another session takes the place of this one."""
    then = "The other one opens once it is in its file."
    return _may_go(window, ("Open session", "another takes its place", then), do)


def _may_go(
    window: "Window", words: tuple[str, str, str], do: Callable[[], object]
) -> bool:
    """Whether it may go now; if not, ``do`` may be done later."""
    title, before, later = words
    if not window.asks_to_save:
        return True
    sessions = window.files.sessions
    saving = sessions.saving
    if saving.is_awaited:
        return _leaves_unwritten(window, title)
    if saving.under_way:
        saving.then(do)
        note = Notice("info", "The session is being saved", later, about=ABOUT)
        window.show_notice(note)
        return False
    lost = _lost(sessions)
    return not lost or _leaves(window, title, f"{before}? {lost}", do)


def _leaves(window: "Window", title: str, words: str, do: Callable[[], object]) -> bool:
    buttons = question.Button
    words = f"Save this session before {words} would be lost."
    offered = buttons.Save | buttons.Discard | buttons.Cancel
    answer = question.ask(window, title, words, offered, buttons.Save)
    if answer == buttons.Save and window.files.save_session():
        window.files.sessions.saving.then(do)
    return answer == buttons.Discard


def _leaves_unwritten(window: "Window", title: str) -> bool:
    """Whether the person goes without waiting for the file."""
    yes, no = question.Button.Yes, question.Button.No
    words = f"{_UNWRITTEN} {title} all the same?"
    return question.ask(window, title, words, yes | no, no) == yes


def _lost(sessions: "SessionFiles") -> str:
    """What no file has, in words."""
    training = sessions.unsaved_seconds >= _WORTH_ASKING
    drawing = sessions.has_unsaved_drawing
    if training and drawing:
        return "Training and a drawing that are in no file"
    if drawing:
        return "A drawing that is in no file"
    return "Training that is in no file" if training else ""
