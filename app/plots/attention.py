"""Where each token looks: a matrix for each head of each layer."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QWidget

from app.plots.base import PlotView, Table
from app.plots.density_map import indices
from app.plots.ink import colour
from app.plots.matrix_paper import Matrix, MatrixPaper
from app.plots.pick_strip import PickStrip
from app.plots.rail import Block, ColourBar, Figure, Key, Legend
from app.plots.ticks import fixed
from app.theme import theme


class AttentionPlot(PlotView):
    """Heads of a Transformer for the first coordinate that the strip chooses."""

    view = "attention"
    title = "Attention"

    def __init__(self, parent: QWidget | None = None) -> None:
        self.matrices = MatrixPaper(shares_names=True)
        super().__init__(self.matrices, parent)
        self._at: float | None = None
        self.pick = PickStrip("First coordinate")
        self.pick.picked.connect(self._on_picked)
        self.matrices.pointed.connect(self._on_pointed)

    def strip(self) -> QWidget | None:
        """The first coordinate of the point that is read."""
        return self.pick

    def view_state(self) -> dict[str, Any]:
        """The first coordinate, once chosen."""
        return {"at": self._at}

    def set_view_state(self, state: dict[str, Any]) -> None:
        """Take a kept choice back."""
        if isinstance(state.get("at"), int | float):
            self._at = float(state["at"])
            if self.meta:
                self.draw()

    def describe(self) -> str:
        """How many heads, and for which point."""
        heads = int(self.meta["layers"]) * int(self.meta["heads"])
        return f"Attention of {heads} heads where {self._name()} = {self._text()}."

    def tables(self) -> dict[str, Table]:
        """Every share of every head along the first coordinate."""
        flat = self.arrays["attention"].reshape(len(self.arrays["at"]), -1)
        columns = (self._name(), *(f"share{k}" for k in range(flat.shape[1])))
        rows = np.concatenate([self.arrays["at"][:, None], flat], axis=1)
        return {"attention": Table(columns, rows)}

    def draw(self) -> None:
        """All heads, the rail and the strip."""
        low, high = self.limits[:2]
        self.pick.set_range(low, high)
        self.pick.set_value(self._place(), f"{self._name()} = {self._text()}")
        shares = self._shares()
        found = [
            self._matrix(f"{layer + 1}.{head + 1}", table)
            for layer, heads in enumerate(shares)
            for head, table in enumerate(heads)
        ]
        bar = ColourBar("share of attention", "0", "0.5", "1")
        blocks: list[Block] = [bar, Legend((Key("not yet read", "s", "bg4"),))]
        figures = [
            Figure("Heads", f"{len(shares)} × {len(shares[0])}", "layer.head"),
        ]
        self.matrices.set_content(found, blocks, figures)

    def _matrix(self, number: str, shares: NDArray[Any]) -> Matrix:
        colours = theme.density_lut()[indices(shares, 0.0, 1.0)]
        later = np.triu(np.ones(shares.shape, bool), 1)
        colours[later] = np.array(colour("bg4").getRgb(), np.uint8)
        words = [
            ["" if later[i, j] else fixed(float(v)) for j, v in enumerate(row)]
            for i, row in enumerate(shares)
        ]
        rows = [(f"for {name}", 1) for name in self._guesses()]
        columns = [(name, 1) for name in self._tokens()]
        return Matrix(f"head {number}", colours, rows, columns, words, number)

    def _shares(self) -> NDArray[Any]:
        """Shares (layers, heads, t, t) at the chosen place."""
        away = np.abs(self.arrays["at"] - self._place())
        index = int(np.argmin(np.nan_to_num(away, nan=np.inf)))
        found: NDArray[Any] = self.arrays["attention"][index]
        count = len(self._guesses())
        return found.reshape(int(self.meta["layers"]), -1, count, count)

    def _place(self) -> float:
        low, high = self.limits[:2]
        wanted = float(self.meta["typical"]) if self._at is None else self._at
        return min(max(wanted, low), high)

    def _text(self) -> str:
        return fixed(self._place())

    def _name(self) -> str:
        return self._columns(2)[0]

    def _guesses(self) -> list[str]:
        return list(self._columns(len(self.meta["guesses"])))

    def _tokens(self) -> list[str]:
        """The start, and the coordinates by the names of the data's columns."""
        first, *others = self.meta["tokens"]
        names = self._columns(len(others) + 1)
        return [first, *names[: len(others)]]

    def _on_picked(self, value: float) -> None:
        self._at = value
        self.draw()

    def _on_pointed(self, pixel: QPointF | None) -> None:
        cell = self.matrices.cell_at(pixel) if pixel and self.meta else None
        if cell is None:
            self.tell([])
            return
        index, row, column = cell
        layer, head = divmod(index, int(self.meta["heads"]))
        share = float(self._shares()[layer, head, row, column])
        looks = f"to guess {self._guesses()[row]}, at {self._tokens()[column]}"
        self.tell([(f"layer {layer + 1}, head {head + 1}, {looks}", fixed(share))])


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("attention")
