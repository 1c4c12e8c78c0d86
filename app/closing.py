"""The question before a window goes with what it has learned."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from app.panels import question

if TYPE_CHECKING:
    from app.window import Window

_WORTH_ASKING = 10.0  # s of training that no file has
_WORDS = "Save this session before closing? Training that is in no file would be lost."
_ONCE = Qt.ConnectionType.SingleShotConnection


def may_close(window: "Window") -> bool:
    """Whether nothing is lost, or the person does not mind.

    Who wants to save first is asked for a file; the window closes once it is written.
    """
    sessions = window.files.sessions
    if sessions.unsaved_seconds < _WORTH_ASKING:
        return True
    buttons = question.Button
    offered = buttons.Save | buttons.Discard | buttons.Cancel
    answer = question.ask(window, "Close", _WORDS, offered, buttons.Save)
    if answer == buttons.Save and window.files.save_session():
        sessions.saved.connect(window.close, _ONCE)
    return answer == buttons.Discard
