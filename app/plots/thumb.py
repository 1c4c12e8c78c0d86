"""Pictures of one cell of a sweep, painted without axes: density, samples, codes."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from app.plots.density_map import indices
from app.theme import theme

if TYPE_CHECKING:
    from collections.abc import Mapping

Array = NDArray[Any]
Limits = tuple[float, ...]
#: Names of what a thumbnail can show, and how they are called.
CONTENTS = {
    "density": "Density",
    "samples": "Samples",
    "latent": "Latent",
    "curves": "Curves",
}
#: Samples over a density: at most so many, and fewer on small pictures.
_DOTS_ON_DENSITY, _DOTS_PER_PX = 70, 0.4
_CODES = 2.6  # least half side of the plane of codes, std of the prior
_RIM = 1.06  # of the room for codes that are further out


def _plane_of(codes: Array) -> Limits:
    """Limits that show all codes (n, 2): early in a training they lie far out."""
    far = np.abs(codes[np.isfinite(codes)]).max(initial=0.0)
    half = max(_CODES, _RIM * float(far))
    return (-half, half, -half, half)


def density_image(density: Array, peak: float) -> QImage:
    """A density (n, n), first row lowest, as a picture; ``peak`` is the brightest."""
    rows = theme.density_lut()[indices(density[::-1], 0.0, max(peak, 1e-12))]
    pixels = np.ascontiguousarray(rows)
    height, width = pixels.shape[:2]
    form = QImage.Format.Format_RGBA8888
    return QImage(pixels.data, width, height, 4 * width, form).copy()


class Thumb:
    """What is known of a cell, and how each kind of picture is painted.

    Points are in data units, codes in standard deviations of the prior.
    """

    def __init__(self) -> None:
        self.arrays: Mapping[str, Array] = {}
        self.limits: Limits = (-1.0, 1.0, -1.0, 1.0)
        self.peak = 1.0
        self.data: Array = np.empty((0, 2))
        self._image: QImage | None = None
        self._image_of: tuple[int, str, float] = (0, "", 0.0)

    def paint(self, painter: QPainter, frame: QRectF, content: str) -> None:
        """Fill ``frame`` with one kind of picture; paper where there is none."""
        painter.fillRect(frame, theme.c.well)
        painter.save()
        painter.setClipRect(frame)
        if content == "density" and "density" in self.arrays:
            self._paint_density(painter, frame)
        elif content == "samples" and "samples" in self.arrays:
            self._dots(painter, frame, self.data, theme.c.data, 2.0, None)
            samples, halo = self.arrays["samples"], theme.c.halo
            self._dots(painter, frame, samples, theme.c.samples, 3.0, halo)
        elif content == "latent":
            self._paint_latent(painter, frame)
        elif content == "curves" and "spark" in self.arrays:
            paint_curve(painter, frame, self.arrays["spark"], theme.c.text1)
        painter.restore()

    def has(self, content: str) -> bool:
        """Whether there is something to show of this kind."""
        needed = {"latent": ("codes", "lines"), "curves": ("spark",)}
        return any(n in self.arrays for n in needed.get(content, (content,)))

    def _paint_density(self, painter: QPainter, frame: QRectF) -> None:
        density = self.arrays["density"]
        key = (id(density), theme.look, self.peak)
        if self._image is None or key != self._image_of:
            self._image, self._image_of = density_image(density, self.peak), key
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(frame, self._image)
        count = min(_DOTS_ON_DENSITY, round(frame.width() / theme.scale * _DOTS_PER_PX))
        some = self.arrays["samples"][:count]
        self._dots(painter, frame, some, theme.c.samples, 1.5, theme.c.halo)

    def _paint_latent(self, painter: QPainter, frame: QRectF) -> None:
        if "codes" in self.arrays:
            codes, labels = self.arrays["codes"], self.arrays["labels"]
            plane = _plane_of(codes)
            colours = theme.c.classes
            for label in np.unique(labels):
                ink = colours[int(label) % len(colours)]
                if not labels.any():
                    ink = theme.c.latent
                chosen = codes[labels == label]
                self._dots(painter, frame, chosen, ink, 2.5, None, plane)
        elif "lines" in self.arrays:
            painter.setPen(QPen(theme.c.latent, 1))
            for line in self.arrays["lines"]:
                places = self._places(frame, line, self.limits)
                painter.drawPolyline(_polygon(places))

    def _dots(
        self,
        painter: QPainter,
        frame: QRectF,
        points: Array,
        ink: QColor,
        size: float,
        halo: QColor | None,
        limits: Limits | None = None,
    ) -> None:
        """Discs; the halo is a larger disc below each."""
        good = points[np.isfinite(points).all(axis=1)]
        places = _polygon(self._places(frame, good, limits or self.limits))
        width = theme.px(size)
        inks = [(halo, width + 2)] if halo is not None else []
        for colour, wide in [*inks, (ink, width)]:
            pen = QPen(colour, wide)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawPoints(places)

    @staticmethod
    def _places(frame: QRectF, points: Array, limits: Limits) -> Array:
        x_min, x_max, y_min, y_max = limits
        x = frame.left() + (points[:, 0] - x_min) / (x_max - x_min) * frame.width()
        y = frame.bottom() - (points[:, 1] - y_min) / (y_max - y_min) * frame.height()
        return np.stack([x, y], axis=1)


def paint_curve(painter: QPainter, frame: QRectF, values: Array, ink: QColor) -> None:
    """A curve that fills the frame, low values at the bottom."""
    good = values[np.isfinite(values)]
    if len(good) < 2:
        return
    low, high = float(good.min()), float(np.percentile(good, 98))
    pad = theme.px(4)
    room = frame.adjusted(pad, pad, -pad, -pad)
    share = np.clip((good - low) / max(high - low, 1e-12), 0, 1)
    x = room.left() + np.linspace(0, 1, len(good)) * room.width()
    y = room.bottom() - share * room.height()
    painter.setPen(QPen(ink, theme.px(1)))
    painter.drawPolyline(_polygon(np.stack([x, y], axis=1)))


def _polygon(places: Array) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in places.tolist()])
