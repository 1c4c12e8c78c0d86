"""The density that the model has learned, beside the true one."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from app.plots.base import ChipInfo, PlotView
from app.plots.clouds import SmoothImage
from app.plots.density_map import SplitSquare, indices, log_ratio, read_map
from app.plots.ink import signed_table
from app.plots.marks import Marks
from app.plots.numbers import CellMap
from app.plots.pane import Drag, Pane
from app.plots.point_marks import Place
from app.plots.rail import Block, ColourBar, Figure, Key, Legend
from app.plots.ticks import MINUS, fixed
from app.theme import theme
from app.widgets.chip import ChipKind
from app.widgets.switch import Switch

_WORDS = {
    "learned": "Learned",
    "true": "True",
    "split": "Split",
    "difference": "Difference",
    "critic": "Critic",
}
_STYLES: dict[str, ChipKind] = {
    "exact": "exact",
    "bound": "bound",
    "estimate": "estimate",
}
_SIGN = {"exact": "", "bound": "≥ ", "estimate": "est. "}
_SHORT = {"difference": "Diff."}
_GRIP = 8  # px from the line at which it can be taken


class DensityPlot(PlotView):
    """Log-densities as an image: learned, true, both, their difference, the critic."""

    view = "density"
    title = "Density"
    hint = "Point at the plot to read the density; click to ask about a place."
    shapes: ClassVar = {
        "learned": CellMap("log_p"),
        "truth": CellMap("true_log_p"),
        "critic": CellMap("critic"),
    }

    def __init__(self, parent: QWidget | None = None) -> None:
        self.square = SplitSquare()
        super().__init__(self.square, parent)
        self._mode = "learned"
        self._split = 0.5  # share of the width
        self.own_range = 1.0  # nats of difference that its colours would span alone
        self._range: float | None = None
        self._top: float | None = None
        self.square.set_grid(False)
        self.image = SmoothImage(self.square.pane)
        self.data = Marks(self.square.pane, "data", "s", 4, "well")
        self.samples = Marks(self.square.pane, "samples", "o", 5, "halo")
        self._offered = self._options()
        self.switch = Switch(self._offered, "Which density", short=_SHORT)
        self.switch.chosen.connect(self._on_chosen)
        self.square.moved.connect(self._on_moved)
        self.square.pane.clicked.connect(self._on_clicked)
        self.square.pane.grab_at = self._grab

    def header_widgets(self) -> list[QWidget]:
        """The switch between the densities."""
        return [self.switch]

    def view_state(self) -> dict[str, Any]:
        """Which density, and where the line stands."""
        return {"mode": self._mode, "split": self._split}

    def set_view_state(self, state: dict[str, Any]) -> None:
        """Take a kept choice back."""
        if state.get("mode") in _WORDS:
            self._mode = state["mode"]
        if isinstance(state.get("split"), float):
            self._split = min(max(state["split"], 0.0), 1.0)
        self._offer()
        if self.meta:
            self.draw()

    def user_set_mode(self, mode: str) -> None:
        """Act as a click on a word of the switch would."""
        self.switch.user_choose(mode)

    @property
    def mode(self) -> str:
        """What is drawn: the choice, or ``learned`` where that has nothing to show."""
        return self._mode if self._mode in self._options() else "learned"

    def make_chips(self) -> list[ChipInfo]:
        """How the learned density is known."""
        kind = str(self.meta.get("kind", "exact"))
        style = _STYLES.get(kind, "plain")
        return [ChipInfo(kind, style, str(self.meta.get("note", "")))]

    def describe(self) -> str:
        """Mode, kind and range in one sentence."""
        return (
            f"{_WORDS[self.mode]} density, {self.meta.get('kind', 'exact')}, at most "
            f"{fixed(float(self.meta['log_max']), 1)} nats."
        )

    def draw(self) -> None:
        """Image, marks, rail, tags."""
        self._offer()
        x_0, x_1, _, _ = self.limits
        self.square.pane.set_home(*self.limits)
        split = x_0 + self._split * (x_1 - x_0) if self.mode == "split" else None
        self.square.split = split
        self.image.set_picture(self._picture(), self.limits)
        self._draw_marks(split)
        tags = {"split": ("learned", "true"), "difference": (f"learned {MINUS} true",)}
        self.square.set_tags(*self._of_class(tags.get(self.mode, (self.mode,))))
        self.square.set_rail(self._blocks(), self._figures())

    def data_pane(self) -> Pane | None:
        """The map."""
        return self.square.pane

    def prepare_figure(self, source: PlotView) -> None:
        """Take over colours that are shared with other plots."""
        if isinstance(source, DensityPlot):
            self.set_top(source._top)
            self.set_range(source._range)

    def set_top(self, log_max: float | None) -> None:
        """Colour up to this log-density, nats, as other plots do; None for its own."""
        if log_max != self._top:
            self._top = log_max
            if self.meta:
                self.draw()

    def set_range(self, nats: float | None) -> None:
        """Colour differences up to this many nats, as other plots do; None as alone."""
        if nats != self._range:
            self._range = nats
            if self.meta and self.mode == "difference":
                self.draw()

    @property
    def range(self) -> float:
        """The difference of the highest colour, nats."""
        return self.own_range if self._range is None else self._range

    @property
    def span(self) -> tuple[float, float]:
        """The log-densities of the lowest and the highest colour, nats."""
        low, high = float(self.meta["log_min"]), float(self.meta["log_max"])
        return (low, high) if self._top is None else (self._top - high + low, self._top)

    def read_at(self, place: Place | None) -> None:
        """The densities there."""
        self._on_moved(place)

    def recolour(self) -> None:
        """New colours of the marks; the image follows with ``draw``."""
        self.data.recolour()
        self.samples.recolour()

    def _options(self) -> dict[str, str]:
        words = dict(_WORDS)
        if self.arrays and "truth" not in self.arrays:
            for key in ("true", "split", "difference"):
                del words[key]
        if "critic" not in self.arrays:
            del words["critic"]
        elif "true" in words:
            del words["true"]  # at most four words; the split still shows it
        return words

    def _offer(self) -> None:
        words = self._options()
        if words != self._offered:
            self._offered = words
            self.switch.set_options(words)
        self.switch.set_value(self.mode)
        if self.switch.parentWidget() is not None:  # else it would be a window
            self.switch.setVisible(len(words) > 1)

    def _picture(self) -> NDArray[np.uint8]:
        low, high = self.span
        learned, mode = self.arrays["learned"], self.mode
        if mode == "critic":
            return signed_table()[indices(self.arrays["critic"], 0.0, 1.0)]
        if mode == "difference":
            ratio = log_ratio(learned, self.arrays["truth"], high)
            # Steps of half a nat: a range that follows each frame would flicker.
            top = float(np.percentile(np.abs(ratio), 99))
            self.own_range = float(np.clip(np.ceil(2 * top) / 2, 0.5, 4.0))
            return signed_table()[indices(ratio, -self.range, self.range)]
        shown = self.arrays["truth"] if mode == "true" else learned
        if mode == "split":
            shown = shown.copy()
            column = round(self._split * shown.shape[1])
            shown[:, column:] = self.arrays["truth"][:, column:]
        return theme.density_lut()[indices(shown, low, high)]

    def _draw_marks(self, split: float | None) -> None:
        samples, data = self.points("samples"), self.points("data")
        if split is not None:
            samples, data = samples[samples[:, 0] < split], data[data[:, 0] >= split]
        mode = self.mode
        self.samples.setVisible(mode in ("learned", "split", "critic"))
        self.data.setVisible(mode in ("true", "split", "critic"))
        if self.samples.isVisible():
            self.samples.set_points(samples)
        if self.data.isVisible():
            self.data.set_points(data)

    def _of_class(self, tags: tuple[str, ...]) -> tuple[str, ...]:
        """Tags, the last of which names the class where the map is of one alone."""
        of = str(self.meta.get("of_class") or "")
        return (*tags[:-1], f"{tags[-1]}, {of}") if of and tags else tags

    def _blocks(self) -> list[Block]:
        low, high = self.span
        bars = {
            "critic": ColourBar("D(x)", "0 fake", "0.5", "1 real", True),
            "difference": ColourBar(
                "log ratio, nats",
                fixed(-self.range, 1),
                "0",
                f"+{fixed(self.range, 1)}",
                True,
            ),
        }
        middle = fixed((low + high) / 2, 1)
        more = "≥ " if float(self.meta["log_max"]) > high else ""
        ends = f"≤ {fixed(low, 1)}", middle, f"{more}{fixed(high, 1)}"
        plain = ColourBar("log p, nats", *ends)
        keys = [
            key
            for mark, key in (
                (self.samples, Key("samples", "o", "samples", "halo")),
                (self.data, Key("data", "s", "data")),
            )
            if mark.isVisible()
        ]
        return [bars.get(self.mode, plain), *([Legend(tuple(keys))] if keys else [])]

    def _figures(self) -> list[Figure]:
        """What the density of one point costs.

        Each network that is asked counts, so that a flow of more couplings costs more:
        in a comparison of families a pass through all of them is one evaluation.
        """
        cost = self.meta.get("evaluations")
        return [Figure("Network calls", f"{cost:,}", "a point")] if cost else []

    def _on_chosen(self, mode: str) -> None:
        self._mode = mode
        if self.meta:
            self.draw()

    def _read(self, name: str, place: tuple[float, float]) -> float | None:
        """Value of a map at a place; None beside it."""
        x_0, x_1, y_0, y_1 = self.limits
        x, y = (place[0] - x_0) / (x_1 - x_0), (place[1] - y_0) / (y_1 - y_0)
        if not (0 <= x < 1 and 0 <= y < 1):
            return None
        floor = float(self.meta.get("floor", -np.inf))
        return read_map(self.arrays[name], x, y, -np.inf if name == "critic" else floor)

    def _on_moved(self, place: tuple[float, float] | None) -> None:
        log_p = self._read("learned", place) if place and self.meta else None
        if place is None or log_p is None:
            self.tell([])
            return
        sign = _SIGN.get(str(self.meta.get("kind")), "")
        parts = [("x", f"{fixed(place[0])}, {fixed(place[1])}")]
        parts.append(("learned", sign + self._written(log_p)))
        true = self._read("truth", place) if "truth" in self.arrays else None
        words = "not known" if true is None else f"{self._written(true)} nats"
        parts.append(("true", words))
        if "critic" in self.arrays:
            parts.append(("critic", fixed(self._read("critic", place) or 0.0)))
        self.tell(parts)

    def _written(self, log_p: float) -> str:
        nowhere = log_p <= float(self.meta.get("floor", -np.inf))
        return f"{MINUS}∞" if nowhere else fixed(log_p)

    def _on_clicked(self, x: float, y: float) -> None:
        if self.meta:
            self.asked.emit(x, y)

    def _grab(self, x: float, y: float) -> Drag | None:
        split = self.square.split
        if split is None:
            return None
        pane = self.square.pane
        near = abs(pane.pixel(x, y).x() - pane.pixel(split, y).x()) <= theme.px(_GRIP)
        return self._drag_split if near else None

    def _drag_split(self, x: float, y: float, done: bool) -> None:
        x_0, x_1, _, _ = self.limits
        self._split = min(max((x - x_0) / (x_1 - x_0), 0.02), 0.98)
        self.draw()


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("density")
