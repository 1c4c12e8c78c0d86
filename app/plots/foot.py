"""A rail laid flat: what stands beside a plot, in lines below it.

For the projector, where a column of large words would take the room of the plot.
"""

from collections.abc import Callable, Iterator

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from app.plots.classes import ClassLegend
from app.plots.figures_block import Numbers
from app.plots.ink import lut_image, signed_table
from app.plots.rail import Block, ColourBar, Figure, Key, Legend
from app.theme import theme
from app.widgets.paint import draw_text, text_width

ROW, LINES = 26, 2  # px of a line, and how many there are
_GAP, _MARK, _BAR = 14, 22, 90
_TITLE_GAP = 8  # px between the title of a legend and its first key

Piece = tuple[int, Callable[[QPainter, QRectF], None]]


def paint_foot(
    painter: QPainter, rect: QRectF, blocks: list[Block], figures: list[Figure]
) -> None:
    """Keys, colour bar and figures from left to right; what has no room is left out."""
    x, y, row = rect.left(), rect.top(), theme.px(ROW)
    for wide, paint in _pieces(blocks, figures):
        if x + wide > rect.right() and x > rect.left():
            x, y = rect.left(), y + row
        if y + row > rect.bottom() + 1:
            return
        paint(painter, QRectF(x, y, wide, row))
        x += wide + theme.px(_GAP)


def _pieces(blocks: list[Block], figures: list[Figure]) -> Iterator[Piece]:
    for block in blocks:
        if isinstance(block, ColourBar):
            yield _bar(block)
        elif isinstance(block, Legend):
            yield from _legend(block)
        elif isinstance(block, ClassLegend):
            for index, name in enumerate(block.names):
                yield _class(block, index, name)
        elif isinstance(block, Numbers):
            for name, value in block.rows:
                yield _words(f"{name} {value}")
    for figure in figures:
        yield _words(f"{figure.label} {figure.value} {figure.unit}".strip())


def _legend(block: Legend) -> Iterator[Piece]:
    """Its keys; the title goes with the first of them to its line."""
    title = f"{block.title}:" if block.title else ""
    for key in block.keys:
        yield _key(key, title)
        title = ""


def _key(key: Key, title: str) -> Piece:
    left = text_width(title, 12) + theme.px(_TITLE_GAP) if title else 0

    def paint(painter: QPainter, rect: QRectF) -> None:
        if title:
            draw_text(painter, rect, title, theme.c.text3, 12)
        key.paint(painter, rect.adjusted(left, 0, 0, 0))

    return left + theme.px(_MARK) + text_width(key.text, 12) + 2, paint


def _words(text: str) -> Piece:
    def paint(painter: QPainter, rect: QRectF) -> None:
        draw_text(painter, rect, text, theme.c.text2, 12)

    return text_width(text, 12) + 2, paint


def _class(block: ClassLegend, index: int, name: str) -> Piece:
    def paint(painter: QPainter, rect: QRectF) -> None:
        block.paint_one(painter, rect, index, theme.px(_MARK))

    return theme.px(_MARK) + text_width(name, 12) + 2, paint


def _bar(block: ColourBar) -> Piece:
    name, _, unit = block.title.partition(", ")
    text = f"{name}, {block.low.strip('≤ ')} to {block.high} {unit}".strip()
    bar_wide = theme.px(_BAR)

    def paint(painter: QPainter, rect: QRectF) -> None:
        high = theme.px(11)
        bar = QRectF(rect.left(), rect.center().y() - high / 2, bar_wide, high)
        lut = signed_table() if block.signed else theme.density_lut()
        painter.save()
        painter.translate(bar.topRight())
        painter.rotate(90)  # the picture of the colours has its high end at the top
        painter.drawImage(QRectF(0, 0, high, bar_wide), lut_image(lut))
        painter.restore()
        painter.setPen(theme.c.text4)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(bar)
        words = QRectF(rect)
        words.setLeft(bar.right() + theme.px(8))
        draw_text(painter, words, text, theme.c.text2, 12)

    return bar_wide + theme.px(8) + text_width(text, 12) + 2, paint
