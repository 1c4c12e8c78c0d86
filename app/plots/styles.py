"""Noise beside the styles that a mapping network makes of it."""

from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from app.plots.base import PlotView
from app.plots.marks import ClassMarks, Lines, Marks
from app.plots.numbers import Points
from app.plots.pane import Pane
from app.plots.rail import Key
from app.plots.ticks import fixed, significant
from app.plots.two_panes import TwoPanes
from app.theme import theme
from app.widgets.paint import CENTRE, draw_text, text_width
from app.widgets.switch import Switch

_LEFTS = {"z": "Noise", "x": "Points"}
_NONE = ("No mapping network:", "set Mapping layers to", "1 or more.")
_SHORT = "No mapping"
_LINE = 20  # px
_MOST_TOLD = 0.995  # of the spread: more is all of it


class _StylePaper(TwoPanes):
    """Two squares, and a note in the right one where there is nothing to see."""

    are_square = True

    def __init__(self) -> None:
        super().__init__()
        self.note: tuple[str, ...] = ()

    def paint_ahead(self, painter: QPainter) -> None:
        """Frames, then the note in the middle of the right one."""
        super().paint_ahead(painter)
        frame, high = QRectF(self.right.geometry()), theme.px(_LINE)
        lines = self.shown_note()
        top = frame.center().y() - high * len(lines) / 2
        for index, line in enumerate(lines):
            row = QRectF(frame.left(), top + index * high, frame.width(), high)
            draw_text(painter, row, line, theme.c.text2, 12, align=CENTRE)

    def shown_note(self) -> tuple[str, ...]:
        """The note; in a small square its first words, the strip says the rest."""
        room = self.right.geometry().width()
        fits = all(text_width(line, 12) <= room for line in self.note)
        return self.note if fits else (_SHORT,)


class StylesPlot(PlotView):
    """A disc of noise, or its points, at the left; its styles at the right.

    A draw of noise keeps the colour and symbol of its sector of the disc everywhere.
    """

    view = "styles"
    title = "Style space"
    hint = "Colours tell sectors of the noise; no data here: a click asks nothing."
    shapes: ClassVar = {
        "z": Points(plane="z"),
        "z_lines": Points(("line", "point"), plane="z"),
    }

    def __init__(self, parent: QWidget | None = None) -> None:
        self.two = _StylePaper()
        super().__init__(self.two, parent)
        self._mode = "z"
        panes = (self.two.left, self.two.right)
        self.data = Marks(self.two.left, "data", "s", 3)
        self.free = Marks(self.two.right, "path0", "o", 3)
        self.lines = [Lines(pane, "latent", 0.5) for pane in panes]
        self.marks = [ClassMarks(pane, 5) for pane in panes]
        self.mean = Marks(self.two.right, "text1", "+", 13, "well")
        self.switch = Switch(_LEFTS, "What stands beside the styles")
        self.switch.chosen.connect(self._on_chosen)

    def header_widgets(self) -> list[QWidget]:
        """Noise or points at the left."""
        return [self.switch]

    def view_state(self) -> dict[str, Any]:
        """What stands at the left."""
        return {"mode": self._mode}

    def set_view_state(self, state: dict[str, Any]) -> None:
        """Take a kept choice back."""
        if state.get("mode") in _LEFTS:
            self._mode = state["mode"]
            self.switch.set_value(self._mode)
            if self.meta:
                self.draw()

    def data_pane(self) -> Pane | None:
        """The left one, while it shows points."""
        return self.two.left if self._mode == "x" else None

    def describe(self) -> str:
        """What is seen, and how far styles are truncated."""
        if not self.meta["has_styles"]:
            return "Noise at the left; this generator has no mapping network."
        psi = fixed(float(self.meta["psi"]))
        return f"{self._left_title()} at the left, styles at the right; ψ = {psi}."

    def draw(self) -> None:
        """Noise or points, styles, the mean style."""
        has = bool(self.meta["has_styles"])
        self.two.note = () if has else _NONE
        self.read_out.set_hint(self.hint if has else " ".join(_NONE))
        self._draw_left()
        labels = self.arrays["sectors"]
        empty = np.empty((0, 2))
        self.marks[1].set_points(self.points("w"), labels[: len(self.points("w"))])
        lines = self.arrays.get("w_lines", np.empty((0, 2, 2)))
        self.lines[1].set_lines(lines)
        whole = not has or float(self.meta["psi"]) == 1.0
        self.free.set_points(empty if whole else self.points("w_free"))
        self.mean.set_points(self.points("w_mean"))
        if has:
            self.two.right.set_home(*(float(v) for v in self.meta["limits_w"]))
        self.two.titles = (self._left_title(), self._right_title())
        keys = [Key("disc of noise", "lattice", "latent")]
        if self._mode == "x":
            keys.append(Key("data", "s", "data"))
        if has:
            keys.append(Key("mean style", "+", "text1"))
        if not whole:
            keys.append(Key("ψ = 1", "o", "path0"))
        self.two.keys = tuple(keys)
        self.two.words = f"ψ = {fixed(float(self.meta['psi']))}" if has else ""
        self.two.refresh()

    def recolour(self) -> None:
        """New colours of all items."""
        items: list[Marks | Lines] = [self.data, self.free, self.mean, *self.lines]
        for item in items:
            item.recolour()
        for marks in self.marks:
            marks.recolour()

    def _draw_left(self) -> None:
        points = self._mode == "x"
        self.data.set_points(self.points("data") if points else np.empty((0, 2)))
        side = float(self.meta["half_side"])
        home = self.limits if points else (-side, side, -side, side)
        self.two.left.set_home(*home)
        self.lines[0].set_lines(self.arrays[f"{self._mode}_lines"])
        self.marks[0].set_points(self.points(self._mode), self.arrays["sectors"])

    def _left_title(self) -> str:
        if self._mode == "x":
            return f"Points G(z){self._of_class()}"
        axes = int(self.meta["latent_dim"])
        return f"Noise z, first two of {axes} axes" if axes > 2 else "Noise z"

    def _of_class(self) -> str:
        """`` of 3`` where a generator is told the class."""
        name = str(self.meta.get("class", ""))
        return f" of {name}" if name else ""

    def _right_title(self) -> str:
        if not self.meta["has_styles"]:
            return "Styles w"
        head = f"Styles w{self._of_class()}"
        axes, share = int(self.meta["style_dim"]), self.meta["share"]
        if axes <= 2 or share is None:
            return f"{head}, {axes} {'axis' if axes == 1 else 'axes'}"
        told = "all" if share > _MOST_TOLD else f"{significant(100 * share, 2)} %"
        return f"{head}, {told} seen"

    def _on_chosen(self, mode: str) -> None:
        self._mode = mode
        if self.meta:
            self.draw()


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("styles")
