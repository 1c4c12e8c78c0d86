"""ZeroMQ sockets as this project wants them: encrypted, bounded, never waiting long."""

from typing import Any

import zmq
from zmq.utils import z85
from zmq.utils.monitor import recv_monitor_message

from engine.link.keys import Address, KeyPair
from engine.protocol import MAX_BYTES

Socket = zmq.Socket[bytes]
ZAP_ENDPOINT = "inproc://zeromq.zap.01"
ZAP_DOMAIN = b"genplay"
#: Frames that may wait for a slow reader on each side.
FRAMES_WAITING = 32

WRONG_CLIENT_KEY = (
    "The engine does not know this window's key: copy a fresh connection file from "
    "the keys folder of the engine."
)
WRONG_SERVER_KEY = (
    "The engine's key is not the expected one: copy a fresh connection file from the "
    "keys folder of the engine."
)
NOT_AN_ENGINE = (
    "Something answers at this address, but it is no engine that speaks in cipher: "
    "check host and port."
)


#: Hang-ups in a row after which the key must be wrong. A listener without cipher hangs
#: up as well, about twice in three tries before it has told what it is.
_SURE = 20


def tune(socket: Socket, waiting: int, largest: int = MAX_BYTES) -> None:
    """Set the bounds: ``waiting`` messages (0: all), ``largest`` part in bytes."""
    socket.linger = 300
    options = {
        zmq.SNDTIMEO: 1000,
        zmq.RCVTIMEO: 1000,
        zmq.SNDHWM: waiting,
        zmq.RCVHWM: waiting,
        zmq.MAXMSGSIZE: largest,
        zmq.HANDSHAKE_IVL: 5000,
        zmq.RECONNECT_IVL: 100,
        zmq.RECONNECT_IVL_MAX: 2000,
        zmq.TCP_KEEPALIVE: 1,
        zmq.TCP_KEEPALIVE_IDLE: 30,
    }
    for option, value in options.items():
        socket.setsockopt(option, value)


def listening(
    context: zmq.Context[Socket], keys: KeyPair, host: str, port: int, waiting: int
) -> tuple[Socket, int]:
    """An encrypted ROUTER and the port that it got; port 0 takes any free one."""
    socket = context.socket(zmq.ROUTER)
    # A command is small; only frames are large, and they go the other way.
    tune(socket, waiting, 16 * 2**20)
    socket.setsockopt(zmq.ROUTER_HANDOVER, 1)
    socket.zap_domain = ZAP_DOMAIN
    socket.curve_server = True
    socket.curve_secretkey = keys.secret.encode()
    socket.bind(f"tcp://{host}:{port or '*'}")
    endpoint = socket.getsockopt(zmq.LAST_ENDPOINT)
    assert isinstance(endpoint, bytes)
    return socket, int(endpoint.rstrip(b"\0").rsplit(b":", 1)[1])


def calling(
    context: zmq.Context[Socket],
    address: Address,
    keys: KeyPair,
    identity: bytes,
    waiting: int,
) -> Socket:
    """An encrypted DEALER for an engine, not yet connected."""
    socket = context.socket(zmq.DEALER)
    tune(socket, waiting)
    socket.setsockopt(zmq.ROUTING_ID, identity)
    socket.curve_publickey = keys.public.encode()
    socket.curve_secretkey = keys.secret.encode()
    socket.curve_serverkey = address.public_key.encode()
    return socket


class Doorkeeper:
    """Lets exactly the listed client keys in (ZeroMQ RFC 27, mechanism CURVE)."""

    def __init__(self, context: zmq.Context[Socket], allowed: list[str]) -> None:
        self._allowed = {z85.decode(key) for key in allowed}
        self.socket = context.socket(zmq.REP)
        tune(self.socket, 0)
        self.socket.bind(ZAP_ENDPOINT)

    def answer(self) -> None:
        """Answer one question of the library: may this key come in?"""
        version, number, *_, mechanism, key = self.socket.recv_multipart()[:7]
        good = mechanism == b"CURVE" and key in self._allowed
        verdict = (b"200", b"OK") if good else (b"400", b"unknown key")
        self.socket.send_multipart([version, number, *verdict, b"", b""])


class HandshakeMonitor:
    """Turns the silent failures of a CURVE handshake into words.

    It must listen before the socket connects, or it misses the first failure.
    A refused client key is final at once; a server that hangs up in the middle is
    counted, since a dying engine does that too.
    """

    def __init__(self, socket: Socket) -> None:
        self._watched = socket
        self.socket: Any = socket.get_monitor_socket(
            zmq.EVENT_HANDSHAKE_FAILED_AUTH
            | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
            | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
            | zmq.EVENT_HANDSHAKE_SUCCEEDED
        )
        self.handshakes = 0
        self._hang_ups = 0

    def read(self) -> str:
        """Why the door stays shut, or nothing."""
        event = recv_monitor_message(self.socket)["event"]
        if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            self.handshakes += 1
            self._hang_ups = 0
        if event == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
            return WRONG_CLIENT_KEY
        if event == zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL:
            return NOT_AN_ENGINE
        if event == zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL:
            self._hang_ups += 1
        return WRONG_SERVER_KEY if self._hang_ups >= _SURE else ""

    def close(self) -> None:
        """Stop watching."""
        self._watched.disable_monitor()
