"""A grid of cells bent to any shape, each filled with its own colour."""

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.plots.marks import Floats
from app.plots.pane import Pane


def mesh_lines(nodes: Floats, lines: int) -> Floats:
    """Some lines of a grid of nodes (g, g, 2) in both directions, (2 lines, g, 2)."""
    chosen = np.linspace(0, len(nodes) - 1, lines).round().astype(int)
    both = (nodes[chosen], nodes[:, chosen].transpose(1, 0, 2))
    return np.concatenate(both)


class Mesh(pg.GraphicsObject):  # type: ignore[misc]
    """Quadrilaterals between nodes (g + 1, g + 1, 2), filled by colours (g, g, 4)."""

    def __init__(self, pane: Pane) -> None:
        super().__init__()
        self._corners: Floats = np.empty((0, 4, 2))
        self._colours: NDArray[np.uint8] = np.empty((0, 4), np.uint8)
        self.setZValue(-10)
        pane.addItem(self, ignoreBounds=True)

    @property
    def cells(self) -> int:
        """How many cells are drawn."""
        return len(self._corners)

    def set_mesh(self, nodes: Floats, colours: NDArray[np.uint8]) -> None:
        """Show these cells; those with a corner that is no number are left out."""
        quads = np.stack(
            [nodes[:-1, :-1], nodes[:-1, 1:], nodes[1:, 1:], nodes[1:, :-1]], axis=2
        ).reshape(-1, 4, 2)
        good = np.isfinite(quads).all(axis=(1, 2))
        self._corners = quads[good].astype(np.float64)
        self._colours = colours.reshape(-1, 4)[good]
        self.update()

    def boundingRect(self) -> QRectF:
        """The whole pane: cells may lie anywhere in it."""
        seen = self.viewRect()
        return QRectF(seen) if seen is not None else QRectF()

    def viewTransformChanged(self) -> None:
        """What is seen has changed, and with it the bounds."""
        self.prepareGeometryChange()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget
    ) -> None:
        """Every cell that is seen, in pixels of the device."""
        change, seen = painter.transform(), self.boundingRect()
        frame = change.mapRect(seen)
        scale = np.array([change.m11(), change.m22()])
        places = self._corners * scale + np.array([change.dx(), change.dy()])
        low, high = places.min(axis=1), places.max(axis=1)
        inside = (high[:, 0] >= frame.left()) & (low[:, 0] <= frame.right())
        inside &= (high[:, 1] >= frame.top()) & (low[:, 1] <= frame.bottom())
        painter.save()
        painter.resetTransform()
        painter.setPen(Qt.PenStyle.NoPen)
        for quad, ink in zip(
            places[inside].tolist(), self._colours[inside].tolist(), strict=True
        ):
            painter.setBrush(QColor(*ink))
            painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in quad]))
        painter.restore()
