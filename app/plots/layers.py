"""A grid of noise bent by a model, layer after layer, with a clock over the layers."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from app.plots.base import PlotView
from app.plots.density_map import indices
from app.plots.figures_block import Numbers
from app.plots.film import Film
from app.plots.ink import signed_table
from app.plots.marks import Lines, Marks
from app.plots.mesh import Mesh, mesh_lines
from app.plots.numbers import Points, Values
from app.plots.pane import Pane
from app.plots.paths import at_time
from app.plots.rail import Block, ColourBar, Key, Legend
from app.plots.square import Square
from app.plots.ticks import fixed, layer_tag, significant
from app.plots.trade import Limits
from app.widgets.numbers import unit_word
from app.widgets.switch import Switch

_MODES = {"area": "Area", "grid": "Grid"}
_LINES = 13


def times_as_large(log_area: float) -> str:
    """A change of area in plain words: ``× 3.1`` or ``÷ 20``."""
    sign = "÷" if log_area < -0.05 else "×"
    return f"{sign} {significant(float(np.exp(abs(log_area))), 2)}"


class LayersPlot(PlotView):
    """Cells of noise after each layer, coloured by how much their area changed."""

    view = "layers"
    has_all_times = True
    title = "Layer by layer"
    shapes: ClassVar = {
        "x": Points(("t", "path"), "times"),
        "mesh": Points(("t", "row", "column"), "times"),
        "log_area": Values(("t", "row", "column"), "times", column="log_area"),
    }

    def __init__(self, parent: QWidget | None = None) -> None:
        self.square = Square()
        super().__init__(self.square, parent)
        self._mode = "area"
        self._room: Limits | None = None
        self._span: float | None = None
        pane = self.square.pane
        self.mesh = Mesh(pane)
        self.data = Marks(pane, "data", "s", 3)
        self.lattice = Lines(pane, "latent", 0.8)
        self.carried = Marks(pane, "path3", "o", 4, "well")
        self.film = Film()
        self.switch = Switch(_MODES, "What is drawn")
        self.film.moved.connect(self._on_film_moved)
        self.film.stopped.connect(self._draw_time)
        self.switch.chosen.connect(self._on_mode)
        self.square.moved.connect(self._on_moved)
        pane.clicked.connect(self._on_clicked)

    def header_widgets(self) -> list[QWidget]:
        """Colours of areas, or the grid alone."""
        return [self.switch]

    def strip(self) -> QWidget | None:
        """The clock over the layers."""
        return self.film

    @property
    def own_room(self) -> Limits:
        """What holds most points after all layers."""
        x_0, x_1, y_0, y_1 = (float(v) for v in self.meta["home"])
        return x_0, x_1, y_0, y_1

    @property
    def own_span(self) -> float:
        """The change of area, in nats, that has the strongest colour."""
        return float(self.meta["span"])

    def set_room(self, room: Limits | None) -> None:
        """Show these limits, which several runs share; None for its own."""
        if room != self._room:
            self._room = room
            if self.meta:
                self.square.pane.set_home(*(room or self.own_room))

    def set_span(self, span: float | None) -> None:
        """Take this scale of colours, which several runs share; None for its own."""
        if span != self._span:
            self._span = span
            if self.meta:
                self._draw_time()

    def data_pane(self) -> Pane | None:
        """Where the points travel."""
        return self.square.pane

    def view_state(self) -> dict[str, Any]:
        """What is drawn, which way the film runs, and when it is."""
        return {"mode": self._mode} | self.film.state()

    def set_view_state(self, state: dict[str, Any]) -> None:
        """Take kept choices back."""
        if state.get("mode") in _MODES:
            self._mode = state["mode"]
            self.switch.set_value(self._mode)
        self.film.set_state(state)
        if self.meta:
            self.draw()

    def set_time(self, t: float) -> None:
        """Show another layer, silently."""
        self.film.set_time(t)
        if self.meta:
            self._draw_time()

    def describe(self) -> str:
        """Which layer, and how far areas change."""
        least, most = self._extremes()
        count = int(self.meta["layers"])
        return (
            f"The grid of {self.ends[0]} after {self._layer()} of "
            f"{count} {unit_word(count, 'layers')}; "
            f"areas {times_as_large(least)} to {times_as_large(most)}."
        )

    def prepare_figure(self, source: PlotView) -> None:
        """Take over the room and the scale of colours for all."""
        if isinstance(source, LayersPlot):
            self.set_room(source._room)
            self.set_span(source._span)

    def draw(self) -> None:
        """What does not follow the clock, then what does."""
        self.film.set_ends(*self.ends)
        self.square.pane.set_home(*(self._room or self.own_room))
        self.data.set_points(self.points("data"))
        self.mesh.setVisible(self._mode == "area")
        self.square.set_grid(self._mode == "grid")
        self._draw_time()

    def recolour(self) -> None:
        """New colours of lines and marks; the cells follow with ``draw``."""
        for item in (self.data, self.lattice, self.carried):
            item.recolour()

    def _at(self, name: str) -> NDArray[Any]:
        """An array over layers, between two of them at the present time."""
        found: NDArray[Any] = self.arrays[name]
        return at_time(self.arrays["times"], found, self.film.time)

    def _layer(self) -> int:
        """The layer that the film is in, from 1; 0 before the first."""
        return int(np.ceil(self.film.time * int(self.meta["layers"]) - 1e-6))

    def _extremes(self) -> tuple[float, float]:
        found = self._at("log_area")
        good = found[np.isfinite(found)]
        return (float(good.min()), float(good.max())) if good.size else (0.0, 0.0)

    def _draw_time(self) -> None:
        if not self.meta:
            return
        nodes, span = self._at("mesh"), self._span or self.own_span
        if self._mode == "area":
            rows = indices(self._at("log_area"), -span, span)
            self.mesh.set_mesh(nodes, signed_table()[rows])
        self.lattice.opts["antialias"] = not self.film.is_running
        self.lattice.set_lines(mesh_lines(nodes, _LINES))
        self.carried.set_points(self._at("x"))
        self.square.set_tags(self._tag())
        self.square.set_rail(self._blocks(), [])

    def _tag(self) -> str:
        layer = self._layer()
        if not layer:
            return f"{self.ends[0]}, before the first layer"
        return layer_tag(layer, self.meta["names"])

    def _blocks(self) -> list[Block]:
        end = significant(float(np.exp(self._span or self.own_span)), 2)
        bar = ColourBar("local area", f"÷ {end}", "same", f"× {end}", signed=True)
        keys = Legend(
            (
                Key(f"grid of {self.ends[0]}", "lattice", "latent"),
                Key("points", "o", "path3"),
                Key("data", "s", "data"),
            )
        )
        least, most = (times_as_large(value) for value in self._extremes())
        areas = Numbers("areas", (("from", least), ("to", most)))
        return [bar, keys, areas] if self._mode == "area" else [keys, areas]

    def _on_film_moved(self, t: float) -> None:
        self._draw_time()
        self.time_scrubbed.emit(t)

    def _on_mode(self, mode: str) -> None:
        self._mode = mode
        if self.meta:
            self.draw()

    def _on_clicked(self, x: float, y: float) -> None:
        if self.meta:
            self.asked.emit(x, y)

    def _on_moved(self, place: tuple[float, float] | None) -> None:
        if place is None or not self.meta:
            self.tell([])
            return
        nodes = self._at("mesh")
        middle = (nodes[:-1, :-1] + nodes[1:, 1:]) / 2
        away = np.nan_to_num(((middle - np.array(place)) ** 2).sum(-1), nan=np.inf)
        cell = np.unravel_index(int(np.argmin(away)), away.shape)
        area = times_as_large(float(self._at("log_area")[cell]))
        self.tell([("x", ", ".join(fixed(v) for v in place)), ("area", area)])


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("layers")
