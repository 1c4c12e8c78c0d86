"""A queue that any thread may fill and that wakes a thread sleeping in a poller."""

import socket
import weakref
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Outbox(Generic[T]):
    """Items for the one thread that owns the ZeroMQ sockets.

    A plain socket pair wakes the poller: a ZeroMQ socket may not be touched by a
    second thread, a plain one may.
    """

    def __init__(self) -> None:
        self._items: deque[T] = deque()
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        # Its owner may be started again after a stop, so no one time is the last.
        self.close = weakref.finalize(self, _close, self._reader, self._writer)

    def fileno(self) -> int:
        """Descriptor that is readable while something waits."""
        return self._reader.fileno()

    def put(self, item: T) -> None:
        """Add an item and wake the reader."""
        self._items.append(item)
        self.wake()

    def wake(self) -> None:
        """Wake the reader; a full pipe or a closed one means nobody sleeps."""
        try:
            self._writer.send(b"!")
        except OSError:
            return

    def take(self) -> list[T]:
        """All items that wait, oldest first."""
        try:
            while self._reader.recv(4096):
                pass
        except OSError:
            pass
        taken: list[T] = []
        while self._items:
            taken.append(self._items.popleft())
        return taken


def _close(*ends: socket.socket) -> None:
    for end in ends:
        end.close()
