"""Points on their way from noise to data, with a clock that plays and scrubs."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.plots.base import ChipInfo, PlotView
from app.plots.field import Arrows
from app.plots.marks import MOST_MARKS, Floats, Lines, Marks
from app.plots.paper import Drag
from app.plots.rail import Figure, Key, Legend
from app.plots.square import Square
from app.plots.ticks import fixed, significant
from app.theme import theme
from app.widgets.button import IconButton
from app.widgets.scrubber import Scrubber
from app.widgets.switch import Switch

_GRADES = 4
_TICK = 33  # ms between two pictures of a film
_LENGTH = 3.0  # s from noise to data
_GRIP = 12  # px
_MOST_PROJECTED = 80  # paths in the projector look, where they are 2 px wide
_MODES = {"paths": "Paths", "field": "Field", "both": "Both"}


def at_time(times: Floats, x: Floats, t: float) -> Floats:
    """Positions (n, 2) at t, on straight lines between the frames (k, n, 2)."""
    after = int(np.clip(np.searchsorted(times, t, side="right"), 1, len(times) - 1))
    gap = float(times[after] - times[after - 1])
    share = float(np.clip((t - times[after - 1]) / gap, 0, 1)) if gap > 0 else 1.0
    between: Floats = x[after - 1] + share * (x[after] - x[after - 1])
    return between


def cut_path(times: Floats, x: Floats, t_0: float, t_1: float) -> Floats:
    """The piece of all paths between two times, as polylines (n, k, 2)."""
    inner = x[(times > t_0) & (times < t_1)]
    ends = at_time(times, x, t_0)[None], at_time(times, x, t_1)[None]
    return np.concatenate([ends[0], inner, ends[1]]).transpose(1, 0, 2)


class TrajectoriesPlot(PlotView):
    """Paths of some points, places of all, the field, and one start to drag."""

    view = "trajectories"
    title = "Trajectories"

    def __init__(self, parent: QWidget | None = None) -> None:
        self.square = Square()
        super().__init__(self.square, parent)
        self._mode, self._direction, self._t = "paths", "denoise", 1.0
        self._start: tuple[float, float] | None = None
        self._answer: dict[str, NDArray[Any]] = {}
        self._field_arrays: dict[str, NDArray[Any]] = {}
        self._drawn = 0
        self._make_items()
        self.scrubber = Scrubber()
        self.scrubber.set_time(self._t)
        self.mode_switch = Switch(_MODES, "What is drawn")
        self.turn = IconButton("arrows-left-right", "")
        self.clock_strip = QWidget()
        row = QHBoxLayout(self.clock_strip)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.scrubber, 1)
        row.addWidget(self.turn)
        self._say_direction()
        self.clock = QTimer(self)
        self.clock.setInterval(_TICK)
        self.clock.timeout.connect(self.advance)
        self.scrubber.moved.connect(self._on_scrubbed)
        self.scrubber.play_toggled.connect(self._on_play)
        self.mode_switch.chosen.connect(self._on_mode)
        self.turn.clicked.connect(self._on_turned)
        self.square.pane.grab_at = self._grab

    def _make_items(self) -> None:
        pane = self.square.pane
        self.field = Arrows(pane)
        self.to_come = Lines(pane, "path_to_come")
        self.so_far = [Lines(pane, f"path{grade}") for grade in range(_GRADES)]
        self.noise = Marks(pane, "latent", "o", 3)
        self.others = Marks(pane, "path0", "o", 2)
        self.points_now = Marks(pane, "path3", "o", 5, "well")
        self.own_path = Lines(pane, "samples")
        self.handle = Marks(pane, "latent", "o", 12, "text1")
        self.arrival = Marks(pane, "samples", "o", 9, "halo")

    # ---- the window's side

    def header_widgets(self) -> list[QWidget]:
        """What is drawn."""
        return [self.mode_switch]

    def strip(self) -> QWidget | None:
        """The clock, and the button that turns it round."""
        return self.clock_strip

    def view_state(self) -> dict[str, Any]:
        """What is drawn, which way, and when."""
        return {"mode": self._mode, "direction": self._direction, "t": self._t}

    def set_view_state(self, state: dict[str, Any]) -> None:
        """Take kept choices back."""
        if state.get("mode") in _MODES:
            self._mode = state["mode"]
            self.mode_switch.set_value(self._mode)
        if state.get("direction") in ("denoise", "noise"):
            self._direction = state["direction"]
            self._say_direction()
        if isinstance(state.get("t"), int | float):
            self.set_time(float(state["t"]))
        if self.meta:
            self.draw()

    def companions(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """The field at the present time, where it is drawn."""
        if self._mode == "paths":
            return {}
        return {"field": ("field", {"t": round(self._t, 3)})}

    def show_companion(self, suffix: str, meta: dict[str, Any], arrays: Any) -> None:
        """Draw the field."""
        if suffix == "field" and "points" in arrays:
            self._field_arrays = dict(arrays)
            self.field.set_field(arrays["points"], arrays["vectors"])

    def show_probe(self, what: str, arrays: dict[str, NDArray[Any]]) -> None:
        """Draw the path of the dragged start."""
        if what == "path" and "x" in arrays:
            self._answer = arrays
            self._draw_own()

    def set_time(self, t: float) -> None:
        """Show another time, silently."""
        self._t = min(max(t, 0.0), 1.0)
        self.scrubber.set_time(self._t)
        if self.meta:
            self._draw_time()

    @property
    def time(self) -> float:
        """The time shown."""
        return self._t

    def make_chips(self) -> list[ChipInfo]:
        """Say where chance is at work."""
        if self.meta.get("stochastic"):
            return [ChipInfo("stochastic", "plain", "Noise is added at each step.")]
        return []

    def describe(self) -> str:
        """How many points, and when."""
        count = self.arrays["x"].shape[1] if "x" in self.arrays else 0
        return f"{count:,} points at t = {fixed(self._t)} between noise and data."

    def prepare_figure(self, source: PlotView) -> None:
        """Take over the field, and the dragged start with its path."""
        if isinstance(source, TrajectoriesPlot):
            self._start, self._answer = source._start, source._answer
            self.show_companion("field", {}, source._field_arrays)
            self._draw_own()

    # ---- drawing

    def draw(self) -> None:
        """Everything that does not follow the clock, then what does."""
        self.square.pane.set_home(*self.limits)
        if self._start is None:
            x_0, x_1, y_0, y_1 = self.limits
            self._start = (x_0 + 0.62 * (x_1 - x_0), y_0 + 0.62 * (y_1 - y_0))
        self._show_parts()
        drawn = int(self.meta.get("paths", self._count()))
        self._drawn = min(drawn, self._count())
        if theme.look == "projector":
            self._drawn = min(self._drawn, _MOST_PROJECTED)
        first = self.arrays["x"][0] if self._count() else self.points("none")
        self.noise.set_points(first[: self._drawn])
        self._draw_time()
        self._draw_own()
        self.square.set_rail([Legend(self._keys())], self._figures())

    def recolour(self) -> None:
        """New colours of lines and marks."""
        wide = 2.0 if theme.look == "projector" else 1.0
        for lines in (*self.so_far, self.to_come, self.own_path, self.field.lines):
            lines.wide = wide
            lines.recolour()
        for marks in (
            self.noise,
            self.others,
            self.points_now,
            self.handle,
            self.arrival,
        ):
            marks.recolour()

    def _count(self) -> int:
        return int(self.arrays["x"].shape[1]) if "x" in self.arrays else 0

    def _show_parts(self) -> None:
        paths = self._mode != "field"
        ways: list[Lines | Marks] = [*self.so_far, self.to_come, self.noise]
        for item in ways:
            item.setVisible(paths)
        self.field.lines.setVisible(self._mode != "paths")
        denoise = self._direction == "denoise"
        for item in (self.handle, self.own_path, self.arrival):
            item.setVisible(denoise and self.meta.get("kind", "process") == "process")

    def _draw_time(self) -> None:
        if not self._count():
            return
        times, x = self.arrays["times"], self.arrays["x"]
        t = self._t
        now = at_time(times, x, t)
        self.points_now.set_points(now[: self._drawn])
        self.others.set_points(now[self._drawn : MOST_MARKS])
        if self._mode != "field":
            self._draw_paths(times, x[:, : self._drawn], t)
        layers = len(times) - 1
        is_layers = self.meta.get("kind") == "layers"
        forward = self._direction == "denoise"
        tag = "" if forward else "data to noise"
        if is_layers:
            tag = f"after layer {round(t * layers)} of {layers}"
        self.square.set_tags(tag)

    def _draw_paths(self, times: Floats, x: Floats, t: float) -> None:
        forward = self._direction == "denoise"
        start, end = (0.0, 1.0) if forward else (1.0, 0.0)
        grades = np.linspace(start, t, _GRADES + 1)
        smooth = not self.clock.isActive()
        for lines, t_0, t_1 in zip(self.so_far, grades, grades[1:], strict=False):
            lines.opts["antialias"] = smooth
            lines.set_lines(cut_path(times, x, min(t_0, t_1), max(t_0, t_1)))
        self.to_come.opts["antialias"] = smooth
        self.to_come.set_lines(cut_path(times, x, min(t, end), max(t, end)))

    def _draw_own(self) -> None:
        self.handle.set_points(np.array([self._start or (0.0, 0.0)]))
        x = self._answer.get("x")
        if x is None or x.size == 0:
            self.own_path.clear()
            self.arrival.set_points(self.points("none"))
            return
        self.own_path.opts["antialias"] = True
        self.own_path.set_lines(x.transpose(1, 0, 2))
        self.arrival.set_points(x[-1])

    def _keys(self) -> tuple[Key, ...]:
        marks = (
            Key("noise, t = 0", "o", "latent"),
            Key("x at t", "o", "path3", "well" if theme.c.is_dark else ""),
        )
        lines = (
            Key("path so far", "line", "path3"),
            Key("to come", "line", "path_to_come"),
        )
        field = (Key("field at t", "line", "path1"),)
        own = (Key("drag a start", "o", "latent", "text1"),)
        keys = {
            "paths": (*marks, *lines),
            "field": (marks[1], *field),
            "both": (*marks, *lines, *field),
        }[self._mode]
        return (*keys, *own) if self.handle.isVisible() else keys

    def _figures(self) -> list[Figure]:
        figures = []
        straightness = self.meta.get("straightness")
        if straightness is not None and self._direction == "denoise":
            figures.append(Figure("Straightness", significant(float(straightness), 2)))
        if self.meta.get("evaluations") is not None:
            figures.append(Figure("Evaluations", f"{int(self.meta['evaluations']):,}"))
        return figures

    # ---- the person's side

    def advance(self) -> None:
        """One picture of the film; stops at the end."""
        step = _TICK / 1000 / _LENGTH
        forward = self._direction == "denoise"
        t = min(self._t + step, 1.0) if forward else max(self._t - step, 0.0)
        if t in (0.0, 1.0):
            self._stop()
        self.set_time(t)
        self.time_scrubbed.emit(t)

    def _stop(self) -> None:
        self.clock.stop()
        self.scrubber.set_playing(False)

    def _on_play(self, playing: bool) -> None:
        if not playing or not self.meta:
            self._stop()
            self.set_time(self._t)
            return
        end = 1.0 if self._direction == "denoise" else 0.0
        if self._t == end:
            self.set_time(1.0 - end)
        self.clock.start()

    def _on_scrubbed(self, t: float) -> None:
        self._stop()
        self.set_time(t)
        self.time_scrubbed.emit(t)
        if self._mode != "paths":
            self.companions_changed.emit()

    def _on_mode(self, mode: str) -> None:
        self._mode = mode
        if self.meta:
            self.draw()
        self.companions_changed.emit()

    def _on_turned(self) -> None:
        self._direction = "noise" if self._direction == "denoise" else "denoise"
        self._stop()
        self._say_direction()
        self.settings_edited.emit({"direction": self._direction})

    def _say_direction(self) -> None:
        denoise = self._direction == "denoise"
        now = "from noise to data" if denoise else "from data to noise"
        other = "data to noise" if denoise else "noise to data"
        self.turn.set_icon("arrows-left-right", f"Runs {now}; click for {other}")

    def _grab(self, x: float, y: float) -> Drag | None:
        if self._start is None or not self.handle.isVisible():
            return None
        pane = self.square.pane
        away = pane.pixel(x, y) - pane.pixel(*self._start)
        near = away.manhattanLength() <= theme.px(_GRIP)
        return self._drag_start if near else None

    def _drag_start(self, x: float, y: float, done: bool) -> None:
        x_0, x_1, y_0, y_1 = self.limits
        self._start = (min(max(x, x_0), x_1), min(max(y, y_0), y_1))
        self._draw_own()
        self.probed.emit("path", [list(self._start)])


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("trajectories")
