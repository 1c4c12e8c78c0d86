"""Points on their way from noise to data, with a clock that plays and scrubs."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from app.plots.base import ChipInfo, PlotView
from app.plots.figures_block import Numbers
from app.plots.film import Film
from app.plots.numbers import Points, Values
from app.plots.pane import Drag, Pane
from app.plots.paths import PathItems, at_time
from app.plots.rail import Block, Figure, Key, Legend
from app.plots.square import Square
from app.plots.ticks import fixed, layer_tag, significant
from app.plots.trade import Limits
from app.theme import theme
from app.widgets.switch import Switch

_GRIP = 12  # px
_PATHS, _MOST_PROJECTED = 200, 80  # in the projector look lines are 2 px wide
_TAIL = 0.3  # share of t that the bright end of a crooked path takes
_START = 0.62  # where the start to drag lies at first, share of the limits
_LOOP = 100  # times as long as the way: the path returns to its start
_HIDDEN = 0.5  # share of points outside the frame that is worth a word
_WAYS = (
    "length/way: how long the paths are over how far they get; 1 is straight.\n"
    "turning: the angle a path turns through in all, on average; 180° is a U-turn.\n"
    "dragged: evaluations of the network for the path of the start that you drag;\n"
    "while the hand moves the sampler takes fewer steps, where it rests all of them."
)
_STRAIGHT = (
    "How far the motion is from straight and uniform in t: the mean square of\n"
    "velocity − way, over that of the way. At 0 one Euler step is exact."
)
_MODES = {"paths": "Paths", "field": "Field", "both": "Both"}


class TrajectoriesPlot(PlotView):
    """Paths of some points, places of all, the field, and one start to drag."""

    view = "trajectories"
    drag_asks = "path"
    has_all_times = True
    title = "Trajectories"
    own_settings = frozenset({"direction"})
    shapes: ClassVar = {
        "x": Points(("t", "path"), "times"),
        "noise_level": Values(("t",), "times", column="noise_level"),
    }

    def __init__(self, parent: QWidget | None = None) -> None:
        self.square = Square()
        super().__init__(self.square, parent)
        self._mode = "paths"
        self._start: tuple[float, float] | None = None
        self._answer: NDArray[Any] | None = None
        self._own_cost = 0  # evaluations of the network; 0 if unknown
        self._field_arrays: dict[str, NDArray[Any]] = {}
        self._room: Limits | None = None  # that runs share
        self.items = PathItems(self.square.pane)
        self.film = Film()
        self.mode_switch = Switch(_MODES, "What is drawn")
        self.film.moved.connect(self._on_film_moved)
        self.film.stopped.connect(self._on_film_stopped)
        self.film.turned.connect(self._on_turned)
        self.mode_switch.chosen.connect(self._on_mode)
        self.square.pane.grab_at = self._grab
        self.square.pane.clicked.connect(self._on_clicked)

    # ---- the window's side

    def header_widgets(self) -> list[QWidget]:
        """What is drawn."""
        return [self.mode_switch]

    def strip(self) -> QWidget | None:
        """The clock, and the button that turns it round."""
        return self.film

    def view_state(self) -> dict[str, Any]:
        """What is drawn, which way, and when."""
        return {"mode": self._mode} | self.film.state()

    def set_view_state(self, state: dict[str, Any]) -> None:
        """Take kept choices back."""
        if state.get("mode") in _MODES:
            self._mode = state["mode"]
            self.mode_switch.set_value(self._mode)
        self.film.set_state(state)
        if self.meta:
            self.draw()

    def companions(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """The field at the present time, where it is drawn."""
        if self._mode == "paths":
            return {}
        return {"field": ("field", {"t": round(self.film.time, 3)})}

    def show_companion(self, suffix: str, meta: dict[str, Any], arrays: Any) -> None:
        """Draw the field."""
        if suffix == "field" and "points" in arrays:
            self._field_arrays = dict(arrays)
            self.items.field.set_field(arrays["points"], arrays["vectors"])

    def show_probe(self, what: str, arrays: dict[str, NDArray[Any]]) -> None:
        """Draw the path of the dragged start."""
        if what == self.drag_asks and "x" in arrays:
            self._answer = arrays["x"]
            self._draw_own()
            cost = arrays.get("evaluations")
            self._set_own_cost(int(cost[0]) if cost is not None else 0)

    def take_probe(self, what: str, points: list[list[float]]) -> None:
        """Take the start that was dragged in another run."""
        if what == self.drag_asks:
            self._start = (points[-1][0], points[-1][1])
            self._draw_own()

    @property
    def own_room(self) -> Limits:
        """What holds most points at all times: layers fling them beyond the data."""
        x_0, x_1, y_0, y_1 = (float(v) for v in self.meta["home"])
        return x_0, x_1, y_0, y_1

    def set_room(self, room: Limits | None) -> None:
        """Show these limits, which several runs share; None for its own."""
        if room != self._room:
            self._room = room
            if self.meta:
                self.square.pane.set_home(*(room or self.own_room))

    def data_pane(self) -> Pane | None:
        """Where the points travel."""
        return self.square.pane

    def set_time(self, t: float) -> None:
        """Show another time, silently."""
        self.film.set_time(t)
        if self.meta:
            self._draw_time()

    def make_chips(self) -> list[ChipInfo]:
        """Say where chance is at work."""
        if self.meta.get("stochastic"):
            return [ChipInfo("stochastic", "plain", "Noise is added at each step.")]
        return []

    def describe(self) -> str:
        """How many points, and when."""
        when = fixed(self.film.time)
        first, last = self.ends
        return f"{self._count():,} points at t = {when} between {first} and {last}."

    def prepare_figure(self, source: PlotView) -> None:
        """Take over the field, the dragged start with its path, a room for all."""
        if isinstance(source, TrajectoriesPlot):
            self.set_room(source._room)
            self._start, self._answer = source._start, source._answer
            self._own_cost = source._own_cost
            self.show_companion("field", {}, source._field_arrays)
            self._draw_own()

    # ---- drawing

    def draw(self) -> None:
        """Everything that does not follow the clock, then what does."""
        self.film.set_ends(*self.ends)
        self.square.pane.set_home(*(self._room or self.own_room))
        if self._start is None:
            x_0, x_1, y_0, y_1 = self.limits
            self._start = (x_0 + _START * (x_1 - x_0), y_0 + _START * (y_1 - y_0))
        is_process = self.meta.get("kind", "process") == "process"
        self.items.show_parts(
            paths=self._mode != "field",
            field=self._mode != "paths",
            handle=is_process and self.film.is_forward,
        )
        first = self.arrays["x"][0] if self._count() else np.empty((0, 2))
        self.items.noise.set_points(first[: self._drawn()])
        self._draw_time()
        self._draw_own()
        self.square.set_rail(self._blocks(), self._figures())

    def recolour(self) -> None:
        """New colours of lines and marks."""
        self.items.recolour()

    def _count(self) -> int:
        return int(self.arrays["x"].shape[1]) if "x" in self.arrays else 0

    def _drawn(self) -> int:
        paths = min(int(self.meta.get("paths", _PATHS)), self._count())
        return min(paths, _MOST_PROJECTED) if theme.look == "projector" else paths

    def _draw_time(self) -> None:
        if not self._count():
            return
        times, x, t = self.arrays["times"], self.arrays["x"], self.film.time
        forward, drawn = self.film.is_forward, self._drawn()
        now = at_time(times, x, t)
        self.items.set_points(now, drawn)
        if self._mode != "field":
            smooth = not self.film.is_running
            tail = _TAIL if self.meta.get("crooked") else 1.0
            self.items.set_paths(times, x[:, :drawn], t, forward, smooth, tail)
        tag = "" if forward else " to ".join(self.ends[::-1])
        if self.meta.get("kind") == "layers":
            names = self.meta["names"]
            layer = round(t * len(names))
            tag = layer_tag(layer, names) if layer else self.ends[0]
            self.square.set_tags(tag)
        else:
            self.square.set_tags(tag, self._beyond(now))

    def _beyond(self, points: NDArray[Any]) -> str:
        """Where most are out of sight: some models start from noise of size 80."""
        x_0, x_1, y_0, y_1 = self.square.pane.home
        inside = ((points >= (x_0, y_0)) & (points <= (x_1, y_1))).all(axis=1)
        share = 1 - float(inside.mean())
        return f"{100 * share:.0f} % out of sight" if share > _HIDDEN else ""

    def _draw_own(self) -> None:
        self.items.set_own(self._start or (0.0, 0.0), self._answer)

    def _set_own_cost(self, evaluations: int) -> None:
        """Tell apart the quick path of a hand that moves and the full one."""
        if evaluations != self._own_cost:
            self._own_cost = evaluations
            if self.meta:
                self.square.set_rail(self._blocks(), self._figures())

    def _blocks(self) -> list[Block]:
        """Legend, and how straight the paths are."""
        meters = []
        for name, key, unit in (
            ("length/way", "detour", ""),
            ("turning", "turning", "°"),
        ):
            value = self.meta.get(key)
            if value is not None and np.isfinite(value):
                # Of a path that ends where it began no more can be said than this.
                is_loop = key == "detour" and value > _LOOP
                number = significant(float(value), 3) + unit
                meters.append((name, f"> {_LOOP}" if is_loop else number))
        if self._own_cost and self.items.handle.isVisible():
            meters.append(("dragged", f"{self._own_cost:,} eval."))
        legend = Legend(self._keys())
        return [legend, Numbers("", tuple(meters), _WAYS)] if meters else [legend]

    def _keys(self) -> tuple[Key, ...]:
        now = Key("x at t", "o", "path3", "well" if theme.c.is_dark else "")
        paths = (
            Key(f"{self.ends[0]}, t = 0", "o", "latent"),
            now,
            Key("path so far", "line", "path3"),
            Key("to come", "line", "path_to_come"),
        )
        field = Key("field at t", "line", "path1")
        own = Key("drag a start", "o", "latent", "text1")
        keys = {"paths": paths, "field": (now, field), "both": (*paths, field)}
        shown = keys[self._mode]
        return (*shown, own) if self.items.handle.isVisible() else shown

    def _figures(self) -> list[Figure]:
        figures = []
        straightness = self.meta.get("straightness")
        is_process = self.meta.get("kind", "process") == "process"
        if is_process and not self.meta.get("stochastic"):
            number = "–"
            if straightness is not None and np.isfinite(straightness):
                number = significant(float(straightness), 2)
            figures.append(Figure("Straightness", number, "0: straight", _STRAIGHT))
        if not is_process:
            # A quick picture of a long flow leaves layers out.
            figures.append(Figure("Layers", f"{self.meta['steps']:,}"))
        if (cost := self.meta.get("evaluations")) is not None:
            figures.append(Figure("Network calls", f"{int(cost):,}", self._each()))
        return figures

    def _each(self) -> str:
        """What an evaluation is counted for: a thread of translators is no sample."""
        return "a sample" if self.ends[1] == "data" else "a path"

    # ---- the person's side

    def _on_film_moved(self, t: float) -> None:
        if self.meta:
            self._draw_time()
        self.time_scrubbed.emit(t)
        if self._mode != "paths" and not self.film.is_running:
            self.companions_changed.emit()

    def _on_film_stopped(self) -> None:
        if self.meta:
            self._draw_time()
        if self._mode != "paths":
            self.companions_changed.emit()

    def _on_mode(self, mode: str) -> None:
        self._mode = mode
        if self.meta:
            self.draw()
        self.companions_changed.emit()

    def _on_turned(self, direction: str) -> None:
        if self.meta:
            self.draw()
        self.settings_edited.emit({"direction": direction})

    def _grab(self, x: float, y: float) -> Drag | None:
        if self._start is None or not self.items.handle.isVisible():
            return None
        pane = self.square.pane
        away = pane.pixel(x, y) - pane.pixel(*self._start)
        near = away.manhattanLength() <= theme.px(_GRIP)
        return self._drag_start if near else None

    def _on_clicked(self, x: float, y: float) -> None:
        if self.meta:
            self.asked.emit(x, y)

    def _drag_start(self, x: float, y: float, done: bool) -> None:
        x_0, x_1, y_0, y_1 = self.limits
        self._start = (min(max(x, x_0), x_1), min(max(y, y_0), y_1))
        self._draw_own()
        self.probed.emit(self.drag_asks, [list(self._start)])


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("trajectories")
