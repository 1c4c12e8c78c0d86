"""A line of text in a colour of the theme."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from app.theme import theme
from app.widgets.paint import draw_fitted, draw_text, painting, text_width
from app.widgets.state import State


class Label(QLabel):
    """Text whose colour, a field of the theme's colours, follows the theme.

    A label of one line is cut with an ellipsis when it has too little room; the full
    text then is its tooltip.
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
                self.text(),
                colour,
                self._size,
                self._weight,
                self.alignment(),
            )

    def natural_width(self) -> int:
        """Width of the whole text, px."""
        return text_width(self.text(), self._size, self._weight)

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
    """A line of 12 px that is set smaller before it is cut."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """The line, condensed where it must be."""
        ink = self._current_colour() if self.isEnabled() else theme.c.text4
        with painting(self) as painter:
            rect = self.contentsRect().toRectF()
            draw_fitted(painter, rect, self.text(), ink, self._weight)
