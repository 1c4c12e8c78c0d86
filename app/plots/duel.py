"""Generator against critic: the surface, the fakes, and where they want to go."""

from typing import Any

import numpy as np
from PySide6.QtWidgets import QWidget

from app.plots.base import PlotView
from app.plots.clouds import SmoothImage
from app.plots.density_map import indices
from app.plots.duel_strip import DuelStrip
from app.plots.figures_block import Numbers
from app.plots.ink import signed_table
from app.plots.marks import Floats, Lines, Marks
from app.plots.pane import Pane
from app.plots.rail import Block, ColourBar, Key, Legend
from app.plots.square import Square
from app.plots.straight_arrows import straight_arrows
from app.plots.ticks import MINUS, fixed, significant

_LONGEST = 0.13  # of the side
_HEAD = 0.02
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


class DuelPlot(PlotView):
    """The critic as colours, fakes with arrows, and buttons that move one player."""

    view = "duel"
    title = "Generator against critic"

    def __init__(self, parent: QWidget | None = None) -> None:
        self.square = Square()
        super().__init__(self.square, parent)
        self._asked = ""
        self._range = 0.5
        self._before: dict[str, Any] = {}
        self._news = "Move one player alone."
        pane = self.square.pane
        self.square.set_grid(False)
        self.image = SmoothImage(pane)
        self.line = Lines(pane, "text1")
        self.data = Marks(pane, "data", "s", 4, "well")
        self.push = Lines(pane, "text1")
        self.fakes = Marks(pane, "samples", "o", 5, "halo")
        self.duel_strip = DuelStrip()
        self.duel_strip.moved.connect(self._on_moved_player)
        self.square.moved.connect(self._on_moved)
        pane.clicked.connect(self._on_clicked)

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
        self._range = colour_range(self.arrays["critic"])
        low, high = 0.5 - self._range, 0.5 + self._range
        table = signed_table()[indices(self.arrays["critic"], low, high)]
        self.image.set_picture(table, self.limits)
        self.line.opts["antialias"] = self.push.opts["antialias"] = True
        contour = self.arrays.get("contour", np.empty((0, 2, 2)))
        self.line.set_lines(contour)
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
        self.square.set_tags(f"D(x), {MINUS}∂L/∂x at fakes")
        self._tell_news()

    def recolour(self) -> None:
        """New colours of marks and lines; the surface follows with ``draw``."""
        for item in (self.line, self.data, self.push, self.fakes):
            item.recolour()

    def _blocks(self) -> list[Block]:
        digits = 2 if self._range < 0.5 else 0
        ends = [fixed(0.5 + sign * self._range, digits) for sign in (-1, 1)]
        words = (f"{ends[0]} fake", "0.5", f"{ends[1]} real")
        bar = ColourBar("D(x)", *words, True)
        keys = (
            Key("undecided, ½", "line", "text1"),
            Key("fakes", "o", "samples", "halo"),
            Key("data", "s", "data"),
        )
        losses = self.meta.get("losses", {})
        rows = [
            (f"loss {name[:1].upper()}", _written(loss))
            for name, loss in losses.items()
        ]
        rows += [
            ("data known", f"{100 * float(self.meta.get('seen', 0)):.0f} %"),
            ("fakes known", f"{100 * float(self.meta.get('caught', 0)):.0f} %"),
        ]
        return [Numbers("", tuple(rows)), bar, Legend(keys)]

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
            self._news = f"{name[:1].upper()} moved: {change}"
            self._asked = ""
        elif step > last + 1 and self.duel_strip.is_running:
            self.duel_strip.stop()  # the run plays: its steps are whole ones
        self._before = {"losses": losses, "step": step}
        self.duel_strip.set_words(self._news, str(self.meta.get("caption", "")))

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
        critic = self.arrays["critic"]
        x_0, x_1, y_0, y_1 = self.limits
        row = int((place[1] - y_0) / (y_1 - y_0) * len(critic))
        column = int((place[0] - x_0) / (x_1 - x_0) * len(critic))
        if 0 <= row < len(critic) and 0 <= column < len(critic):
            where = ", ".join(fixed(v) for v in place)
            value = fixed(float(critic[row, column]))
            self.duel_strip.set_words(
                f"x {where}   D(x) {value}", str(self.meta.get("caption", ""))
            )
            self.hovered.emit([("x", where), ("D(x)", value)])


def _written(loss: Any) -> str:
    return "not finite" if loss is None else significant(float(loss))


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("duel")
