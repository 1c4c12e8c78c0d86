"""Exceptions of a run or a command, in words for the person at the window."""

from dataclasses import dataclass

import torch

from engine.data.base import DataError
from engine.registry import UnknownNameError
from engine.settings import SettingError
from engine.training.checkpoint import CheckpointError
from engine.training.trainer import Diverged

#: Errors whose own text is a sentence for a person.
_PLAIN = (DataError, SettingError, UnknownNameError, CheckpointError)
_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


class CommandError(ValueError):
    """A command that cannot be obeyed; the text is one sentence for a person."""


@dataclass(frozen=True)
class Trouble:
    """What happened and what to do about it."""

    reason: str
    advice: str = ""
    last_good_step: int | None = None


def trouble(error: Exception) -> Trouble:
    """An exception in words."""
    if isinstance(error, Diverged):
        return Trouble(str(error), error.advice, error.last_good_step)
    if is_memory(error):
        return Trouble(
            "The computer ran out of memory.",
            "Try a smaller batch, network or number of points.",
        )
    if is_device_fault(error):
        return Trouble(
            "The graphics processor failed.",
            "The engine starts again; choose the device cpu if it happens twice.",
        )
    return Trouble(sentence(error))


def sentence(error: Exception) -> str:
    """One sentence, ended by a full stop."""
    if is_memory(error):
        return "The computer ran out of memory; try something smaller."
    text = " ".join(str(error).split())
    if isinstance(error, KeyError) and not isinstance(error, UnknownNameError):
        text = str(error.args[0]) if error.args else ""
    if isinstance(error, OSError) and error.strerror:
        text = f"{error.strerror}: {error.filename}"
    known = isinstance(error, (*_PLAIN, CommandError, ValueError, KeyError, OSError))
    if not text or not known:
        text = f"Something went wrong inside ({type(error).__name__}): {text}"
    return text if text.endswith((".", "!", "?")) else text + "."


def is_memory(error: Exception) -> bool:
    """Whether memory was short, on any device."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(w in str(error) for w in _MEMORY)


def is_device_fault(error: Exception) -> bool:
    """Whether CUDA is unusable in this process from now on."""
    return isinstance(error, RuntimeError) and "CUDA error" in str(error)
