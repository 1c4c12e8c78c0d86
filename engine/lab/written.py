"""Writes texts so that no reader ever sees half a file."""

import os
from pathlib import Path

from engine.part_file import part_beside


def write_text(path: Path, text: str) -> None:
    """Write a file in one go: a reader sees all of it, or what was there before.

    Raises:
        OSError: The folder cannot be written to.
    """
    handle, temporary = part_beside(path)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
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
