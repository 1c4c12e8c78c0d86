"""Everything that a key, a button or the palette can do, in one list."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from app.panels.finder import Entry


@dataclass(frozen=True)
class Act:
    """One thing to do: its words, its group, its keys, and what it calls.

    Held down, a key does it once, unless it ``repeats``: a page would open and close
    many times a second.
    """

    name: str
    title: str
    group: str
    do: Callable[[], object]
    keys: tuple[str, ...] = ()
    repeats: bool = False


class Actions:
    """Qt actions of a window by name.

    Attributes:
        acts: The list they were made of, in its order.
        actions: The Qt actions; undo and redo come from the session's history.
    """

    def __init__(self, window: QWidget, acts: Iterable[Act]) -> None:
        """Make the actions and give them to ``window``, so that their keys work."""
        self.acts = {act.name: act for act in acts}
        self.actions: dict[str, QAction] = {}
        for act in self.acts.values():
            action = QAction(act.title, window)
            action.triggered.connect(lambda _=False, do=act.do: do())
            action.setAutoRepeat(act.repeats)
            self._add(window, act.name, action, act.keys)

    def adopt(
        self, window: QWidget, name: str, group: str, action: QAction, *keys: str
    ) -> None:
        """Take in an action that someone else made, e.g. undo."""
        self.acts[name] = Act(name, action.text(), group, action.trigger, keys)
        self._add(window, name, action, keys)

    def trigger(self, name: str) -> None:
        """Do it, unless it cannot be done now."""
        self.actions[name].trigger()

    def entries(self) -> list[Entry]:
        """All actions for the palette, with their keys."""
        return [
            Entry(
                act.name,
                self.actions[act.name].text(),
                self.key_text(act.name),
                group=act.group,
                enabled=self.actions[act.name].isEnabled(),
            )
            for act in self.acts.values()
        ]

    def key_text(self, name: str) -> str:
        """The first key of an action as it is written on a keyboard."""
        shortcuts = self.actions[name].shortcuts()
        native = QKeySequence.SequenceFormat.NativeText
        return shortcuts[0].toString(native) if shortcuts else ""

    def _add(
        self, window: QWidget, name: str, action: QAction, keys: tuple[str, ...]
    ) -> None:
        action.setObjectName(name)
        action.setShortcuts([QKeySequence(key) for key in keys])
        window.addAction(action)
        self.actions[name] = action
