"""A line in which several values are typed."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPaintEvent, QPalette
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from app.palette import mix
from app.theme import theme
from app.widgets.paint import box, painting, ring
from app.widgets.state import State


class ListBox(QLineEdit):
    """Values as text; ``edited`` comes with Return or when the line is left.

    Escape takes the typed text back.
    """

    edited = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kept = ""
        self._error = ""
        self.setAccessibleName(name)
        self.setFrame(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._state = State(self, self._restyle)
        self.editingFinished.connect(self._commit)

    @property
    def error(self) -> str:
        """What is wrong with the typed text; empty if nothing is."""
        return self._error

    def set_list(self, text: str) -> None:
        """Show values silently; a text that is being typed stays."""
        self._kept = text
        if not (self.hasFocus() and self.isModified()):
            self.setText(text)
            self.setModified(False)
            self.setCursorPosition(0)
            self.set_error("")

    def set_error(self, text: str) -> None:
        """Mark the line, or with an empty text unmark it."""
        if text != self._error:
            self._error = text
            self.setAccessibleDescription(text)
            self._restyle()

    def type_text(self, text: str) -> None:
        """Act as typing ``text`` and Return would."""
        self.setText(text)
        self.setModified(True)
        self._commit()

    def sizeHint(self) -> QSize:
        """As wide as may be, 24 px high."""
        return QSize(theme.px(120), theme.px(24))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape takes back."""
        if event.key() == Qt.Key.Key_Escape and (self.isModified() or self._error):
            self.setModified(False)
            self.set_list(self._kept)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The next typed figure replaces the list when it was reached by a key."""
        super().focusInEvent(event)
        if event.reason() != Qt.FocusReason.MouseFocusReason:
            self.selectAll()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Field and outline, then Qt's text and cursor."""
        c, rect, enabled = theme.c, self.rect().toRectF(), self.isEnabled()
        outline = mix(c.bg3, c.strong, self._state.hover) if enabled else None
        with painting(self) as painter:
            box(painter, rect, 5, c.bg3 if enabled else c.bg2, outline)
            if self._error:
                box(painter, rect, 5, c.warn_bg, c.warn, width=1.5)
            elif self.hasFocus() or self._state.ring:
                ring(painter, rect, 5)
        super().paintEvent(event)

    def _commit(self) -> None:
        if self.isModified():
            self.setModified(False)
            self.edited.emit(self.text())

    def _restyle(self) -> None:
        c, role, group = theme.c, QPalette.ColorRole, QPalette.ColorGroup.Disabled
        palette = theme.palette()
        palette.setColor(role.Base, Qt.GlobalColor.transparent)
        palette.setColor(role.Text, c.warn if self._error else c.text1)
        palette.setColor(group, role.Text, c.text4)
        palette.setColor(group, role.Base, Qt.GlobalColor.transparent)
        self.setPalette(palette)
        self.setFont(theme.font(12, 500))
        self.setTextMargins(theme.px(5), 0, theme.px(5), 0)
        self.setFixedHeight(theme.px(24))
