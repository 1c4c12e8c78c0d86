"""The tokens of the current look: surfaces, texts, plot roles, classes, maps."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.theme import theme
from app.widgets.paint import CENTRE, box, draw_text, painting
from app.widgets.state import State

_SURFACES = ("well", "bg0", "bg1", "bg2", "bg3", "bg4", "edge", "strong")
_WORDS = {
    "Text 1": "text1",
    "Text 2": "text2",
    "Text 3": "text3",
    "Accent": "accent",
    "Warning": "warn",
    "data": "data_text",
    "samples": "samples_text",
    "latent": "latent_text",
}


class Swatches(QWidget):
    """A sheet of colours, for the eye of whoever changes them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Colours of this look")
        self._state = State(self)

    def sizeHint(self) -> QSize:
        """Five rows."""
        return QSize(theme.px(420), theme.px(132))

    def minimumSizeHint(self) -> QSize:
        """The same."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Row by row."""
        with painting(self) as painter:
            self._draw_surfaces(painter)
            self._draw_words(painter, theme.px(50))
            self._draw_classes(painter, theme.px(82))
            self._draw_maps(painter, theme.px(102))

    def _draw_surfaces(self, painter: QPainter) -> None:
        width = self.width() / len(_SURFACES)
        for index, name in enumerate(_SURFACES):
            tile = QRectF(index * width, 0, width - theme.px(6), theme.px(22))
            box(painter, tile, 4, getattr(theme.c, name), theme.c.strong)
            below = tile.translated(0, theme.px(21))
            draw_text(painter, below, name, theme.c.text3, 11, align=CENTRE)

    def _draw_words(self, painter: QPainter, top: float) -> None:
        width = self.width() / len(_WORDS)
        for index, (word, name) in enumerate(_WORDS.items()):
            place = QRectF(index * width, top, width, theme.px(20))
            draw_text(painter, place, word, getattr(theme.c, name), 12, 500)

    def _draw_classes(self, painter: QPainter, middle: float) -> None:
        c = theme.c
        colours: list[QColor] = [c.data, c.samples, c.latent, *c.path, c.path_to_come]
        colours += c.classes
        for index, colour in enumerate(colours):
            centre = QPointF(theme.px(8) + index * self.width() / 19, middle)
            half = theme.px(6)
            area = QRectF(-half, -half, 2 * half, 2 * half).translated(centre)
            box(painter, area, 6 if index else 1, colour)

    def _draw_maps(self, painter: QPainter, top: float) -> None:
        for index, lut in enumerate((theme.density_lut(), theme.signed_lut())):
            row = np.ascontiguousarray(lut[None])
            image = QImage(row.data, 256, 1, 1024, QImage.Format.Format_RGBA8888)
            place = QRectF(0, top + index * theme.px(16), self.width(), theme.px(10))
            painter.drawImage(place, image)
            box(painter, place, 0, outline=theme.c.edge)
