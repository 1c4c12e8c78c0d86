"""A picture file as a small grey map, to be drawn as points."""

import base64
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QImageReader, QPainter

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
_SIDE = 128  # cells along the longer side
_MOST_PIXELS = 100_000_000
_MOST_MEGABYTES = 512  # of a picture in memory


class PictureError(ValueError):
    """A picture that cannot be used; the message is one sentence."""


@dataclass(frozen=True)
class GreyPicture:
    """Brightness of each cell, row by row from the top, 0 for black."""

    width: int
    height: int
    cells: bytes

    @property
    def text(self) -> str:
        """The cells in base64."""
        return base64.b64encode(self.cells).decode()


def is_picture(path: str) -> bool:
    """Whether a file goes by the name of a picture."""
    return path.lower().endswith(SUFFIXES)


def read_picture(path: str) -> GreyPicture:
    """At most 128 cells wide and high; what is transparent counts as white.

    Raises:
        PictureError: It is no picture, too large, or has nothing to be strewn over.
    """
    name = path.replace("\\", "/").rpartition("/")[2]
    reader = QImageReader(path)
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(True)
    size = reader.size()
    if not reader.canRead() or size.isEmpty():
        raise PictureError(f"{name} is not a readable picture: choose a PNG or JPEG.")
    if size.width() * size.height() > _MOST_PIXELS:
        raise PictureError(
            f"{name} has {size.width():,} × {size.height():,} pixels, which is too "
            "large: make it smaller."
        )
    if max(size.width(), size.height()) > _SIDE:
        reader.setScaledSize(_shrunk(size))
    limit = QImageReader.allocationLimit()
    QImageReader.setAllocationLimit(_MOST_MEGABYTES)
    image = reader.read()
    QImageReader.setAllocationLimit(limit)
    if image.isNull():
        raise PictureError(f"{name} is damaged: {reader.errorString()}.")
    grey = _grey(image)
    if len(set(grey.cells)) == 1:
        raise PictureError(
            f"{name} has the same brightness everywhere: choose a picture with dark "
            "and light parts."
        )
    return grey


def _shrunk(size: QSize) -> QSize:
    small = size.scaled(_SIDE, _SIDE, Qt.AspectRatioMode.KeepAspectRatio)
    return small.expandedTo(QSize(1, 1))


def _grey(image: QImage) -> GreyPicture:
    ground = QImage(image.size(), QImage.Format.Format_RGB32)
    ground.fill(Qt.GlobalColor.white)
    painter = QPainter(ground)
    painter.drawImage(0, 0, image)
    painter.end()
    grey = ground.convertToFormat(QImage.Format.Format_Grayscale8)
    width, height = grey.width(), grey.height()
    rows = bytes(grey.constBits())
    stride = grey.bytesPerLine()  # rows are padded to whole words
    cells = b"".join(rows[k * stride : k * stride + width] for k in range(height))
    return GreyPicture(width, height, cells)
