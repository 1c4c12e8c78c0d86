"""The head of a session file, readable without torch: names of runs, window's words."""

import json
import zipfile
from pathlib import Path
from typing import Any

FORMAT = 1
HEAD = "session.json"
_MOST_HEAD = 16 * 2**20
_MOST_RUNS = 64


class SessionFileError(ValueError):
    """A session file that cannot be read, in one plain sentence."""


def read_head(path: Path) -> tuple[list[str], dict[str, Any]]:
    """Names of the runs in a session file, and what the window wrote about itself.

    Raises:
        SessionFileError: In one sentence, what is wrong with the file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return head_of(archive, path)
    except OSError as error:
        raise SessionFileError(f"{path} cannot be read: {error.strerror}.") from error
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise SessionFileError(f"{path} is damaged or no session file.") from error


def head_of(archive: zipfile.ZipFile, path: Path) -> tuple[list[str], dict[str, Any]]:
    """The same of an open archive; ``path`` is only named in errors.

    Raises:
        SessionFileError: In one sentence, what is wrong with the file.
    """
    try:
        if archive.getinfo(HEAD).file_size > _MOST_HEAD:
            raise SessionFileError(f"{path} is too large to be a session file.")
        head = json.loads(archive.read(HEAD))
        if head["format"] > FORMAT:
            raise SessionFileError(
                f"{path} was written by a newer version; this one reads format "
                f"{FORMAT}, the file has {head['format']}."
            )
        names, window = head["runs"], head["window"]
        good = isinstance(names, list) and all(isinstance(n, str) for n in names)
        if not good or len(set(names)) != len(names) or len(names) > _MOST_RUNS:
            raise ValueError
        if not isinstance(window, dict):
            raise ValueError
    except SessionFileError:
        raise
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise SessionFileError(f"{path} is damaged or no session file.") from error
    return names, window
