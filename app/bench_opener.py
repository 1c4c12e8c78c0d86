"""Something that opens, and how it closes."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QApplication

from app.window import Window

Act = Callable[[Window], object]


@dataclass(frozen=True)
class Opener:
    """Something that opens, and how it closes.

    Attributes:
        open: Opens it.
        close: Closes it.
        actions: Names of the window's actions that open the same.
    """

    open: Act
    close: Act
    actions: tuple[str, ...] = ()


def close_dialogs(window: Window) -> None:
    """What a person does with Escape."""
    del window
    for found in (QApplication.activePopupWidget(), QApplication.activeModalWidget()):
        if found is not None:
            found.close()


def dialog(act: Act, *actions: str) -> Opener:
    """A dialog, a menu or a list that ``act`` opens."""
    return Opener(act, close_dialogs, actions)
