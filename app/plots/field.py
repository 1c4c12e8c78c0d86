"""A vector field as arrows: velocity, score, or the gradient of a critic."""

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.plots.base import PlotView
from app.plots.divergence import DivergenceMap
from app.plots.marks import Floats, Lines
from app.plots.numbers import CellMap
from app.plots.pane import Pane
from app.plots.point_marks import Place
from app.plots.rail import Block, Figure, Key, Legend
from app.plots.square import Square
from app.plots.ticks import fixed, significant
from app.widgets.scrubber import Scrubber
from app.widgets.switch import Switch

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LONGEST = 0.92  # of the distance between two arrows
_HEAD, _SPREAD = 0.34, 0.45  # of an arrow's length; radians
_HEADS = 0.02  # of a streamline, share of the side of the plot
_SHAPES = {"arrows": "Arrows", "lines": "Streamlines", "divergence": "Divergence"}
_LETTERS = {"velocity": "v", "score": "s", "critic": "∇D"}


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


def pointers(lines: Floats, size: float) -> Floats:
    """An arrowhead in the middle of each line (m, p, 2), as (m, 3, 2) of that size.

    Lines may rest at their ends; one without length gets a head without size.
    """
    steps = np.diff(lines, axis=1)
    run = np.cumsum(np.linalg.norm(steps, axis=2), axis=1)
    middle = np.argmax(run >= run[:, -1:] / 2, axis=1)
    each = np.arange(len(lines))
    tip, way = lines[each, middle + 1], steps[each, middle]
    way = way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-12)
    across = np.stack([-way[:, 1], way[:, 0]], axis=1)
    foot = tip - size * way * (run[:, -1:] > 0)
    side = 0.5 * size * across * (run[:, -1:] > 0)
    return np.stack([foot + side, tip, foot - side], axis=1)


class Streams:
    """Lines along a field, each with the head of an arrow."""

    def __init__(self, pane: Pane, token: str = "path1") -> None:
        self.lines = Lines(pane, token)
        self.heads = Lines(pane, token)

    def set_lines(self, lines: Floats, size: float) -> None:
        """Show lines (m, p, 2) with heads of that size, data units."""
        good = lines[np.isfinite(lines).all(axis=(1, 2))]
        self.lines.opts["antialias"] = self.heads.opts["antialias"] = True
        self.lines.set_lines(good)
        self.heads.set_lines(pointers(good, size) if len(good) else good)

    def show(self, shown: bool) -> None:
        """Draw them or not."""
        self.lines.setVisible(shown)
        self.heads.setVisible(shown)

    def recolour(self) -> None:
        """New colours."""
        self.lines.recolour()
        self.heads.recolour()


class FieldPlot(PlotView):
    """The field at one time, which the strip under it scrubs, as arrows or lines."""

    view = "field"
    title = "Vector field"
    hint = "Point at the plot to read an arrow; click to ask about a place."
    own_settings = frozenset({"t", "shape"})
    shapes: ClassVar = {
        "divergence": CellMap("divergence"),
    }

    def __init__(self, parent: QWidget | None = None) -> None:
        self.square = Square()
        super().__init__(self.square, parent)
        self._t, self._shape = 0.5, "arrows"
        self.divergence = DivergenceMap(self.square.pane)
        self.streams = Streams(self.square.pane)
        self.switch = Switch(_SHAPES, "Drawn as")
        self.switch.chosen.connect(self._on_shape)
        self.arrows = Arrows(self.square.pane, "path2")
        self.scrubber = Scrubber()
        self.scrubber.play.hide()  # each time is a frame of the engine: no film here
        self.scrubber.set_time(self._t)
        self.foot = QStackedWidget()
        self.foot.addWidget(self.scrubber)
        self.foot.addWidget(self.read_out)
        self.scrubber.moved.connect(self._on_scrubbed)
        self.square.moved.connect(self._on_moved)
        self.square.pane.clicked.connect(self._on_clicked)

    def header_widgets(self) -> list[QWidget]:
        """Arrows, lines, or arrows over their divergence."""
        return [self.switch]

    def strip(self) -> QWidget | None:
        """The time, where the field has one."""
        return self.foot

    def view_state(self) -> dict[str, Any]:
        """The time, and how the field is drawn."""
        return {"t": self._t, "shape": self._shape}

    def set_view_state(self, state: dict[str, Any]) -> None:
        """Take kept choices back."""
        if state.get("shape") in _SHAPES:
            self._shape = state["shape"]
            self.switch.set_value(self._shape)
        if isinstance(state.get("t"), int | float):
            self.set_time(float(state["t"]))

    def set_time(self, t: float) -> None:
        """Show the wanted time; the next frame brings the field."""
        self._t = min(max(t, 0.0), 1.0)
        self.scrubber.set_time(self._t)

    def describe(self) -> str:
        """Quantity, time, largest arrow, and the range of the divergence."""
        words = (
            f"{self.meta['quantity']} at t = {fixed(float(self.meta['t']))}, longest "
            f"{significant(float(self.meta['max_norm']))} {self.meta.get('unit', '')}"
        )
        if self.divergence.is_shown:
            found = self.divergence.values
            least, most = (significant(float(v)) for v in (found.min(), found.max()))
            words += f"; divergence from {least} to {most}"
        return f"{words}."

    def draw(self) -> None:
        """Arrows or lines, and rail."""
        meta = self.meta
        timed = meta["quantity"] != "critic"
        self.scrubber.set_end_words(*self.ends)
        self.foot.setCurrentWidget(self.scrubber if timed else self.read_out)
        self.square.pane.set_home(*self.limits)
        lined = "lines" in self.arrays
        self.divergence.show_values(self.arrays.get("divergence"), self.limits)
        self.square.set_grid(not self.divergence.is_shown)
        self.arrows.lines.setVisible(not lined)
        self.streams.show(lined)
        if lined:
            size = _HEADS * (self.limits[1] - self.limits[0])
            self.streams.set_lines(self.arrays["lines"], size)
        else:
            self.arrows.set_field(self.points("points"), self.points("vectors"))
        tag = f"{meta['quantity']}, t = {fixed(float(meta['t']))}"
        self.square.set_tags(tag if timed else "gradient of the critic")
        longest = significant(float(meta["max_norm"]), 2)
        blocks: list[Block] = [Legend((Key(str(meta["quantity"]), "line", "path2"),))]
        if self.divergence.is_shown:
            blocks[:0] = self.divergence.blocks(
                str(meta["divergence_unit"]).replace("data unit", "unit")
            )
        self.square.set_rail(
            blocks,
            [
                Figure(
                    "Largest" if lined else "Longest arrow",
                    longest,
                    _short(str(meta.get("unit", ""))),
                )
            ],
        )

    def data_pane(self) -> Pane | None:
        """Where the arrows are."""
        return self.square.pane

    def read_at(self, place: Place | None) -> None:
        """The arrow nearest to it."""
        self._on_moved(place)

    def recolour(self) -> None:
        """New colours of arrows, lines and map."""
        self.divergence.recolour()
        self.arrows.lines.recolour()
        self.streams.recolour()

    def _on_shape(self, shape: str) -> None:
        self._shape = shape
        self.settings_edited.emit({"shape": shape})

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
        quantity = str(self.meta["quantity"])
        parts = [
            ("x", ", ".join(fixed(v) for v in place)),
            (quantity, ", ".join(fixed(v) for v in vector)),
        ]
        spread = self.divergence.at(*place)
        if spread is not None:
            parts.append((f"∇·{_LETTERS[quantity]}", significant(spread)))
        self.tell(parts)


def _short(unit: str) -> str:
    """A unit that fits the rail: ``units per t`` for ``data units per unit of t``."""
    return unit.replace("data unit", "unit").replace("unit of ", "")


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("field")
