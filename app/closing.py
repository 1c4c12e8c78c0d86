"""The question before a window goes with what was learned or drawn in it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from app.panels import question

if TYPE_CHECKING:
    from app.session_files import SessionFiles
    from app.window import Window

_WORTH_ASKING = 10.0  # s of training that no file has
_ONCE = Qt.ConnectionType.SingleShotConnection


def may_close(window: "Window") -> bool:
    """Whether nothing is lost, or the person does not mind.

    Who wants to save first is asked for a file; the window closes once it is written.
    """
    return _may_go(window, "Close", "closing", window.close)


def may_replace(window: "Window", do: Callable[[], object]) -> bool:
    """The same before another session takes the place of this one."""
    return _may_go(window, "Open session", "another takes its place", do)


def _may_go(
    window: "Window", title: str, before: str, do: Callable[[], object]
) -> bool:
    sessions = window.files.sessions
    lost = _lost(sessions)
    if not window.asks_to_save or not lost:
        return True
    buttons = question.Button
    words = f"Save this session before {before}? {lost} would be lost."
    offered = buttons.Save | buttons.Discard | buttons.Cancel
    answer = question.ask(window, title, words, offered, buttons.Save)
    if answer == buttons.Save and window.files.save_session():
        sessions.saved.connect(do, _ONCE)
    return answer == buttons.Discard


def _lost(sessions: "SessionFiles") -> str:
    """What no file has, in words."""
    training = sessions.unsaved_seconds >= _WORTH_ASKING
    drawing = sessions.has_unsaved_drawing
    if training and drawing:
        return "Training and a drawing that are in no file"
    if drawing:
        return "A drawing that is in no file"
    return "Training that is in no file" if training else ""
