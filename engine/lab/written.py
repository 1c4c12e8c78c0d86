"""Writes texts so that no reader ever sees half a file."""

from pathlib import Path

from engine.part_file import replacing


def write_text(path: Path, text: str) -> None:
    """Write a file in one go: a reader sees all of it, or what was there before.

    Raises:
        OSError: The folder cannot be written to.
    """
    with replacing(path) as file:
        file.write(text.encode())
