"""Lines of equal value on a grid, by marching squares."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def contour(
    values: NDArray[np.floating],
    level: float,
    limits: tuple[float, float, float, float],
) -> NDArray[np.float32]:
    """Pieces (m, 2, 2) of the line where a map has a value, straight in each cell.

    Args:
        values: Map (G, G) at cell centres, row 0 along ymin, column 0 along xmin.
        level: The value.
        limits: xmin, xmax, ymin, ymax of the map, data units.
    """
    height = values.astype(np.float64) - level
    # A value of exactly zero would be a crossing at two edges at once.
    height = np.where(height == 0, 1e-12, height)
    places, crossed = _crossings(height)
    pieces = [_pair(places, crossed, 2)]
    corner, middle = height[:-1, :-1], _middle(height)
    both = crossed.sum(axis=0) == 4
    # Where all four edges are crossed the middle decides which corners belong together.
    joined = (np.sign(corner) == np.sign(middle)) & both
    apart = both & ~joined
    for chosen, ends in ((joined, ((0, 1), (2, 3))), (apart, ((0, 3), (1, 2)))):
        for first, second in ends:
            pieces.append(
                np.stack([places[first][chosen], places[second][chosen]], axis=1)
            )
    found = np.concatenate(pieces)
    x_0, x_1, y_0, y_1 = limits
    cell = np.array([(x_1 - x_0) / values.shape[1], (y_1 - y_0) / values.shape[0]])
    lines: Floats = (found + 0.5) * cell + np.array([x_0, y_0])
    return lines.astype(np.float32)


def _middle(height: Floats) -> Floats:
    total: Floats = height[:-1, :-1] + height[:-1, 1:] + height[1:, :-1]
    return (total + height[1:, 1:]) / 4


def _crossings(height: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Where each cell's edges, below, right, above, left, are crossed, in cells."""
    low_left, low_right = height[:-1, :-1], height[:-1, 1:]
    up_left, up_right = height[1:, :-1], height[1:, 1:]
    row, column = np.indices(low_left.shape).astype(np.float64)

    def share(a: Floats, b: Floats) -> Floats:
        gap = a - b
        part: Floats = np.where(gap == 0, 0.0, a / np.where(gap == 0, 1.0, gap))
        return part

    edges = (
        (column + share(low_left, low_right), row, low_left * low_right < 0),
        (column + 1, row + share(low_right, up_right), low_right * up_right < 0),
        (column + share(up_left, up_right), row + 1, up_left * up_right < 0),
        (column, row + share(low_left, up_left), low_left * up_left < 0),
    )
    places = np.stack([np.stack([x, y], axis=-1) for x, y, _ in edges])
    return places, np.stack([crossed for _, _, crossed in edges])


def _pair(places: Floats, crossed: NDArray[np.bool_], count: int) -> Floats:
    """Pieces (m, 2, 2) of the cells with that many crossed edges."""
    cells = crossed.sum(axis=0) == count
    order = np.argsort(~crossed[:, cells], axis=0, kind="stable")[:count]
    chosen = np.take_along_axis(places[:, cells], order[..., None], axis=0)
    return chosen.transpose(1, 0, 2)
