"""What the window wants, waiting for the engine's main thread."""

from collections import deque
from dataclasses import dataclass
from threading import Condition

from engine.protocol import Command


@dataclass(frozen=True)
class Letter:
    """A command and the window that sent it."""

    sender: bytes
    command: Command


class Inbox:
    """Commands in order, and a credit or none for each slot; safe between threads."""

    def __init__(self) -> None:
        self._letters: deque[Letter] = deque()
        self._credits: set[str] = set()
        self._changed = Condition()
        self._woken = False
        #: Set when the engine has to end: no parent, or somebody said so.
        self.stopping = False

    def put(self, letter: Letter) -> None:
        """Add a command at the end."""
        with self._changed:
            self._letters.append(letter)
            self._changed.notify()

    def credit(self, slot: str) -> None:
        """Allow one frame of a slot; a second credit before it changes nothing."""
        with self._changed:
            self._credits.add(slot)
            self._woken = True
            self._changed.notify()

    def stop(self) -> None:
        """Ask the main thread to save and end."""
        self.stopping = True
        with self._changed:
            self._woken = True
            self._changed.notify()

    @property
    def credits(self) -> frozenset[str]:
        """Slots that may have a frame."""
        with self._changed:
            return frozenset(self._credits)

    def spend(self, slot: str) -> None:
        """Take the credit of a slot away."""
        with self._changed:
            self._credits.discard(slot)

    def clear_credits(self) -> None:
        """Forget the credits of a window that has gone."""
        with self._changed:
            self._credits.clear()

    def peek(self) -> Letter | None:
        """The oldest command, left where it is."""
        with self._changed:
            return self._letters[0] if self._letters else None

    def take(self) -> Letter | None:
        """The oldest command."""
        with self._changed:
            return self._letters.popleft() if self._letters else None

    def wait(self, seconds: float) -> None:
        """Sleep until something arrives, at most so long."""
        with self._changed:
            if not self._letters and not self._woken:
                self._changed.wait(seconds)
            self._woken = False
