"""The lattice of a latent plane, and whether a map folds it."""

import math

import torch
from torch import Tensor

#: The lattice covers the square from -REACH to REACH standard deviations.
REACH = 2.5
LINES = 13


def lattice_lines(points: int) -> Tensor:
    """Lines (2 * 13, P, 2): first 13 along the first axis, then 13 along the second."""
    along = torch.linspace(-REACH, REACH, points)
    across = torch.linspace(-REACH, REACH, LINES)
    b, a = torch.meshgrid(across, along, indexing="ij")
    return torch.cat((torch.stack((a, b), dim=2), torch.stack((b, a), dim=2)))


def circles(points: int) -> Tensor:
    """The circles (2, P, 2) of one and two standard deviations, closed."""
    angle = torch.linspace(0, 2 * math.pi, points)
    unit = torch.stack((angle.cos(), angle.sin()), dim=1)
    return torch.stack((unit, 2 * unit))


def nodes() -> Tensor:
    """Crossings (13, 13, 2) of the lattice; the first axis grows with the column."""
    steps = torch.linspace(-REACH, REACH, LINES)
    b, a = torch.meshgrid(steps, steps, indexing="ij")
    return torch.stack((a, b), dim=2)


def folded_cells(x: Tensor) -> int:
    """Cells of the mapped nodes x (k, k, 2) that are turned over.

    A cell counts if the orientation of its mapped corners differs from that of most
    cells. A map that can be inverted smoothly has none; a cell without area has no
    orientation and does not count.
    """
    x = x.double()
    low, right = x[:-1, :-1], x[:-1, 1:]
    above, far = x[1:, :-1], x[1:, 1:]
    # Twice the signed area of a quadrilateral is the cross product of its diagonals.
    p, q = far - low, above - right
    turn = (p[..., 0] * q[..., 1] - p[..., 1] * q[..., 0]).sign()
    return int(min((turn > 0).sum(), (turn < 0).sum()))
