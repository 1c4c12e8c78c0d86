"""From the client's reader thread to Qt: what arrives becomes queued signals."""

from collections.abc import Callable
from typing import Any, Protocol

from PySide6.QtCore import QObject, Qt, Signal

from engine.client import GONE
from engine.protocol import Ack, Arrays, Command

OnAck = Callable[[Ack, Arrays], None]


class EngineClient(Protocol):
    """The part of :class:`engine.client.Client` that a session uses."""

    on_event: Callable[[Any, Arrays], None]
    on_state: Callable[[Any, str], None]
    on_restarted: Callable[[], None]

    def start(self) -> None:
        """Start the engine and the reader thread."""

    def send(self, command: Command) -> int:
        """Send a command; its id."""

    def credit(self, slot: str) -> None:
        """Let the engine send one frame for a slot."""

    def stop(self) -> None:
        """End the engine."""


class EngineLink(QObject):
    """Signals of one client, in the thread of the window.

    Answers to commands go to the function given with the command; every other event is
    emitted.
    """

    event_received = Signal(object, object)  # event, arrays
    state_changed = Signal(str, str)  # state, words
    restarted = Signal()
    _arrived = Signal(object, object)

    def __init__(self, client: EngineClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._waiting: dict[int, OnAck] = {}
        # Emitted in the reader thread: the connection must not decide by itself.
        queued = Qt.ConnectionType.QueuedConnection
        self._arrived.connect(self._on_arrived, queued)
        client.on_event = self._arrived.emit
        client.on_state = lambda state, text: self.state_changed.emit(str(state), text)
        client.on_restarted = self.restarted.emit

    @property
    def awaits_answers(self) -> bool:
        """Whether the engine owes an answer that somebody here waits for."""
        return bool(self._waiting)

    def start(self) -> None:
        """Start the engine; call from the main thread."""
        self._client.start()

    def stop(self) -> None:
        """End the engine and hear nothing more of it."""
        self._client.stop()

    def send(self, command: Command, on_ack: OnAck | None = None) -> int:
        """Send a command; ``on_ack`` gets its answer, if the engine lives to give it.

        Returns its id, or 0 if there is no engine to take it.
        """
        number = self._client.send(command)
        if on_ack is not None and number:
            self._waiting[number] = on_ack
        return number

    def credit(self, slot: str) -> None:
        """Let the engine send one frame for a slot."""
        self._client.credit(slot)

    def forget_answers(self) -> None:
        """The engine died: what it owed will not come."""
        self._waiting.clear()

    def _on_arrived(self, event: object, arrays: Arrays) -> None:
        if isinstance(event, Ack):
            on_ack = self._waiting.pop(event.id, None)
            # A death is told once, as a state, and not by each command it swallowed.
            if on_ack is not None and event.error != GONE:
                on_ack(event, arrays)
            return
        self.event_received.emit(event, arrays)
