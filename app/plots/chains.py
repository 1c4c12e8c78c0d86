"""Random walkers on an energy surface, or along the score of one noise level."""

from typing import Any, ClassVar

import numpy as np
from PySide6.QtWidgets import QWidget

from app.plots.base import ChipInfo, PlotView
from app.plots.chains_strip import HEATS, ChainsStrip
from app.plots.clouds import SmoothImage
from app.plots.density_map import indices
from app.plots.field import Arrows
from app.plots.figures_block import Numbers
from app.plots.marks import Lines, Marks
from app.plots.numbers import CellMap, Points
from app.plots.pane import Drag, Pane
from app.plots.paths import at_time, cut_path
from app.plots.rail import Block, ColourBar, Key, Legend
from app.plots.square import Square
from app.plots.ticks import MINUS, fixed, significant
from app.theme import theme
from app.widgets.switch import Switch

_STARTS = {"noise": "Noise", "data": "Data", "point": "Point"}
_GRIP = 14  # px
_LARGEST_SEED = 2**31
_TRAILS = 40  # chains that draw their way
_TRAIL = 0.12  # of the whole way that stays behind a walker


class ChainsPlot(PlotView):
    """Chains with a clock; their start, temperature and level by hand."""

    view = "chains"
    has_all_times = True
    title = "Chains"
    own_settings = frozenset({"noise", "temperature", "start", "across", "up", "seed"})
    shapes: ClassVar = {
        "energy": CellMap("energy"),
        "x": Points(("step", "chain"), "steps"),
    }

    def __init__(self, parent: QWidget | None = None) -> None:
        self.square = Square()
        super().__init__(self.square, parent)
        self._start, self._heat, self._seed = "noise", "1", 0
        pane = self.square.pane
        self.image = SmoothImage(pane)
        self.arrows = Arrows(pane)
        self.data = Marks(pane, "data", "s", 3)
        self.trails = Lines(pane, "path3", 0.7)
        self.walkers = Marks(pane, "samples", "o", 5, "halo")
        self.handle = Marks(pane, "latent", "o", 12, "text1")
        self.chain_strip = ChainsStrip()
        self.switch = Switch(_STARTS, "Where chains begin")
        self.film = self.chain_strip.film
        self.film.moved.connect(lambda _: self._draw_time())
        self.film.stopped.connect(self._draw_time)
        self.switch.chosen.connect(self._on_start)
        self.chain_strip.redrawn.connect(self._on_redrawn)
        self.chain_strip.heated.connect(self._on_heated)
        self.chain_strip.levelled.connect(self._on_levelled)
        pane.grab_at = self._grab
        pane.clicked.connect(self._on_clicked)

    # ---- the window's side

    def header_widgets(self) -> list[QWidget]:
        """Where chains begin."""
        return [self.switch]

    def strip(self) -> QWidget | None:
        """Clock, dice, temperature, level."""
        return self.chain_strip

    def data_pane(self) -> Pane | None:
        """Where the walkers are."""
        return self.square.pane

    def view_state(self) -> dict[str, Any]:
        """Start, temperature, level, and when."""
        level = self.chain_strip.level.time()
        kept = {"start": self._start, "heat": self._heat, "level": level}
        return {**kept, "t": self.film.time}

    def set_view_state(self, state: dict[str, Any]) -> None:
        """Take kept choices back."""
        if state.get("start") in _STARTS:
            self._start = state["start"]
            self.switch.set_value(self._start)
        if state.get("heat") in HEATS:
            self._heat = state["heat"]
            self.chain_strip.heat.set_value(self._heat)
        if isinstance(state.get("level"), int | float):
            self.chain_strip.level.set_time(min(max(float(state["level"]), 0.0), 1.0))
        if isinstance(state.get("t"), int | float):
            self.film.set_time(float(state["t"]))
        if self.meta:
            self.draw()

    def show_moment(self, share: float) -> None:
        """Walkers at a share of their steps; no other plot has a clock of steps."""
        self.film.set_time(share)
        self._draw_time()

    def moment_words(self, share: float) -> str:
        """How many steps the walkers have done, which are none of the training."""
        return f"Langevin {self._steps_words(share)}"

    def _steps_words(self, share: float) -> str:
        return f"step {round(share * int(self.meta.get('total', 0))):,}"

    def make_chips(self) -> list[ChipInfo]:
        """Say that a score has no energy."""
        if self.meta.get("has_energy", True):
            return []
        note = "A score names a slope at each place; no surface need belong to it."
        return [ChipInfo("score", "plain", note)]

    def describe(self) -> str:
        """How many chains, and where they are."""
        step = round(self.film.time * int(self.meta.get("total", 0)))
        return f"{self._count()} chains after {step} steps."

    # ---- drawing

    def draw(self) -> None:
        """What stands still, then what follows the clock."""
        self.square.pane.set_home(*self.limits)
        energy = self.arrays.get("energy")
        self.image.setVisible(energy is not None)
        self.square.set_grid(energy is None)
        if energy is not None:
            span = float(self.meta.get("span", 8.0))
            rows = indices(-energy, -span, 0.0)
            self.image.set_picture(theme.density_lut()[rows], self.limits)
        self.arrows.set_field(self.points("points"), self.points("vectors"))
        self.data.set_points(self.points("data"))
        self.chain_strip.set_level_shown(energy is None)
        self.chain_strip.set_steps(int(self.meta.get("total", 200)))
        at_point = self.meta.get("start") == "point"
        self.handle.setVisible(at_point)
        if at_point:
            self.handle.set_points(np.array([self.meta["place"]], dtype=np.float64))
        self.square.set_rail(self._blocks(), [])
        self._draw_time()

    def recolour(self) -> None:
        """New colours; the surface follows with ``draw``."""
        for item in (self.data, self.walkers, self.handle):
            item.recolour()
        for lines in (self.arrows.lines, self.trails):
            lines.recolour()

    def _count(self) -> int:
        return int(self.arrays["x"].shape[1]) if "x" in self.arrays else 0

    def _draw_time(self) -> None:
        if not self._count():
            return
        x, t = self.arrays["x"], self.film.time
        times = self.arrays["steps"] / max(int(self.meta.get("total", 1)), 1)
        self.walkers.set_points(at_time(times, x, t))
        self.trails.opts["antialias"] = not self.film.is_running
        if t > 0:
            begin = max(t - _TRAIL, 0.0)
            self.trails.set_lines(cut_path(times, x[:, :_TRAILS], begin, t))
        else:
            self.trails.clear()
        self.square.set_tags(f"chain {self._steps_words(t)}")

    def _blocks(self) -> list[Block]:
        blocks: list[Block] = []
        if "energy" in self.arrays:
            span = fixed(float(self.meta.get("span", 8.0)), 0)
            half = fixed(float(self.meta.get("span", 8.0)) / 2, 0)
            blocks.append(ColourBar("energy, nats", f"≥ {span}", half, "0 lowest"))
        rows = [("temperature", significant(float(self.meta["temperature"]), 2))]
        if self.meta.get("sigma") is not None:
            rows.append(("noise level σ", significant(float(self.meta["sigma"]), 2)))
        rows.append(("step η", significant(float(self.meta["step_size"]), 2)))
        if self.meta.get("accepted") is not None:
            share = f"{100 * float(self.meta['accepted']):.0f} %"
            rows.append(("accepted", share))
        force = f"{MINUS}∇E" if "energy" in self.arrays else "score"
        keys = [Key("walker", "o", "samples", "halo"), Key("its way", "line", "path3")]
        keys += [Key(force, "line", "path1"), Key("data", "s", "data")]
        if self.handle.isVisible():
            keys.append(Key("drag the start", "o", "latent", "text1"))
        return [Numbers("", tuple(rows)), *blocks, Legend(tuple(keys))]

    # ---- the person's side

    def _on_start(self, start: str) -> None:
        self._start = start
        self.settings_edited.emit({"start": start})

    def _on_redrawn(self) -> None:
        self._seed = (self._seed + 1) % _LARGEST_SEED
        self.settings_edited.emit({"seed": self._seed})

    def _on_heated(self, heat: float) -> None:
        self._heat = next(key for key in HEATS if float(key) == heat)
        self.settings_edited.emit({"temperature": heat})

    def _on_levelled(self, level: float) -> None:
        self.settings_edited.emit({"noise": level})

    def _on_clicked(self, x: float, y: float) -> None:
        if self.meta:
            self.asked.emit(x, y)

    def _grab(self, x: float, y: float) -> Drag | None:
        place = self.handle.points
        if not self.handle.isVisible() or not len(place):
            return None
        pane = self.square.pane
        away = pane.pixel(x, y) - pane.pixel(float(place[0, 0]), float(place[0, 1]))
        return self._drag if away.manhattanLength() <= theme.px(_GRIP) else None

    def _drag(self, x: float, y: float, done: bool) -> None:
        x_0, x_1, y_0, y_1 = self.limits
        across, up = (x - x_0) / (x_1 - x_0), (y - y_0) / (y_1 - y_0)
        inside = [round(min(max(share, 0.0), 1.0), 4) for share in (across, up)]
        self.handle.set_points(np.array([[x, y]]))
        self.settings_edited.emit({"across": inside[0], "up": inside[1]})


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("chains")
