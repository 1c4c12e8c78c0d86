"""The codebook of a quantising model: cells, uses, and the points behind the codes."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from app.plots.base import PlotView
from app.plots.clouds import SmoothImage
from app.plots.density_map import indices
from app.plots.figures_block import Columns
from app.plots.inset import InsetSquare
from app.plots.latent import axis_name
from app.plots.marks import Marks
from app.plots.numbers import CellMap, Points
from app.plots.pane import Pane
from app.plots.rail import Block, Figure, Key, Legend, Room
from app.plots.rail_places import room_beside
from app.plots.ticks import fixed
from app.theme import theme
from app.widgets.switch import Switch

_MODES = {"cells": "Cells", "decoded": "Decoded"}
_INSET, _LEAST_INSET = 92, 48  # px
_LEAST, _MOST = 4.0, 11.0  # px of a decoded code, by its use
_SIZES = 4
_SMALL = 0.45  # of those sizes, in the small pane
_FAINT = 0.12  # of the colour table, for a cell that is never used


def borders(cells: NDArray[Any]) -> NDArray[np.bool_]:
    """Where a map (G, G) of codes changes to the next cell, to the right or up."""
    found = np.zeros(cells.shape, dtype=bool)
    found[:, :-1] |= cells[:, :-1] != cells[:, 1:]
    found[:-1] |= cells[:-1] != cells[1:]
    return found


class CodesPlot(PlotView):
    """Voronoi cells by use with the codes in them, beside what the codes stand for."""

    view = "codes"
    title = "Codebook"
    shapes: ClassVar = {
        "cells": CellMap("code", "z"),
        "codes": Points(plane="z"),
        "encodings": Points(plane="z"),
    }

    def __init__(self, parent: QWidget | None = None) -> None:
        self.square = InsetSquare()
        super().__init__(self.square, parent)
        self._mode = "cells"
        panes = (self.square.pane, self.square.inset)
        self.images = [SmoothImage(pane) for pane in panes]
        self.encodings = [Marks(pane, "path1", "o", 2) for pane in panes]
        self.codes = [Marks(pane, "latent", "o", 5, "well") for pane in panes]
        self.unused = [Marks(pane, "warning", "t1", 7, "well") for pane in panes]
        self.data = [Marks(pane, "data", "s", 3) for pane in panes]
        sizes = np.linspace(_LEAST, _MOST, _SIZES)
        self.points_of = [
            [Marks(pane, "samples", "o", size, "halo") for size in (share * sizes)]
            for pane, share in zip(panes, (1.0, _SMALL), strict=True)
        ]
        self.switch = Switch(_MODES, "What the large pane shows")
        self.switch.chosen.connect(self._on_chosen)
        self.square.moved.connect(self._on_moved)
        self.square.laid_out.connect(self._on_laid_out)
        for pane in panes:
            pane.clicked.connect(self._on_clicked)

    def header_widgets(self) -> list[QWidget]:
        """Cells, or decoded codes."""
        return [self.switch]

    def data_pane(self) -> Pane | None:
        """Where the data are."""
        panes = (self.square.pane, self.square.inset)
        return panes[0 if self._mode == "decoded" else 1]

    def view_state(self) -> dict[str, Any]:
        """What the large pane shows."""
        return {"mode": self._mode}

    def set_view_state(self, state: dict[str, Any]) -> None:
        """Take a kept choice back."""
        if state.get("mode") in _MODES:
            self._mode = state["mode"]
            self.switch.set_value(self._mode)
            if self.meta:
                self.draw()

    def describe(self) -> str:
        """How many codes work, and which do not."""
        usage = self.arrays.get("usage", np.empty(0))
        words = f"{fixed(float(self.meta.get('perplexity') or 0), 1)} of "
        return words + f"{len(usage)} codes in even use; {self._dead_words()}."

    def draw(self) -> None:
        """Both panes, rail, tags."""
        cells, other = (0, 1) if self._mode == "cells" else (1, 0)
        panes = (self.square.pane, self.square.inset)
        z_0, z_1, w_0, w_1 = (float(v) for v in self.meta["limits_z"])
        panes[cells].set_home(z_0, z_1, w_0, w_1)
        panes[other].set_home(*self.limits)
        for index in (0, 1):
            is_cells = index == cells
            for item in (self.images, self.encodings, self.codes, self.unused):
                item[index].setVisible(is_cells)
            for mark in (self.data[index], *self.points_of[index]):
                mark.setVisible(not is_cells)
        self._draw_cells(cells, (z_0, z_1, w_0, w_1))
        self._draw_points(other)
        self.square.set_grid(self._mode != "cells")
        self.square.set_rail(self._blocks(), self._figures())
        axes = [axis_name(int(axis)) for axis in self.meta.get("axes", [1, 2])]
        shown = axes if self._mode == "cells" else ["", ""]
        self.square.set_axis_names(shown[0], shown[1])
        self.square.set_tags(
            "cells by use" if self._mode == "cells" else "decoded codes"
        )
        self.read_out.set_hint(self._dead_words()[:1].upper() + self._dead_words()[1:])

    def recolour(self) -> None:
        """New colours of all marks; the cells follow with ``draw``."""
        for marks in (self.encodings, self.codes, self.unused, self.data):
            for mark in marks:
                mark.recolour()
        for sizes in self.points_of:
            for mark in sizes:
                mark.recolour()

    def _draw_cells(
        self, index: int, limits: tuple[float, float, float, float]
    ) -> None:
        cells, usage = self.arrays["cells"], np.nan_to_num(self.arrays["usage"])
        top = max(float(usage.max(initial=0.0)), 1e-9)
        level = np.where(usage > 0, _FAINT + (1 - _FAINT) * np.sqrt(usage / top), 0.0)
        picture = theme.density_lut()[indices(level[cells], 0.0, 1.25)]
        # A line of a pixel of the map between two cells, in the colour of outlines.
        picture[borders(cells)] = np.array(theme.c.strong.getRgb(), dtype=np.uint8)
        self.images[index].set_picture(picture, limits)
        self.encodings[index].set_points(self.points("encodings"))
        dead = self._dead()
        codes = self.points("codes")
        self.codes[index].set_points(codes[~dead])
        self.unused[index].set_points(codes[dead])

    def _draw_points(self, index: int) -> None:
        self.data[index].set_points(self.points("data"))
        points, usage = self.points("points"), np.nan_to_num(self.arrays["usage"])
        top = max(float(usage.max(initial=0.0)), 1e-9)
        size = np.ceil(np.sqrt(usage / top) * _SIZES).astype(int)
        for step, marks in enumerate(self.points_of[index]):
            marks.set_points(points[size == step + 1])

    def _dead(self) -> NDArray[np.bool_]:
        found = np.zeros(len(self.points("codes")), dtype=bool)
        for number in self.meta.get("dead", []):
            found[int(number) - 1] = True
        return found

    def _dead_words(self) -> str:
        dead = [int(number) for number in self.meta.get("dead", [])]
        if not dead:
            return "every code is in use"
        shown = ", ".join(str(number) for number in dead[:8])
        more = f" and {len(dead) - 8} more" if len(dead) > 8 else ""
        count = "1 dead code" if len(dead) == 1 else f"{len(dead)} dead codes"
        return f"{count}: number {shown}{more}"

    def _blocks(self) -> list[Block]:
        usage = tuple(float(v) for v in np.nan_to_num(self.arrays["usage"]))
        prior = tuple(float(v) for v in np.nan_to_num(self.arrays["prior"]))
        rail = self.square.rail
        title = "decoded" if self._mode == "cells" else "cells"
        bars = Columns("use; prior as ticks", usage, prior, "latent", "text1")
        cells = (Key("code", "o", "latent", "well"), Key("encoding", "o", "path1"))
        dead = (Key("dead code", "t1", "warning"),) if self._dead().any() else ()
        decoded = (
            Key("code, by use", "o", "samples", "halo"),
            Key("data", "s", "data"),
        )
        keys = (*cells, *dead) if self._mode == "cells" else decoded
        others: list[Block] = [bars, Legend(keys)]
        # Rather a small pane than marks without their names, or no perplexity.
        spare = room_beside(others, self._figures(), rail)
        most = min(theme.px(_INSET), int(rail.width()))
        return [Room(title, max(min(most, spare), theme.px(_LEAST_INSET))), *others]

    def _figures(self) -> list[Figure]:
        perplexity = float(self.meta.get("perplexity") or 0.0)
        total = len(self.arrays["usage"])
        return [Figure("Perplexity", fixed(perplexity, 1), f"of {total}")]

    def _on_chosen(self, mode: str) -> None:
        self._mode = mode
        if self.meta:
            self.draw()
            self._draw_point()

    def _on_laid_out(self) -> None:
        if self.meta:
            self.square.set_rail(self._blocks(), self._figures())

    def _on_clicked(self, x: float, y: float) -> None:
        if self.meta and self.sender() is self.data_pane():
            self.asked.emit(x, y)

    def _on_moved(self, place: tuple[float, float] | None) -> None:
        name = "codes" if self._mode == "cells" else "points"
        points = self.points(name)
        if place is None or not len(points):
            self.tell([])
            return
        index = int(np.argmin(((points - np.array(place)) ** 2).sum(axis=1)))
        if self._mode == "cells":
            index = self._cell(place, index)
        usage, prior = self.arrays["usage"], self.arrays["prior"]
        self.tell(
            [
                ("code", str(index + 1)),
                ("use", f"{100 * float(usage[index]):.1f} %"),
                ("prior", f"{100 * float(prior[index]):.1f} %"),
                (
                    "stands for",
                    ", ".join(fixed(v) for v in self.points("points")[index]),
                ),
            ]
        )

    def _cell(self, place: tuple[float, float], otherwise: int) -> int:
        """The code of the cell under a place: other axes may count as well."""
        z_0, z_1, w_0, w_1 = (float(v) for v in self.meta["limits_z"])
        cells = self.arrays["cells"]
        column = int((place[0] - z_0) / (z_1 - z_0) * len(cells))
        row = int((place[1] - w_0) / (w_1 - w_0) * len(cells))
        if 0 <= row < len(cells) and 0 <= column < len(cells):
            return int(cells[row, column])
        return otherwise


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("codes")
