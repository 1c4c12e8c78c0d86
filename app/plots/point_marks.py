"""The place that was clicked, drawn over a plot: cross, way there, nearest data."""

import numpy as np

from app.plots.marks import Floats, Lines, Marks
from app.plots.pane import Pane

Place = tuple[float, float]
_NONE = np.empty((0, 2))


class PointMarks:
    """A cross at the place; where the run tells, the path that ends there.

    The path starts at a small disc in the colour of noise. A square marks the nearest
    training point.
    """

    def __init__(self, pane: Pane) -> None:
        self.way = Lines(pane, "accent")
        self.start = Marks(pane, "latent", "o", 8, "text1")
        self.nearest = Marks(pane, "data", "s", 7, "text1")
        self.cross = Marks(pane, "accent", "+", 13, "halo")
        self._items = (self.way, self.start, self.nearest, self.cross)
        for item in self._items:
            item.setZValue(20)

    def show(self, place: Place | None, arrays: dict[str, Floats]) -> None:
        """Mark a place, with what is known of it."""
        if place is None:
            self.clear()
            return
        self.cross.set_points(np.array([place]))
        self.nearest.set_points(arrays.get("nearest", _NONE).reshape(-1, 2))
        path = arrays.get("path")
        if path is None or path.size == 0:
            self.way.clear()
            self.start.set_points(_NONE)
            return
        self.way.opts["antialias"] = True
        self.way.set_lines(path.transpose(1, 0, 2))
        self.start.set_points(path[0])

    def clear(self) -> None:
        """Mark nothing."""
        self.way.clear()
        for marks in (self.start, self.nearest, self.cross):
            marks.set_points(_NONE)

    def recolour(self) -> None:
        """Take the colours from the theme again."""
        for item in self._items:
            item.recolour()
