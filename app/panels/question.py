"""A question with a few buttons, over a window that waits for the answer."""

from PySide6.QtWidgets import QMessageBox, QWidget

Button = QMessageBox.StandardButton


def ask(
    parent: QWidget, title: str, words: str, buttons: Button, default: Button
) -> Button:
    """The button that was clicked; Escape stands for the one that changes nothing.

    No icon stands beside the words: Qt 6 makes its picture anew each time and keeps
    it, 11 kB for each question.
    """
    box = QMessageBox(parent)
    box.setWindowTitle(title)
    box.setText(words)
    box.setStandardButtons(buttons)
    box.setDefaultButton(default)
    box.exec()
    return box.standardButton(box.clickedButton())
