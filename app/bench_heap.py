"""What malloc has handed out: memory in use, without its reserve."""

import ctypes
from collections.abc import Callable
from ctypes.util import find_library
from functools import cache
from typing import Any

_FIELDS = (
    "arena",
    "ordblks",
    "smblks",
    "hblks",
    "hblkhd",
    "usmblks",
    "fsmblks",
    "uordblks",
    "fordblks",
    "keepcost",
)


class _Mallinfo2(ctypes.Structure):
    """The answer of glibc's ``mallinfo2``, as its manual gives it."""

    _fields_ = [(name, ctypes.c_size_t) for name in _FIELDS]


def heap_in_use() -> int | None:
    """Bytes that malloc has handed out and not got back, or None where it cannot tell.

    A process in RAM grows by steps of megabytes when its heap is full of holes; what is
    in use grows by what is lost. Only glibc 2.33 and later count it.
    """
    ask = _mallinfo2()
    if ask is None:
        return None
    found = ask()
    return int(found.uordblks + found.hblkhd)


@cache
def _mallinfo2() -> Callable[[], Any] | None:
    """The library is looked for once: that starts a process."""
    library = find_library("c")
    ask = getattr(ctypes.CDLL(library), "mallinfo2", None) if library else None
    if ask is not None:
        ask.restype = _Mallinfo2
    return ask
