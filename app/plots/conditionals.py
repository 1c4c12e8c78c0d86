"""p(x) at the left, p(y | x = c) at the right, for the c that the hand chooses."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QWidget

from app.plots.base import Arrays, ChipInfo, PlotView, Table
from app.plots.ink import colour
from app.plots.line_item import LineItem
from app.plots.marks import Floats, Marks
from app.plots.pane import Pane
from app.plots.point_marks import Place
from app.plots.rail import Key
from app.plots.slice_paper import SlicePaper
from app.plots.ticks import fixed, significant
from app.widgets.chip import ChipKind
from app.widgets.switch import Switch

if TYPE_CHECKING:
    from numpy.typing import NDArray

_STYLES: dict[str, ChipKind] = {"exact": "exact", "estimate": "estimate"}
_AXES = ("x", "y")


class Steps(pg.PlotCurveItem):  # type: ignore[misc]
    """A histogram as a pale area."""

    def __init__(self, pane: Pane) -> None:
        super().__init__()
        self.setZValue(-3)
        pane.addItem(self, ignoreBounds=True)
        self.recolour()

    def set_heights(self, low: float, high: float, heights: Floats) -> None:
        """Bars of equal width between two ends."""
        edges = np.linspace(low, high, len(heights) + 1)
        self.setData(
            edges,
            np.nan_to_num(heights).astype(np.float64),
            stepMode="center",
            fillLevel=0.0,
        )

    def recolour(self) -> None:
        """Take the colour of data from the theme again."""
        ink = colour("data").toRgb()
        ink.setAlphaF(0.28)
        self.setPen(pg.mkPen(None))
        self.setBrush(pg.mkBrush(ink))


class Line(LineItem):
    """A density over one coordinate."""

    def __init__(self, pane: Pane, token: str, dash: tuple[int, int] | None) -> None:
        super().__init__(antialias=True)
        self._token, self._dash = token, dash
        pane.addItem(self, ignoreBounds=True)
        self.recolour()

    def set_values(self, at: Floats, heights: Floats) -> None:
        """Show heights over places; what is no number is passed over.

        Qt crashes on a dashed line through a place that is no number.
        """
        good = np.isfinite(at) & np.isfinite(heights)
        self.setData(at[good].astype(np.float64), heights[good].astype(np.float64))

    def recolour(self) -> None:
        """Take the colour from the theme again."""
        pen = pg.mkPen(colour(self._token), width=2)
        if self._dash is not None:
            pen.setDashPattern(list(self._dash))
        self.setPen(pen)


class _Curves:
    """Data, truth and model on one pane."""

    def __init__(self, pane: Pane) -> None:
        self.data = Steps(pane)
        self.learned = Line(pane, "samples", None)
        self.true = Line(pane, "data", (3, 2))

    def items(self) -> tuple[Steps, Line, Line]:
        return self.data, self.learned, self.true

    def set_learned(self, at: Floats, learned: Floats, true: Floats | None) -> None:
        self.learned.set_values(at, learned)
        self.true.setVisible(true is not None)
        if true is not None:
            self.true.set_values(at, true)


class ConditionalsPlot(PlotView):
    """The two factors of a density, with a line to drag."""

    view = "conditionals"
    title = "Conditional slices"
    short = "Slices"
    own_settings = frozenset({"given"})
    hint = "Drag in the left plot to cut; click the right one to ask about a place."

    def __init__(self, parent: QWidget | None = None) -> None:
        self.slices = SlicePaper()
        super().__init__(self.slices, parent)
        self._at, self._given = 0.5, ""
        self.first = _Curves(self.slices.left)
        self.second = _Curves(self.slices.right)
        self.asked_place = Marks(self.slices.right, "accent", "+", 13, "halo")
        self.switch = Switch({"x": "Given x", "y": "Given y"}, "What is given")
        self.switch.chosen.connect(self._on_given)
        self.slices.sliced.connect(self._on_sliced)
        self.slices.stepped.connect(self._on_stepped)
        self.slices.right.clicked.connect(self._on_asked)

    def header_widgets(self) -> list[QWidget]:
        """Which coordinate is given."""
        return [self.switch]

    def view_state(self) -> dict[str, Any]:
        """Where the line stands, share of the width, and what is given if chosen."""
        return {"at": self._at, "given": self._given}

    def set_view_state(self, state: dict[str, Any]) -> None:
        """Take a kept choice back."""
        if isinstance(state.get("at"), int | float):
            self._at = min(max(float(state["at"]), 0.0), 1.0)
        if state.get("given") in _AXES:
            self._given = state["given"]
            self.switch.set_value(self._given)
        if self.meta:
            self.draw()

    def make_chips(self) -> list[ChipInfo]:
        """How the slices are known."""
        kind = str(self.meta["kind"])
        return [ChipInfo(kind, _STYLES.get(kind, "plain"), str(self.meta["note"]))]

    def describe(self) -> str:
        """What is cut, and where."""
        first, second = self._names()
        return f"Density of {first}, and of {second} given {first} = {self._c_text()}."

    def tables(self) -> dict[str, Table]:
        """Both curves that are on show."""
        first, second = self._names()
        index = self._index()
        columns = (
            (first, self.arrays["first_at"], self.arrays["first"]),
            (second, self.arrays["second_at"], self.arrays["second"][index]),
        )
        return {
            f"p_{name}": Table((name, "density"), np.stack([at, p], axis=1))
            for name, at, p in columns
        }

    def draw(self) -> None:
        """What stays while the line is dragged, then what does not."""
        meta, arrays = self.meta, self.arrays
        axis = int(meta["axis"])
        self.switch.set_value(_AXES[axis])
        x_0, x_1, y_0, y_1 = self.limits
        ends = ((x_0, x_1), (y_0, y_1))
        self.slices.left.set_home(*ends[axis], 0.0, float(meta["top_first"]))
        self.slices.right.set_home(*ends[1 - axis], 0.0, float(meta["top_second"]))
        self.first.data.set_heights(*ends[axis], arrays["data_first"])
        self.first.set_learned(
            arrays["first_at"], arrays["first"], arrays.get("true_first")
        )
        keys = [Key("learned", "line", "samples"), Key("data", "s", "data")]
        if "true_first" in arrays:
            keys.insert(1, Key("true", "dash", "data"))
        self.slices.keys = tuple(keys)
        self._draw_slice()

    def recolour(self) -> None:
        """New colours of all curves."""
        for item in (*self.first.items(), *self.second.items(), self.asked_place):
            item.recolour()

    def show_point(self, place: Place | None, arrays: Arrays) -> None:
        """A cross on the slice, where the place lies on it."""
        super().show_point(place, arrays)
        if self.meta:
            self._mark_asked()

    def _draw_slice(self) -> None:
        arrays, index = self.arrays, self._index()
        axis = int(self.meta["axis"])
        x_0, x_1, y_0, y_1 = self.limits
        low, high = ((y_0, y_1), (x_0, x_1))[axis]
        strips = arrays["data_second"]
        strip = min(index * len(strips) // len(arrays["first_at"]), len(strips) - 1)
        self.second.data.set_heights(low, high, strips[strip])
        true = arrays.get("true_second")
        # Where the truth is nowhere its slice has no shape.
        seen = true is not None and bool(np.nansum(true[index]) > 0)
        self.second.set_learned(
            arrays["second_at"],
            arrays["second"][index],
            true[index] if true is not None and seen else None,
        )
        first, second = self._names()
        names = ((first, second), (_short(first), _short(second)))
        self.slices.set_wordings(
            tuple(f"p({given})" for given, _ in names),
            tuple(f"p({name} | {given} = {self._c_text()})" for given, name in names),
        )
        self.slices.words = self._error()
        self.slices.line = float(arrays["first_at"][index])
        self._mark_asked()
        self.slices.redraw()

    def _mark_asked(self) -> None:
        place, axis = self._marked[0], int(self.meta["axis"])
        at, curve = self.arrays["second_at"], self.arrays["second"][self._index()]
        spacing = abs(float(self.arrays["first_at"][1] - self.arrays["first_at"][0]))
        points = np.empty((0, 2))
        if place is not None and abs(place[axis] - self._c()) <= spacing / 2:
            where = place[1 - axis]
            points = np.array([[where, float(np.interp(where, at, curve))]])
        self.asked_place.set_points(points)

    def _names(self) -> tuple[str, str]:
        names, axis = self._columns(2), int(self.meta["axis"])
        return names[axis], names[1 - axis]

    def _index(self) -> int:
        """Place of the line on the grid."""
        count = len(self.arrays["first_at"])
        return min(int(self._at * count), count - 1)

    def _c(self) -> float:
        """What is given, data units."""
        return float(self.arrays["first_at"][self._index()])

    def _c_text(self) -> str:
        return fixed(self._c())

    def _on_given(self, given: str) -> None:
        self._given = given
        self.settings_edited.emit({"given": given})

    def _on_sliced(self, place: float) -> None:
        if not self.meta:
            return
        low, high = self.slices.left.limits[:2]
        self._at = min(max((place - low) / (high - low), 0.0), 1.0)
        self._draw_slice()
        self._tell_slice()

    def _on_asked(self, where: float, _: float) -> None:
        """The place on the slice, whatever height was clicked."""
        if self.meta:
            place = (self._c(), where)
            self.asked.emit(*(place if int(self.meta["axis"]) == 0 else place[::-1]))

    def _on_stepped(self, steps: int) -> None:
        if self.meta:
            low, high = self.slices.left.limits[:2]
            here = float(self.arrays["first_at"][self._index()])
            gap = (high - low) / len(self.arrays["first_at"])
            self._on_sliced(here + steps * gap)

    def _tell_slice(self) -> None:
        first, _ = self._names()
        index, arrays = self._index(), self.arrays
        density = float(arrays["first"][index])
        parts = [(first, self._c_text()), (f"p({first})", significant(density))]
        self.tell(parts)

    def _error(self) -> str:
        """How far the slice is from the truth, where it is known and is somewhere."""
        kl: NDArray[Any] | None = self.arrays.get("kl")
        if kl is None or not self.second.true.isVisible():
            return ""
        return f"slice off by {fixed(float(kl[self._index()]), 3)} nats"


def _short(name: str) -> str:
    """``c2`` for ``component 2``: first letters, and numbers whole."""
    return "".join(w if w.isdigit() else w[0] for w in name.split())


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("conditionals")
