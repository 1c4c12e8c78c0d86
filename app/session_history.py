"""Undo and redo of every setting: edits of a run's configuration, in plain words."""

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from engine.protocol import RunConfig

_MERGE_WITHIN = 1.0  # s; a slider drag is one edit, two decisions are two


class ConfigEdit(QUndoCommand):
    """From one configuration to another.

    ``key`` names the setting: edits of one key in quick succession become one.
    ``at_once`` asks for a restart without waiting for the button. All edits of a
    ``gesture``, such as a stroke of a brush, are one, however long it takes.
    """

    def __init__(
        self,
        history: "History",
        after: RunConfig,
        text: str,
        key: str = "",
        at_once: bool = False,
        gesture: str = "",
    ) -> None:
        super().__init__(text)
        self._history = history
        self.before = history.config
        self.after = after
        self.key = key or gesture
        self.is_gesture = bool(gesture)
        self.stamp = time.monotonic()
        self.at_once = at_once

    def redo(self) -> None:
        """Take the later configuration."""
        self._history.become(self.after, self.at_once)

    def undo(self) -> None:
        """Take the earlier configuration."""
        self._history.become(self.before, self.at_once)

    def takes_in(self, after: RunConfig, key: str) -> bool:
        """Become one with a later edit of the same setting, if that came at once."""
        now = time.monotonic()
        if not self.key or key != self.key:
            return False
        if now - self.stamp > _MERGE_WITHIN and not self.is_gesture:
            return False
        self.after, self.stamp = after, now
        return True


class History(QObject):
    """The wanted configuration of one run, and how it came about.

    Attributes:
        config: The configuration that the person wants now.
        stack: Qt's undo stack, for actions and menus.
    """

    config_changed = Signal(object, bool)  # RunConfig, restart at once

    def __init__(self, config: RunConfig, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.config = config
        self.stack = QUndoStack(self)

    def edit(
        self,
        after: RunConfig,
        text: str,
        key: str = "",
        at_once: bool = False,
        gesture: str = "",
    ) -> None:
        """Change the configuration in a way that can be undone."""
        if after == self.config:
            return
        if self._last_takes_in(after, key or gesture):
            self.become(after, at_once)
        else:
            self.stack.push(ConfigEdit(self, after, text, key, at_once, gesture))

    def _last_takes_in(self, after: RunConfig, key: str) -> bool:
        """Qt would merge too, but a command that it merged away stays in memory."""
        if self.stack.canRedo():
            return False
        last = self.stack.command(self.stack.index() - 1)
        return isinstance(last, ConfigEdit) and last.takes_in(after, key)

    def become(self, config: RunConfig, at_once: bool = False) -> None:
        """Take a configuration without a trace in the history, and tell it."""
        self.config = config
        self.config_changed.emit(config, at_once)

    def step_to(self, matches: Callable[[RunConfig], bool]) -> bool:
        """Undo or redo one edit if that leads to a configuration that matches."""
        index = self.stack.index()
        last, following = self.stack.command(index - 1), self.stack.command(index)
        if isinstance(last, ConfigEdit) and matches(last.before):
            self.stack.undo()
        elif isinstance(following, ConfigEdit) and matches(following.after):
            self.stack.redo()
        else:
            return False
        return True

    def refuse(self, applied: RunConfig) -> None:
        """The engine refused the last edit: forget it and return to ``applied``."""
        command = self.stack.command(self.stack.index() - 1)
        if isinstance(command, ConfigEdit) and command.after == self.config:
            command.setObsolete(True)
            self.stack.undo()
        if self.config != applied:
            self.become(applied)
