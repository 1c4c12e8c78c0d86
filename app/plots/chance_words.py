"""What a band of chance means, written on it where the curves leave room."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from app.plots.ink import colour
from app.theme import theme
from app.widgets.paint import draw_text, text_width

WORDS = "two draws of the data differ by this much"
_HEIGHT = 18  # px
_INSET = 10  # px from the ends of the band
_NEAR = 4.0  # px that curves keep away
_EVERY = 3.0  # px between the places of a curve that are looked at
_VEIL = 215  # of 255

_Line = NDArray[np.float64]


class ChanceWords:
    """A place on a band for its words, and whether a curve runs through all places."""

    def __init__(self, band: QRectF, lines: Sequence[_Line]) -> None:
        """Choose the place.

        Args:
            band: Where the words belong, px.
            lines: Curves (n, 2), px.
        """
        dense = [_dense(line) for line in lines if len(line)]
        marks = np.concatenate(dense) if dense else np.empty((0, 2))
        places = list(_places(band))
        hits = [_hits(place, marks) for place in places]
        best = int(np.argmin(hits))
        self.place, self._is_crossed = places[best], hits[best] > 0

    def paint(self, painter: QPainter, ground: str) -> None:
        """Write them; a veil of the paper keeps letters apart from curves."""
        if self._is_crossed:
            veil = QColor(colour(ground))
            veil.setAlpha(_VEIL)
            painter.fillRect(self.place.adjusted(-3, 1, 3, -1), veil)
        draw_text(painter, self.place, WORDS, theme.c.data_text, 11)


def _places(band: QRectF) -> Iterator[QRectF]:
    """From the upper left, along each line of the band."""
    px, wide = theme.px, text_width(WORDS, 11) + 2
    high, inset = px(_HEIGHT), px(_INSET)
    rows = max(int((band.height() - 2) // high), 1)
    spare = max(band.width() - 2 * inset - wide, 0.0)
    for row in range(rows):
        for share in (0.0, 0.5, 1.0):
            left = band.left() + inset + share * spare
            yield QRectF(left, band.top() + 2 + row * high, wide, high)


def _hits(place: QRectF, marks: _Line) -> int:
    x, y = marks[:, 0], marks[:, 1]
    across = (x > place.left() - _NEAR) & (x < place.right() + _NEAR)
    down = (y > place.top() - _NEAR / 2) & (y < place.bottom() + _NEAR / 2)
    return int((across & down).sum())


def _dense(line: _Line) -> _Line:
    """Places along a line, a few px from each other; gaps stay gaps."""
    line = line[np.isfinite(line).all(axis=1)]
    steps = np.abs(np.diff(line, axis=0)).max(axis=1, initial=0.0)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    at = np.arange(0.0, along[-1] + _EVERY, _EVERY)
    return np.stack([np.interp(at, along, line[:, k]) for k in (0, 1)], axis=1)
