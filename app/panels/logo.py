"""The mark of the program: a ring of points that turns from noise into data."""

from math import cos, pi, sin

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget

from app.palette import mix
from app.theme import theme
from app.widgets.paint import painting
from app.widgets.state import State

_POINTS = 8


class Logo(QWidget):
    """Eight points on a ring, from faint to full."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Generative Playground")
        self._state = State(self, self._restyle)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ring."""
        c, px = theme.c, theme.px
        middle = self.width() / 2
        with painting(self) as painter:
            painter.setPen(Qt.PenStyle.NoPen)
            for k in range(_POINTS):
                angle = 2 * pi * k / _POINTS - pi / 2
                share = (k + 1) / _POINTS
                painter.setBrush(mix(c.bg4, c.accent, share))
                place = QPointF(
                    middle + px(8) * cos(angle), middle + px(8) * sin(angle)
                )
                size = px(1) * (1.1 + 0.9 * share)
                painter.drawEllipse(place, size, size)

    def _restyle(self) -> None:
        self.setFixedSize(theme.px(24), theme.px(24))
