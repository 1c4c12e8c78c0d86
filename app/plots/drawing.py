"""The canvas: points of one's own in front, what the model draws faintly behind.

It shows and it reports where the pointer goes; what comes of that is not its concern.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPen, QWheelEvent

from app.plots.ink import colour
from app.plots.marks import ClassMarks, Floats, Marks
from app.plots.rail import Key
from app.plots.square import Square
from app.theme import theme

_LEFT, _TOP, _BOTTOM, _RIGHT = 40, 12, 28, 16  # room round the square, px
_MANY = 2000  # points from which marks are smaller
_FAINT = 0.55  # opacity of samples


class Canvas(Square):
    """A square to draw on. Signals come from the hand only; places in data units.

    The left button begins a stroke with the chosen tool, the right one erases.
    """

    stroke_begun = Signal(float, float, bool)  # place, whether it erases
    stroke_moved = Signal(float, float)
    stroke_ended = Signal()
    wheel_turned = Signal(int)  # steps away from the hand

    def __init__(self) -> None:
        super().__init__()
        self.brush = (0.3, 0.3)  # radius along each axis, data units
        self.brush_token = "class0"
        self.erases = False
        self._path: list[tuple[float, float]] = []
        self._stroke_erases = False
        self._place: tuple[float, float] | None = None
        self.samples = Marks(self.pane, "samples", "o", 4)
        self.points = [ClassMarks(self.pane, 6), ClassMarks(self.pane, 4)]
        self.plain = [Marks(self.pane, "data", "s", size) for size in (5, 4)]
        self.samples.setOpacity(_FAINT)
        self.samples.setZValue(-5)
        self.moved.connect(self._on_moved)
        self.viewport().setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName("Canvas")
        theme.changed.connect(self._recolour)

    # ---- what is shown

    def set_points(self, points: Floats, labels: NDArray[np.integer[Any]]) -> None:
        """Points (n, 2) with classes (n,) from 0."""
        many = int(len(points) > _MANY)
        has_classes = bool(labels.any())
        nothing = np.empty((0, 2))
        for size in (0, 1):
            by_class = has_classes and size == many
            self.points[size].set_points(
                points if by_class else nothing, labels if by_class else labels[:0]
            )
            plain = not has_classes and size == many
            self.plain[size].set_points(points if plain else nothing)

    def set_samples(self, points: Floats) -> None:
        """What the model draws now."""
        self.samples.set_points(points)

    def set_brush(self, radius: tuple[float, float], token: str, erases: bool) -> None:
        """Size, colour and kind of the tool under the pointer."""
        self.brush, self.brush_token, self.erases = radius, token, erases
        self.viewport().update()

    def forget_stroke(self) -> None:
        """The points of the last stroke are there: its trace may go."""
        if not self.is_drawing and self._path:
            self._path = []
            self.viewport().update()

    @property
    def is_drawing(self) -> bool:
        """Whether a button is held down."""
        return self._held is not None

    _held: Qt.MouseButton | None = None

    def lay_out(self, width: int, height: int) -> None:
        """The largest square there is room for, in the middle."""
        px = theme.px
        room_x = width - px(_LEFT) - px(_RIGHT)
        room_y = height - px(_TOP) - px(_BOTTOM)
        side = max(min(room_x, room_y), 20)
        left = px(_LEFT) + max(room_x - side, 0) // 2
        self.pane.setGeometry(QRectF(left, px(_TOP), side, side))
        self.laid_out.emit()

    # ---- the hand

    def mousePressEvent(self, ev: QMouseEvent) -> None:
        """Begin a stroke."""
        buttons = (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton)
        if self._held or ev.button() not in buttons:
            return
        if not self.frame.contains(ev.position()):
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._held = ev.button()
        self._stroke_erases = self.erases or ev.button() == buttons[1]
        place = self.pane.data_point(ev.position())
        self._path = [place]
        self.stroke_begun.emit(*place, self._stroke_erases)
        self.viewport().update()

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:
        """Lead it on; outside the canvas too."""
        self.pointed.emit(ev.position())
        if self._held is not None:
            place = self.pane.data_point(ev.position())
            self._path.append(place)
            self._place = place
            self.stroke_moved.emit(*place)
            self.viewport().update()

    def mouseReleaseEvent(self, ev: QMouseEvent) -> None:
        """End it."""
        if ev.button() == self._held:
            self._held = None
            self.stroke_ended.emit()
            self.viewport().update()

    def mouseDoubleClickEvent(self, ev: QMouseEvent) -> None:
        """Two quick dabs are two dabs."""
        self.mousePressEvent(ev)

    def wheelEvent(self, ev: QWheelEvent) -> None:
        """Larger or smaller brush."""
        steps = ev.angleDelta().y()
        if steps:
            self.wheel_turned.emit(1 if steps > 0 else -1)
        ev.accept()

    def leaveEvent(self, ev: QEvent) -> None:
        """No pointer, no brush."""
        super().leaveEvent(ev)
        self._on_moved(None)

    # ---- painting

    def paint_ahead(self, painter: QPainter) -> None:
        """Frame, the stroke in hand, the brush."""
        super().paint_ahead(painter)
        if len(self.samples.points):
            self._paint_key(painter)
        painter.save()
        painter.setClipRect(self.frame)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._path:
            self._paint_trace(painter)
        if self._place is not None:
            self._paint_brush(painter, self._place)
        painter.restore()

    def _paint_key(self, painter: QPainter) -> None:
        """What lies behind the points."""
        px, frame = theme.px, self.frame
        line = QRectF(frame.left() + px(8), frame.bottom() - px(26), px(176), px(20))
        shade = theme.c.well.toRgb()
        shade.setAlpha(200)
        painter.fillRect(line, shade)
        Key("what the model draws now", "o", "samples").paint(painter, line)

    def _paint_trace(self, painter: QPainter) -> None:
        ink = colour("text3" if self._stroke_erases else self.brush_token).toRgb()
        ink.setAlphaF(0.28)
        width, _ = self._radius()
        pen = QPen(ink, 2 * width)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        pixels = [self.pane.pixel(*place) for place in self._path]
        painter.drawPolyline(pixels if len(pixels) > 1 else 2 * pixels)

    def _paint_brush(self, painter: QPainter, place: tuple[float, float]) -> None:
        erases = self._stroke_erases if self.is_drawing else self.erases
        across, up = self._radius()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen = QPen(colour("text1" if erases else self.brush_token), theme.px(1.5))
        if erases:
            pen.setDashPattern([3, 2.5])
        painter.setPen(pen)
        painter.drawEllipse(self.pane.pixel(*place), across, up)

    def _radius(self) -> tuple[float, float]:
        """The brush in pixels."""
        origin, edge = self.pane.pixel(0.0, 0.0), self.pane.pixel(*self.brush)
        return abs(edge.x() - origin.x()), abs(edge.y() - origin.y())

    def _on_moved(self, place: tuple[float, float] | None) -> None:
        if self._held is None and place != self._place:
            self._place = place
            self.viewport().update()

    def _recolour(self) -> None:
        for marks in (self.samples, *self.plain):
            marks.recolour()
        for classes in self.points:
            classes.recolour()
