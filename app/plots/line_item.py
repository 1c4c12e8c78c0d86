"""Curves that stay curves wherever a figure is read."""

import pyqtgraph as pg
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget


class LineItem(pg.PlotCurveItem):  # type: ignore[misc]
    """A curve of pyqtgraph; in figures its points are places on the page.

    On the screen the painter stretches the points and leaves the pen alone. In an SVG
    that is a wish which many readers do not know: to them a line is as wide as a unit
    of the data.
    """

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        self._is_figure = False

    def draw_as_vectors(self) -> None:
        """For figures: draw smoothly, in places of the page."""
        self._is_figure = True

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget
    ) -> None:
        """As pyqtgraph does, or with the points carried to the page first."""
        pen = QPen(self.opts["pen"])
        if not self._is_figure or self.xData is None or not len(self.xData):
            super().paint(painter, option, widget)
            return
        path = painter.transform().map(self.getPath())
        pen.setCosmetic(False)
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.strokePath(path, pen)
        painter.restore()
