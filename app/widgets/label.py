"""A line of text in a colour of the theme."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolTip, QWidget

from app.theme import theme
from app.widgets.paint import (
    draw_fitted,
    draw_text,
    painting,
    text_width,
    whole_or_short,
)
from app.widgets.state import State


class Label(QLabel):
    """Text whose colour, a field of the theme's colours, follows the theme.

    A label of one line that has too little room says its short text, if it has one, or
    is cut with an ellipsis; the full text then is its tooltip.
    """

    def __init__(
        self,
        text: str = "",
        *,
        colour: str = "text2",
        size: int = 12,
        weight: int = 400,
        wraps: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self._colour = colour
        self._size = size
        self._weight = weight
        self._short = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wraps)
        # Inside a button Qt would choose the button's text colour.
        self.setForegroundRole(QPalette.ColorRole.WindowText)
        if not wraps:
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            self.setMinimumWidth(1)
        self._state = State(self, self._restyle)

    def set_colour(self, colour: str) -> None:
        """Take another colour of the theme, e.g. ``"warn"``."""
        if colour != self._colour:
            self._colour = colour
            self._restyle()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the line, or let Qt break it into several."""
        if self.wordWrap():
            super().paintEvent(event)
            return
        colour = self._current_colour() if self.isEnabled() else theme.c.text4
        with painting(self) as painter:
            draw_text(
                painter,
                self.contentsRect().toRectF(),
                self.shown_text(),
                colour,
                self._size,
                self._weight,
                self.alignment(),
            )

    def set_short(self, short: str) -> None:
        """What to write where the text has no room; for all else it stays the text."""
        if short != self._short:
            self._short = short
            self.update()

    def keep_whole(self) -> None:
        """Leave the text the room that it has in the present look, always."""
        wide = self.natural_width() + 2
        if wide != self.minimumWidth():
            self.setMinimumWidth(wide)
            words = self.text()
            self.setText("")  # Qt remembers the width of the minimum before
            self.setText(words)

    def shown_text(self) -> str:
        """The text that is drawn now, before it is cut."""
        room = self.contentsRect().width()
        return whole_or_short(self.text(), self._short, room, self._size, self._weight)

    def event(self, event: QEvent) -> bool:
        """The full text, where it cannot be read and nothing else is said."""
        asked = isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip
        if asked and isinstance(event, QHelpEvent) and self._tells_all():
            QToolTip.showText(event.globalPos(), self.text(), self)
            return True
        return super().event(event)

    def _tells_all(self) -> bool:
        is_cut = self.natural_width() > self.contentsRect().width() + 1
        return is_cut and not self.wordWrap() and not self.toolTip()

    def natural_width(self) -> int:
        """Width of the whole text, px."""
        return text_width(self.text(), self._size, self._weight)

    def least_width(self) -> int:
        """Width of the shortest text that is not cut, px."""
        words = self._short or self.text()
        least = text_width(words, self._size, self._weight)
        return min(least, self.natural_width())

    def _current_colour(self) -> QColor:
        colour: QColor = getattr(theme.c, self._colour)
        return colour

    def _restyle(self) -> None:
        self.setFont(theme.font(self._size, self._weight))
        palette = theme.palette()
        role = QPalette.ColorRole.WindowText
        palette.setColor(role, self._current_colour())
        palette.setColor(QPalette.ColorGroup.Disabled, role, theme.c.text4)
        self.setPalette(palette)


class FittedLabel(Label):
    """A line of 12 px that is set smaller before it is cut.

    What it stands in has a tooltip that tells more than its words.
    """

    def paintEvent(self, event: QPaintEvent) -> None:
        """The line, condensed where it must be."""
        ink = self._current_colour() if self.isEnabled() else theme.c.text4
        with painting(self) as painter:
            rect = self.contentsRect().toRectF()
            draw_fitted(painter, rect, self.text(), ink, self._weight)

    def _tells_all(self) -> bool:
        return False
