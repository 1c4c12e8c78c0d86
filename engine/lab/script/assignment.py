"""The cheapest assignment in plain numpy, for scripts that have nothing else.

Shortest augmenting paths with dual prices: Crouse, "On implementing 2D rectangular
assignment algorithms", 2016. Of equal paths it takes the one that ends soonest, and
then the column that scientific Python takes too, so that both give the same pairs.
"""

import numpy as np
from numpy.typing import NDArray


def linear_sum_assignment(
    cost: NDArray[np.floating],
) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """Rows and columns (n,) of the assignment with the smallest sum of costs (n, n)."""
    n = len(cost)
    price_row, price_column = np.zeros(n), np.zeros(n)
    column_of, row_of = np.full(n, -1), np.full(n, -1)
    for first in range(n):
        distance, came_from = np.full(n, np.inf), np.full(n, -1)
        left = np.arange(n)[::-1].copy()
        count, row, reached, column = n, first, 0.0, -1
        rows, columns = [], []
        while column < 0:
            rows.append(row)
            open_ = left[:count]
            length = reached + cost[row, open_] - price_row[row] - price_column[open_]
            nearer = open_[length < distance[open_]]
            came_from[nearer] = row
            distance[open_] = np.minimum(distance[open_], length)
            reached = distance[open_].min()
            equal = np.flatnonzero(distance[open_] == reached)
            free = equal[row_of[open_[equal]] < 0]
            place = free[-1] if len(free) else equal[0]
            nearest = int(open_[place])
            columns.append(nearest)
            count -= 1
            left[place] = left[count]
            if row_of[nearest] < 0:
                column = nearest
            else:
                row = int(row_of[nearest])
        price_row[first] += reached
        passed = np.array(rows[1:], dtype=int)
        price_row[passed] += reached - distance[column_of[passed]]
        price_column[columns] -= reached - distance[columns]
        while column >= 0:
            row = int(came_from[column])
            row_of[column] = row
            column_of[row], column = column, int(column_of[row])
            if row == first:
                break
    return np.arange(n), column_of
