"""Things drawn on a paper: marks with halo, clouds, smooth images, lines."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.plots.paper import Pane
from app.plots.rail import colour
from app.theme import theme

Floats = NDArray[np.floating[Any]]

MOST_MARKS = 2000  # more points than this are drawn as a picture of their density
_CELLS = 128


class Marks(pg.ScatterPlotItem):  # type: ignore[misc]
    """Points (n, 2) in one colour of the theme and one symbol, with or without rim."""

    def __init__(
        self, pane: Pane, token: str, symbol: str, size: float, rim: str = ""
    ) -> None:
        super().__init__(pxMode=True, antialias=True, hoverable=False)
        self._token, self._size, self._rim = token, size, rim
        self.setSymbol(symbol)
        pane.addItem(self, ignoreBounds=True)
        self.recolour()

    def set_points(self, points: Floats) -> None:
        """Show these points; those that are not finite are left out."""
        good = points[np.isfinite(points).all(axis=1)].astype(np.float64)
        self.setData(x=good[:, 0], y=good[:, 1])

    def recolour(self) -> None:
        """Take colours and size from the theme again."""
        self.setBrush(pg.mkBrush(colour(self._token)))
        self.setPen(pg.mkPen(colour(self._rim)) if self._rim else pg.mkPen(None))
        self.setSize(theme.px(self._size))


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


class SmoothImage(pg.ImageItem):  # type: ignore[misc]
    """A ready RGBA picture, row 0 at the bottom, without visible blocks."""

    def __init__(self, pane: Pane) -> None:
        super().__init__(axisOrder="row-major")
        self.setZValue(-10)
        pane.addItem(self, ignoreBounds=True)

    def set_picture(
        self, rgba: NDArray[np.uint8], limits: tuple[float, float, float, float]
    ) -> None:
        """Show bytes (rows, columns, 4) over the limits x_0, x_1, y_0, y_1."""
        x_0, x_1, y_0, y_1 = limits
        self.setImage(np.ascontiguousarray(rgba), autoLevels=False, levels=None)
        self.setRect(QRectF(x_0, y_0, x_1 - x_0, y_1 - y_0))

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget
    ) -> None:
        """Paint with interpolation: 0.13 ms more, and no blocks."""
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        super().paint(painter, option, widget)


def count_cells(
    points: Floats, limits: tuple[float, float, float, float], cells: int = _CELLS
) -> NDArray[np.int64]:
    """How many points (n, 2) fall in each cell; row 0 is the lowest y."""
    x_0, x_1, y_0, y_1 = limits
    low, span = np.array([x_0, y_0]), np.array([x_1 - x_0, y_1 - y_0])
    good = points[np.isfinite(points).all(axis=1)]
    place = np.floor((good - low) / span * cells)
    column, row = place[((place >= 0) & (place < cells)).all(axis=1)].astype(int).T
    counts = np.bincount(row * cells + column, minlength=cells * cells)
    return counts.reshape(cells, cells)


class Cloud:
    """Samples as marks, or above 2,000 as a picture of how many lie where."""

    def __init__(
        self, pane: Pane, token: str, symbol: str, size: float, rim: str = ""
    ) -> None:
        self._token = token
        self.marks = Marks(pane, token, symbol, size, rim)
        self.image = SmoothImage(pane)
        self._points: Floats = np.empty((0, 2))
        self._limits = (0.0, 1.0, 0.0, 1.0)

    @property
    def is_picture(self) -> bool:
        """Whether there are too many points for marks."""
        return len(self._points) > MOST_MARKS

    def set_points(
        self, points: Floats, limits: tuple[float, float, float, float]
    ) -> None:
        """Show points (n, 2)."""
        self._points, self._limits = points, limits
        self.marks.setVisible(not self.is_picture)
        self.image.setVisible(self.is_picture)
        if self.is_picture:
            counts = count_cells(points, limits)
            top = max(np.percentile(counts[counts > 0], 98), 1) if counts.any() else 1
            share = np.sqrt(np.clip(counts / top, 0, 1))[..., None]
            ink = np.array(colour(self._token).getRgb())
            paper = np.array(theme.c.well.getRgb())
            self.image.set_picture(
                (paper + share * (ink - paper)).astype(np.uint8), limits
            )
        else:
            self.marks.set_points(points)

    def recolour(self) -> None:
        """Take colours from the theme again."""
        self.marks.recolour()
        self.set_points(self._points, self._limits)


class Lines(pg.PlotCurveItem):  # type: ignore[misc]
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
