"""Asks under which name to save, with the ending that was left out."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget


def file_to_save(parent: QWidget, title: str, start: str, kinds: str) -> str:
    """The file that a person names; empty if none.

    Args:
        parent: Over which the question stands.
        title: What is saved.
        start: A first proposal; its ending is given to a name that has none.
        kinds: Filter of the dialog, e.g. ``*.png``.
    """
    path, _ = QFileDialog.getSaveFileName(parent, title, start, kinds)
    if not path or Path(path).suffix:
        return path
    path += Path(start).suffix
    # The dialog has asked about the name without the ending only.
    return path if not Path(path).exists() or _replaces(parent, title, path) else ""


def _replaces(parent: QWidget, title: str, path: str) -> bool:
    words = f"{Path(path).name} already exists. Replace it?"
    buttons = QMessageBox.StandardButton
    answer = QMessageBox.question(
        parent, title, words, buttons.Yes | buttons.No, buttons.No
    )
    return answer == buttons.Yes
