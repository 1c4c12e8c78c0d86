"""Points of one data set carried to another and back, side by side."""

from typing import Any

import numpy as np
from PySide6.QtWidgets import QWidget

from app.plots.base import PlotView
from app.plots.film import Film
from app.plots.marks import Marks
from app.plots.pane import Pane
from app.plots.rail import Key
from app.plots.thread_paper import ThreadPaper
from app.plots.ticks import significant
from app.widgets.switch import Switch

_BEGINS = {"x": "From X", "y": "From Y"}


class CyclePlot(PlotView):
    """Threads x, G(x), F(G(x)), or y, F(y), G(F(y)), and a clock along them.

    A point keeps the colour and symbol of the sector that it starts in.
    """

    view = "cycle"
    has_all_times = True
    title = "There and back"
    own_settings = frozenset({"begin"})

    def __init__(self, parent: QWidget | None = None) -> None:
        self.threads = ThreadPaper()
        super().__init__(self.threads, parent)
        self._begin = "x"
        self.data = Marks(self.threads.left, "data", "s", 3)
        self.other = Marks(self.threads.right, "data", "s", 3)
        self.film = Film()
        self.switch = Switch(_BEGINS, "Where threads begin")
        self.switch.chosen.connect(self._on_begin)
        self.film.moved.connect(self._on_film_moved)
        self.threads.left.clicked.connect(self._on_clicked)

    def header_widgets(self) -> list[QWidget]:
        """Where threads begin."""
        return [self.switch]

    def strip(self) -> QWidget | None:
        """The clock along the threads."""
        return self.film

    def view_state(self) -> dict[str, Any]:
        """Where threads begin, which way the film runs, and when it is."""
        return {"begin": self._begin} | self.film.state()

    def set_view_state(self, state: dict[str, Any]) -> None:
        """Take kept choices back."""
        if state.get("begin") in _BEGINS:
            self._begin = state["begin"]
            self.switch.set_value(self._begin)
        self.film.set_state(state)
        self.threads.set_time(self.film.time)

    def set_time(self, t: float) -> None:
        """Show another moment, silently."""
        self.film.set_time(t)
        self.threads.set_time(self.film.time)

    def data_pane(self) -> Pane | None:
        """The data of the run."""
        return self.threads.left

    def describe(self) -> str:
        """How far points come back from where they started."""
        x, y = self.meta["names"]
        miss = _written(self.meta["round_trip"])
        return f"{x} at the left, {y} at the right; the way back misses by {miss}."

    def draw(self) -> None:
        """Both data sets and the threads."""
        paper, meta = self.threads, self.meta
        self.film.set_ends(*self.ends)
        paper.left.set_home(*self.limits)
        paper.right.set_home(*(float(v) for v in meta["limits_y"]))
        self.data.set_points(self.points("data"))
        self.other.set_points(self.points("other"))
        stops = [self.points(name) for name in ("start", "there", "back")]
        begins_left = meta.get("begin", "x") == "x"
        paper.set_threads(np.stack(stops), self.arrays["sectors"], begins_left)
        paper.set_time(self.film.time)
        x, y = meta["names"]
        paper.titles = (f"X, {x}", f"Y, {y}")
        miss, off = _written(meta["round_trip"]), _written(meta["arrival"])
        paper.keys = (
            Key("data", "s", "data"),
            Key("start", "o", "text2"),
            Key(f"missed by {miss}", "line", "warn"),
        )
        paper.words = f"arrival off by {off}"
        paper.refresh()

    def recolour(self) -> None:
        """New colours of the data; threads are painted anew."""
        self.data.recolour()
        self.other.recolour()

    def _on_begin(self, begin: str) -> None:
        self._begin = begin
        self.settings_edited.emit({"begin": begin})

    def _on_film_moved(self, t: float) -> None:
        self.threads.set_time(t)
        self.time_scrubbed.emit(t)

    def _on_clicked(self, x: float, y: float) -> None:
        if self.meta:
            self.asked.emit(x, y)


def _written(value: float | None) -> str:
    return "not finite" if value is None else significant(value, 2)


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("cycle")
