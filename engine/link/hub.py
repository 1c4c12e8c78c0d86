"""The engine's input and output: one thread that owns its sockets.

It answers pings itself, so that a window can tell a busy engine from a dead one, and
hands everything else to the main thread's inbox. Events of the main thread go out
through an outbox; the thread never computes anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Thread
from typing import Any

import zmq
from numpy.typing import NDArray

from engine.link.inbox import Inbox, Letter
from engine.link.keys import Address, KeyPair
from engine.link.outbox import Outbox
from engine.link.sockets import FRAMES_WAITING, Doorkeeper, Socket, listening
from engine.link.version import foreign_hello, mismatch
from engine.protocol import (
    PROTOCOL_VERSION,
    Ack,
    Credit,
    Frame,
    Hello,
    Message,
    Ping,
    ProtocolError,
    decode_command,
    encode,
)


@dataclass(frozen=True)
class _Parcel:
    """Parts on their way to ``receiver`` (empty: the window that said hello last)."""

    parts: list[bytes]
    receiver: bytes
    is_frame: bool


class Hub(Thread):
    """Both channels of an engine. ``start()``, then :meth:`send` from any thread."""

    def __init__(
        self,
        inbox: Inbox,
        keys: KeyPair,
        allowed: list[str],
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        super().__init__(name="hub", daemon=True)
        self.inbox = inbox
        self._outbox: Outbox[_Parcel | None] = Outbox()
        self._context: zmq.Context[Socket] = zmq.Context()
        self._door = Doorkeeper(self._context, allowed)
        # Control is never dropped: no limit on what waits. Frames may be.
        self._control, first = listening(self._context, keys, host, port, 0)
        second = port + 1 if port else 0
        self._frames, second = listening(
            self._context, keys, host, second, FRAMES_WAITING
        )
        self.address = Address(host, first, second, keys.public)
        self._window = b""

    def send(
        self,
        event: Message,
        arrays: Mapping[str, NDArray[Any]] | None = None,
        to: bytes = b"",
    ) -> None:
        """Queue an event for the window; frames take the frames channel.

        Raises:
            ProtocolError: An array has a type that the wire does not know.
        """
        parts = encode(event, arrays)
        self._outbox.put(_Parcel(parts, to, isinstance(event, Frame)))

    def send_raw(self, parts: list[bytes]) -> None:
        """Queue bytes as they are on the control channel; for tests of a client."""
        self._outbox.put(_Parcel(parts, b"", False))

    def finish(self) -> None:
        """Send what waits, close the sockets and end the thread."""
        self._outbox.put(None)
        self.join(3)

    def run(self) -> None:
        """Serve both channels until :meth:`finish`."""
        poller = zmq.Poller()
        for item in (self._door.socket, self._control, self._frames):
            poller.register(item, zmq.POLLIN)
        poller.register(self._outbox.fileno(), zmq.POLLIN)
        open_ = True
        while open_:
            ready = dict(poller.poll(1000))
            if self._door.socket in ready:
                self._door.answer()
            if self._control in ready:
                self._receive(self._control)
            if self._frames in ready:
                self._receive(self._frames)
            for parcel in self._outbox.take():
                open_ = self._deliver(parcel)
        self._context.destroy(linger=500)
        self._outbox.close()

    def _deliver(self, parcel: _Parcel | None) -> bool:
        if parcel is None:
            return False
        socket = self._frames if parcel.is_frame else self._control
        try:
            socket.send_multipart([parcel.receiver or self._window, *parcel.parts])
        except zmq.ZMQError:
            # The window has gone; its end is noticed elsewhere.
            return True
        return True

    def _receive(self, socket: Socket) -> None:
        sender, *parts = socket.recv_multipart()
        try:
            message, _ = decode_command(parts)
        except ProtocolError:
            self._refuse(sender, parts)
            return
        if isinstance(message, Credit):
            if sender == self._window:
                self.inbox.credit(message.slot)
            return
        if isinstance(message, Ping):
            self.send(Ack(id=message.id), to=sender)
            return
        if isinstance(message, Hello):
            self._greet(sender)
        self.inbox.put(Letter(sender, message))

    def _greet(self, sender: bytes) -> None:
        if sender != self._window:
            self.inbox.clear_credits()
        self._window = sender

    def _refuse(self, sender: bytes, parts: list[bytes]) -> None:
        """Answer a window of another version; other nonsense is dropped."""
        foreign = foreign_hello(parts)
        if foreign is not None:
            number, version = foreign
            sentence = mismatch(PROTOCOL_VERSION, version)
            self.send(Ack(id=number, error=sentence), to=sender)
