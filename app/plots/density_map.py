"""Colours of a density map, and the square with a line that parts two maps."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter

from app.plots.square import Square
from app.theme import theme

_NATS_SEEN = 8.0  # a difference is shown where either density is this near its top


def indices(values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    """Rows of a colour table for values; what is not a number takes the lowest."""
    scaled = (values - low) * (255.0 / max(high - low, 1e-9))
    lifted = np.nan_to_num(scaled, nan=0.0, posinf=255.0, neginf=0.0)
    result: NDArray[np.uint8] = np.clip(lifted, 0, 255).astype(np.uint8)
    return result


def log_ratio(
    learned: NDArray[Any], truth: NDArray[Any], log_max: float
) -> NDArray[Any]:
    """Learned minus true log-density, nats; 0 where both are negligible."""
    floor = log_max - _NATS_SEEN
    seen = (learned > floor) | (truth > floor)
    raised = np.maximum(learned, floor - 4) - np.maximum(truth, floor - 4)
    return np.where(seen, raised, 0.0)


def read_map(values: NDArray[Any], x: float, y: float, floor: float) -> float:
    """Value of a map at a place, x and y from 0 to 1 along its columns and rows.

    A straight line between the middles of cells: a mode is so steep that those of a
    small plot differ by nats. The cell itself where the density ends beside the place.
    """
    rows, columns = values.shape
    cell = min(int(y * rows), rows - 1), min(int(x * columns), columns - 1)
    row, column = (
        min(max(share * count - 0.5, 0.0), count - 1.0)
        for share, count in ((y, rows), (x, columns))
    )
    top, left = int(row), int(column)
    near = values[top : top + 2, left : left + 2].astype(np.float64)
    if not np.all(near > floor):
        return float(values[cell])
    for share in (row - top, column - left):  # rows first, then what is left of them
        near = near[0] + share * (near[-1] - near[0])
    return float(near)


class SplitSquare(Square):
    """A square with a line that parts learned from true."""

    def __init__(self) -> None:
        super().__init__()
        self.split: float | None = None

    def paint_ahead(self, painter: QPainter) -> None:
        """The line lies under the tags."""
        frame = self.frame
        if self.split is not None:
            x = round(self.pane.pixel(self.split, 0.0).x())
            if frame.left() < x < frame.right():
                painter.setPen(theme.c.text1)
                painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
        super().paint_ahead(painter)
