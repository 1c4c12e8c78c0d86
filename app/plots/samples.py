"""Data behind, samples in front, with the distribution of each axis at the edges."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPolygonF
from PySide6.QtWidgets import QWidget

from app.plots.base import PlotView
from app.plots.classes import class_legend
from app.plots.clouds import MOST_MARKS, Cloud
from app.plots.ink import colour
from app.plots.marks import ClassMarks, Marks
from app.plots.pane import Pane
from app.plots.rail import Block, Figure, Key, Legend
from app.plots.square import Square
from app.plots.ticks import fixed
from app.theme import theme
from app.widgets.switch import Switch

_BINS = 48
_FEW = 200  # data marks over a picture of the samples
_RARE = 4  # times fewer data than samples are drawn before them
_BEHIND, _FRONT = -2, 2  # heights of the data
_EDGE = 30  # px for a histogram at an edge
_LEAST_ROOM = 240  # px of the plot below which the edges stay empty


class EdgedSquare(Square):
    """A square with histograms of data and samples at its top and right edge."""

    def __init__(self) -> None:
        super().__init__()
        self.clouds: dict[str, NDArray[Any]] = {}

    def lay_out(self, width: int, height: int) -> None:
        """Give the edges room only where the square stays large."""
        room = min(width, height) >= theme.px(_LEAST_ROOM)
        self.margin_top = self.margin_right = theme.px(_EDGE) if room else 0
        super().lay_out(width, height)

    def paint_ahead(self, painter: QPainter) -> None:
        """Data as a filled outline, samples as a line."""
        if self.margin_top:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for axis in (0, 1):
                self._paint_edge(painter, axis)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        super().paint_ahead(painter)

    def _paint_edge(self, painter: QPainter, axis: int) -> None:
        low, high = self.pane.limits[2 * axis : 2 * axis + 2]
        shares = {
            name: np.histogram(points[:, axis], _BINS, (low, high))[0] / len(points)
            for name, points in self.clouds.items()
            if len(points)
        }
        top = max((float(share.max()) for share in shares.values()), default=0.0)
        if top <= 0:
            return
        for name, share in shares.items():
            line = self._steps(share / top, axis)
            ink = colour(name).toRgb()
            painter.setPen(ink if name == "samples" else Qt.PenStyle.NoPen)
            ink.setAlphaF(0.45)
            painter.setBrush(ink if name == "data" else Qt.BrushStyle.NoBrush)
            if name == "data":
                painter.drawPolygon(line)
            else:
                painter.drawPolyline(line)

    def _steps(self, heights: NDArray[Any], axis: int) -> QPolygonF:
        frame = self.frame
        room = (self.margin_top if axis == 0 else self.margin_right) - theme.px(6)
        along = np.repeat(np.linspace(0, 1, _BINS + 1), 2)
        up = np.concatenate([[0.0], np.repeat(heights, 2), [0.0]]) * room
        if axis == 0:
            xs, ys = frame.left() + along * frame.width(), frame.top() - 1 - up
        else:
            xs, ys = frame.right() + 1 + up, frame.bottom() - along * frame.height()
        pairs = np.stack([xs, ys], axis=1).tolist()
        return QPolygonF([QPointF(x, y) for x, y in pairs])


class SamplesPlot(PlotView):
    """Two point clouds on one square, in data units."""

    view = "samples"
    title = "Samples"
    short = "Samples"
    own_settings = frozenset({"colour"})
    hint = "Click to ask about a place; the model says what it knows."

    def __init__(self, parent: QWidget | None = None) -> None:
        self.square = EdgedSquare()
        super().__init__(self.square, parent)
        self._colour = "role"
        pane = self.square.pane
        self.samples = Cloud(pane, "samples", "o", 5, "halo")
        self.data = Marks(pane, "data", "s", 4)
        self.classes = ClassMarks(pane, 5)
        self.data.setZValue(_BEHIND)
        self.switch = Switch({"role": "Role", "class": "Class"}, "Colour by")
        self.switch.chosen.connect(self._on_chosen)
        self.square.moved.connect(self._on_moved)
        pane.clicked.connect(self._on_clicked)

    def header_widgets(self) -> list[QWidget]:
        """Colour by role or by class."""
        return [self.switch]

    def view_state(self) -> dict[str, Any]:
        """What colours mean."""
        return {"colour": self._colour}

    def set_view_state(self, state: dict[str, Any]) -> None:
        """Take a kept choice back."""
        if state.get("colour") in ("role", "class"):
            self._colour = state["colour"]
            self.switch.set_value(self._colour)
            if self.meta:
                self.draw()

    def describe(self) -> str:
        """How many points of each kind."""
        data, samples = len(self.points("data")), len(self.points("samples"))
        return f"{samples:,} samples over {data:,} data points."

    def draw(self) -> None:
        """Both clouds, edges, rail."""
        data, samples = self.points("data"), self.points("samples")
        labels = self.arrays.get("data_labels")
        by_class = self._colour == "class" and labels is not None and labels.size > 0
        self.square.pane.set_home(*self.limits)
        self.square.clouds = {"data": data, "samples": samples}
        self.samples.set_points(samples, self.limits)
        # Over a picture of the samples, fewer data marks leave it readable.
        few = data[:_FEW] if self.samples.is_picture else data
        # A small table behind many samples would not be seen at all.
        in_front = self.samples.is_picture or _RARE * len(data) < len(samples)
        self.data.setZValue(_FRONT if in_front else _BEHIND)
        self.data.setVisible(not by_class)
        self.classes.set_visible(by_class)
        if by_class and labels is not None:
            self.classes.set_points(few, labels[: len(few)])
        else:
            self.data.set_points(few)
        self.square.set_grid(not self.samples.is_picture)
        self.square.set_tags("samples per cell" if self.samples.is_picture else "")
        self.square.set_rail(*self._rail(by_class, len(data), len(samples)))
        self.square.viewport().update()

    def data_pane(self) -> Pane | None:
        """Where the clouds are."""
        return self.square.pane

    def recolour(self) -> None:
        """New colours of all marks."""
        for item in (self.samples, self.data, self.classes):
            item.recolour()

    def _rail(
        self, by_class: bool, data: int, samples: int
    ) -> tuple[list[Block], list[Figure]]:
        shape = ("s", "") if self.samples.is_picture else ("o", "halo")
        keys = [Key("samples", shape[0], "samples", shape[1])]
        blocks: list[Block] = []
        if by_class:
            count = int(self.meta.get("classes") or 0) or 1 + int(
                self.arrays["data_labels"].max()
            )
            blocks = [Legend(tuple(keys)), class_legend(self.meta, count)]
        else:
            blocks = [Legend((*keys, Key("data", "s", "data")))]
        unit = "as a picture" if samples > MOST_MARKS else ""
        figures = [Figure("Samples", f"{samples:,}", unit), Figure("Data", f"{data:,}")]
        if cost := self.meta.get("evaluations"):
            figures.insert(0, Figure("Network calls", f"{cost:,}", "a sample"))
        return blocks, figures

    def _on_chosen(self, value: str) -> None:
        self._colour = value
        if self.meta:
            self.draw()
        self.settings_edited.emit({"colour": value})

    def _on_moved(self, place: tuple[float, float] | None) -> None:
        if place is None or not self.meta:
            self.tell([])
            return
        names = self._columns(2)
        self.tell(list(zip(names, (fixed(v) for v in place), strict=True)))

    def _on_clicked(self, x: float, y: float) -> None:
        if self.meta:
            self.asked.emit(x, y)


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("samples")
