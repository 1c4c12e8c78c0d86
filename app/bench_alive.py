"""What is alive in a window's process, counted by kind."""

import gc
from collections import Counter
from collections.abc import Callable
from functools import partial
from types import FunctionType, MethodType

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from app.window import Window

_FUNCTIONS = (FunctionType, MethodType, partial)


def _written_at(function: Callable[..., object]) -> str:
    """The name of a function in the program's text: a total would add up strangers."""
    while isinstance(function, partial):
        function = function.func
    home = getattr(function, "__module__", "") or ""
    name = getattr(function, "__qualname__", type(function).__name__)
    return f"function {home}.{name}"


def live_objects(window: Window) -> Counter[str]:
    """How many there are of each kind that belongs to a window, after a collection.

    Widgets anywhere, Qt objects under window and session, instances of each class of
    the program, functions that were made on the way (signals keep them) by where they
    are written, and all objects of Python that can hold others.

    To look for Qt objects makes Python's sides of those that Qt made for itself, like
    the list of a box of choices. They outlive these as long as what they lay in, so
    Python's sides of plain Qt objects are not counted among Python's objects.
    """
    gc.collect()
    alive = gc.get_objects()
    kinds = Counter(map(type, alive))
    named = ((f"{kind.__module__}.{kind.__name__}", n) for kind, n in kinds.items())
    found = Counter({name: n for name, n in named if name.startswith("app.")})
    # By type: isinstance would ask the object, and one of torch warns when asked.
    functions = (each for each in alive if issubclass(type(each), _FUNCTIONS))
    found.update(map(_written_at, functions))
    del alive, functions
    found["widgets"] = len(QApplication.allWidgets())
    roots = (window, window.session)
    found["Qt objects"] = sum(len(root.findChildren(QObject)) for root in roots)
    found["Python objects"] = sum(n for kind, n in kinds.items() if not _is_side(kind))
    return found


def _is_side(kind: type) -> bool:
    """Whether things of a kind are only Python's sides of Qt objects."""
    return issubclass(kind, QObject) and kind.__module__.startswith("PySide6.")
