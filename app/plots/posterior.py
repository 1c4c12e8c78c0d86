"""Posterior clouds of the codes, and all codes together beside the prior."""

from typing import Any, ClassVar

import numpy as np
from PySide6.QtWidgets import QWidget

from app.plots.base import Arrays, ChipInfo, PlotView
from app.plots.classes import class_legend
from app.plots.clouds import SmoothImage
from app.plots.density_map import indices
from app.plots.ink import signed_table
from app.plots.latent import axis_name
from app.plots.latent_layers import circle
from app.plots.marks import ClassMarks, Lines, Marks
from app.plots.numbers import CellMap, Points
from app.plots.point_marks import Place
from app.plots.rail import Bars, Block, ColourBar, Figure, Key, Legend
from app.plots.square import Square
from app.plots.ticks import MINUS, fixed
from app.theme import theme
from app.widgets.switch import Switch

_ENCODED = "Click to ask what a code decodes to; what the encoder says, and the prior."
_CARRIED = "Click to ask what a code decodes to; the noise of the data, and the prior."
_MODES = {"whole": "Whole", "ratio": "Ratio"}
_SPAN, _RATIO = 6.0, 3.0  # nats that the colours span
_MOST_BARS = 6


def axis_names(axes: list[int]) -> str:
    """``z₁, z₃`` for axes 1 and 3."""
    return ", ".join(axis_name(int(axis)) for axis in axes)


class PosteriorPlot(PlotView):
    """The density of all codes, clouds of some points, the prior's circles.

    With one latent axis: the curve of the whole and the curve of the prior.
    """

    view = "posterior"
    title = "Posterior and prior"
    short = "Posterior"
    hint = _ENCODED
    shapes: ClassVar = {
        "aggregate": CellMap("log_q", "z"),
        "ratio": CellMap("log_ratio", "z"),
        "codes": Points(plane="z"),
        "rims": Points(("rim", "point"), plane="z"),
    }

    def __init__(self, parent: QWidget | None = None) -> None:
        self.square = Square()
        super().__init__(self.square, parent)
        self._mode = "whole"
        self._code: list[float] | None = None  # that was clicked, until it is decoded
        self._clicked: Place = (0.0, 0.0)  # among the codes
        self._decoded: Place | None = None
        pane = self.square.pane
        self.image = SmoothImage(pane)
        self.circles = Lines(pane, "text1")
        self.rims = [Lines(pane, f"class{i}") for i in range(len(theme.c.classes))]
        self.codes = ClassMarks(pane, 4)
        self.whole = Lines(pane, "latent")
        self.prior = Lines(pane, "text2")
        self.asked_code = Marks(pane, "accent", "+", 13, "halo")
        self.switch = Switch(_MODES, "What the colours are")
        self.switch.chosen.connect(self._on_chosen)
        self.square.moved.connect(self._on_moved)
        pane.clicked.connect(self._on_clicked)

    def header_widgets(self) -> list[QWidget]:
        """The whole, or its ratio to the prior."""
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

    def make_chips(self) -> list[ChipInfo]:
        """How the density of the whole is known."""
        kind = "exact" if self.meta.get("kind") == "exact" else "estimate"
        note = (
            "mixture of the clouds of 1,000 points"
            if kind == "exact"
            else "kernel density of codes"
        )
        return [ChipInfo(kind, "exact" if kind == "exact" else "estimate", note)]

    def show_probe(self, what: str, arrays: Arrays) -> None:
        """Say what the code decodes to, and ask about that place where it is one."""
        x, code = arrays.get("x"), self._code
        if what != "decode" or code is None or x is None or not len(x):
            return
        self._code = None
        words = [", ".join(fixed(float(v)) for v in each) for each in (code, x[-1])]
        self.tell([("z", words[0]), ("decodes to", words[1])])
        if len(x) == 1:  # else each class has its own
            self._decoded = (float(x[0, 0]), float(x[0, 1]))
            self.asked.emit(*self._decoded)
            self.asked_code.set_points(np.array([self._clicked]))

    def show_point(self, place: Place | None, arrays: Arrays) -> None:
        """The code that was clicked stays marked until another place is asked about."""
        super().show_point(place, arrays)
        if place != self._decoded:
            self.asked_code.set_points(np.empty((0, 2)))

    def describe(self) -> str:
        """Distance of the whole from the prior, and which axes carry nothing."""
        words = f"KL of the whole from the {self.meta.get('prior', 'prior')} "
        words += f"{fixed(float(self.meta.get('gap') or 0.0))} nats"
        dead = self.meta.get("collapsed") or []
        return words + (f"; inactive axes: {axis_names(dead)}." if dead else ".")

    def draw(self) -> None:
        """Image or curves, clouds, codes, rail, tags."""
        self.square.pane.set_home(*self._limits_z)
        self.read_out.set_hint(_CARRIED if self.meta.get("is_map") else _ENCODED)
        profile = self.arrays.get("profile")
        self._draw_map(profile is None)
        self.whole.setVisible(profile is not None)
        self.prior.setVisible(profile is not None)
        if profile is not None:
            self.whole.opts["antialias"] = self.prior.opts["antialias"] = True
            self.whole.set_lines(profile[:1])
            self.prior.set_lines(profile[1:])
        self.square.set_rail(self._blocks(), self._figures())
        names = [axis_name(int(axis)) for axis in self.meta.get("axes", [1, 2])]
        self.square.set_axis_names(names[0], names[1] if profile is None else "density")
        self.square.set_tags(self._tag())

    def recolour(self) -> None:
        """New colours of lines and marks; the image follows with ``draw``."""
        for lines in (self.circles, *self.rims, self.whole, self.prior):
            lines.recolour()
        self.codes.recolour()
        self.asked_code.recolour()

    @property
    def _limits_z(self) -> tuple[float, float, float, float]:
        x_0, x_1, y_0, y_1 = (float(v) for v in self.meta["limits_z"])
        return x_0, x_1, y_0, y_1

    def _draw_map(self, flat: bool) -> None:
        """Everything of two axes; hidden where there is only one."""
        whole = self._mode == "whole"
        self.square.set_grid(not flat)
        if self.switch.parentWidget() is not None:  # else it would be a window
            self.switch.setVisible(flat)
        self.image.setVisible(flat)
        self.circles.setVisible(flat)
        self.codes.set_visible(flat and whole)
        for rim in self.rims:
            rim.setVisible(flat and whole)
        if not flat:
            return
        if whole:
            log_q = self.arrays["aggregate"]
            top = float(np.nanmax(log_q))
            table = theme.density_lut()[indices(log_q, top - _SPAN, top)]
        else:
            ratio = np.where(self._seen(), self.arrays["ratio"], 0.0)
            table = signed_table()[indices(ratio, -_RATIO, _RATIO)]
        self.image.set_picture(table, self._limits_z)
        self.circles.set_lines(np.stack([circle(1.0), circle(2.0)]))
        labels = self.arrays["labels"]
        self.codes.set_points(self.points("codes"), labels)
        rims = self.arrays.get("rims", np.empty((0, 33, 2)))
        kinds = self.arrays.get("rim_labels", np.zeros(len(rims), "i4"))
        for index, lines in enumerate(self.rims):
            lines.opts["antialias"] = True
            lines.set_lines(rims[kinds % len(self.rims) == index])

    def _seen(self) -> Any:
        """Where either density is not negligible."""
        log_q, log_p = (
            self.arrays["aggregate"],
            self.arrays["aggregate"] - self.arrays["ratio"],
        )
        top = max(float(np.nanmax(log_q)), float(np.nanmax(log_p)))
        return (log_q > top - _SPAN) | (log_p > top - _SPAN)

    def _tag(self) -> str:
        if "profile" in self.arrays:
            return "all codes, one axis"
        if self._mode == "ratio":
            return f"ln q {MINUS} ln p"
        return "all codes together"

    def _blocks(self) -> list[Block]:
        prior = str(self.meta.get("prior", "prior"))
        if "profile" in self.arrays:
            curves = (Key("all codes", "line", "latent"), Key(prior, "line", "text2"))
            return [Legend(curves), *self._bars()]
        circles = f"{prior} 1σ, 2σ" if prior == "prior" else prior
        keys = [Key(circles, "line", "text1")]
        if self._mode == "ratio":
            end = fixed(_RATIO, 0)
            words = (f"{MINUS}{end} rarer", "0", f"+{end} more")
            return [ColourBar("ln q/p, nats", *words, True), Legend(tuple(keys))]
        if len(self.arrays.get("rims", ())):
            keys.insert(0, Key("posterior 1σ", "ring", "text2"))
        count = int(self.arrays["labels"].max(initial=0)) + 1
        classes = [class_legend(self.meta, count)] if count > 1 else []
        return [*self._bars(), Legend(tuple(keys)), *classes]

    def _bars(self) -> list[Block]:
        kl = self.arrays.get("kl_per_axis")
        if kl is None or not kl.size:
            return []
        order = np.argsort(-kl, kind="stable")[:_MOST_BARS]
        names = tuple(axis_name(int(index) + 1) for index in sorted(order))
        values = tuple(float(kl[index]) for index in sorted(order))
        dead = self.meta.get("collapsed") or []
        if len(dead) > 3:
            note = f"{len(dead)} of {len(kl)} inactive"
        else:
            note = f"{axis_names(dead)} inactive" if dead else "all axes active"
        return [Bars("KL per axis, nats", names, values, "latent", note)]

    def _figures(self) -> list[Figure]:
        figures = []
        kl = self.arrays.get("kl_per_axis")
        if kl is not None and kl.size:
            figures.append(Figure("KL, all axes", fixed(float(kl.sum())), "nats"))
        gap = self.meta.get("gap")
        if gap is not None:
            figures.append(Figure("Whole ‖ prior", fixed(float(gap)), "nats"))
        return figures

    def _on_chosen(self, mode: str) -> None:
        self._mode = mode
        if self.meta:
            self.draw()

    def _on_clicked(self, x: float, y: float) -> None:
        if not self.meta:
            return
        self._code = [0.0] * int(self.meta["latent_dim"])
        axes = self.meta.get("axes", [1, 2])[: len(self._code)]
        for axis, value in zip(axes, (x, y), strict=False):
            self._code[int(axis) - 1] = value
        self._clicked = (x, y)
        self.probed.emit("decode", [self._code])

    def _on_moved(self, place: tuple[float, float] | None) -> None:
        if place is None or not self.meta:
            self.tell([])
            return
        parts = [("z", ", ".join(fixed(v) for v in place))]
        if "aggregate" in self.arrays:
            x_0, x_1, y_0, y_1 = self._limits_z
            side = len(self.arrays["aggregate"])
            column = int((place[0] - x_0) / (x_1 - x_0) * side)
            row = int((place[1] - y_0) / (y_1 - y_0) * side)
            if 0 <= row < side and 0 <= column < side:
                log_q = float(self.arrays["aggregate"][row, column])
                log_p = log_q - float(self.arrays["ratio"][row, column])
                parts += [("ln q", fixed(log_q)), ("ln p", f"{fixed(log_p)} nats")]
        self.tell(parts)


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("posterior")
