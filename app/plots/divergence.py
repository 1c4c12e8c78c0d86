"""Where a field spreads points and where it gathers them, in colours round nought."""

import math

import numpy as np

from app.plots.clouds import SmoothImage
from app.plots.density_map import indices
from app.plots.figures_block import Numbers
from app.plots.ink import signed_table
from app.plots.marks import Floats
from app.plots.pane import Pane
from app.plots.rail import ColourBar
from app.plots.ticks import MINUS, significant

Limits = tuple[float, float, float, float]
_SEEN = 98  # percent of the cells whose colour is not the last one
_TOPS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0)


def round_top(values: Floats) -> float:
    """The value of the last colour, one of a few round numbers in each decade.

    Steps that coarse keep the colours where they are from frame to frame.
    """
    top = float(np.percentile(np.abs(values), _SEEN)) if values.size else 0.0
    if not top > 1e-9:
        return 1.0
    decade = 10.0 ** math.floor(math.log10(top))
    return next(d * decade for d in _TOPS if d * decade >= top * 0.999)


class DivergenceMap:
    """A divergence (G, G) as a picture, row 0 along the lower side."""

    def __init__(self, pane: Pane) -> None:
        self.values: Floats = np.zeros((0, 0))
        self.top = 1.0
        self._limits: Limits = (0.0, 1.0, 0.0, 1.0)
        self._image = SmoothImage(pane)
        self._image.setVisible(False)

    @property
    def is_shown(self) -> bool:
        """Whether there is a map."""
        return bool(self._image.isVisible())

    def show_values(self, values: Floats | None, limits: Limits) -> None:
        """Draw values over the limits x_0, x_1, y_0, y_1; None for no map."""
        self._image.setVisible(values is not None)
        if values is None:
            return
        self.values, self._limits = values, limits
        self.top = round_top(values)
        self._image.set_picture(
            signed_table()[indices(values, -self.top, self.top)], limits
        )

    def recolour(self) -> None:
        """New colours."""
        if self.is_shown:
            self.show_values(self.values, self._limits)

    def at(self, x: float, y: float) -> float | None:
        """The value of the cell at a place, None outside."""
        x_0, x_1, y_0, y_1 = self._limits
        rows, columns = self.values.shape
        row = math.floor((y - y_0) / (y_1 - y_0) * rows)
        column = math.floor((x - x_0) / (x_1 - x_0) * columns)
        inside = 0 <= row < rows and 0 <= column < columns
        return float(self.values[row, column]) if self.is_shown and inside else None

    def blocks(self, unit: str) -> list[ColourBar | Numbers]:
        """What the colours mean, and how far the values go."""
        end = f"{self.top:g}"
        bar = ColourBar(
            "divergence", f"{MINUS}{end} gathers", "0", f"+{end} spreads", signed=True
        )
        least, most = float(self.values.min()), float(self.values.max())
        ends = (("least", significant(least, 2)), ("most", significant(most, 2)))
        return [bar, Numbers(unit, ends)]
