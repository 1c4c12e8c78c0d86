"""A client's connection to one engine: both channels, owned by one thread."""

import uuid
from typing import Any

import zmq

from engine.link.keys import Address, KeyPair
from engine.link.sockets import FRAMES_WAITING, HandshakeMonitor, Socket, calling
from engine.link.version import foreign_hello, mismatch
from engine.protocol import (
    PROTOCOL_VERSION,
    Arrays,
    Command,
    Credit,
    Frame,
    ProtocolError,
    decode_event,
    encode,
)

Received = tuple[Any, Arrays]
#: Frames read in one go; of each slot only the newest is kept.
_BURST = 64
#: A window may ask for the next frame before the last has come.
_CREDITS = 2
_GARBAGE_LIMIT = 50


class Line:
    """Encrypted sockets to the engine at ``address``."""

    def __init__(self, address: Address, keys: KeyPair, wake: int) -> None:
        self._context: zmq.Context[Socket] = zmq.Context()
        identity = b"w" + uuid.uuid4().bytes
        self._control = calling(self._context, address, keys, identity, 0)
        self._frames = calling(self._context, address, keys, identity, FRAMES_WAITING)
        self._monitor = HandshakeMonitor(self._control)
        self._control.connect(f"tcp://{address.host}:{address.port_control}")
        self._frames.connect(f"tcp://{address.host}:{address.port_frames}")
        self._poller = zmq.Poller()
        for item in (self._control, self._frames, self._monitor.socket, wake):
            self._poller.register(item, zmq.POLLIN)
        self._credits: dict[str, int] = {}
        self._garbage = 0
        #: Why talking to this engine makes no sense; empty while it does.
        self.refusal = ""
        #: Frames that came without a credit, or were outrun by a newer one.
        self.dropped = 0

    @property
    def handshakes(self) -> int:
        """How often the connection was made."""
        return self._monitor.handshakes

    @property
    def hopeless(self) -> bool:
        """Whether the other end sends mostly nonsense."""
        return self._garbage >= _GARBAGE_LIMIT

    def send(self, command: Command) -> None:
        """Put a command on the control channel."""
        self._control.send_multipart(encode(command))

    def credit(self, slot: str) -> None:
        """Allow one frame of a slot."""
        self._credits[slot] = min(self._credits.get(slot, 0) + 1, _CREDITS)
        self._frames.send_multipart(encode(Credit(slot=slot)))

    def renew_credits(self) -> None:
        """Say again what was allowed, after the connection was lost and found."""
        for slot, count in self._credits.items():
            if count:
                self._frames.send_multipart(encode(Credit(slot=slot)))

    def receive(self, milliseconds: int) -> list[Received]:
        """Wait so long for events: all of control, then the newest frame per slot."""
        ready = dict(self._poller.poll(milliseconds))
        if self._monitor.socket in ready:
            self.refusal = self.refusal or self._monitor.read()
        events = self._drain(self._control) if self._control in ready else []
        if self._frames in ready:
            events += self._newest(self._drain(self._frames))
        return events

    def _drain(self, socket: Socket) -> list[Received]:
        found: list[Received] = []
        for _ in range(_BURST):
            try:
                parts = socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                break
            try:
                found.append(decode_event(parts))
            except ProtocolError:
                self._note_garbage(parts)
        return found

    def _note_garbage(self, parts: list[bytes]) -> None:
        self._garbage += 1
        foreign = foreign_hello(parts)
        if foreign is not None:
            self.refusal = mismatch(foreign[1], PROTOCOL_VERSION)

    def _newest(self, frames: list[Received]) -> list[Received]:
        newest: dict[str, Received] = {}
        for frame, arrays in frames:
            slot = frame.slot if isinstance(frame, Frame) else ""
            allowed = self._credits.get(slot, 0) > 0
            if slot in newest or not allowed:
                self.dropped += 1
            if allowed:
                newest[slot] = (frame, arrays)
        for slot in newest:
            self._credits[slot] -= 1
        return list(newest.values())

    def close(self) -> None:
        """Give the sockets back; what waits may still leave for 300 ms."""
        self._monitor.close()
        self._context.destroy(linger=300)
