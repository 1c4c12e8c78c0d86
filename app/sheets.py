"""What a figure shows, laid out: one plot with a title, or several side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRect, QRectF, QSize
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QLayout

from app.plots.base import PlotView, Table
from app.plots.line_item import LineItem
from app.plots.marks import Marks
from app.theme import theme
from app.widgets.paint import RIGHT, draw_text, text_width

_EDGE, _HEAD = 10, 34  # px round a figure, and for its title
_LEAST_CAPTION = 60  # px; in less room a caption says nothing
_GROUND = "well"


class Sheet(Protocol):
    """Something that can be painted once, on any device."""

    @property
    def title(self) -> str:
        """What the file is called inside."""

    @property
    def size(self) -> QSize:
        """Pixels of the screen."""

    def paint(self, painter: QPainter) -> None:
        """Paint it, its upper left corner at the origin."""


@dataclass(frozen=True)
class Cell:
    """A plot of a plate; ``caption`` stands at its upper right.

    ``title`` stands for that of the plot where it is not empty.
    """

    plot: PlotView
    caption: str
    title: str = ""


@dataclass(frozen=True)
class Plate:
    """Several plots as one picture, in rows; all cells of a row are as wide.

    Attributes:
        view: What the file is called if nobody says otherwise.
    """

    view: str
    title: str
    rows: Sequence[Sequence[Cell]]

    @property
    def has_frame(self) -> bool:
        """Whether any of the plots shows something."""
        return bool(self.shown)

    @property
    def shown(self) -> list[list[Cell]]:
        """Rows of the cells that show something."""
        rows = [[cell for cell in row if cell.plot.has_frame] for row in self.rows]
        return [row for row in rows if row]

    def tables(self) -> dict[str, Table]:
        """The numbers behind all plots."""
        return {
            f"{cell.caption}: {name}": table
            for row in self.shown
            for cell in row
            for name, table in cell.plot.tables().items()
        }

    def numbers_note(self) -> str:
        """What whoever saves them should know of any of them."""
        plots = [cell.plot for row in self.shown for cell in row]
        return next(filter(None, (plot.numbers_note() for plot in plots)), "")

    def facts(self) -> dict[str, Any]:
        """What the file keeps of all plots, row by row."""
        rows = [[facts_of(cell.plot) for cell in row] for row in self.shown]
        return {"view": self.view, "rows": rows}


def sheet_of(
    what: PlotView | Plate, size: tuple[int, int] | None, caption: str, title: str
) -> "Sheet":
    """A figure of a plot or a plate, ready to be painted.

    Raises:
        ValueError: If nothing is shown.
    """
    if not what.has_frame:
        raise ValueError(f"{title or what.title} shows nothing yet: play first.")
    wanted = QSize(*size) if size else None
    if isinstance(what, Plate):
        return _PlateSheet(what, wanted, caption)
    return _PlotSheet(what, wanted or _own_size(what), caption, title)


def facts_of(plot: PlotView) -> dict[str, Any]:
    """What a file keeps of a plot; JSON-able."""
    plain = {
        key: value
        for key, value in plot.meta.items()
        if isinstance(value, str | int | float | bool)
    }
    return {"view": plot.view, "state": plot.view_state(), "facts": plain}


class _PlotSheet:
    """A hidden twin of a plot with a title; gone once it is painted."""

    def __init__(self, plot: PlotView, size: QSize, caption: str, title: str) -> None:
        self.title, self._caption = title or plot.title, caption
        self.size = size
        self._chips = ", ".join(chip.text for chip in plot.chips())
        self._twin = plot.twin()
        paper = self._twin.paper
        paper.ground = _GROUND
        edge, head = theme.px(_EDGE), theme.px(_HEAD)
        room = QSize(size.width() - 2 * edge, size.height() - head - edge)
        self._place = QRect(edge // 2, head, room.width(), room.height())
        # What a plot says while it is empty must not keep a figure from being small.
        layout = self._twin.layout()
        if layout is not None:
            layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self._twin.setMinimumSize(1, 1)
        self._twin.resize(room)
        # A widget that was never shown gets its size, and its layout, when grabbed.
        self._twin.grab(QRect(0, 0, 1, 1))
        paper.scene().prepareForPaint()
        for item in paper.scene().items():
            if isinstance(item, Marks | LineItem):
                item.draw_as_vectors()
            elif isinstance(item, pg.PlotCurveItem):
                item.setExportMode(True, {"antialias": True})

    def paint(self, painter: QPainter) -> None:
        """Title, chips and caption over the plot."""
        whole = QRectF(0, 0, self.size.width(), self.size.height())
        painter.fillRect(whole, getattr(theme.c, _GROUND))
        self._paint_head(painter, whole)
        source = QRect(0, 0, self._place.width(), self._place.height())
        self._twin.paper.render(painter, QRectF(self._place), source)
        self._twin.deleteLater()

    def _paint_head(self, painter: QPainter, whole: QRectF) -> None:
        c, px = theme.c, theme.px
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = QRectF(px(_EDGE) + px(4), px(6), whole.width() - 2 * px(14), px(22))
        draw_text(painter, line, self.title, c.text1, 13, 600)
        line.setLeft(line.left() + text_width(self.title, 13, 600) + px(8))
        draw_text(painter, line, self._chips, c.text3, 12)
        if self._chips:
            line.setLeft(line.left() + text_width(self._chips, 12) + px(12))
        if line.width() > px(_LEAST_CAPTION):
            draw_text(painter, line, self._caption, c.text2, 12, align=RIGHT)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


class _PlateSheet:
    """Figures of all cells under one heading."""

    def __init__(self, plate: Plate, size: QSize | None, caption: str) -> None:
        self.title, self._caption = plate.title, caption
        rows = plate.shown
        self.size = size or _plate_size(rows)
        high = self.size.height() - theme.px(_HEAD)
        parts = [_own_figure(row).height() for row in rows]
        self._cells: list[tuple[QPointF, _PlotSheet]] = []
        for index, row in enumerate(rows):
            top = round(high * sum(parts[:index]) / sum(parts))
            bottom = round(high * sum(parts[: index + 1]) / sum(parts))
            self._lay_out(row, top + theme.px(_HEAD), bottom - top)

    def paint(self, painter: QPainter) -> None:
        """The heading, then each cell in its place."""
        c, px = theme.c, theme.px
        whole = QRectF(0, 0, self.size.width(), self.size.height())
        painter.fillRect(whole, getattr(c, _GROUND))
        line = QRectF(px(14), px(7), whole.width() - px(28), px(24))
        draw_text(painter, line, self.title, c.text1, 15, 600)
        line.setLeft(line.left() + text_width(self.title, 15, 600) + px(12))
        if line.width() > px(_LEAST_CAPTION):
            draw_text(painter, line, self._caption, c.text2, 12, align=RIGHT)
        for corner, sheet in self._cells:
            painter.save()
            painter.translate(corner)
            sheet.paint(painter)
            painter.restore()

    def _lay_out(self, row: Sequence[Cell], top: int, height: int) -> None:
        wide = self.size.width() / len(row)
        for place, cell in enumerate(row):
            left = round(wide * place)
            size = QSize(round(wide * (place + 1)) - left, height)
            sheet = _PlotSheet(cell.plot, size, cell.caption, cell.title)
            self._cells.append((QPointF(left, top), sheet))


def _plate_size(rows: Sequence[Sequence[Cell]]) -> QSize:
    sizes = [_own_figure(row) for row in rows]
    wide = max(size.width() for size in sizes)
    return QSize(wide, sum(size.height() for size in sizes) + theme.px(_HEAD))


def _own_figure(row: Sequence[Cell]) -> QSize:
    """Room for a row whose plots have the sizes that figures of them have."""
    sizes = [cell.plot.figure_size for cell in row]
    high = round(max(size[1] for size in sizes) * theme.scale)
    wide = round(max(size[0] for size in sizes) * theme.scale) * len(row)
    return QSize(wide, high + theme.px(_HEAD + _EDGE))


def _own_size(plot: PlotView) -> QSize:
    shown = plot.size() if plot.isVisible() else QSize(*plot.figure_size) * theme.scale
    return shown + QSize(theme.px(2 * _EDGE), theme.px(_HEAD + _EDGE))


def all_facts(what: PlotView | Plate, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Facts of a figure with those that are given."""
    own = what.facts() if isinstance(what, Plate) else facts_of(what)
    return {**own, **settings}
