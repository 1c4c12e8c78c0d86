"""What is alive in a window's process, counted by kind."""

import gc
from collections import Counter
from functools import partial
from types import FunctionType, MethodType

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from app.window import Window

_FUNCTIONS = (FunctionType, MethodType, partial)


def live_objects(window: Window) -> Counter[str]:
    """How many there are of each kind that belongs to a window, after a collection.

    Widgets anywhere, Qt objects under window and session, instances of each class of
    the program, functions that were made on the way (signals keep them), and all
    objects of Python that can hold others.
    """
    gc.collect()
    kinds = Counter(map(type, gc.get_objects()))
    named = ((f"{kind.__module__}.{kind.__name__}", n) for kind, n in kinds.items())
    found = Counter({name: n for name, n in named if name.startswith("app.")})
    found["functions"] = sum(kinds[kind] for kind in _FUNCTIONS)
    found["widgets"] = len(QApplication.allWidgets())
    roots = (window, window.session)
    found["Qt objects"] = sum(len(root.findChildren(QObject)) for root in roots)
    found["Python objects"] = kinds.total()
    return found
