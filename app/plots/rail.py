"""The rail beside a plot: colour bar, legend, bars and figures, painted in a column.

Colours are names of theme tokens, read when painted. Where each block stands is decided
in :mod:`app.plots.rail_places`.
"""

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from pyqtgraph.graphicsItems.ScatterPlotItem import Symbols
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from app.plots.classes import ClassLegend
from app.plots.figures_block import Columns, Numbers
from app.plots.ink import colour, draw_mark, lut_image, signed_table
from app.plots.ticks import fixed, significant
from app.theme import theme
from app.widgets.paint import LEFT, RIGHT, draw_text, text_width

_ROW = 22
_BAR, _LEAST_BAR = 102, 50  # px of a bar of colours: three labels still fit the least
_ROW_GIVES = 4  # px that a row of a legend gives way by
_MOST_IN_BRIEF = 1000.0
_LEAST_TOP = 0.5  # what a full bar stands for, at least


@dataclass(frozen=True)
class Key:
    """One line of a legend. ``shape``: a symbol, line, dash, ring or lattice."""

    text: str
    shape: str
    token: str
    rim: str = ""

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """Sample of the mark, then its words."""
        centre = QPointF(rect.left() + theme.px(8), rect.center().y())
        half = theme.px(7)
        if self.shape in Symbols:
            draw_mark(painter, centre, self.shape, theme.px(8), self.token, self.rim)
        elif self.shape == "ring":
            painter.setPen(pg.mkPen(colour(self.token), width=theme.px(1.5)))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(centre, theme.px(4), theme.px(4))
        elif self.shape == "lattice":
            painter.setPen(pg.mkPen(colour(self.token)))
            for step in (-4, 0, 4):
                d = theme.px(step) if step > 0 else -theme.px(-step) if step else 0
                painter.drawLine(centre + QPointF(d, -half), centre + QPointF(d, half))
                painter.drawLine(centre + QPointF(-half, d), centre + QPointF(half, d))
        else:
            pen = pg.mkPen(colour(self.token), width=theme.px(2))
            if self.shape == "dash":
                pen.setDashPattern([3, 2])
            painter.setPen(pen)
            painter.drawLine(centre - QPointF(half, 0), centre + QPointF(half, 0))
        words = rect.adjusted(theme.px(22), 0, 0, 0)
        draw_text(painter, words, self.text, theme.c.text2, 12)


@dataclass(frozen=True)
class Legend:
    """Marks and what they mean; ``less`` px shorter where room is scarce."""

    keys: tuple[Key, ...]
    title: str = ""
    less: int = 0

    @property
    def gives(self) -> int:
        """Pixels that it can give way by."""
        return self._lines * theme.px(_ROW_GIVES)

    @property
    def _lines(self) -> int:
        return len(self.keys) + bool(self.title)

    def height(self) -> int:
        """Height in pixels."""
        return self._lines * theme.px(_ROW) - self.less

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """Title, then a line for each key."""
        high = self.height() / max(self._lines, 1)
        row = QRectF(rect.left(), rect.top(), rect.width(), high)
        if self.title:
            draw_text(painter, row, self.title, theme.c.text3, 11)
            row.translate(0, row.height())
        for key in self.keys:
            key.paint(painter, row)
            row.translate(0, row.height())


@dataclass(frozen=True)
class ColourBar:
    """What the colours of an image mean; ``less`` px shorter where room is scarce."""

    title: str
    low: str
    middle: str
    high: str
    signed: bool = False
    less: int = 0

    @property
    def gives(self) -> int:
        """Pixels that it can give way by."""
        return theme.px(_BAR - _LEAST_BAR)

    def height(self) -> int:
        """Height in pixels."""
        return theme.px(_BAR + 34) - self.less

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """Title, bar, three labels with ticks."""
        c = theme.c
        head = QRectF(rect.left(), rect.top() - theme.px(2), rect.width(), theme.px(18))
        draw_text(painter, head, self.title, c.text3, 11)
        bar = QRectF(rect.left(), rect.top() + theme.px(20), theme.px(9), 0)
        bar.setHeight(theme.px(_BAR) - self.less)
        lut = signed_table() if self.signed else theme.density_lut()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(bar, lut_image(lut))
        painter.restore()
        painter.setPen(c.text4)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(bar.adjusted(-0.5, -0.5, 0.5, 0.5))
        for share, text in ((0.0, self.high), (0.5, self.middle), (1.0, self.low)):
            y = round(bar.top() + share * bar.height())
            painter.setPen(c.text4)
            painter.drawLine(
                QPointF(bar.right() + 1, y), QPointF(bar.right() + theme.px(3), y)
            )
            left = bar.right() + theme.px(7)
            words = QRectF(left, y - theme.px(8), rect.right() - left, theme.px(16))
            draw_text(painter, words, text, c.text3, 11)


@dataclass(frozen=True)
class Bars:
    """Named horizontal bars with their values, for example KL for each latent axis."""

    title: str
    names: tuple[str, ...]
    values: tuple[float, ...]
    token: str
    note: str = ""

    def height(self) -> int:
        """Height in pixels."""
        return (1 + len(self.names) + bool(self.note)) * theme.px(18) + theme.px(4)

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """Title, bars in proportion to the largest, a note."""
        c, high = theme.c, theme.px(18)
        row = QRectF(rect.left(), rect.top(), rect.width(), high)
        draw_text(painter, row, self.title, c.text3, 11)
        top = max((v for v in self.values if np.isfinite(v)), default=0.0)
        top = max(top, _LEAST_TOP)  # bars of next to nothing stay short
        figures = text_width("0.00", 11, 500)
        left = rect.left() + theme.px(20)
        room = rect.right() - figures - theme.px(6) - left
        for name, value in zip(self.names, self.values, strict=True):
            row.translate(0, high)
            draw_text(painter, row, name, c.text2, 11)
            bar = QRectF(left, row.center().y() - theme.px(3), room, theme.px(7))
            painter.fillRect(bar, c.bg3)
            share = value / top if np.isfinite(value) else 0.0
            bar.setWidth(max(room * min(max(share, 0.0), 1.0), 1.0))
            painter.fillRect(bar, colour(self.token))
            draw_text(painter, row, _in_brief(value), c.text1, 11, 500, RIGHT)
        if self.note:
            row.translate(0, high + theme.px(4))
            draw_text(painter, row, self.note, c.text2, 11)


def _in_brief(value: float) -> str:
    """Two decimals, or two digits of what would not fit beside a bar."""
    return fixed(value) if abs(value) < _MOST_IN_BRIEF else significant(value, 2)


@dataclass(frozen=True)
class Room:
    """Kept free for a pane, under a title."""

    title: str
    high: int

    def height(self) -> int:
        """Height in pixels, the title included."""
        return theme.px(20) + self.high

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """The title only."""
        head = QRectF(rect.left(), rect.top() - theme.px(2), rect.width(), theme.px(18))
        draw_text(painter, head, self.title, theme.c.text3, 11)


@dataclass(frozen=True)
class Figure:
    """One number with its name, at the foot of the rail; ``tip`` defines it."""

    label: str
    value: str
    unit: str = ""
    tip: str = ""

    def height(self) -> int:
        """Height in pixels."""
        return theme.px(40)

    def narrow_size(self) -> tuple[float, int]:
        """Width and height in pixels with the unit in a line of its own."""
        values = text_width(self.label, 12), text_width(self.value, 15, 600)
        high = self.height() + (theme.px(16) if self.unit else 0)
        return max(*values, text_width(self.unit, 11)), high

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """Name over number and unit, which stands below in a higher rect."""
        c = theme.c
        head = QRectF(rect.left(), rect.top(), rect.width(), theme.px(17))
        draw_text(painter, head, self.label, c.text3, 12)
        line = QRectF(rect.left(), head.bottom(), rect.width(), theme.px(20))
        draw_text(painter, line, self.value, c.text1, 15, 600, LEFT)
        if rect.height() > self.height():
            line.translate(0, theme.px(17))
        else:
            line.setLeft(line.left() + text_width(self.value, 15, 600) + theme.px(5))
        if self.unit:
            draw_text(painter, line, self.unit, c.text3, 11)


Block = Legend | ClassLegend | ColourBar | Bars | Room | Numbers | Columns
