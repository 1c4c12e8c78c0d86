"""What opens in the window, and how it closes."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QTimer
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.panels.pages import EXPLORE, PAGES
from app.session_notes import Notice
from app.session_slots import SLOTS
from app.widgets.switch import Switch
from app.window import Window

Act = Callable[[Window], object]
_FIRST = SLOTS[0]
_TABLE = "x,y,kind\n0,1,a\n2,3,b\n4,5,a\n6,7,b\n"


@dataclass(frozen=True)
class Opener:
    """Something that opens, and how it closes.

    Attributes:
        open: Opens it.
        close: Closes it.
        actions: Names of the window's actions that open the same.
    """

    open: Act
    close: Act
    actions: tuple[str, ...] = ()


def openers() -> dict[str, Opener]:
    """All that can be opened in a window, by name."""
    return {**_pages(), **popups(), **_compared(), **_questions(), **_states()}


def _close_dialogs(window: Window) -> None:
    """What a person does with Escape."""
    del window
    for found in (QApplication.activePopupWidget(), QApplication.activeModalWidget()):
        if found is not None:
            found.close()


def _dialog(act: Act, *actions: str) -> Opener:
    return Opener(act, _close_dialogs, actions)


def _by_action(name: str, *others: str) -> Opener:
    return _dialog(lambda w: w.actions_by_name.trigger(name), name, *others)


def _question(name: str, *others: str) -> Opener:
    """A file dialog keeps whoever asks waiting: it is closed from within."""

    def ask(window: Window) -> None:
        QTimer.singleShot(0, lambda: _close_dialogs(window))
        window.actions_by_name.trigger(name)

    return Opener(ask, _close_dialogs, (name, *others))


def _card(window: Window) -> Any:
    return window.wall.cards[_FIRST]


def _pages() -> dict[str, Opener]:
    """Pages of the window."""
    return {
        f"page {name}": Opener(
            lambda w, n=name: w.pages.show_page(n),  # type: ignore[misc]
            lambda w: w.pages.show_page(EXPLORE),
            (f"page_{name}",),
        )
        for name in PAGES
    }


def popups() -> dict[str, Opener]:
    """Sheets, menus and fields that stand over the first page, all kinds of them."""
    return {
        "palette": _by_action("palette"),
        "model picker": _by_action("model"),
        "keys": _by_action("keys"),
        "runs menu": _dialog(lambda w: w.top.runs.click()),
        "take away menu": _by_action("take_away"),
        "figure menu": _by_action("export"),
        "figure sheet": _by_action("figure_size"),
        "samples sheet": _by_action("save_samples"),
        "view menu": _dialog(lambda w: _card(w).title.click()),
        "view settings": _by_action("view_settings"),
        "switch menu": _dialog(_open_switch),
        "table sheet": _dialog(_open_table),
        "tooltip": Opener(_show_tip, _hide_tip),
    }


def _compared() -> dict[str, Opener]:
    """What opens on the page that compares runs."""

    def page(window: Window) -> Any:
        window.pages.show_page("compare")
        return window.pages.page("compare")

    def plot(window: Window) -> Any:
        return next(iter(page(window).columns.values())).left

    def leave(window: Window) -> None:
        _close_dialogs(window)
        window.pages.show_page(EXPLORE)

    def toggle_settings(window: Window) -> None:
        page(window).toggle_settings(window.session.run)

    def leave_settings(window: Window) -> None:
        toggle_settings(window)
        leave(window)

    return {
        "compared models": Opener(lambda w: page(w).head.open_picker(), leave),
        "compared data": Opener(lambda w: page(w).head.data.click(), leave),
        "compared views": Opener(lambda w: plot(w).head.view.click(), leave),
        "compared plot settings": Opener(lambda w: plot(w).open_settings(), leave),
        "compared run settings": Opener(toggle_settings, leave_settings),
    }


def _questions() -> dict[str, Opener]:
    """Questions for a file or a folder; one of a kind."""
    saved = ("path_film", "training_film", "save_script", "save_curves")
    return {
        "folder question": _question("save_run"),
        "open question": _question("open_csv", "open_session"),
        "save question": _question("save_session", *saved),
    }


def _states() -> dict[str, Opener]:
    """States of the whole window that are entered and left, and notes."""
    note = Notice("warning", "A note", "It says something.", "Do it", lambda: None)
    noted: Act = lambda w: w.toasts.clear()  # noqa: E731
    return {
        "maximised plot": Opener(
            lambda w: w.session.slots.maximise(_FIRST),
            lambda w: w.session.slots.maximise(""),
            ("maximise",),
        ),
        "projector": Opener(
            lambda w: w.toggle_projector(full_screen=False),
            lambda w: w.toggle_projector(full_screen=False),
            ("projector",),
        ),
        "light look": _twice("look"),
        "larger text": Opener(
            lambda w: w.actions_by_name.trigger("larger"),
            lambda w: w.actions_by_name.trigger("smaller"),
            ("larger", "smaller", "normal"),
        ),
        "motion": _twice("motion"),
        "all settings": Opener(_fold, _fold),
        "replay": _twice("replay"),
        "note": Opener(lambda w: w.show_notice(note), noted),
        "figure": Opener(lambda w: w.copy_figure(), noted, ("copy",)),
        "code": Opener(
            lambda w: w.actions_by_name.trigger("copy_code"),
            noted,
            ("copy_code", "copy_command", "copy_json", "cite"),
        ),
    }


def _twice(action: str) -> Opener:
    """An action that is undone by itself."""
    do: Act = lambda w: w.actions_by_name.trigger(action)  # noqa: E731
    return Opener(do, do, (action,))


def _open_switch(window: Window) -> None:
    """The words of a folded switch."""
    switch = window.findChild(Switch)
    if switch is not None:
        switch.menu().popup(QPoint())


def _open_table(window: Window) -> None:
    """A table of four rows; the sheet opens when the engine has looked into it."""
    file = Path(tempfile.gettempdir()) / "genplay_bench_table.csv"
    file.write_text(_TABLE, "utf-8")
    window.files.open_table(str(file))


def _row(window: Window) -> QWidget:
    """The first row of the model's settings: it has a rich tooltip."""
    return next(iter(window.model.form.fields.values()))


def _show_tip(window: Window) -> None:
    where = QPoint(5, 5)
    row = _row(window)
    event = QHelpEvent(QEvent.Type.ToolTip, where, row.mapToGlobal(where))
    QCoreApplication.sendEvent(row, event)


def _hide_tip(window: Window) -> None:
    QCoreApplication.sendEvent(_row(window), QEvent(QEvent.Type.Leave))


def _fold(window: Window) -> None:
    window.model.form.arrow.click()
