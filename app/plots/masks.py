"""The masks and weights of a masked network, and which input reaches which output."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QWidget

from app.plots.base import PlotView
from app.plots.density_map import indices
from app.plots.ink import colour, signed_table
from app.plots.matrix_paper import Matrix, MatrixPaper, Stretches
from app.plots.pick_strip import PickStrip
from app.plots.rail import Block, ColourBar, Figure, Key, Legend
from app.plots.ticks import MINUS, fixed, significant


class MasksPlot(PlotView):
    """Matrices from input to output, then who reaches whom."""

    view = "masks"
    title = "Masks"
    own_settings = frozenset({"layer"})

    def __init__(self, parent: QWidget | None = None) -> None:
        self.matrices = MatrixPaper()
        super().__init__(self.matrices, parent)
        self._layer = 1
        self.pick = PickStrip("Network")
        self.pick.picked.connect(self._on_picked)
        self.matrices.pointed.connect(self._on_pointed)

    def strip(self) -> QWidget | None:
        """Which network, and in which order it takes the coordinates."""
        return self.pick

    def view_state(self) -> dict[str, Any]:
        """Which network."""
        return {"layer": self._layer}

    def set_view_state(self, state: dict[str, Any]) -> None:
        """Take a kept choice back."""
        if isinstance(state.get("layer"), int):
            self._layer = max(state["layer"], 1)

    def describe(self) -> str:
        """The order, and what is cut."""
        order = ", then ".join(self.meta["order"])
        return f"The network takes {order}; {self._cut()} of its connections are cut."

    def draw(self) -> None:
        """All matrices, the rail and the strip."""
        meta = self.meta
        layer, layers = int(meta["layer"]), int(meta["layers"])
        self.pick.set_range(1, layers, integer=True)
        words = f"network {layer} of {layers}, " if layers > 1 else ""
        self.pick.set_value(layer, f"{words}order {' → '.join(meta['order'])}")
        top = self._top()
        found = [
            Matrix(
                str(title),
                self._colours(index, top),
                _stretches(meta["groups"][index]["rows"]),
                _stretches(meta["groups"][index]["columns"]),
            )
            for index, title in enumerate(meta["titles"])
        ]
        end = significant(top, 2)
        bar = ColourBar("weight", f"{MINUS}{end}", "0", end, signed=True)
        blocks: list[Block] = [bar, Legend((Key("cut", "s", "bg4"),))]
        figures = [Figure("Connections cut", self._cut())]
        self.matrices.set_content([*found, self._reach()], blocks, figures)

    def _top(self) -> float:
        """Where the colours end: nearly the largest weight."""
        weights = [np.abs(self._weight(k)).ravel() for k in self._numbers()]
        everything = np.concatenate(weights)
        return max(float(np.percentile(everything, 99)), 1e-3)

    def _numbers(self) -> range:
        return range(len(self.meta["titles"]))

    def _weight(self, index: int) -> NDArray[Any]:
        return np.nan_to_num(self.arrays[f"weight.{index}"])

    def _colours(self, index: int, top: float) -> NDArray[np.uint8]:
        """Weights in signed colours; what is cut has the colour of a trough."""
        found = signed_table()[indices(self._weight(index), -top, top)]
        cut = np.array(colour("bg4").getRgb(), np.uint8)
        found[self.arrays[f"kept.{index}"] == 0] = cut
        return found

    def _reach(self) -> Matrix:
        """How many ways lead from each coordinate to each."""
        ways = np.nan_to_num(self.arrays["reach"])
        order = [(str(name), 1) for name in self.meta["order"]]
        inks = np.array([colour("bg4").getRgb(), colour("samples").getRgb()], "u1")
        few = len(ways) <= 4
        words = [[_ways(value) for value in row] for row in ways]
        colours = inks[(ways > 0).astype(int)]
        if not few:
            return Matrix("ways", colours, order, order)
        rows = [(f"→ {name}", 1) for name, _ in order]
        columns = [(f"{name} →", 1) for name, _ in order]
        return Matrix("ways", colours, rows, columns, words)

    def _cut(self) -> str:
        return f"{100 * float(self.meta['cut']):.0f} %"

    def _on_picked(self, value: float) -> None:
        self._layer = round(value)
        self.settings_edited.emit({"layer": self._layer})

    def _on_pointed(self, pixel: QPointF | None) -> None:
        cell = self.matrices.cell_at(pixel) if pixel and self.meta else None
        if cell is None:
            self.tell([])
            return
        index, row, column = cell
        if index == len(self.meta["titles"]):
            names = self.meta["order"]
            ways = f"{self.arrays['reach'][row, column]:,.0f} ways"
            self.tell([(f"{names[column]} reaches {names[row]} by", ways)])
            return
        kept = bool(self.arrays[f"kept.{index}"][row, column])
        weight = fixed(float(self._weight(index)[row, column]), 3)
        self.tell([("weight", weight if kept else "cut")])


def _ways(value: float) -> str:
    return f"{value:,.0f}" if value > 0 else "no"


def _stretches(found: list[list[Any]]) -> Stretches:
    return tuple((str(name), int(count)) for name, count in found)


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("masks")
