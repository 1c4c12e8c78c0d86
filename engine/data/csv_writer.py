"""Writes points as CSV, so that no reader ever sees half a file."""

import os
import tempfile
from pathlib import Path

import torch
from torch import Tensor


def write_points(path: str | Path, x: Tensor, columns: tuple[str, ...]) -> None:
    """Write points (n, d) under a header; nine digits, which hold any 32-bit float.

    The rows go to a temporary file beside the target, which is synced and then takes
    the target's place.

    Raises:
        OSError: The folder cannot be written to.
    """
    path = Path(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(",".join(map(_quoted, columns)) + "\n")
            for block in torch.split(x.detach().cpu(), 10_000):
                rows = (",".join(f"{v:.9g}" for v in row) for row in block.tolist())
                file.writelines(row + "\n" for row in rows)
            file.flush()
            os.fsync(file.fileno())
        # A private temporary file would stay private: give it the usual rights.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _quoted(name: str) -> str:
    plain = not any(mark in name for mark in ',"\r\n')
    return name if plain else '"' + name.replace('"', '""') + '"'
