"""CURVE key pairs, and the connection file that lets another machine in.

Keys are Z85 text. They travel through a pipe or in a file that only its owner can
read, never through a command line, which any user of the machine can see.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import zmq


@dataclass(frozen=True)
class KeyPair:
    """A CURVE key pair in Z85."""

    public: str
    secret: str


@dataclass(frozen=True)
class Address:
    """Where an engine listens, and the key by which a client recognises it."""

    host: str
    port_control: int
    port_frames: int
    public_key: str


def new_keys() -> KeyPair:
    """A fresh pair."""
    public, secret = zmq.curve_keypair()
    return KeyPair(public.decode(), secret.decode())


def write_private(path: Path, content: dict[str, object]) -> None:
    """Write JSON that only the owner can read, in one rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def kept_keys(path: Path) -> KeyPair:
    """The pair in a file; made and written there the first time.

    Raises:
        ValueError: The file is no key file; the sentence names it.
    """
    if not path.exists():
        pair = new_keys()
        write_private(path, dict(asdict(pair)))
        return pair
    try:
        return KeyPair(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} is no key file; delete it to make new keys.") from (
            error
        )


def write_connection(path: Path, address: Address, client: KeyPair) -> None:
    """The file that a window on another machine needs to reach this engine."""
    write_private(path, {"address": asdict(address), "client": asdict(client)})


def read_connection(path: Path) -> tuple[Address, KeyPair]:
    """Address and own keys from a connection file.

    Raises:
        ValueError: The file is no connection file; the sentence names it.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Address(**content["address"]), KeyPair(**content["client"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path} is no connection file of genplay serve.") from error
