"""The lattice of a latent plane, and whether a map folds it."""

import math

import torch
from torch import Tensor

#: The lattice covers the square from -REACH to REACH standard deviations.
REACH = 2.5
LINES = 13
#: How far apart points stand that tell an orientation, in widths of a cell.
NUDGE = 5e-4
#: Sine of an angle that is no angle any more: rounding alone leaves as much.
FLAT = 3e-3


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


def axis_line(points: int) -> Tensor:
    """The only axis of a latent line, as the one line (1, P, 2) of its lattice."""
    along = torch.linspace(-REACH, REACH, points)
    return torch.stack((along, torch.zeros_like(along)), dim=1)[None]


def axis_marks() -> Tensor:
    """Places (1, 4, 2) one and two standard deviations from the middle of that axis."""
    along = torch.tensor([-2.0, -1.0, 1.0, 2.0])
    return torch.stack((along, torch.zeros_like(along)), dim=1)[None]


def middles() -> Tensor:
    """Points (12, 12, 3, 2) in each cell: its middle, a bit right, a bit above."""
    width = 2 * REACH / (LINES - 1)
    steps = torch.linspace(-REACH + width / 2, REACH - width / 2, LINES - 1)
    b, a = torch.meshgrid(steps, steps, indexing="ij")
    middle = torch.stack((a, b), dim=2)
    nudge = NUDGE * width
    right, above = torch.tensor([nudge, 0.0]), torch.tensor([0.0, nudge])
    return torch.stack((middle, middle + right, middle + above), dim=2)


def folded_cells(x: Tensor) -> int:
    """Cells that the map turns over, from the mapped points x (k, k, 3, 2).

    A cell counts if the map is, at its middle, a mirror image of what it is in most
    cells. A map that can be inverted smoothly has none, however far it bends the cell;
    where it leaves no area there is no orientation, and the cell does not count.
    """
    middle, right, above = x.double().unbind(2)
    p, q = right - middle, above - middle
    area = p[..., 0] * q[..., 1] - p[..., 1] * q[..., 0]
    turn = torch.where(
        area.abs() > FLAT * p.norm(dim=2) * q.norm(dim=2), area.sign(), 0
    )
    return int(min((turn > 0).sum(), (turn < 0).sum()))
