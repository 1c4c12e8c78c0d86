"""One quantity of several runs in one plot, with the band that chance explains."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from app.plots.base import PlotView, Table
from app.plots.chance_words import ChanceWords
from app.plots.curve import shared_range, value_range
from app.plots.ink import colour
from app.plots.line_item import LineItem
from app.plots.pane import Pane
from app.plots.panels import EndValue, Panel, PanelPaper
from app.plots.ticks import significant
from app.theme import theme
from app.widgets.paint import text_width, whole_or_short

#: Colour (class) and dashes of the runs A, B, C and D.
INKS = ("class3", "class5", "class7", "class1")
DASHES: tuple[list[float] | None, ...] = (None, [6, 3], [1.5, 2.5], [7, 3, 1.5, 3])
_LETTERS = "ABCD"
_FLOOR = 1e-5  # a distance near zero may be negative; logarithms are not
_EMPTY = 100.0  # to the right of axes that have no curve yet
_ROOMY = 640  # px of width from which names stand at the ends of curves
_MOST_RIGHT = 190  # px for the words at the ends
_NONE_YET = "Nothing has been measured yet."


class RacePaper(PanelPaper):
    """One panel, with a band from its lower end up to what chance explains.

    Attributes:
        band: The upper end of the band; None for none.
        curves: What its words keep away from.
    """

    def __init__(self) -> None:
        super().__init__()
        self.band: float | None = None
        self.curves: list[LineItem] = []

    def _room_at_right(self) -> int:
        """Room for letters, values and names at the ends of curves, pixels."""
        texts = [end.text for panel in self.panels for end in panel.ends]
        longest = max((text_width(text, 12, 600) for text in texts), default=0)
        return min(longest, theme.px(_MOST_RIGHT)) + theme.px(18)

    def paint_behind(self, painter: QPainter) -> None:
        """The band lies under the grid."""
        ink = QColor(theme.c.data)
        ink.setAlphaF(0.18)
        painter.fillRect(self.field(), ink)
        super().paint_behind(painter)

    def paint_ahead(self, painter: QPainter) -> None:
        """What the band means, where the curves leave room."""
        field = self.field()
        if field.height() >= theme.px(16):
            lines = [self._pixels(item) for item in self.curves]
            ChanceWords(field, lines).paint(painter, self.ground)
        super().paint_ahead(painter)

    def field(self) -> QRectF:
        """Where the band is drawn, px; empty without one."""
        if self.band is None or not self.panels:
            return QRectF()
        pane = self.panels[0].pane
        frame = QRectF(pane.geometry())
        top = min(max(pane.pixel(0.0, self.band).y(), frame.top()), frame.bottom())
        return QRectF(frame.left(), top, frame.width(), frame.bottom() - top)

    def _pixels(self, item: LineItem) -> NDArray[Any]:
        """Where a line is drawn, (n, 2)."""
        x, y = item.getData()
        if x is None or not len(x):
            return np.empty((0, 2))
        pane = self.panels[0].pane
        zero, one = pane.pixel(0.0, 0.0), pane.pixel(1.0, 1.0)
        across = zero.x() + np.asarray(x) * (one.x() - zero.x())
        down = zero.y() + np.asarray(y) * (one.y() - zero.y())
        return np.stack([across, down], axis=1)


class RunLine:
    """The course of one run: raw values pale, smoothed ones on top, dashed."""

    def __init__(self, pane: Pane, index: int) -> None:
        self._index = index
        self.raw = LineItem(connect="finite")
        self.smooth = LineItem(connect="finite", antialias=True)
        self.only = pg.ScatterPlotItem(size=6)
        for item in (self.raw, self.smooth, self.only):
            pane.addItem(item, ignoreBounds=True)
        self.recolour()

    def recolour(self) -> None:
        """Take the colour from the theme again."""
        ink = colour(INKS[self._index]).toRgb()
        pen = pg.mkPen(ink)
        dashes = DASHES[self._index]
        if dashes is not None:
            pen.setDashPattern(dashes)
        self.smooth.setPen(pen)
        self.only.setBrush(pg.mkBrush(ink))
        self.only.setPen(pg.mkPen(None))
        ink.setAlphaF(0.25)
        self.raw.setPen(pg.mkPen(ink))

    def set_values(
        self, x: NDArray[Any], raw: NDArray[Any], smooth: NDArray[Any]
    ) -> None:
        """Show both lines over x; one value alone is a dot."""
        self.raw.setData(x, raw)
        self.smooth.setData(x, smooth)
        one = len(x) == 1 and bool(np.isfinite(smooth[0]))
        self.only.setData(x if one else [], smooth if one else [])


class RacePlot(PlotView):
    """Arrays ``A.x``, ``A.value`` and ``A.smooth`` of the runs A to D.

    ``meta`` has ``names`` (letter to name), ``shorts`` (what stands where a name has no
    room), ``axis`` and ``unit`` of x, ``log``
    (whether y is drawn in logarithms), ``whole`` (whether values are counts) and
    ``chance`` (the upper end of the band, or None).
    """

    view = "curves"
    title = "Runs"
    hint = ""
    figure_size = (640, 400)

    def __init__(self, parent: QWidget | None = None) -> None:
        self.race_paper = RacePaper()
        super().__init__(self.race_paper, parent)
        self.panel = Panel(self.race_paper.add_pane(Pane(zoom_y=False)))
        self.lines = {
            letter: RunLine(self.panel.pane, index)
            for index, letter in enumerate(_LETTERS)
        }
        self.race_paper.curves = [
            item for line in self.lines.values() for item in (line.raw, line.smooth)
        ]
        self.race_paper.pointed.connect(self._on_pointed)

    def strip(self) -> QWidget | None:
        """Nothing: the ends say what is what."""
        return None

    def tables(self) -> dict[str, Table]:
        """One table for each run; the first column is what stands below the plot."""
        columns = (str(self.meta.get("axis", "x")), "value", "smooth")
        return {
            f"{letter} {name}": Table(
                columns,
                np.stack([self._of(letter, p) for p in ("x", "value", "smooth")], 1),
            )
            for letter, name in self._names().items()
        }

    def describe(self) -> str:
        """The last value of each run."""
        ends = [f"{end.text}" for end in self.panel.ends]
        return ", ".join(ends) + "."

    def draw(self) -> None:
        """Curves, ends, band."""
        names = self._names()
        is_log = bool(self.meta.get("log"))
        raws = [self._drawn(self._of(name, "value")) for name in names]
        smooths = [self._drawn(self._of(name, "smooth")) for name in names]
        ends = [float(self._of(name, "x")[-1]) for name in names] or [_EMPTY]
        right = max(ends) or 1.0  # all at the very start
        chance = self.meta.get("chance")
        band = None if chance is None else self._level(float(chance))
        extra = [] if band is None or not names else [band, band - 0.1]
        steep = is_log or self.meta.get("whole")
        limits = value_range if steep else shared_range
        low, high = limits(raws, smooths, extra)
        if band is not None and is_log:  # what is deep in the band means nothing
            low = max(low, band - 1)
            high = max(high, band + 0.5)
            # Along the lower edge, else a good run would end where it enters the deep.
            raws = [np.maximum(raw, low) for raw in raws]
            smooths = [np.maximum(smooth, low) for smooth in smooths]
        self._draw_lines(dict(zip(names, zip(raws, smooths, strict=True), strict=True)))
        self.race_paper.band = band
        self.race_paper.words = "" if names else _NONE_YET
        self.race_paper.x_unit = str(self.meta.get("unit", ""))
        self.panel.is_log = is_log
        self.panel.pane.set_home(0.0, right, low, high)
        self.panel.ends = [self._end(n, names[n], high) for n in names]
        self.race_paper.set_panels([self.panel])

    def _draw_lines(self, drawn: dict[str, tuple[NDArray[Any], NDArray[Any]]]) -> None:
        none = np.empty(0)
        for letter, line in self.lines.items():
            if letter in drawn:
                x = np.ascontiguousarray(self._of(letter, "x"), np.float64)
                line.set_values(x, *drawn[letter])
            else:
                line.set_values(none, none, none)

    def recolour(self) -> None:
        """New colours of all lines."""
        for line in self.lines.values():
            line.recolour()

    def values_at(self, x: float) -> list[tuple[str, str]]:
        """The value of each run at a place on the horizontal axis."""
        parts = []
        for letter in self._names():
            places = self._of(letter, "x")
            index = int(np.argmin(np.abs(places - x)))
            parts.append((letter, self._written(self._of(letter, "smooth")[index])))
        return parts

    def _names(self) -> dict[str, str]:
        names: dict[str, str] = self.meta.get("names", {})
        return {n: t for n, t in names.items() if self._of(n, "x").size}

    def _of(self, letter: str, part: str) -> NDArray[Any]:
        return self.arrays.get(f"{letter}.{part}", np.empty(0))

    def _level(self, value: float) -> float:
        return float(np.log10(max(value, _FLOOR))) if self.meta.get("log") else value

    def _drawn(self, values: NDArray[Any]) -> NDArray[Any]:
        plain = np.ascontiguousarray(values, np.float64)
        return np.log10(np.maximum(plain, _FLOOR)) if self.meta.get("log") else plain

    def _end(self, letter: str, name: str, high: float) -> EndValue:
        last = float(self._of(letter, "smooth")[-1])
        place = self._level(last) if np.isfinite(last) else high
        index = _LETTERS.index(letter)
        words = f"{letter} {self._written(last)}"
        if self.width() >= theme.px(_ROOMY):
            short = self.meta.get("shorts", {}).get(letter, "")
            room = theme.px(_MOST_RIGHT) - text_width(f"{words} ", 12, 600)
            words += f" {whole_or_short(name, short, room, 12, 600)}"
        return EndValue(place, words, INKS[index])

    def _written(self, value: float) -> str:
        """Distances to two figures, as under the plots; a likelihood to three."""
        if self.meta.get("whole"):
            return f"{value:.0f}"
        return significant(value, 2 if self.meta.get("log") else 3)

    def _on_pointed(self, pixel: QPointF | None) -> None:
        pane = self.race_paper.pane_at(pixel) if pixel is not None else None
        if pane is None or pixel is None or not self.meta:
            self.race_paper.set_cursor(None)
            self.tell([])
            return
        x, _ = pane.data_point(pixel)
        self.race_paper.set_cursor(x)
        self.tell(self.values_at(x))
