"""A scale of colours as one key in a line of keys."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QLinearGradient, QPainter

from app.plots.rail import Key
from app.theme import theme
from app.widgets.paint import draw_text

_STOPS = 16


@dataclass(frozen=True)
class ScaleKey(Key):
    """A short bar from the lowest colour to the highest, then words."""

    shape: str = "scale"
    token: str = "text2"

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """The bar where other keys have their mark."""
        table = theme.density_lut()
        high = theme.px(10)
        bar = QRectF(rect.left(), rect.center().y() - high / 2, theme.px(18), high)
        shades = QLinearGradient(bar.topLeft(), bar.topRight())
        for step in range(_STOPS + 1):
            share = step / _STOPS
            red, green, blue, _ = table[round(255 * share)].tolist()
            shades.setColorAt(share, QColor(red, green, blue))
        painter.fillRect(bar, shades)
        words = rect.adjusted(theme.px(22), 0, 0, 0)
        draw_text(painter, words, self.text, theme.c.text2, 12)
