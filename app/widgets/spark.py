"""A spark line: the course of one number, without axes."""

from collections.abc import Sequence
from math import isfinite

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import theme
from app.widgets.paint import painting
from app.widgets.state import State

_MOST = 120


class Spark(QWidget):
    """A curve with a dot at its newest value; a dashed line marks a reference."""

    def __init__(self, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: list[float] = []
        self._reference: float | None = None
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._state = State(self, self._restyle)

    def set_values(
        self, values: Sequence[float], reference: float | None = None
    ) -> None:
        """Show the finite of ``values``, thinned to some 120."""
        finite = [value for value in values if isfinite(value)]
        thin = max(1, -(-len(finite) // _MOST))
        self._values = finite[::-1][::thin][::-1]  # keeps the newest
        self._reference = reference
        if finite:
            words = f"from {finite[0]:.3g} to {finite[-1]:.3g}"
            self.setAccessibleDescription(words)
        self.update()

    def sizeHint(self) -> QSize:
        """84 x 30 px."""
        return QSize(theme.px(84), theme.px(30))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Reference, curve, dot."""
        if not self._values:
            return
        known = [*self._values]
        if self._reference is not None:
            known.append(self._reference)
        low, high = min(known), max(known)
        pad = theme.px(3)
        room = self.height() - 2 * pad

        def height(value: float) -> float:
            share = (value - low) / (high - low) if high > low else 0.5
            return self.height() - pad - share * room

        c, width = theme.c, self.width() - 2 * pad
        step = width / max(len(self._values) - 1, 1)
        curve = [QPointF(pad + i * step, height(v)) for i, v in enumerate(self._values)]
        with painting(self) as painter:
            if self._reference is not None:
                pen = QPen(c.data, theme.px(1), Qt.PenStyle.CustomDashLine)
                pen.setDashPattern([3, 2])
                painter.setPen(pen)
                y = height(self._reference)
                painter.drawLine(QPointF(pad, y), QPointF(pad + width, y))
            painter.setPen(QPen(c.text2, theme.px(1)))
            painter.drawPolyline(QPolygonF(curve))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(c.text1)
            painter.drawEllipse(curve[-1], theme.px(2), theme.px(2))

    def _restyle(self) -> None:
        self.setFixedSize(self.sizeHint())
