"""Progress of work that takes longer than a moment."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QWidget

from app.theme import theme
from app.widgets.paint import (
    LEFT,
    RIGHT,
    box,
    draw_text,
    painting,
    text_width,
    whole_or_short,
)
from app.widgets.state import State


class Progress(QProgressBar):
    """A name, how far, and a line of 4 px; with ``seconds_left`` also the time left."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._short = name, ""
        self._left = ""
        self.setRange(0, 1000)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._state = State(self)

    def set_progress(self, share: float, seconds_left: float | None = None) -> None:
        """Show a share in [0, 1]; time is told only where it is over 3 s."""
        self._left = ""
        if seconds_left is not None and seconds_left > 3:
            self._left = f"{seconds_left:,.0f} s left, "
        self.setValue(round(share * 1000))
        self.update()

    def set_name(self, name: str, short: str = "") -> None:
        """Name other work; ``short`` stands where there is no room for the name."""
        self._name, self._short = name, short
        self.setAccessibleName(name)
        self.setToolTip(name if short else "")
        self.update()

    def shown_name(self) -> str:
        """The name that is written now."""
        return whole_or_short(self._name, self._short, self.width(), 12, 400)

    def sizeHint(self) -> QSize:
        """A line of text over the line."""
        return QSize(theme.px(200), theme.px(28))

    def minimumSizeHint(self) -> QSize:
        """May be narrow."""
        return QSize(theme.px(60), theme.px(28))

    def how_far(self) -> str:
        """The time that is left and the share; less of it where the name needs room."""
        share = f"{self.value() / self.maximum():.0%}".replace("%", " %")
        room = self.width() - text_width(self.shown_name(), 12) - theme.px(8)
        known = (f"{self._left}{share}", share)
        return next((words for words in known if text_width(words, 12) <= room), "")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Words, track, filled part."""
        c, height = theme.c, theme.px(4)
        words = QRectF(0, 0, self.width(), self.height() - height - theme.px(2))
        track = QRectF(0, self.height() - height, self.width(), height)
        share = self.value() / self.maximum()
        with painting(self) as painter:
            draw_text(painter, words, self.shown_name(), c.text2, 12, align=LEFT)
            draw_text(painter, words, self.how_far(), c.text3, 12, align=RIGHT)
            box(painter, track, 2, c.bg4)
            track.setWidth(track.width() * share)
            box(painter, track, 2, c.accent)
