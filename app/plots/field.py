"""A vector field as arrows: velocity, score, or the gradient of a critic."""

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtWidgets import QWidget

from app.plots.base import PlotView
from app.plots.marks import Floats, Lines
from app.plots.pane import Pane
from app.plots.rail import Figure, Key, Legend
from app.plots.square import Square
from app.plots.ticks import fixed, significant
from app.widgets.scrubber import Scrubber

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LONGEST = 0.92  # of the distance between two arrows
_HEAD, _SPREAD = 0.34, 0.45  # of an arrow's length; radians


def spacing(points: Floats) -> float:
    """Distance between neighbours of a square lattice (m, 2)."""
    columns = np.unique(np.round(points[:, 0], 5))
    return float(np.min(np.diff(columns))) if len(columns) > 1 else 1.0


def arrows(points: Floats, vectors: Floats, longest: float) -> Floats:
    """Arrows centred on points as polylines (m, 5, 2): tail, tip, barb, tip, barb.

    The longest vector becomes ``longest`` data units; lengths follow the square root
    of the norm, so that weak parts of the field can still be seen.
    """
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    top = float(np.nanmax(norms, initial=0.0)) or 1.0
    length = np.sqrt(norms / top) * longest
    step = vectors / np.maximum(norms, 1e-12) * length
    tail, tip = points - step / 2, points + step / 2
    barbs = []
    for angle in (np.pi - _SPREAD, np.pi + _SPREAD):
        turn = np.array(
            [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        )
        barbs.append(tip + _HEAD * step @ turn.T)
    return np.stack([tail, tip, barbs[0], tip, barbs[1]], axis=1)


class Arrows:
    """A field drawn as one curve in the colour of paths."""

    def __init__(self, pane: Pane, token: str = "path1") -> None:
        self.lines = Lines(pane, token)
        self.lines.setZValue(-5)

    def set_field(self, points: Floats, vectors: Floats) -> None:
        """Show vectors (m, 2) at points (m, 2)."""
        good = np.isfinite(vectors).all(axis=1)
        if not good.any():
            self.lines.clear()
            return
        longest = _LONGEST * spacing(points)
        self.lines.set_lines(arrows(points[good], vectors[good], longest))


class FieldPlot(PlotView):
    """Arrows of the field at one time, which the strip under it scrubs."""

    view = "field"
    title = "Vector field"

    def __init__(self, parent: QWidget | None = None) -> None:
        self.square = Square()
        super().__init__(self.square, parent)
        self._t = 0.5
        self.arrows = Arrows(self.square.pane)
        self.scrubber = Scrubber()
        self.scrubber.play.hide()  # each time is a frame of the engine: no film here
        self.scrubber.set_time(self._t)
        self.scrubber.moved.connect(self._on_scrubbed)
        self.square.moved.connect(self._on_moved)
        self.square.pane.clicked.connect(self._on_clicked)

    def strip(self) -> QWidget | None:
        """The time, where the field has one."""
        return self.scrubber

    def view_state(self) -> dict[str, Any]:
        """The time."""
        return {"t": self._t}

    def set_view_state(self, state: dict[str, Any]) -> None:
        """Take a kept time back."""
        if isinstance(state.get("t"), int | float):
            self.set_time(float(state["t"]))

    def set_time(self, t: float) -> None:
        """Show the wanted time; the next frame brings the field."""
        self._t = min(max(t, 0.0), 1.0)
        self.scrubber.set_time(self._t)

    def describe(self) -> str:
        """Quantity, time and largest arrow."""
        return (
            f"{self.meta['quantity']} at t = {fixed(float(self.meta['t']))}, longest "
            f"{significant(float(self.meta['max_norm']))} {self.meta.get('unit', '')}."
        )

    def draw(self) -> None:
        """Arrows and rail."""
        meta = self.meta
        timed = meta["quantity"] != "critic"
        self.scrubber.setEnabled(timed)
        self.square.pane.set_home(*self.limits)
        self.arrows.set_field(self.points("points"), self.points("vectors"))
        tag = f"{meta['quantity']}, t = {fixed(float(meta['t']))}"
        self.square.set_tags(tag if timed else "gradient of the critic")
        longest = significant(float(meta["max_norm"]), 3)
        self.square.set_rail(
            [Legend((Key(str(meta["quantity"]), "line", "path1"),))],
            [Figure("Longest arrow", longest, _short(str(meta.get("unit", ""))))],
        )

    def data_pane(self) -> Pane | None:
        """Where the arrows are."""
        return self.square.pane

    def recolour(self) -> None:
        """New colour of the arrows."""
        self.arrows.lines.recolour()

    def _on_scrubbed(self, t: float) -> None:
        self._t = t
        self.settings_edited.emit({"t": t})
        self.time_scrubbed.emit(t)

    def _on_clicked(self, x: float, y: float) -> None:
        if self.meta:
            self.asked.emit(x, y)

    def _on_moved(self, place: tuple[float, float] | None) -> None:
        points: NDArray[Any] = self.points("points")
        if place is None or not len(points):
            self.tell([])
            return
        index = int(np.argmin(((points - np.array(place)) ** 2).sum(axis=1)))
        vector = self.points("vectors")[index]
        self.tell(
            [
                ("x", ", ".join(fixed(v) for v in place)),
                (str(self.meta["quantity"]), ", ".join(fixed(v) for v in vector)),
            ]
        )


def _short(unit: str) -> str:
    """A unit that fits the rail: ``units per t`` for ``data units per unit of t``."""
    return unit.replace("data unit", "unit").replace("unit of ", "")


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("field")
