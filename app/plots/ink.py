"""Colours by name, colour tables, and single marks as painters draw them."""

import numpy as np
from numpy.typing import NDArray
from pyqtgraph.graphicsItems.ScatterPlotItem import Symbols
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QTransform

from app.theme import theme

_PAPER_SHARE = 0.3  # middle of a signed table that fades into the paper


def colour(token: str) -> QColor:
    """A colour of the current look: a token's name, ``class2`` or ``path0``."""
    if token.startswith("class"):
        return theme.c.classes[int(token[5:]) % len(theme.c.classes)]
    if token.startswith("path") and token[4:].isdigit():
        return theme.c.path[int(token[4:])]
    found: QColor = getattr(theme.c, token)
    return found


def signed_table() -> NDArray[np.uint8]:
    """RGBA rows (256, 4) for a difference, in which zero is the paper."""
    lut = theme.signed_lut()
    away = np.abs(np.linspace(-1, 1, len(lut)))[:, None]
    paper = np.array(theme.c.well.getRgb())
    share = np.clip(away / _PAPER_SHARE, 0, 1)
    blended: NDArray[np.uint8] = (paper + share * (lut - paper)).round().astype("u1")
    return blended


def draw_mark(
    painter: QPainter,
    centre: QPointF,
    symbol: str,
    size: float,
    token: str,
    rim: str,
) -> None:
    """One pyqtgraph symbol of ``size`` pixels, filled with ``token``.

    The rim is 1 px wide. The shape is scaled, not the painter: many readers of SVG
    would scale the rim with it.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(centre)
    painter.setPen(QPen(colour(rim), 1.0) if rim else Qt.PenStyle.NoPen)
    painter.setBrush(colour(token))
    painter.drawPath(QTransform.fromScale(size, size).map(Symbols[symbol]))
    painter.restore()


def lut_image(lut: NDArray[np.uint8]) -> QImage:
    """A strip 1 pixel wide, high values at the top, of a table (256, 4)."""
    rows = np.ascontiguousarray(lut[::-1])
    strip = QImage(rows.tobytes(), 1, len(rows), 4, QImage.Format.Format_RGBA8888)
    return strip.copy()
