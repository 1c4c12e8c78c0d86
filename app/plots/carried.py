"""The density on its way from noise to data, with a clock."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from app.plots.base import ChipInfo, PlotView, Table
from app.plots.clouds import SmoothImage
from app.plots.density_map import indices
from app.plots.film import Film
from app.plots.numbers import cell_table
from app.plots.pane import Pane
from app.plots.point_marks import Place
from app.plots.rail import ColourBar, Figure
from app.plots.square import Square
from app.plots.ticks import MINUS, fixed, significant
from app.theme import theme
from app.widgets.chip import ChipKind

_STYLES: dict[str, ChipKind] = {"exact": "exact", "estimate": "estimate"}
_MASS = "The share of the density that lies within the frame at this time."


class CarriedPlot(PlotView):
    """Maps of log p_t: the nearest one to the time of the clock is shown."""

    view = "carried"
    has_all_times = True
    title = "Density over time"
    short = "Over time"

    def __init__(self, parent: QWidget | None = None) -> None:
        self.square = Square()
        super().__init__(self.square, parent)
        self.square.set_grid(False)
        self.image = SmoothImage(self.square.pane)
        self._top: float | None = None
        self.film = Film()
        self.film.moved.connect(self._on_film_moved)
        self.square.pane.clicked.connect(self._on_clicked)

    def strip(self) -> QWidget | None:
        """The clock."""
        return self.film

    def view_state(self) -> dict[str, Any]:
        """Which way the film runs, and when it is."""
        return {"direction": self.film.direction, "t": self.film.time}

    def set_view_state(self, state: dict[str, Any]) -> None:
        """Take kept choices back."""
        if state.get("direction") in ("denoise", "noise"):
            self.film.set_direction(state["direction"])
        if isinstance(state.get("t"), int | float):
            self.set_time(float(state["t"]))

    def set_time(self, t: float) -> None:
        """Show another time, silently."""
        self.film.set_time(t)
        if self.meta:
            self._draw_time()

    def prepare_figure(self, source: PlotView) -> None:
        """Take over colours that are shared with other plots."""
        if isinstance(source, CarriedPlot):
            self.set_top(source._top)

    def set_top(self, log_max: float | None) -> None:
        """Colour up to this log-density, nats, as other plots do; None for its own."""
        if log_max != self._top:
            self._top = log_max
            if self.meta:
                self._draw_time()

    def data_pane(self) -> Pane | None:
        """The map."""
        return self.square.pane

    def make_chips(self) -> list[ChipInfo]:
        """How the densities are known."""
        kind = str(self.meta.get("kind", "exact"))
        note = str(self.meta.get("note", ""))
        return [ChipInfo(kind, _STYLES.get(kind, "plain"), note)]

    def describe(self) -> str:
        """At which time, and where it is densest."""
        top = fixed(float(np.nanmax(self._map())), 1)
        first, last = self.ends
        return (
            f"Density at t = {fixed(self.moment)} between {first} and {last}, at most "
            f"{top} nats."
        )

    def tables(self) -> dict[str, Table]:
        """Each map as a column, cell by cell."""
        times = (f"t={t:.4g}" for t in self.arrays["times"])
        maps = list(zip(times, self.arrays["maps"], strict=True))
        return {"log_p": cell_table(maps, self._planes()["x"])}

    @property
    def moment(self) -> float:
        """The time of the map that is shown."""
        return float(self.arrays["times"][self._index()])

    def draw(self) -> None:
        """The map of the present time, rail and clock."""
        self.film.set_ends(*self.ends)
        self.square.pane.set_home(*self.limits)
        self._draw_time()

    def recolour(self) -> None:
        """The image follows with ``draw``."""

    def read_at(self, place: Place | None) -> None:
        """Nothing: the strip is the clock."""

    def _index(self) -> int:
        return int(np.argmin(np.abs(self.arrays["times"] - self.film.time)))

    def _map(self) -> NDArray[Any]:
        found: NDArray[Any] = self.arrays["maps"][self._index()]
        return found

    def _draw_time(self) -> None:
        low, high = float(self.meta["log_min"]), float(self.meta["log_max"])
        if self._top is not None:
            low, high = self._top - high + low, self._top
        picture = theme.density_lut()[indices(self._map(), low, high)]
        self.image.set_picture(picture, self.limits)
        self.square.set_tags(f"t = {fixed(self.moment)}")
        middle = fixed((low + high) / 2, 1)
        bar = ColourBar("log p, nats", f"≤ {fixed(low, 1)}", middle, fixed(high, 1))
        self.square.set_rail([bar], self._figures())

    def _figures(self) -> list[Figure]:
        """How much of the density is in sight; a quick look does not add up."""
        if self.meta["kind"] != "exact":
            return []
        mass = self.meta["mass"][self._index()]
        # A sum over cells may say a little more than all there is.
        share = MINUS if mass is None else significant(min(100 * float(mass), 100), 3)
        return [Figure("In the frame", share, "%", _MASS)]

    def _on_film_moved(self, t: float) -> None:
        if self.meta:
            self._draw_time()
        self.time_scrubbed.emit(t)

    def _on_clicked(self, x: float, y: float) -> None:
        if self.meta:
            self.asked.emit(x, y)


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("carried")
