"""A rectangle of data on a paper, which can be panned, zoomed and dragged in."""

from collections.abc import Callable

import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent, MouseDragEvent
from PySide6.QtCore import QPointF, Qt, Signal

# What a drag does: called with the pointer in data units, and True at its end.
Drag = Callable[[float, float, bool], None]

_PAN_SHARE = 0.1


class Pane(pg.ViewBox):  # type: ignore[misc]
    """A rectangle of data: the left button pans, the wheel zooms, R returns home.

    ``grab`` may claim a drag: it gets the place of the press, in data units, and gives
    back what follows the pointer, or None to pan.
    """

    clicked = Signal(float, float)

    def __init__(self, *, zoom_x: bool = True, zoom_y: bool = True) -> None:
        super().__init__(enableMenu=False, defaultPadding=0.0)
        self.grab_at: Callable[[float, float], Drag | None] | None = None
        self._drag: Drag | None = None
        self._home = (0.0, 1.0, 0.0, 1.0)
        self._held: tuple[float, float, float, float] | None = None
        self._away = False
        self.zooms = (zoom_x, zoom_y)
        self.disableAutoRange()
        self.setMouseEnabled(zoom_x, zoom_y)
        self.sigRangeChangedManually.connect(self._on_moved)

    @property
    def limits(self) -> tuple[float, float, float, float]:
        """What is seen: x from, to, y from, to."""
        (x_0, x_1), (y_0, y_1) = self.viewRange()
        return x_0, x_1, y_0, y_1

    def set_home(self, x_0: float, x_1: float, y_0: float, y_1: float) -> None:
        """Limits to show, unless the person has moved the view; R returns to them."""
        if (x_0, x_1, y_0, y_1) == self._home:
            return
        self._home = (x_0, x_1, y_0, y_1)
        if not self._away:
            self.go_home()

    def go_home(self) -> None:
        """Show the home limits again."""
        self._away = False
        x_0, x_1, y_0, y_1 = self.home
        self.setRange(xRange=(x_0, x_1), yRange=(y_0, y_1), padding=0)

    def hold(self, limits: tuple[float, float, float, float] | None) -> None:
        """Call these its home whatever is set, as over a film; None to go by that."""
        if limits != self._held:
            self._held = limits
            if not self._away:
                self.go_home()

    def follow(self, other: "Pane") -> None:
        """Show what another pane shows, if the person or a film has moved that."""
        self.hold(other._held)
        if other._away:
            self._away = True
            x_0, x_1, y_0, y_1 = other.limits
            self.setRange(xRange=(x_0, x_1), yRange=(y_0, y_1), padding=0)

    @property
    def home(self) -> tuple[float, float, float, float]:
        """The limits to return to: panes of the same space have the same."""
        return self._held or self._home

    def match(self, other: "Pane") -> None:
        """Show what another pane shows now, also if that is its home."""
        self._away = other._away
        if self.limits != other.limits:
            x_0, x_1, y_0, y_1 = other.limits
            self.setRange(xRange=(x_0, x_1), yRange=(y_0, y_1), padding=0)

    def pan(self, right: int, up: int) -> None:
        """Move the view by a tenth of its size."""
        x_0, x_1, y_0, y_1 = self.limits
        self._away = True
        self.translateBy(
            x=_PAN_SHARE * right * (x_1 - x_0) * self.zooms[0],
            y=_PAN_SHARE * up * (y_1 - y_0) * self.zooms[1],
        )

    def zoom(self, factor: float) -> None:
        """Zoom about the middle; factors below 1 come closer."""
        self._away = True
        x, y = self.zooms
        self.scaleBy(x=factor if x else None, y=factor if y else None)

    def data_point(self, pixel: QPointF) -> tuple[float, float]:
        """The place under a pixel of the paper, in data units."""
        point = self.mapSceneToView(pixel)
        return point.x(), point.y()

    def pixel(self, x: float, y: float) -> QPointF:
        """The pixel of the paper where a place in data units is drawn."""
        x_0, x_1, y_0, y_1 = self.limits
        box = self.geometry()
        return QPointF(
            box.left() + (x - x_0) / (x_1 - x_0) * box.width(),
            box.bottom() - (y - y_0) / (y_1 - y_0) * box.height(),
        )

    def mouseDragEvent(self, ev: MouseDragEvent, axis: int | None = None) -> None:
        """Hand the drag to whoever claims it, else pan."""
        if ev.button() != Qt.MouseButton.LeftButton:
            ev.ignore()
            return
        if ev.isStart():
            start = self.data_point(ev.buttonDownScenePos())
            self._drag = self.grab_at(*start) if self.grab_at is not None else None
        if self._drag is None:
            super().mouseDragEvent(ev, axis)
            return
        ev.accept()
        self._drag(*self.data_point(ev.scenePos()), ev.isFinish())

    def mouseClickEvent(self, ev: MouseClickEvent) -> None:
        """A click asks about a place; a double click returns home."""
        if ev.button() != Qt.MouseButton.LeftButton:
            return
        ev.accept()
        if ev.double():
            self.go_home()
        else:
            self.clicked.emit(*self.data_point(ev.scenePos()))

    def _on_moved(self, *_: object) -> None:
        self._away = True
