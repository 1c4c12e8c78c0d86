"""Asks under which name to save, with the ending that was left out."""

from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from app.panels import question

_FOLDER = "folder of the last file"  # a property of the window


def file_to_save(
    parent: QWidget,
    title: str,
    start: str,
    kinds: str,
    beside: Callable[[Path], Iterable[Path]] | None = None,
) -> str:
    """The file that a person names; empty if none.

    Args:
        parent: Over which the question stands.
        title: What is saved.
        start: A first proposal; its ending is given to a name that has none. Without
            a folder it is offered where the window saved last.
        kinds: Filter of the dialog, e.g. ``*.png``.
        beside: Other files that will be written with the one of that name.
    """
    window = parent.window()
    folder = window.property(_FOLDER) or ""  # the dialog itself forgets it
    proposal = str(Path(folder, start)) if Path(folder).is_dir() else start
    path, _ = QFileDialog.getSaveFileName(parent, title, proposal, kinds)
    if not path:
        return ""
    window.setProperty(_FOLDER, str(Path(path).parent))
    unasked: list[Path] = []
    if not Path(path).suffix:  # the dialog has asked about the name without it
        path += Path(start).suffix
        unasked.append(Path(path))
    if beside is not None:
        unasked += beside(Path(path))
    there = [each.name for each in unasked if each.exists()]
    return path if not there or _replaces(parent, title, there) else ""


def _replaces(parent: QWidget, title: str, names: list[str]) -> bool:
    words = f"{names[0]} already exists. Replace it?"
    if len(names) > 1:
        words = f"{', '.join(names[:-1])} and {names[-1]} already exist. Replace them?"
    yes, no = question.Button.Yes, question.Button.No
    return question.ask(parent, title, words, yes | no, no) == yes
