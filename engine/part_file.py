"""Files that are written whole or not at all: a part stands beside until it is done.

A process that is killed leaves its part behind. Its name says which process of which
machine wrote it, so that whoever writes or opens the same file next can remove it.
"""

import os
import platform
import re
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import psutil


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A new file that takes the place of ``path`` at the end of the block.

    Whatever is raised in the block leaves the old file untouched and no part.

    Raises:
        OSError: It cannot be written; it names ``path``, which a person knows.
    """
    part: Path | None = None
    try:
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=_prefix(path), suffix=".part"
        )
        part = Path(name)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # A private temporary file would stay private: give it the usual rights.
        mask = os.umask(0)
        os.umask(mask)
        part.chmod(0o666 & ~mask)
        part.replace(path)
    except BaseException as error:
        _remove(part)
        if isinstance(error, OSError) and _is_about(error, part):
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
    remove_left_over(path)


def remove_left_over(path: Path) -> None:
    """Remove parts of ``path`` whose process, on this machine, is no more.

    One that another machine writes, or a process that lives, stays; so does all else.
    """
    form = re.compile(rf"\.{re.escape(path.name)}\.{_machine()}-(\d+)-\w+\.part")
    with suppress(OSError):  # a folder that cannot be listed or changed keeps them
        for beside in path.parent.iterdir():
            found = form.fullmatch(beside.name)
            if found and not psutil.pid_exists(int(found[1])) and beside.is_file():
                _remove(beside)


def _prefix(path: Path) -> str:
    return f".{path.name}.{_machine()}-{os.getpid()}-"


def _machine() -> str:
    """A short word for this machine: folders are shared, numbers of processes not."""
    return f"{zlib.crc32(platform.node().encode()):08x}"


def _is_about(error: OSError, part: Path | None) -> bool:
    """Whether it is of the part; where there is none yet, none could be made."""
    return part is None or error.filename in (None, str(part))


def _remove(part: Path | None) -> None:
    if part is not None:
        with suppress(OSError):
            part.unlink()
