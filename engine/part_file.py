"""Temporary files that stand beside the file which they will replace."""

import tempfile
from pathlib import Path


def part_beside(path: Path) -> tuple[int, Path]:
    """An open handle of a new file beside ``path``, and its name.

    Raises:
        OSError: None can be made there; it names ``path``, which a person knows.
    """
    try:
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=path.name, suffix=".part"
        )
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    return handle, Path(name)
