"""A grid of data sets, each a thumbnail over its name."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QGridLayout, QRadioButton, QSizePolicy, QWidget

from app.palette import mix
from app.theme import theme
from app.widgets.paint import box, draw_fitted, draw_icon, painting, ring
from app.widgets.state import State

_THUMB_HEIGHT = 52
_NAME_HEIGHT = 20
_MOST_POINTS = 300


@dataclass(frozen=True)
class GalleryItem:
    """One card: ``points`` is an array (n, 2) in any units."""

    key: str
    name: str
    points: NDArray[np.floating] = field(default_factory=lambda: np.zeros((0, 2)))
    tooltip: str = ""


def _unit_points(points: NDArray[np.floating]) -> NDArray[np.float64]:
    """At most 300 of the points, scaled into the square [-1, 1] with equal axes."""
    kept = np.asarray(points, dtype=float)[:, :2]
    kept = kept[np.isfinite(kept).all(axis=1)][:_MOST_POINTS]
    if len(kept) == 0:
        return np.zeros((0, 2))
    low, high = np.percentile(kept, [1, 99], axis=0)
    half = max(float((high - low).max()) / 2, 1e-12)
    scaled: NDArray[np.float64] = (kept - (low + high) / 2) / half
    return scaled[(np.abs(scaled) <= 1.25).all(axis=1)]


class GalleryCard(QRadioButton):
    """One data set; a radio button for keys and screen readers."""

    def __init__(self, item: GalleryItem) -> None:
        super().__init__(item.name)
        self.item = item
        self._points = _unit_points(item.points)
        self.setToolTip(item.tooltip)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.state = State(self)

    def sizeHint(self) -> QSize:
        """Thumbnail and name."""
        return QSize(theme.px(92), theme.px(_THUMB_HEIGHT + _NAME_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        """Two fit beside each other in the narrow panel."""
        return QSize(theme.px(60), theme.px(_THUMB_HEIGHT + _NAME_HEIGHT))

    def hitButton(self, pos: QPoint) -> bool:
        """The whole card can be pressed."""
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return chooses as the space bar does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paper, dots, frame, tick, name."""
        c, chosen = theme.c, self.isChecked()
        thumb = QRectF(0, 0, self.width(), theme.px(_THUMB_HEIGHT))
        paper = mix(c.well, c.bg3, 0.6 * self.state.hover)
        with painting(self) as painter:
            inner = thumb
            if self.state.ring:
                ring(painter, thumb, 8)
                gap = theme.px(4)
                inner = thumb.adjusted(gap, gap, -gap, -gap)
            box(painter, inner, 6, paper, c.edge)
            dots = c.data if chosen else mix(c.text3, c.data, self.state.hover)
            self._draw_dots(painter, inner, dots)
            if chosen:
                box(painter, inner, 6, outline=c.accent, width=2)
                self._draw_tick(painter, inner)
            name = QRectF(2, thumb.bottom(), self.width() - 2, theme.px(_NAME_HEIGHT))
            ink, weight = (c.text1, 600) if chosen else (c.text2, 400)
            draw_fitted(painter, name, self.text(), ink, weight)

    def _draw_dots(self, painter: QPainter, rect: QRectF, colour: QColor) -> None:
        room = min(rect.width(), rect.height()) / 2 - theme.px(6)
        flipped = self._points * (room, -room)
        centre = rect.center()
        places = [QPointF(x + centre.x(), y + centre.y()) for x, y in flipped.tolist()]
        pen = QPen(colour, 1.5 * theme.scale)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawPoints(QPolygonF(places))

    def _draw_tick(self, painter: QPainter, rect: QRectF) -> None:
        c, radius = theme.c, theme.px(7)
        corner = QPointF(rect.right() - radius - 3, rect.top() + radius + 3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(c.accent)
        painter.drawEllipse(corner, radius, radius)
        draw_icon(painter, corner, "check", 10, c.on_accent)


class Gallery(QWidget):
    """Cards in columns; ``chosen`` gives the key of the card the hand has chosen."""

    chosen = Signal(str)

    def __init__(self, columns: int = 2, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = columns
        self._value = ""
        self.cards: dict[str, GalleryCard] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self.setAccessibleName("Data sets")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._state = State(self, self._restyle)

    def set_items(self, items: Sequence[GalleryItem]) -> None:
        """Show other cards, silently; the choice stays if its key stays."""
        for card in self.cards.values():
            self._grid.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = {item.key: GalleryCard(item) for item in items}
        for index, card in enumerate(self.cards.values()):
            self._grid.addWidget(card, index // self._columns, index % self._columns)
            card.clicked.connect(self._on_clicked)
        for column in range(self._columns):
            self._grid.setColumnStretch(column, 1)
        keep = self._value if self._value in self.cards else ""
        self._value = ""
        self.set_value(keep)

    def value(self) -> str:
        """Key of the chosen card; empty if none is."""
        return self._value

    def set_value(self, key: str) -> None:
        """Choose silently; a key without a card leaves none chosen."""
        if self._value in self.cards and key not in self.cards:
            card = self.cards[self._value]
            card.setAutoExclusive(False)
            card.setChecked(False)
            card.setAutoExclusive(True)
        self._value = key
        if key in self.cards:
            self.cards[key].setChecked(True)

    def _on_clicked(self) -> None:
        card = self.sender()
        if isinstance(card, GalleryCard) and card.item.key != self._value:
            self._value = card.item.key
            self.chosen.emit(card.item.key)

    def _restyle(self) -> None:
        self._grid.setHorizontalSpacing(theme.px(10))
        self._grid.setVerticalSpacing(theme.px(4))
