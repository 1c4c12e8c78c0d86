"""The smallest game of a GAN: its flow, and two paths from a start that is dragged."""

from typing import Any

import numpy as np
from PySide6.QtWidgets import QWidget

from app.plots.base import PlotView
from app.plots.field import Streams
from app.plots.figures_block import Numbers
from app.plots.marks import Lines, Marks
from app.plots.pane import Drag, Pane
from app.plots.rail import Block, Key, Legend
from app.plots.square import Square
from app.plots.ticks import MINUS, fixed, significant
from app.theme import theme
from app.widgets.switch import Switch

_FACTORS = {"1": "Run's rate", "10": "× 10", "100": "× 100"}
_WAYS = {"together": "at once", "in_turn": "in turn"}
_GRIP = 14  # px
_HEADS = 0.02  # of a line, share of the side of the plot
_START = 2.0  # how far from rest a start may be
_TIP = (
    "Both players take plain gradient steps: at once, or the critic first and then the "
    "generator. The factor is that on the distance from the middle in the last turn."
)


class DiracPlot(PlotView):
    """Theta to the right, psi up: lines of the flow, paths, the start."""

    view = "dirac"
    title = "Dirac-GAN"
    hint = "Drag the start; data at 0, one fake at θ, critic D(x) = ψx."
    own_settings = frozenset({"theta", "psi", "factor"})

    def __init__(self, parent: QWidget | None = None) -> None:
        self.square = Square()
        super().__init__(self.square, parent)
        self._start, self._factor = (1.0, 1.0), "1"
        pane = self.square.pane
        self.square.set_axis_names("θ", "ψ")
        self.streams = Streams(pane, "path0")
        self.paths = {
            "together": Lines(pane, "latent"),
            "in_turn": Lines(pane, "samples"),
        }
        self.rest = Marks(pane, "data", "s", 8, "well")
        self.handle = Marks(pane, "text1", "o", 12, "well")
        self.switch = Switch(_FACTORS, "Length of the steps")
        self.switch.chosen.connect(self._on_factor)
        pane.grab_at = self._grab

    def header_widgets(self) -> list[QWidget]:
        """How long the steps are."""
        return [self.switch]

    def view_state(self) -> dict[str, Any]:
        """The start, and how long the steps are."""
        theta, psi = self._start
        return {"theta": theta, "psi": psi, "factor": int(self._factor)}

    def set_view_state(self, state: dict[str, Any]) -> None:
        """Take kept choices back."""
        if str(state.get("factor")) in _FACTORS:
            self._factor = str(state["factor"])
            self.switch.set_value(self._factor)
        start = [state.get(name, self._start[i]) for i, name in enumerate(_AXES)]
        if all(isinstance(v, int | float) for v in start):
            self._start = _inside(float(start[0])), _inside(float(start[1]))

    def describe(self) -> str:
        """Where both kinds of steps lead."""
        ends = self.meta["ends"]
        return (
            f"{self.meta['loss']} loss, steps of {significant(self.meta['rate'], 2)}: "
            f"at once the path {ends['together']}, in turn it {ends['in_turn']}."
        )

    def draw(self) -> None:
        """Flow, paths, start, rail."""
        home = tuple(float(v) for v in self.meta["home"])
        self.square.pane.set_home(*home)
        self.streams.set_lines(self.arrays["lines"], _HEADS * (home[1] - home[0]))
        for name, lines in self.paths.items():
            lines.wide = 1.6
            lines.opts["antialias"] = True
            lines.recolour()
            lines.set_lines(self.points(name)[None])
        self.rest.set_points(np.zeros((1, 2)))
        start = float(self.meta["theta"]), float(self.meta["psi"])
        self.handle.set_points(np.array([start]))
        self.square.set_rail(self._blocks(), [])
        self.square.set_tags(str(self.meta["loss"]), str(self.meta["words"]))

    def recolour(self) -> None:
        """New colours of all items."""
        self.streams.recolour()
        for lines in self.paths.values():
            lines.recolour()
        for marks in (self.rest, self.handle):
            marks.recolour()

    def _blocks(self) -> list[Block]:
        meta = self.meta
        rows = []
        for name, word in _WAYS.items():
            rows.append((word, str(meta["ends"][name])))
            factor = meta["per_turn"][name]
            if factor is not None:
                rows.append(("last turn", f"× {_factor(float(factor))}"))
        facts = [("rate", significant(float(meta["rate"]), 2))]
        facts.append(("steps", f"{int(meta['steps']):,}"))
        if meta["r1"]:
            facts.append(("R1 γ", significant(float(meta["r1"]), 2)))
        if meta["penalty"]:
            facts.append(("penalty λ", significant(float(meta["penalty"]), 2)))
        if meta["turns"] > 1:
            facts.append(("critic steps", str(meta["turns"])))
        if meta["eigenvalue"] is not None:
            facts.append(("eigenvalues", _complex(*meta["eigenvalue"])))
        keys = (
            Key("steps at once", "line", "latent"),
            Key("steps in turn", "line", "samples"),
        )
        rest = (Key("gradient flow", "line", "path0"), Key("rest", "s", "data"))
        return [
            Legend(keys),
            Numbers("", tuple(rows), _TIP),
            Numbers("", tuple(facts)),
            Legend(rest),
        ]

    # ---- the person's side

    def _on_factor(self, factor: str) -> None:
        self._factor = factor
        self.settings_edited.emit({"factor": int(factor)})

    def _grab(self, x: float, y: float) -> Drag | None:
        places = self.handle.points
        if not len(places):
            return None
        pane: Pane = self.square.pane
        away = pane.pixel(x, y) - pane.pixel(float(places[0, 0]), float(places[0, 1]))
        return self._drag if away.manhattanLength() <= theme.px(_GRIP) else None

    def _drag(self, x: float, y: float, done: bool) -> None:
        self._start = _inside(x), _inside(y)
        self.handle.set_points(np.array([self._start]))
        self.settings_edited.emit(dict(zip(_AXES, self._start, strict=True)))


_AXES = ("theta", "psi")


def _inside(value: float) -> float:
    return round(min(max(value, -_START), _START), 3)


def _factor(value: float) -> str:
    """Four decimals where two would say 1.00."""
    return fixed(value, 4 if abs(value - 1) < 0.01 else 2)


def _complex(real: float, imaginary: float) -> str:
    """``−0.05 ± 0.50i``; a real one without its second part."""
    if not imaginary:
        return fixed(real)
    written = f"± {fixed(abs(imaginary))}i"
    return f"{fixed(real)} {written}" if real else written.replace("-", MINUS)


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("dirac")
