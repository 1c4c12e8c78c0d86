"""Things drawn on a paper: marks with halo, marks by class, lines."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.plots.ink import colour, draw_mark
from app.plots.line_item import LineItem
from app.plots.pane import Pane
from app.theme import theme

Floats = NDArray[np.floating[Any]]


class Marks(pg.GraphicsObject):  # type: ignore[misc]
    """Points (n, 2) in one colour of the theme and one symbol, with or without rim.

    All points are copies of one small picture, drawn in one call; pyqtgraph's scatter
    item keeps a style for each point, which costs several times as much to set.
    """

    def __init__(
        self, pane: Pane, token: str, symbol: str, size: float, rim: str = ""
    ) -> None:
        super().__init__()
        self._symbol, self._token, self._size, self._rim = symbol, token, size, rim
        self._is_figure = False
        self._points: Floats = np.empty((0, 2))
        self._sprite: QPixmap | None = None
        self._fragments = PrimitiveArray(QPainter.PixmapFragment, 10)
        pane.addItem(self, ignoreBounds=True)

    @property
    def points(self) -> Floats:
        """The points shown, (n, 2)."""
        return self._points

    def set_points(self, points: Floats) -> None:
        """Show these points; those that are not finite are left out."""
        good = points[np.isfinite(points).all(axis=1)]
        self._points = good.astype(np.float64)
        self.update()

    def recolour(self) -> None:
        """Take colours and size from the theme again."""
        self._sprite = None
        self.update()

    def draw_as_vectors(self) -> None:
        """For figures: draw each symbol as a shape."""
        self._is_figure = True

    def boundingRect(self) -> QRectF:
        """The whole pane: marks may lie, and move, anywhere in it."""
        seen = self.viewRect()
        return QRectF(seen) if seen is not None else QRectF()

    def viewTransformChanged(self) -> None:
        """What is seen has changed, and with it the bounds."""
        pg.GraphicsItem.viewTransformChanged(self)  # forgets what was seen before
        self.prepareGeometryChange()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget
    ) -> None:
        """Copies of the symbol at whole pixels of the device."""
        if not len(self._points):
            return
        change = painter.transform()
        scale = np.array([change.m11(), change.m22()])
        places = self._points * scale + np.array([change.dx(), change.dy()])
        frame = change.mapRect(self.boundingRect())
        low = np.array([frame.left(), frame.top()]) - self._size
        high = np.array([frame.right(), frame.bottom()]) + self._size
        places = places[((places >= low) & (places <= high)).all(axis=1)]
        painter.resetTransform()
        if self._is_figure:
            self._paint_shapes(painter, places)
        else:
            self._paint_copies(painter, places)

    def _paint_copies(self, painter: QPainter, places: Floats) -> None:
        ratio = painter.device().devicePixelRatioF()
        sprite = self._sprite
        if sprite is None or sprite.devicePixelRatio() != ratio:
            sprite = self._sprite = self._make_sprite(ratio)
        side = sprite.width()
        self._fragments.resize(len(places))
        rows = self._fragments.ndarray()
        rows[:, 0:2] = places
        rows[:, 2:10] = [0, 0, side, side, 1 / ratio, 1 / ratio, 0, 1]
        painter.drawPixmapFragments(*self._fragments.drawargs(), sprite)  # type: ignore[call-arg]

    def _paint_shapes(self, painter: QPainter, places: Floats) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for x, y in places.tolist():
            self._draw_one(painter, QPointF(x, y))
        painter.resetTransform()

    def _draw_one(self, painter: QPainter, centre: QPointF) -> None:
        size = theme.px(self._size)
        draw_mark(painter, centre, self._symbol, size, self._token, self._rim)

    def _make_sprite(self, ratio: float) -> QPixmap:
        side = theme.px(self._size) + 3
        sprite = QPixmap(round(side * ratio), round(side * ratio))
        sprite.setDevicePixelRatio(ratio)
        sprite.fill(Qt.GlobalColor.transparent)
        painter = QPainter(sprite)
        self._draw_one(painter, QPointF(side / 2, side / 2))
        painter.end()
        return sprite


class ClassMarks:
    """Points by class: each has its colour and its symbol."""

    def __init__(self, pane: Pane, size: float, rim: str = "") -> None:
        symbols = theme.c.symbols
        self.items = [
            Marks(pane, f"class{index}", symbol, size, rim)
            for index, symbol in enumerate(symbols)
        ]

    def set_points(self, points: Floats, labels: NDArray[np.integer[Any]]) -> None:
        """Show points (n, 2) with labels (n,)."""
        for index, item in enumerate(self.items):
            item.set_points(points[labels % len(self.items) == index])

    def recolour(self) -> None:
        """Take colours and sizes from the theme again."""
        for item in self.items:
            item.recolour()

    def set_visible(self, shown: bool) -> None:
        """Show or hide all classes."""
        for item in self.items:
            item.setVisible(shown)


class PaneCurve(LineItem):
    """A curve that may lie anywhere in its pane.

    pyqtgraph looks for the bounds of its values, several times in each paint; in a pane
    of fixed limits nobody needs them, and they cost more than the line itself.
    """

    def boundingRect(self) -> QRectF:
        """The whole pane."""
        seen = self.viewRect()
        return QRectF(seen) if seen is not None else QRectF()

    def viewTransformChanged(self) -> None:
        """What is seen has changed, and with it the bounds."""
        pg.GraphicsItem.viewTransformChanged(self)  # a curve of pyqtgraph does not
        super().viewTransformChanged()


class Lines(PaneCurve):
    """Many polylines (m, k, 2) drawn as one curve of 1 px."""

    def __init__(self, pane: Pane, token: str, alpha: float = 1.0) -> None:
        super().__init__()
        self._token, self._alpha = token, alpha
        self.wide = 1.0
        pane.addItem(self, ignoreBounds=True)
        self.recolour()

    def set_lines(self, lines: Floats) -> None:
        """Show polylines of equal length, an array (m, k, 2)."""
        count, length = lines.shape[:2]
        if count == 0 or length < 2:
            self.clear()
            return
        joined = np.ones((count, length), dtype=np.int32)
        joined[:, -1] = 0
        connect = joined.reshape(-1)
        flat = lines.reshape(-1, 2).astype(np.float64)
        if not np.isfinite(flat).all():
            finite = np.asarray(np.isfinite(flat).all(axis=1))
            connect[~finite] = 0
            connect[:-1][~finite[1:]] = 0
            flat = np.where(finite[:, None], flat, 0.0)
        self.setData(
            np.ascontiguousarray(flat[:, 0]),
            np.ascontiguousarray(flat[:, 1]),
            connect=connect,
            skipFiniteCheck=True,
        )

    def recolour(self) -> None:
        """Take the colour from the theme again."""
        ink = colour(self._token).toRgb()
        ink.setAlphaF(self._alpha)
        # Wider than 1 px costs tenfold: only where few lines are drawn.
        self.setPen(pg.mkPen(ink, width=self.wide))
