"""A bare track with a playhead: what timeline and time scrubber share."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QSlider, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable


class Track(QSlider):
    """Whole numbers on a line; ``moved`` comes from the hand only.

    ``key_target`` says where a key leads: from a value, by a count of presses.
    """

    moved = Signal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.key_target: Callable[[int, int], int] = lambda value, count: value + count
        self.edge = 10
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.valueChanged.connect(self.moved)

    def set_quietly(self, value: int) -> None:
        """Move without a signal."""
        self.blockSignals(True)
        self.setValue(value)
        self.blockSignals(False)
        self.update()

    def place(self, value: float) -> float:
        """Where a value lies, px from the left."""
        span = max(self.maximum() - self.minimum(), 1)
        room = self.width() - 2 * self.edge
        return self.edge + (value - self.minimum()) / span * room

    def line(self, thickness: float, middle: float) -> QRectF:
        """The whole track."""
        top = middle - thickness / 2
        return QRectF(self.edge, top, self.width() - 2 * self.edge, thickness)

    def value_at(self, x: float) -> int:
        """The value under a point."""
        room = max(self.width() - 2 * self.edge, 1)
        share = min(max((x - self.edge) / room, 0.0), 1.0)
        return round(self.minimum() + share * (self.maximum() - self.minimum()))

    def sizeHint(self) -> QSize:
        """As wide as the row lets it be."""
        return QSize(200, 24)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The playhead comes to the pointer."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self.setValue(self.value_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.setValue(self.value_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self.setSliderDown(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Shift ten times as far, Home and End."""
        counts = {
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: 1,
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Down: -1,
        }
        count = counts.get(Qt.Key(event.key()))
        if event.key() == Qt.Key.Key_Home:
            self.setValue(self.minimum())
        elif event.key() == Qt.Key.Key_End:
            self.setValue(self.maximum())
        elif count is None:
            event.ignore()
        else:
            shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self.setValue(self.key_target(self.value(), count * (10 if shift else 1)))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll the panel, not the time."""
        event.ignore()
