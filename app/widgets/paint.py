"""Strokes shared by all painted widgets: boxes, rings, text, icons."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from math import ceil

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QWidget

from app.theme import theme

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTRE = Qt.AlignmentFlag.AlignCenter
_CONDENSED = 0.86  # the narrowest that letters may become


@contextmanager
def painting(widget: QWidget) -> Iterator[QPainter]:
    """An antialiasing painter that ends even if painting raises; else Qt crashes."""
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    try:
        yield painter
    finally:
        painter.end()


def box(
    painter: QPainter,
    rect: QRectF,
    radius: float,
    fill: QColor | None = None,
    outline: QColor | None = None,
    width: float = 1.0,
    dashed: bool = False,
) -> None:
    """A rounded rectangle whose outline lies inside ``rect``.

    ``radius`` and ``width`` are sizes of the normal look, scaled here.
    """
    line = theme.px(width) if outline is not None else 0
    inner = rect.adjusted(line / 2, line / 2, -line / 2, -line / 2)
    painter.setPen(Qt.PenStyle.NoPen)
    if outline is not None:
        pen = QPen(outline, line)
        if dashed:
            pen.setDashPattern([3, 2.5])
        painter.setPen(pen)
    painter.setBrush(fill if fill is not None else Qt.BrushStyle.NoBrush)
    corner = max(radius * theme.scale - line / 2, 0.0)
    painter.drawRoundedRect(inner, corner, corner)


def ring(painter: QPainter, rect: QRectF, radius: float) -> None:
    """The focus ring: 2 px of accent along the inside of ``rect``."""
    box(painter, rect, radius, outline=theme.c.accent, width=2)


def text_width(text: str, size: int, weight: int = 400) -> int:
    """Width of ``text`` in pixels, in the font that is really used."""
    return ceil(QFontMetricsF(theme.font(size, weight)).horizontalAdvance(text))


def whole_or_short(whole: str, short: str, width: float, size: int, weight: int) -> str:
    """The whole name where so many pixels hold it, else the short one, if any."""
    fits = text_width(whole, size, weight) <= width
    return whole if fits or not short else short


def shortened(
    text: str, ends: Iterable[str], width: float, size: int, weight: int = 400
) -> str:
    """The text where so many pixels hold it; else what stands before a mark in it.

    Args:
        text: What there is to say.
        ends: Marks at which it may end, like ``";"``: the first of them counts.
        width: Room, px.
        size: Of the font, px before scaling.
        weight: Of the font.
    """
    if text_width(text, size, weight) <= width:
        return text
    places = [place for mark in ends if (place := text.find(f"{mark} ")) > 0]
    return text[: min(places)] if places else text


def draw_text(
    painter: QPainter,
    rect: QRectF,
    text: str,
    colour: QColor,
    size: int = 13,
    weight: int = 400,
    align: Qt.AlignmentFlag = LEFT,
) -> None:
    """One line of text, cut with an ellipsis where it does not fit."""
    font = theme.font(size, weight)
    shown = QFontMetricsF(font).elidedText(
        text, Qt.TextElideMode.ElideRight, rect.width() + 0.5
    )
    painter.setFont(font)
    painter.setPen(colour)
    painter.drawText(rect, align, shown)


def draw_fitted(
    painter: QPainter,
    rect: QRectF,
    text: str,
    colour: QColor,
    weight: int = 400,
    align: Qt.AlignmentFlag = LEFT,
    size: int = 12,
) -> None:
    """A name of so many px, or smaller and a little condensed where it does not fit."""
    size = size if text_width(text, size, weight) <= rect.width() else size - 1
    wide = max(text_width(text, size, weight), 1)
    squeeze = min(max(rect.width() / wide, _CONDENSED), 1.0)
    painter.save()
    painter.translate(rect.topLeft())
    painter.scale(squeeze, 1.0)
    room = QRectF(0, 0, rect.width() / squeeze, rect.height())
    draw_text(painter, room, text, colour, size, weight, align)
    painter.restore()


def draw_icon(
    painter: QPainter, centre: QPointF, name: str, size: int, colour: QColor
) -> None:
    """A Phosphor icon of ``size`` pixels around ``centre``."""
    device = painter.device()
    pixmap = theme.pixmap(name, size, colour.name(), device.devicePixelRatio())
    half = theme.px(size) / 2
    painter.drawPixmap(
        QRectF(centre.x() - half, centre.y() - half, 2 * half, 2 * half),
        pixmap,
        QRectF(pixmap.rect()),
    )
