"""Session files, ``*.genplay``: runs with all their kept moments, and the window.

A zip archive without compression. ``session.json`` names its runs and keeps what the
window says about itself; each run has the three files of a run directory and
``moments.safetensors`` with every kept moment. Nothing is unpacked beside the known
names, nothing is executed, and every checksum is compared.
"""

import hashlib
import json
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError

from engine.data.base import DataError
from engine.part_file import remove_left_over, replacing
from engine.protocol.session_head import (
    FORMAT,
    HEAD,
    SessionFileError,
    head_of,
)
from engine.registry import UnknownNameError
from engine.settings import SettingError
from engine.training import checkpoint
from engine.training.checkpoint import CheckpointError
from engine.training.moments import packed, unpacked

if TYPE_CHECKING:
    from engine.experiment import Experiment

_OF_A_RUN = ("run.json", "metrics.jsonl", "model.safetensors")
_MOMENTS, _MOMENTS_HEAD = "moments.safetensors", "moments.json"
_MOST_BYTES = 8 * 2**30
_PIECE = 8 * 2**20  # bytes that are written between two ticks


def save_session(
    path: Path,
    runs: Mapping[str, "Experiment"],
    window: Mapping[str, Any],
    tick: Callable[[], None],
) -> None:
    """Write runs and the window's own words into one file, whole or not at all.

    Args:
        path: The file; an old one is replaced at the very end.
        runs: Runs by the names that ``window`` uses for them.
        window: JSON-able state of the window, not looked at here.
        tick: Called between pieces; what it raises leaves the old file untouched.

    Raises:
        OSError: The file cannot be written; the old one is untouched.
    """
    with (
        replacing(path) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive,
    ):
        for index, run in enumerate(runs.values()):
            for inner, content in _files_of(run):
                _write(archive, f"runs/{index}/{inner}", content, tick)
            tick()
        head = {"format": FORMAT, "runs": list(runs), "window": dict(window)}
        archive.writestr(HEAD, json.dumps(head, allow_nan=False))


def open_session(
    path: Path, tick: Callable[[], None]
) -> tuple[dict[str, "Experiment"], dict[str, Any]]:
    """Read a session file; what a killed save of it has left beside it goes.

    Returns:
        Its runs by name, each at the step it was left at; the window's own words.

    Raises:
        CheckpointError: In one sentence, what is wrong with it.
    """
    remove_left_over(path)
    try:
        with zipfile.ZipFile(path) as archive:
            _check_size(archive, path)
            names, window = head_of(archive, path)
            runs = {}
            for index, name in enumerate(names):
                runs[name] = _run(archive, index, path)
                tick()
            return runs, window
    except SessionFileError as error:
        raise CheckpointError(str(error)) from error
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}.") from error
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise CheckpointError(f"{path} is damaged or no session file.") from error


def _files_of(run: "Experiment") -> Iterator[tuple[str, bytes]]:
    """Names and contents of what is kept of a run."""
    with tempfile.TemporaryDirectory() as folder:
        checkpoint.save(run, Path(folder), samples=0)
        for name in _OF_A_RUN:
            yield name, (Path(folder) / name).read_bytes()
    content, facts = packed(run)
    yield _MOMENTS, content
    head = {"moments": facts, "checksum": hashlib.sha256(content).hexdigest()}
    yield _MOMENTS_HEAD, json.dumps(head).encode()


def _write(
    archive: zipfile.ZipFile, name: str, content: bytes, tick: Callable[[], None]
) -> None:
    """In pieces: a large file takes many seconds, and may not be wanted any more."""
    info = zipfile.ZipInfo(name, time.localtime()[:6])
    info.file_size = len(content)
    with archive.open(info, "w") as member:
        for start in range(0, len(content), _PIECE):
            member.write(memoryview(content)[start : start + _PIECE])
            tick()


def _check_size(archive: zipfile.ZipFile, path: Path) -> None:
    """Refuse what claims to be larger than any session, before reading it."""
    if sum(info.file_size for info in archive.infolist()) > _MOST_BYTES:
        raise CheckpointError(f"{path} is too large to be a session file.")


def _run(archive: zipfile.ZipFile, index: int, path: Path) -> "Experiment":
    from engine.experiment import Experiment  # it imports this package

    try:
        with tempfile.TemporaryDirectory() as folder:
            for name in _OF_A_RUN:
                content = archive.read(f"runs/{index}/{name}")
                (Path(folder) / name).write_bytes(content)
            run = Experiment.recover(folder)
    except KeyError as error:
        raise CheckpointError(f"{path} lacks a part of run {index + 1}.") from error
    except CheckpointError as error:
        why = "is damaged, or made by another version."
        if isinstance(error.__cause__, (SettingError, UnknownNameError, DataError)):
            why = f"cannot be opened: {error.__cause__}"
        raise CheckpointError(f"Run {index + 1} of {path} {why}") from error
    _put_moments(run, archive, index, path)
    return run


def _put_moments(
    run: "Experiment", archive: zipfile.ZipFile, index: int, path: Path
) -> None:
    """Give a run its kept moments back."""
    try:
        content = archive.read(f"runs/{index}/{_MOMENTS}")
        head = json.loads(archive.read(f"runs/{index}/{_MOMENTS_HEAD}"))
        if hashlib.sha256(content).hexdigest() != head["checksum"]:
            raise ValueError
        for moment in unpacked(content, head["moments"]):
            run.keep_also(moment)
    except (KeyError, TypeError, ValueError, SafetensorError, RecursionError) as error:
        raise CheckpointError(
            f"The kept moments of run {index + 1} in {path} are damaged."
        ) from error
