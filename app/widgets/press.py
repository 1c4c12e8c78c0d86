"""What all buttons share: Return presses them, as the space bar does."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QWidget


class PressButton(QAbstractButton):
    """A painted button that can be reached and pressed by keys."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def setEnabled(self, arg__1: bool) -> None:
        """Grey out, or not; the focus goes to the window, not to whatever comes next.

        Qt would pass it on as the Tab key does, and show a ring far away.
        """
        if not arg__1 and self.window().focusWidget() is self:
            self.window().setFocus(Qt.FocusReason.OtherFocusReason)
        super().setEnabled(arg__1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return presses."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)
