"""Writes points as CSV, so that no reader ever sees half a file."""

from pathlib import Path

import torch
from torch import Tensor

from engine.part_file import replacing


def write_points(path: str | Path, x: Tensor, columns: tuple[str, ...]) -> None:
    """Write points (n, d) under a header; nine digits, which hold any 32-bit float.

    The rows go to a temporary file beside the target, which is synced and then takes
    the target's place.

    Raises:
        OSError: The folder cannot be written to.
    """
    path = Path(path)
    with replacing(path) as file:
        file.write((",".join(map(_quoted, columns)) + "\n").encode())
        for block in torch.split(x.detach().cpu(), 10_000):
            rows = (",".join(f"{v:.9g}" for v in row) for row in block.tolist())
            file.writelines(f"{row}\n".encode() for row in rows)


def _quoted(name: str) -> str:
    plain = not any(mark in name for mark in ',"\r\n')
    return name if plain else '"' + name.replace('"', '""') + '"'
