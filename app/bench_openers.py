"""What opens in the window, and how it closes."""

import tempfile
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QTimer
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from app.bench_opener import Act, Opener, close_dialogs, dialog
from app.bench_page_openers import page_openers
from app.panels.file_to_save import file_to_save
from app.session_notes import Notice
from app.session_slots import SLOTS
from app.widgets.switch import Switch
from app.window import Window
from engine.protocol import Diagnosis, Finding

_FIRST = SLOTS[0]
_TABLE = "x,y,kind\n0,1,a\n2,3,b\n4,5,a\n6,7,b\n"


def openers() -> dict[str, Opener]:
    """All that can be opened in a window, by name."""
    return {**page_openers(), **popups(), **_questions(), **_states(), **_work()}


def _by_action(name: str, *others: str) -> Opener:
    return dialog(lambda w: w.actions_by_name.trigger(name), name, *others)


def _question(name: str, *others: str) -> Opener:
    """A file dialog keeps whoever asks waiting: it is closed from within."""

    def ask(window: Window) -> None:
        QTimer.singleShot(0, lambda: close_dialogs(window))
        window.actions_by_name.trigger(name)

    return Opener(ask, close_dialogs, (name, *others))


def _card(window: Window) -> Any:
    return window.wall.cards[_FIRST]


def popups() -> dict[str, Opener]:
    """Sheets, menus and fields that stand over the first page, all kinds of them."""
    return {
        "palette": _by_action("palette"),
        "model picker": _by_action("model"),
        "keys": _by_action("keys"),
        "runs menu": dialog(lambda w: w.top.runs.click()),
        "take away menu": _by_action("take_away"),
        "figure menu": _by_action("export"),
        "head menu": dialog(lambda w: _card(w).more.click()),
        "figure sheet": _by_action("figure_size"),
        "samples sheet": _by_action("save_samples"),
        "view menu": dialog(lambda w: _card(w).title.click()),
        "view settings": _by_action("view_settings"),
        "switch menu": dialog(_open_switch),
        "table sheet": dialog(_open_table),
        "tooltip": Opener(_show_tip, _hide_tip),
    }


def _questions() -> dict[str, Opener]:
    """Questions for a file or a folder; one of a kind."""
    saved = ("path_film", "training_film", "save_script", "save_curves")
    return {
        "folder question": _question("save_run"),
        "open question": _question("open_csv", "open_session"),
        "save question": _question("save_session", *saved),
        "replaced file": Opener(_ask_to_replace, close_dialogs),
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


def _work() -> dict[str, Opener]:
    """What is done and taken back, again and again."""
    fault = Finding(name="fault", title="A fault", text="It says something.")
    return {
        "place asked about": Opener(
            lambda w: w.session.probe.ask(0.0, 0.0), lambda w: w.session.probe.clear()
        ),
        "fault": Opener(
            lambda w: w.session.doctor.receive(_diagnosis(w, [fault])),
            lambda w: w.session.doctor.receive(_diagnosis(w, [])),
        ),
        "another model": Opener(_other_model, _undo),
        "another view": Opener(
            lambda w: w.session.slots.choose(_FIRST, "samples"),
            lambda w: w.session.slots.choose(_FIRST, "density"),
        ),
        "small window": Opener(
            lambda w: w.resize(800, 600), lambda w: w.resize(1440, 900)
        ),
    }


def _diagnosis(window: Window, findings: list[Finding]) -> Diagnosis:
    run = window.session.run
    return Diagnosis(run_id=run.id if run else "", step=0, findings=findings)


def _other_model(window: Window) -> None:
    """A model that the second time is come by again."""
    if window.session.runs.undo_group.canRedo():
        window.session.runs.undo_group.redo()
    else:
        window.session.desk.choose_model("vae")


def _undo(window: Window) -> None:
    window.session.runs.undo_group.undo()


def _ask_to_replace(window: Window) -> None:
    """A name without its ending is given; with it there is a file."""
    there = Path(tempfile.gettempdir()) / "genplay_bench_figure.png"
    there.touch()

    def name() -> None:
        asked = QApplication.activeModalWidget()
        if isinstance(asked, QFileDialog):
            QTimer.singleShot(0, lambda: close_dialogs(window))
            asked.selectFile(str(there.with_suffix("")))
            asked.accept()

    QTimer.singleShot(0, name)
    file_to_save(window, "Save figure", there.name, "*.png")


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
