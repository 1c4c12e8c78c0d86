"""One step of the sampler taken apart, for a point that is dragged."""

from typing import Any

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.plots.base import ChipInfo, PlotView
from app.plots.figures_block import Numbers
from app.plots.marks import Lines, Marks
from app.plots.named_square import NamedSquare, PlaceName
from app.plots.pane import Drag, Pane
from app.plots.rail import Block, Key, Legend
from app.plots.straight_arrows import straight_arrows
from app.plots.ticks import fixed, significant
from app.theme import theme
from app.widgets.button import IconButton
from app.widgets.scrubber import Scrubber

_GRIP = 14  # px
_HEAD = 0.03  # barbs of an arrow, share of the side
_LARGEST_SEED = 2**31
_PATIENCE = 60  # ms between two questions while another plot plays
#: Arrays that may not move the drawing far away: places in data units.
_PLACES = ("x", "x_data", "free", "still", "after")


class DenoisePlot(PlotView):
    """A point x, what the network sees in it, and where the next step leads."""

    view = "denoise"
    title = "One step"
    own_settings = frozenset({"t", "across", "up", "seed"})
    hint = "Drag x; move the time."

    def __init__(self, parent: QWidget | None = None) -> None:
        self.square = NamedSquare()
        super().__init__(self.square, parent)
        self._t, self._seed = 0.5, 0
        self._share = (0.62, 0.62)
        pane = self.square.pane
        self.cloud = Marks(pane, "path0", "o", 2)
        self.data = Marks(pane, "data", "s", 3)
        self.guess = Lines(pane, "samples")
        self.found = Lines(pane, "latent")
        self.step = Lines(pane, "path3")
        self.added = Lines(pane, "warning")
        self.x_data = Marks(pane, "samples", "o", 9, "halo")
        self.after = Marks(pane, "path3", "o", 8, "well")
        self.handle = Marks(pane, "latent", "o", 12, "text1")
        self.scrubber = Scrubber()
        self.scrubber.play.hide()  # each time is a frame of the engine: no film here
        self.again = IconButton("dice-five", "Draw other noise")
        self._line = _in_a_row(self.scrubber, self.again)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_PATIENCE)
        self.scrubber.set_time(self._t)
        self._later.timeout.connect(lambda: self.settings_edited.emit({"t": self._t}))
        self.scrubber.moved.connect(self._on_scrubbed)
        self.again.clicked.connect(self._on_again)
        pane.grab_at = self._grab
        pane.clicked.connect(self._on_clicked)

    def strip(self) -> QWidget | None:
        """The time, and other noise."""
        return self._line

    def data_pane(self) -> Pane | None:
        """Where the point is."""
        return self.square.pane

    def view_state(self) -> dict[str, Any]:
        """The time."""
        return {"t": self._t}

    def set_view_state(self, state: dict[str, Any]) -> None:
        """Take a kept time back."""
        if isinstance(state.get("t"), int | float):
            self._t = min(max(float(state["t"]), 0.0), 1.0)
            self.scrubber.set_time(self._t)

    def set_time(self, t: float) -> None:
        """Follow the time of another plot; the engine is asked at a calm pace."""
        self._t = min(max(t, 0.0), 1.0)
        self.scrubber.set_time(self._t)
        if self.meta and not self._later.isActive():
            self._later.start()

    def make_chips(self) -> list[ChipInfo]:
        """Which sampler steps, and where it is not quite its own step."""
        chips = [ChipInfo(str(self.meta.get("sampler", "")), "plain", "The sampler.")]
        if self.meta.get("multistep"):
            note = "This sampler looks back one step, which a dragged point has not."
            chips.append(ChipInfo("first step", "plain", note))
        return chips

    def describe(self) -> str:
        """The step and where it leads."""
        return (
            f"Step from t = {fixed(float(self.meta['t']))} to "
            f"{fixed(float(self.meta['until']))}: {self._written('x')} becomes "
            f"{self._written('after')}; the guess is {self._written('x_data')}."
        )

    def draw(self) -> None:
        """Point, arrows, names, numbers."""
        self.square.pane.set_home(*self.limits)
        self.cloud.set_points(self.points("cloud"))
        self.data.set_points(self.points("data"))
        x_0, x_1, _, _ = self.limits
        head, places = _HEAD * (x_1 - x_0), self._places()
        chance = bool(self.meta.get("stochastic"))
        ways = {
            self.guess: ("x", "x_data"),
            self.found: ("free", "x"),
            self.step: ("x", "still"),
            self.added: ("still", "after"),
        }
        for lines, (start, end) in ways.items():
            lines.wide = 1.6 if lines is not self.guess else 1.0
            lines.opts["antialias"] = True
            lines.recolour()
            lines.set_lines(straight_arrows(places[start], places[end], head))
        self.added.setVisible(chance)
        self.x_data.set_points(places["x_data"])
        self.after.set_points(places["after"])
        self.handle.set_points(places["x"])
        self.square.set_names(self._names(places, chance))
        self.square.set_rail(self._blocks(chance), [])
        self.square.set_tags(*self._tags())

    def recolour(self) -> None:
        """New colours of marks and arrows."""
        lines = (self.guess, self.found, self.step, self.added)
        marks = (self.cloud, self.data, self.x_data, self.after, self.handle)
        for item in (*lines, *marks):
            item.recolour()

    def _places(self) -> dict[str, Any]:
        found = {name: np.nan_to_num(self.points(name)[:1]) for name in _PLACES}
        if not self.meta.get("stochastic"):
            found["still"] = found["after"]
        return found

    def _names(self, places: dict[str, Any], chance: bool) -> list[PlaceName]:
        def at(name: str, text: str, token: str) -> PlaceName:
            x, y = (float(v) for v in places[name][0])
            return PlaceName(x, y, text, token)

        names = [
            at("x", "x", "text1"),
            at("x_data", "guess", "samples_text"),
            at("after", "next x", "text1"),
        ]
        if chance:
            names.append(at("still", "mean", "text2"))
        return names

    def _tags(self) -> tuple[str, str]:
        """Which step it is, and from when to when; two, for a narrow frame."""
        t, until = fixed(float(self.meta["t"])), fixed(float(self.meta["until"]))
        number, steps = int(self.meta["number"]), int(self.meta["steps"])
        return f"{number} of {steps}" if steps else "", f"t {t} → {until}"

    def _blocks(self, chance: bool) -> list[Block]:
        keys = [
            Key("guess of data", "line", "samples"),
            Key("noise seen, σε", "line", "latent"),
            Key("to the mean" if chance else "step", "line", "path3"),
        ]
        if chance:
            keys.append(Key("noise added", "line", "warning"))
        keys += [Key("data", "s", "data"), Key("data at t", "o", "path0")]
        rows = [
            ("x", self._written("x")),
            ("guess", self._written("x_data")),
            ("noise ε", _pair(self.meta.get("eps"))),
            ("dx/dt", _pair(self.meta.get("velocity"))),
        ]
        if chance:
            rows.append(("mean", self._written("still")))
        rows += [("next x", self._written("after"))]
        sigma = self.meta.get("sigma")
        rows.append(("σ at t", "" if sigma is None else significant(float(sigma), 2)))
        return [Legend(tuple(keys)), Numbers("", tuple(rows))]

    def _written(self, name: str) -> str:
        place = self.points(name)
        return _pair(place[0]) if len(place) else ""

    # ---- the person's side

    def _on_scrubbed(self, t: float) -> None:
        self._t = t
        self.settings_edited.emit({"t": t})
        self.time_scrubbed.emit(t)

    def _on_again(self) -> None:
        self._seed = (self._seed + 1) % _LARGEST_SEED
        self.settings_edited.emit({"seed": self._seed})

    def _on_clicked(self, x: float, y: float) -> None:
        if self.meta:
            self.asked.emit(x, y)

    def _grab(self, x: float, y: float) -> Drag | None:
        place = self.points("x")
        if not len(place):
            return None
        pane = self.square.pane
        away = pane.pixel(x, y) - pane.pixel(float(place[0, 0]), float(place[0, 1]))
        near = away.manhattanLength() <= theme.px(_GRIP)
        return self._drag_x if near else None

    def _drag_x(self, x: float, y: float, done: bool) -> None:
        x_0, x_1, y_0, y_1 = self.limits
        self._share = _inside((x - x_0) / (x_1 - x_0)), _inside((y - y_0) / (y_1 - y_0))
        self.handle.set_points(np.array([[x, y]]))
        across, up = self._share
        self.settings_edited.emit({"across": across, "up": up})


def _inside(share: float) -> float:
    return round(min(max(share, 0.0), 1.0), 4)


def _pair(values: Any) -> str:
    """``1.20, −0.31``; nothing where a number is missing."""
    if values is None or any(v is None for v in values):
        return ""
    return ", ".join(fixed(float(v)) for v in values)


def _in_a_row(*widgets: QWidget) -> QWidget:
    line = QWidget()
    row = QHBoxLayout(line)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(0)
    for index, widget in enumerate(widgets):
        row.addWidget(widget, 0 if index else 1)
    return line


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("denoise")
