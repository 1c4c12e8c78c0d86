"""What can be read of a message of another version of the protocol."""

import json
from collections.abc import Sequence

from engine.protocol import PROTOCOL_VERSION


def foreign_hello(parts: Sequence[bytes]) -> tuple[int, int] | None:
    """Command id and version of a hello or welcome of another protocol, else None."""
    try:
        message = json.loads(parts[0])["message"]
        version, number = message["protocol"], message.get("id", 0)
        kind = message["kind"]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None
    if kind not in ("hello", "welcome") or type(version) is not int:
        return None
    if type(number) is not int or number < 0 or version == PROTOCOL_VERSION:
        return None
    return number, version


def mismatch(engine: int, window: int) -> str:
    """The sentence for two programs that do not understand each other."""
    return (
        f"The engine speaks version {engine} of the protocol, the window version "
        f"{window}: install the same version of generative-playground for both."
    )
