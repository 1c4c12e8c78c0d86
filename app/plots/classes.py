"""The legend of classes: symbols beside the names that the data give them."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from app.plots.ink import draw_mark
from app.theme import theme
from app.widgets.paint import draw_text

_ROW, _SHORT = 20, 3  # px of a line; letters of a name that shares its line


@dataclass(frozen=True)
class ClassLegend:
    """Symbols of classes: long names one to a line, short ones three or four."""

    names: tuple[str, ...]
    title: str = "Class"

    @property
    def columns(self) -> int:
        """How many stand in a line."""
        if any(len(name) > _SHORT for name in self.names):
            return 1
        return 3 if len(self.names) <= 6 else 4

    def height(self) -> int:
        """Height in pixels."""
        return (1 + ceil(len(self.names) / self.columns)) * theme.px(_ROW)

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """Title, then symbols with their names."""
        row, wide = theme.px(_ROW), rect.width() / self.columns
        head = QRectF(rect.left(), rect.top(), rect.width(), row)
        draw_text(painter, head, self.title, theme.c.text3, 11)
        left = theme.px(22 if self.columns == 1 else 16)
        for index in range(len(self.names)):
            x = rect.left() + (index % self.columns) * wide
            y = rect.top() + row * (1 + index // self.columns)
            self.paint_one(painter, QRectF(x, y, wide, row), index, left)

    def paint_one(
        self, painter: QPainter, rect: QRectF, index: int, left: float
    ) -> None:
        """One symbol, and its name ``left`` pixels further."""
        symbol = theme.c.symbols[index % len(theme.c.symbols)]
        centre = QPointF(rect.left() + theme.px(8), rect.center().y())
        draw_mark(painter, centre, symbol, theme.px(8), f"class{index}", "")
        words = rect.adjusted(left, 0, 0, 0)
        draw_text(painter, words, self.names[index], theme.c.text2, 12)


def class_name(meta: Mapping[str, Any], label: int) -> str:
    """What the data call a class; its number counted from 1 if they do not."""
    names = meta.get("class_names") or []
    return str(names[label]) if 0 <= label < len(names) else str(label + 1)


def class_legend(meta: Mapping[str, Any], count: int) -> ClassLegend:
    """Legend of ``count`` classes, or of as many as differ in colour and symbol.

    A word that all names share (``mode 1``, ``mode 2``) becomes the title.
    """
    shown = min(count, len(theme.c.classes))
    names = [class_name(meta, label) for label in range(shown)]
    firsts = {name.rpartition(" ")[0] for name in names}
    shared = firsts.pop() if len(firsts) == 1 else ""
    if not shared:
        return ClassLegend(tuple(names))
    short = tuple(name.rpartition(" ")[2] for name in names)
    return ClassLegend(short, shared[:1].upper() + shared[1:])
