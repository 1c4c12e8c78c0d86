"""What opens in the window, how it closes, and what is alive afterwards."""

import gc
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import FunctionType, MethodType
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from app.panels.pages import EXPLORE, PAGES
from app.session_notes import Notice
from app.window import Window

Act = Callable[[Window], object]
_FUNCTIONS = (FunctionType, MethodType, partial)


@dataclass(frozen=True)
class Opener:
    """Something that opens, and how it closes."""

    open: Act
    close: Act


def _close_dialogs(window: Window) -> None:
    """What a person does with Escape."""
    del window
    for found in (QApplication.activePopupWidget(), QApplication.activeModalWidget()):
        if found is not None:
            found.close()


def _page(name: str) -> Opener:
    return Opener(
        lambda w: w.pages.show_page(name), lambda w: w.pages.show_page(EXPLORE)
    )


def _dialog(act: Act) -> Opener:
    return Opener(act, _close_dialogs)


def _card(window: Window) -> Any:
    return window.wall.cards["a"]


def openers() -> dict[str, Opener]:
    """All that can be opened in a window, by name."""
    home = Opener(
        lambda w: w.session.slots.maximise("a"), lambda w: w.session.slots.maximise("")
    )
    note = Notice("warning", "A note", "It says something.", "Do it", lambda: None)
    return {
        **{f"page {name}": _page(name) for name in PAGES},
        "palette": _dialog(lambda w: w.open_palette()),
        "model picker": _dialog(lambda w: w.open_picker()),
        "keys": _dialog(lambda w: w.show_keys()),
        "runs menu": _dialog(lambda w: w.top.runs.click()),
        "take away menu": _dialog(lambda w: w.open_take_away()),
        "figure menu": _dialog(lambda w: _card(w).camera.click()),
        "figure sheet": _dialog(lambda w: w.figure_saver.ask(_card(w))),
        "samples sheet": _dialog(lambda w: w.actions_by_name.trigger("save_samples")),
        "maximised plot": home,
        "projector": Opener(
            lambda w: w.toggle_projector(full_screen=False),
            lambda w: w.toggle_projector(full_screen=False),
        ),
        "light look": Opener(lambda w: w.toggle_look(), lambda w: w.toggle_look()),
        "note": Opener(lambda w: w.show_notice(note), lambda w: w.toasts.clear()),
        "figure": _dialog(lambda w: w.copy_figure()),
    }


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
