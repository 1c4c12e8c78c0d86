"""How a message looks on the wire: a JSON header, then one raw buffer per array."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, TypeAdapter, ValidationError

from engine.protocol.commands import (
    Branch,
    CancelJob,
    Close,
    Configure,
    Credit,
    Hello,
    InspectTable,
    Open,
    OpenSession,
    Pause,
    Ping,
    Play,
    Probe,
    Reset,
    Restore,
    Save,
    SaveSession,
    SetSpeed,
    Shutdown,
    StartJob,
    StepOnce,
    Subscribe,
    TakeRun,
    TellJob,
    Unsubscribe,
)
from engine.protocol.events import (
    Ack,
    DataChanged,
    Diagnosis,
    Failed,
    Finished,
    Frame,
    JobNews,
    Note,
    RunReady,
    SettingChanged,
    SnapshotsKept,
    Status,
    Welcome,
)
from engine.protocol.message import Arrays, Json, Message

MAX_ARRAYS = 64
MAX_BYTES = 256 * 2**20
DTYPES = ("<f4", "<f8", "<i4", "<i8", "|u1", "|b1")


class ProtocolError(ValueError):
    """Bytes that are no message of this protocol."""


AnyCommand = Annotated[
    Hello
    | Configure
    | Play
    | Pause
    | StepOnce
    | Reset
    | SetSpeed
    | Close
    | Subscribe
    | Unsubscribe
    | Probe
    | Restore
    | Branch
    | Save
    | Open
    | SaveSession
    | OpenSession
    | InspectTable
    | StartJob
    | CancelJob
    | TellJob
    | TakeRun
    | Ping
    | Shutdown,
    Field(discriminator="kind"),
]

AnyEvent = Annotated[
    Ack
    | Welcome
    | Status
    | RunReady
    | SnapshotsKept
    | SettingChanged
    | DataChanged
    | Note
    | JobNews
    | Diagnosis
    | Finished
    | Failed
    | Frame,
    Field(discriminator="kind"),
]

_COMMANDS: TypeAdapter[Any] = TypeAdapter(AnyCommand | Credit)
_EVENTS: TypeAdapter[Any] = TypeAdapter(AnyEvent)


def encode(
    message: Message, arrays: Mapping[str, NDArray[Any]] | None = None
) -> list[bytes]:
    """Parts of a multipart message; arrays become little-endian and contiguous."""
    buffers: list[bytes] = []
    specs: list[Json] = []
    for name, array in (arrays or {}).items():
        plain = np.ascontiguousarray(array)
        if plain.dtype.byteorder == ">":
            plain = plain.astype(plain.dtype.newbyteorder("<"))
        if plain.dtype.str not in DTYPES:
            raise ProtocolError(f"Array {name!r} has dtype {plain.dtype.str}.")
        specs.append({"name": name, "dtype": plain.dtype.str, "shape": array.shape})
        buffers.append(plain.tobytes())
    header = {"message": message.model_dump(mode="json"), "arrays": specs}
    return [json.dumps(header, allow_nan=False).encode(), *buffers]


def decode_command(parts: Sequence[bytes]) -> tuple[Any, Arrays]:
    """A command or credit and its arrays.

    Raises:
        ProtocolError: The bytes are no command of this protocol.
    """
    return decode(parts, _COMMANDS)


def decode_event(parts: Sequence[bytes]) -> tuple[Any, Arrays]:
    """An event and its arrays, read-only views of the bytes.

    Raises:
        ProtocolError: The bytes are no event of this protocol.
    """
    return decode(parts, _EVENTS)


def decode(parts: Sequence[bytes], adapter: TypeAdapter[Any]) -> tuple[Any, Arrays]:
    """A message of the adapter's kinds and its arrays.

    Raises:
        ProtocolError: The bytes are no such message.
    """
    if not parts:
        raise ProtocolError("An empty message.")
    if sum(len(p) for p in parts) > MAX_BYTES:
        raise ProtocolError(f"A message over {MAX_BYTES} bytes.")
    try:
        header = json.loads(parts[0])
        message = adapter.validate_python(header["message"])
        specs = header["arrays"]
    except (ValueError, KeyError, TypeError, RecursionError, ValidationError) as error:
        raise ProtocolError(f"Not a message of this protocol: {error}") from error
    if not isinstance(specs, list) or len(specs) != len(parts) - 1:
        raise ProtocolError("Header and buffers do not match.")
    if len(specs) > MAX_ARRAYS:
        raise ProtocolError(f"More than {MAX_ARRAYS} arrays.")
    return message, dict(_array(s, b) for s, b in zip(specs, parts[1:], strict=True))


def _array(spec: Any, buffer: bytes) -> tuple[str, NDArray[Any]]:
    try:
        name, dtype, shape = spec["name"], spec["dtype"], spec["shape"]
        good = (
            isinstance(name, str)
            and dtype in DTYPES
            and len(shape) <= 4
            and all(type(n) is int and 0 <= n <= MAX_BYTES for n in shape)
            and math.prod(shape) * np.dtype(dtype).itemsize == len(buffer)
        )
    except (KeyError, TypeError) as error:
        raise ProtocolError("A broken description of an array.") from error
    if not good:
        raise ProtocolError(f"Array {name!r} does not fit its buffer.")
    return name, np.frombuffer(buffer, dtype=dtype).reshape(shape)
