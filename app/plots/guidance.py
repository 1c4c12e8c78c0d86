"""The field of all data, of one class, and the guided one, side by side."""

from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from app.plots.base import PlotView
from app.plots.field import arrows, spacing
from app.plots.marks import Floats, Lines, Marks
from app.plots.numbers import Points
from app.plots.pane import Pane
from app.plots.pane_row import PaneRow
from app.plots.rail import Key
from app.plots.ticks import fixed
from app.widgets.scrubber import Scrubber
from app.widgets.switch import Switch

_SIDES = ("free", "bound", "guided")
_QUANTITIES = {"velocity": "Velocity", "score": "Score"}
_PATIENCE = 60  # ms between two questions while another plot plays
_LONGEST = 0.92  # of the distance between two arrows
#: Title and way out where there are no three fields to compare.
MISSING = {
    "data": (
        "No classes in these data",
        "Choose data with classes, such as the eight Gaussians, to guide to one.",
    ),
    "learn": (
        "The network knows no classes",
        "Switch on Learn classes in the model's settings, then choose a Class drawn.",
    ),
    "choose": (
        "No class is chosen",
        "Set Class drawn in the model's settings to 1 or more; Guidance above 1 then "
        "exaggerates that class.",
    ),
}


class _Three(PaneRow):
    count = 3
    are_square = True
    shares_axis = True

    def __init__(self) -> None:
        super().__init__()
        for pane in self.panes:
            pane.setMouseEnabled(True, True)
            pane.sigRangeChanged.connect(self._link)

    def _link(self, moved: Pane, *_: object) -> None:
        """All panes show the same part of the plane."""
        for pane in self.panes:
            pane.match(moved)


class _Side:
    """What one pane shows."""

    def __init__(self, pane: Pane) -> None:
        self.pane = pane
        self.data = Marks(pane, "data", "s", 2)
        self.arrows = Lines(pane, "path2")
        self.now = Marks(pane, "samples", "o", 3)

    def recolour(self) -> None:
        for item in (self.data, self.arrows, self.now):
            item.recolour()


class GuidancePlot(PlotView):
    """Three fields at the time of the clock, with the same starts on their way."""

    view = "guidance"
    title = "Guidance"
    own_settings = frozenset({"t", "quantity"})
    shapes: ClassVar = {
        "free.x": Points(("t", "path"), "free.times"),
        "bound.x": Points(("t", "path"), "bound.times"),
        "guided.x": Points(("t", "path"), "guided.times"),
    }

    def __init__(self, parent: QWidget | None = None) -> None:
        self.three = _Three()
        super().__init__(self.three, parent)
        self._t, self._quantity = 0.5, "velocity"
        self.sides = [_Side(pane) for pane in self.three.panes]
        self.switch = Switch(_QUANTITIES, "What the arrows are")
        self.scrubber = Scrubber()
        self.scrubber.play.hide()  # each time is a frame of the engine: no film here
        self.scrubber.set_time(self._t)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_PATIENCE)
        self._later.timeout.connect(lambda: self.settings_edited.emit({"t": self._t}))
        self.switch.chosen.connect(self._on_quantity)
        self.scrubber.moved.connect(self._on_scrubbed)
        self.three.pointed.connect(self._on_pointed)
        for side in self.sides:
            side.pane.clicked.connect(self._on_clicked)

    def header_widgets(self) -> list[QWidget]:
        """Velocity or score."""
        return [self.switch]

    def strip(self) -> QWidget | None:
        """The time."""
        return self.scrubber

    def data_pane(self) -> Pane | None:
        """The guided one, where samples come from."""
        return self.three.panes[-1] if self._is_complete else None

    def view_state(self) -> dict[str, Any]:
        """The time, and what the arrows are."""
        return {"t": self._t, "quantity": self._quantity}

    def set_view_state(self, state: dict[str, Any]) -> None:
        """Take kept choices back."""
        if state.get("quantity") in _QUANTITIES:
            self._quantity = state["quantity"]
            self.switch.set_value(self._quantity)
        if isinstance(state.get("t"), int | float):
            self._t = min(max(float(state["t"]), 0.0), 1.0)
            self.scrubber.set_time(self._t)

    def set_time(self, t: float) -> None:
        """Follow the time of another plot; the engine is asked at a calm pace."""
        self._t = min(max(t, 0.0), 1.0)
        self.scrubber.set_time(self._t)
        if self._is_complete:
            self._place_starts()
            if not self._later.isActive():
                self._later.start()

    def describe(self) -> str:
        """The class, the weight, and how far samples spread under each field."""
        if not self._is_complete:
            return " ".join(self._way_out())
        spreads = ", ".join(self._spread(name) for name in _SIDES)
        return (
            f"{self._quantity_word()} of all data, of {self.meta['class']}, and guided "
            f"with w = {self._weight():.3g}; samples spread by {spreads}."
        )

    def draw(self) -> None:
        """Arrows of one scale, data, the starts at the time of the clock."""
        if not self._is_complete:
            remedies = self.meta.get("remedies") or [None]
            self.show_way_out(*self._way_out(), remedies[0])
            return
        self.scrubber.set_end_words(*self.ends)
        self._draw_fields()
        self._place_starts()
        for side, name in zip(self.sides, ("data", *["class_data"] * 2), strict=True):
            side.pane.set_home(*self.limits)
            side.data.set_points(self.points(name))
        self.three.titles = (
            "All data",
            f"Only {self.meta['class']}",
            self._guided_title(),
        )
        self.three.feet = self._spreads()
        self.three.keys = (
            Key(
                f"{self.meta['quantity']}, t = {fixed(self.meta['t'])}", "line", "path2"
            ),
            Key("same starts", "o", "samples"),
            Key("data", "s", "data"),
        )
        self.three.refresh()

    def recolour(self) -> None:
        """New colours of all items."""
        for side in self.sides:
            side.recolour()

    # ---- what is drawn

    @property
    def _is_complete(self) -> bool:
        return bool(self.meta) and not self.meta["missing"]

    def _way_out(self) -> tuple[str, str]:
        return MISSING[self.meta["missing"]]

    def _draw_fields(self) -> None:
        points, tops = self.points("points"), self.meta["max_norms"]
        longest = _LONGEST * spacing(points)
        top = max(*tops.values(), 1e-12)
        for side, name in zip(self.sides, _SIDES, strict=True):
            vectors = self.points(name)
            good = np.isfinite(vectors).all(axis=1)
            # One scale for all: lengths follow the root of the norm in each pane.
            share = float(np.sqrt(tops[name] / top))
            side.arrows.opts["antialias"] = True
            side.arrows.set_lines(
                arrows(points[good], vectors[good], max(share * longest, 1e-9))
            )

    def _place_starts(self) -> None:
        for side, name in zip(self.sides, _SIDES, strict=True):
            side.now.set_points(self.starts_at(name, self._t))

    def starts_at(self, name: str, t: float) -> Floats:
        """The starts (n, 2) on their way under one field, between two frames."""
        times, x = self.arrays[f"{name}.times"], self.arrays[f"{name}.x"]
        after = int(np.clip(np.searchsorted(times, t), 1, len(times) - 1))
        gap = max(float(times[after] - times[after - 1]), 1e-9)
        share = float(np.clip((t - times[after - 1]) / gap, 0.0, 1.0))
        found: Floats = x[after - 1] + share * (x[after] - x[after - 1])
        return found

    def _weight(self) -> float:
        return float(self.meta["weight_now"])

    def _guided_title(self) -> str:
        weight = self._weight()
        written = f"w = {weight:.3g}"
        if weight == 1:
            return f"{written}: as the class"
        return f"Guided, {written}"

    def _spread(self, name: str) -> str:
        value = self.meta["spreads"][name]
        return "not finite" if value is None else fixed(float(value))

    def _spreads(self) -> tuple[str, ...]:
        return tuple(f"spread {self._spread(name)}" for name in _SIDES)

    def _quantity_word(self) -> str:
        return _QUANTITIES[self.meta["quantity"]]

    # ---- the person's side

    def _on_quantity(self, quantity: str) -> None:
        self._quantity = quantity
        self.settings_edited.emit({"quantity": quantity})

    def _on_scrubbed(self, t: float) -> None:
        self._t = t
        if self._is_complete:
            self._place_starts()
        self.settings_edited.emit({"t": t})
        self.time_scrubbed.emit(t)

    def _on_clicked(self, x: float, y: float) -> None:
        if self._is_complete:
            self.asked.emit(x, y)

    def _on_pointed(self, pixel: Any) -> None:
        pane = None if pixel is None else self.three.pane_at(pixel)
        points = self.points("points")
        if not self._is_complete:
            return
        if pane is None or not len(points):
            self._set_feet(self._spreads())
            self.tell([])
            return
        place = pane.data_point(pixel)
        index = int(np.argmin(((points - np.array(place)) ** 2).sum(axis=1)))
        feet = [
            ", ".join(fixed(float(v)) for v in self.points(name)[index])
            for name in _SIDES
        ]
        self._set_feet(tuple(feet))
        words = ("all", str(self.meta["class"]), "guided")
        where = ("x", ", ".join(fixed(v) for v in place))
        self.tell([where, *zip(words, feet, strict=True)])

    def _set_feet(self, feet: tuple[str, ...]) -> None:
        if feet != self.three.feet:
            self.three.feet = feet
            self.three.redraw()


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("guidance")
