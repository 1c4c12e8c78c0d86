"""Generator against critic: the surface, the fakes, and where they want to go."""

from typing import Any, ClassVar

import numpy as np
from PySide6.QtWidgets import QWidget

from app.plots.base import PlotView
from app.plots.clouds import SmoothImage
from app.plots.density_map import indices
from app.plots.duel_strip import DuelStrip
from app.plots.figures_block import Numbers
from app.plots.ink import signed_table
from app.plots.marks import Floats, Lines, Marks
from app.plots.numbers import CellMap
from app.plots.pane import Pane
from app.plots.rail import Block, ColourBar, Key, Legend
from app.plots.square import Square
from app.plots.straight_arrows import straight_arrows
from app.plots.ticks import MINUS, fixed, significant
from app.theme import theme
from app.widgets.switch import Switch

_LONGEST = 0.13  # of the side
_HEAD = 0.02
_MODES = {"verdict": "Critic", "slope": "Slope"}
_SLOPE_TIP = (
    "Mean norm of the gradient of the critic's values, in standard deviations of the "
    "data. A gradient penalty wants 1 between data and fakes; R1 wants 0 at data."
)
_AT_FIRST = ("Move one player alone.", "Move one alone")
_RANGES = (0.02, 0.05, 0.1, 0.2, 0.5)  # steps, so that colours do not flicker


def pushes(points: Floats, push: Floats, longest: float, head: float) -> Floats:
    """Arrows (m, 5, 2) from points; lengths by the square root, the longest given."""
    norm = np.linalg.norm(push, axis=1, keepdims=True)
    top = float(np.nanmax(norm, initial=0.0)) or 1.0
    way = push / np.maximum(norm, 1e-12) * np.sqrt(norm / top) * longest
    return straight_arrows(points, points + way, head)


def colour_range(critic: Floats) -> float:
    """How far from ½ the colours reach: a critic of faint opinions shall be seen."""
    away = np.abs(critic - 0.5)
    top = float(np.percentile(away[np.isfinite(away)], 99)) if away.size else 0.5
    return next(step for step in _RANGES if top <= step or step == _RANGES[-1])


def slope_range(slope: Floats) -> float:
    """Slope of the brightest colour: few steep cells shall not darken the rest."""
    good = slope[np.isfinite(slope)]
    return max(float(np.percentile(good, 99)), 1e-6) if good.size else 1.0


class DuelPlot(PlotView):
    """The critic as colours, fakes with arrows, and buttons that move one player."""

    view = "duel"
    title = "Generator against critic"
    short = "Duel"
    shapes: ClassVar = {
        "critic": CellMap("critic"),
        "slope": CellMap("slope"),
    }

    def __init__(self, parent: QWidget | None = None) -> None:
        self.square = Square()
        super().__init__(self.square, parent)
        self._asked = ""
        self._range, self._top = 0.5, 1.0
        self._mode = "verdict"
        self._before: dict[str, Any] = {}
        self._news = _AT_FIRST
        pane = self.square.pane
        self.square.set_grid(False)
        self.image = SmoothImage(pane)
        self.line = Lines(pane, "text1")
        self.data = Marks(pane, "data", "s", 4, "well")
        self.push = Lines(pane, "text1")
        self.fakes = Marks(pane, "samples", "o", 5, "halo")
        self.switch = Switch(_MODES, "What the colours are")
        self.switch.chosen.connect(self._on_mode)
        self.duel_strip = DuelStrip()
        self.duel_strip.moved.connect(self._on_moved_player)
        self.square.moved.connect(self._on_moved)
        pane.clicked.connect(self._on_clicked)

    def header_widgets(self) -> list[QWidget]:
        """The critic's verdict, or how steep its values are."""
        return [self.switch]

    def view_state(self) -> dict[str, Any]:
        """What the colours are."""
        return {"mode": self._mode}

    def set_view_state(self, state: dict[str, Any]) -> None:
        """Take a kept choice back."""
        if state.get("mode") in _MODES:
            self._mode = state["mode"]
            self.switch.set_value(self._mode)
            if self.meta:
                self.draw()

    def strip(self) -> QWidget | None:
        """One move of either player, and what is happening."""
        return self.duel_strip

    def data_pane(self) -> Pane | None:
        """The critic's surface lies over the data."""
        return self.square.pane

    def describe(self) -> str:
        """The caption of the moment."""
        return str(self.meta.get("caption", ""))

    def draw(self) -> None:
        """Surface, line of indecision, points, arrows, words."""
        self.square.pane.set_home(*self.limits)
        self._draw_surface()
        self.data.set_points(self.points("data"))
        fakes, push = self.points("fakes"), self.points("push")
        self.fakes.set_points(fakes)
        x_0, x_1, _, _ = self.limits
        side = x_1 - x_0
        good = np.isfinite(push).all(axis=1)
        self.push.set_lines(
            pushes(fakes[good], push[good], _LONGEST * side, _HEAD * side)
        )
        self.square.set_rail(self._blocks(), [])
        surface = "D(x)" if self._mode == "verdict" else "|∇f|"
        self.square.set_tags(f"{surface}, {MINUS}∂L/∂x at fakes")
        self._tell_news()

    def _draw_surface(self) -> None:
        """Colours, and the line where the critic is undecided or has slope 1."""
        self.line.opts["antialias"] = self.push.opts["antialias"] = True
        self._range = colour_range(self.arrays["critic"])
        low, high = 0.5 - self._range, 0.5 + self._range
        name, table, line = "critic", signed_table(), "contour"
        if self._mode == "slope":
            self._top = slope_range(self.arrays["slope"])
            name, table, line = "slope", theme.density_lut(), "steep"
            low, high = 0.0, self._top
        picture = table[indices(self.arrays[name], low, high)]
        self.image.set_picture(picture, self.limits)
        self.line.set_lines(self.arrays.get(line, np.empty((0, 2, 2))))

    def recolour(self) -> None:
        """New colours of marks and lines; the surface follows with ``draw``."""
        for item in (self.line, self.data, self.push, self.fakes):
            item.recolour()

    def _blocks(self) -> list[Block]:
        line = "undecided, ½" if self._mode == "verdict" else "slope 1"
        keys = (
            Key(line, "line", "text1"),
            Key("fakes", "o", "samples", "halo"),
            Key("data", "s", "data"),
        )
        losses = self.meta.get("losses", {})
        rows = [
            (f"loss {name[:1].upper()}", _written(loss))
            for name, loss in losses.items()
        ]
        if self._mode == "slope":
            return [self._bar(), self._slopes(), Legend(keys)]
        rows += [
            ("data found", f"{100 * float(self.meta.get('seen', 0)):.0f} %"),
            ("fakes found", f"{100 * float(self.meta.get('caught', 0)):.0f} %"),
        ]
        return [Numbers("", tuple(rows)), self._bar(), Legend(keys)]

    def _bar(self) -> ColourBar:
        if self._mode == "slope":
            middle = significant(self._top / 2, 2)
            return ColourBar("|∇f|", "0", middle, significant(self._top, 2))
        digits = 2 if self._range < 0.5 else 0
        ends = [fixed(0.5 + sign * self._range, digits) for sign in (-1, 1)]
        return ColourBar("D(x)", f"{ends[0]} fake", "0.5", f"{ends[1]} real", True)

    def _slopes(self) -> Numbers:
        """Mean slopes, and the one that a gradient penalty wants."""
        found = self.meta["slopes"]
        rows = [(f"at {name}", _written(value)) for name, value in found.items()]
        if self.meta["goal"] is not None:
            rows.append(("goal", fixed(float(self.meta["goal"]), 0)))
        return Numbers("", tuple(rows), _SLOPE_TIP)

    def _tell_news(self) -> None:
        """What the last move changed, once its picture is there."""
        players = [str(name) for name in self.meta.get("players", [])]
        self.duel_strip.set_players(players)
        losses, step = self.meta.get("losses", {}), int(self.meta.get("step", 0))
        before, last = self._before.get("losses", {}), int(self._before.get("step", 0))
        if self._asked and step > last and self._asked in losses:
            name = self._asked.replace("_", " ")
            old, new = before.get(self._asked), losses[self._asked]
            change = f"loss {_written(old)} → {_written(new)}" if before else ""
            letter = name[:1].upper()
            self._news = (f"{letter} moved: {change}", change or f"{letter} moved")
            self._asked = ""
        elif step > last + 1:
            self._news = _AT_FIRST
            self.duel_strip.stop()  # the run plays: its steps are whole ones
        self._before = {"losses": losses, "step": step}
        self.duel_strip.set_words(self._news, str(self.meta.get("caption", "")))

    def _on_mode(self, mode: str) -> None:
        self._mode = mode
        if self.meta:
            self.draw()

    def _on_moved_player(self, player: str) -> None:
        self._asked = player
        self.move_wished.emit(player)

    def _on_clicked(self, x: float, y: float) -> None:
        if self.meta:
            self.asked.emit(x, y)

    def _on_moved(self, place: tuple[float, float] | None) -> None:
        if place is None or not self.meta:
            self.duel_strip.set_words(self._news, str(self.meta.get("caption", "")))
            return
        name, sign = (
            ("critic", "D(x)") if self._mode == "verdict" else ("slope", "|∇f|")
        )
        critic = self.arrays[name]
        x_0, x_1, y_0, y_1 = self.limits
        row = int((place[1] - y_0) / (y_1 - y_0) * len(critic))
        column = int((place[0] - x_0) / (x_1 - x_0) * len(critic))
        if 0 <= row < len(critic) and 0 <= column < len(critic):
            where = ", ".join(fixed(v) for v in place)
            value = fixed(float(critic[row, column]))
            words = (f"x {where}   {sign} {value}", f"{sign} {value}")
            self.duel_strip.set_words(words, str(self.meta.get("caption", "")))
            self.hovered.emit([("x", where), (sign, value)])


def _written(loss: Any) -> str:
    return "not finite" if loss is None else significant(float(loss))


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("duel")
