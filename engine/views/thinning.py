"""Long series made short enough to draw, and smooth enough to read."""

import numpy as np
from numpy.typing import NDArray

#: Points that a drawn series has at most: a least and a greatest of each stretch.
MOST = 2000


def min_max_indices(value: NDArray[np.floating], most: int = MOST) -> NDArray[np.intp]:
    """Rising indices, at most ``most``: both ends, and extremes of equal stretches.

    No peak is lost, whatever its width. ``value`` (n,) is finite; ``most`` is even and
    at least 4.
    """
    n = len(value)
    if n <= most:
        return np.arange(n)
    stretches = most // 2 - 1
    size = -(-n // stretches)
    padded = np.append(value, np.full(-n % size, value[-1]))
    table = padded.reshape(-1, size)
    first = np.arange(len(table)) * size
    found = np.concatenate(
        ([0, n - 1], first + table.argmin(axis=1), first + table.argmax(axis=1))
    )
    return np.unique(np.minimum(found, n - 1))


def smoothed(value: NDArray[np.floating], at: NDArray[np.intp]) -> NDArray[np.floating]:
    """Centred mean of ``value`` (n,) at the indices ``at`` (k,).

    The window reaches an eighth of the way back to the start, at most n / 40, so that
    the first fast fall is not smeared; at the end it loses the half that does not exist
    yet. Being centred it does not lag behind, as an exponential average would.
    """
    n = len(value)
    reach = np.minimum(at // 8, n // 40)
    low, high = at - reach, np.minimum(at + reach + 1, n)
    total = np.concatenate(([0.0], np.cumsum(value, dtype=np.float64)))
    mean: NDArray[np.floating] = (total[high] - total[low]) / (high - low)
    return mean
