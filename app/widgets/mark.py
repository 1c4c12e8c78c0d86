"""The mark of a setting: a bolt if it acts live, an arrow if it restarts the run."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

from app.theme import theme
from app.widgets.paint import draw_icon, painting
from app.widgets.state import State


class Mark(QLabel):
    """A 12 px icon whose tooltip says it in words."""

    def __init__(self, apply: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._apply = apply
        self._pending = False
        self._state = State(self, self._restyle)
        self.set_pending(False)

    def set_pending(self, pending: bool) -> None:
        """Show that a change waits for a restart."""
        self._pending = pending
        words = (
            "Acts at once" if self._apply == "live" else "Needs a restart of the run"
        )
        words = "Changed: waits for a restart of the run" if pending else words
        self.setToolTip(words)
        self.setAccessibleName(words)
        self.update()

    @property
    def is_pending(self) -> bool:
        """Whether a change waits for a restart."""
        return self._pending

    def sizeHint(self) -> QSize:
        """A square of 14 px."""
        return QSize(theme.px(14), theme.px(14))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The icon; a pending one in the colour of warnings."""
        icon = "lightning-fill" if self._apply == "live" else "arrow-clockwise"
        colour = theme.c.warn if self._pending else theme.c.text3
        if not self.isEnabled():
            colour = theme.c.text4
        with painting(self) as painter:
            draw_icon(painter, self.rect().toRectF().center(), icon, 12, colour)

    def _restyle(self) -> None:
        self.setFixedSize(self.sizeHint())
