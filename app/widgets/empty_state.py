"""What stands where there is nothing yet: what is missing, why, one button."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPaintEvent, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.theme import theme
from app.widgets.button import Button
from app.widgets.label import Label
from app.widgets.paint import CENTRE, box, painting
from app.widgets.state import State

_WIDEST = 320  # px of a line of text
_CLOUD = 110  # px above the words in which the cloud floats


class EmptyState(QWidget):
    """A dashed field with a faint cloud, two lines and the way out."""

    action_chosen = Signal()

    def __init__(
        self,
        missing: str,
        why: str = "",
        action: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._missing = Label(missing, colour="text1", size=13, weight=600, wraps=True)
        self._why = Label(why, wraps=True)
        self.button = Button(action)
        self._column = QVBoxLayout(self)
        self._column.addStretch(5)
        for label in (self._missing, self._why):
            label.setAlignment(CENTRE)
            self._column.addWidget(label)
        self._column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        self._column.addStretch(3)
        self.button.clicked.connect(self.action_chosen)
        self._state = State(self, self._restyle)
        self.set_words(missing, why, action)

    def set_words(self, missing: str, why: str = "", action: str = "") -> None:
        """Say something else; without an action there is no button."""
        self._missing.setText(missing)
        self._why.setText(why)
        self._why.setVisible(bool(why))
        self.button.setText(action)
        self.button.setVisible(bool(action))
        self.setAccessibleName(f"{missing}. {why}".strip())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lines stay short in a wide place."""
        self._fit()
        super().resizeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paper, dashes, cloud."""
        c, rect = theme.c, self.rect().toRectF()
        with painting(self) as painter:
            gap = theme.px(8)
            field = rect.adjusted(gap, gap, -gap, -gap)
            box(painter, field, 6, c.well, c.strong, dashed=True)
            above = QRectF(rect)
            above.setBottom(self._missing.geometry().top())
            above.setTop(max(above.top(), above.bottom() - theme.px(_CLOUD)))
            if above.height() < theme.px(40):
                return
            pen = QPen(c.text4, theme.px(3))
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawPoints(_cloud(above.center(), min(above.height() / 2, 48)))

    def _fit(self) -> None:
        margin = theme.px(16)
        side = max(margin, (self.width() - theme.px(_WIDEST)) // 2)
        self._column.setContentsMargins(side, margin, side, margin)

    def _restyle(self) -> None:
        self._fit()
        self._column.setSpacing(theme.px(8))


def _cloud(centre: QPointF, radius: float) -> QPolygonF:
    """Thirty points scattered in a flat ellipse, always the same."""
    scatter = np.random.default_rng(4).normal(size=(30, 2)) * (radius * 0.9, radius / 3)
    return QPolygonF([centre + QPointF(x, y) for x, y in scatter.tolist()])
