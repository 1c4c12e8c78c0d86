"""Lines from starts to data points: paired at random, at least cost, by the flow."""

from typing import Any

import numpy as np
from PySide6.QtWidgets import QWidget

from app.plots.base import PlotView
from app.plots.marks import Floats, Lines, Marks
from app.plots.pane import Pane
from app.plots.rail import Key
from app.plots.ticks import significant
from app.plots.two_panes import TwoPanes
from app.widgets.switch import Switch

_WORDS = {"optimal": "Optimal", "flow": "Flow"}
_TITLES = {
    "independent": "Independent",
    "reflow": "Made for this round",
    "optimal": "Optimal",
    "flow": "By the flow",
}
_USED = {
    "independent": "independent",
    "optimal": "optimal transport",
    "reflow": "the flow's own pairs",
}
_ALPHA = 0.55


class _Side:
    """One pane with its lines, starts and ends."""

    def __init__(self, pane: Pane) -> None:
        self.pane = pane
        self.lines = Lines(pane, "path1", _ALPHA)
        self.lines.opts["antialias"] = True
        self.starts = Marks(pane, "latent", "o", 4)
        self.data = Marks(pane, "data", "s", 4)
        self.samples = Marks(pane, "samples", "o", 5, "halo")

    def show(self, starts: Floats, ends: Floats, are_data: bool) -> None:
        """Lines from starts to ends (n, 2), which are data or the flow's samples."""
        count = min(len(starts), len(ends))
        self.lines.set_lines(np.stack([starts[:count], ends[:count]], axis=1))
        self.starts.set_points(starts)
        self.data.set_points(ends if are_data else ends[:0])
        self.samples.set_points(ends[:0] if are_data else ends)

    def recolour(self) -> None:
        """Take colours from the theme again."""
        for item in (self.lines, self.starts, self.data, self.samples):
            item.recolour()


class PairingPlot(PlotView):
    """The independent pairing at the left; at the right another of the same starts.

    In a round of reflow the pairs that the flow has made for it stand at the left.
    """

    view = "pairing"
    title = "Pairing"
    hint = "Each start and its data point; click to ask about a place."

    def __init__(self, parent: QWidget | None = None) -> None:
        self.two = TwoPanes()
        self.two.are_square = True
        super().__init__(self.two, parent)
        self._mode = "optimal"
        self.sides = [_Side(pane) for pane in (self.two.left, self.two.right)]
        self.switch = Switch(_WORDS, "The pairing at the right")
        self.switch.chosen.connect(self._on_chosen)
        for pane in self.two.panes:
            pane.clicked.connect(self._on_clicked)

    def header_widgets(self) -> list[QWidget]:
        """Which pairing stands at the right."""
        return [self.switch]

    def view_state(self) -> dict[str, Any]:
        """Which pairing stands at the right."""
        return {"mode": self._mode}

    def set_view_state(self, state: dict[str, Any]) -> None:
        """Take a kept choice back."""
        if state.get("mode") in _WORDS:
            self._mode = state["mode"]
            self.switch.set_value(self._mode)
            if self.meta:
                self.draw()

    def data_pane(self) -> Pane | None:
        """Data are in both; marks go to the left."""
        return self.two.left

    def describe(self) -> str:
        """What both pairings cost."""
        words = f"{self._title(self._left())}, {self._title(self._mode)}"
        return f"{words}; training uses: {self._used()}."

    def draw(self) -> None:
        """Both pairings, their costs, and which one training uses."""
        home = [float(v) for v in self.meta["home"]]
        start, data = self.points("start"), self.points("data")
        are_data = self._left() == "independent"
        self.sides[0].show(start, data, are_data)
        if self._mode == "optimal":
            self.sides[1].show(self.points("optimal"), data, are_data)
        else:
            self.sides[1].show(start, self.points("arrival"), are_data=False)
        for side in self.sides:
            side.pane.set_home(*home)
        keys = [Key(self.ends[0], "o", "latent")]
        if are_data:
            keys.append(Key("data", "s", "data"))
        if self._mode == "flow" or not are_data:
            keys.append(Key("samples", "o", "samples", "halo"))
        self.two.keys = tuple(keys)
        self.two.words = f"training: {self._used()}"
        self.two.titles = (self._title(self._left()), self._title(self._mode))
        self.two.refresh()

    def recolour(self) -> None:
        """New colours of all items."""
        for side in self.sides:
            side.recolour()

    def _left(self) -> str:
        return "reflow" if self.meta["used"] == "reflow" else "independent"

    def _used(self) -> str:
        return _USED[str(self.meta["used"])]

    def _title(self, name: str) -> str:
        cost = self.meta["costs"].get(name)
        known = "not finite" if cost is None else f"{significant(float(cost), 2)} std²"
        return f"{_TITLES[name]}, {known}"

    def _on_chosen(self, mode: str) -> None:
        self._mode = mode
        if self.meta:
            self.draw()

    def _on_clicked(self, x: float, y: float) -> None:
        if self.meta:
            self.asked.emit(x, y)


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("pairing")
