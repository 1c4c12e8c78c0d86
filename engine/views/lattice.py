"""The lattice of a latent plane, and whether a map folds it."""

import math

import torch
from torch import Tensor

#: The lattice covers the square from -REACH to REACH standard deviations.
REACH = 2.5
LINES = 13
#: How far apart points stand that tell an orientation, in widths of a cell.
NUDGE = 1e-3
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
    """Points (12, 12, 5, 2) in each cell: its middle, a bit right, up, left, down."""
    width = 2 * REACH / (LINES - 1)
    steps = torch.linspace(-REACH + width / 2, REACH - width / 2, LINES - 1)
    b, a = torch.meshgrid(steps, steps, indexing="ij")
    middle = torch.stack((a, b), dim=2)
    nudge = NUDGE * width
    ways = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
    return middle[:, :, None] + nudge * ways


def folded_cells(x: Tensor) -> int:
    """Cells that the map turns over, from the mapped points x (k, k, 5, 2).

    A cell counts if the map is, at its middle, a mirror image of what it is in most
    cells. A map that can be inverted has none, however far it bends the cell; where it
    leaves no area there is no orientation, and the cell does not count. Nor does it
    where the four corners around the middle disagree: there the map bends too much
    between them, or has a kink.
    """
    middle, ways = x.double()[:, :, :1], x.double()[:, :, 1:]
    p, q = ways - middle, ways.roll(-1, dims=2) - middle
    area = p[..., 0] * q[..., 1] - p[..., 1] * q[..., 0]
    told = area.abs() > FLAT * p.norm(dim=3) * q.norm(dim=3)
    turns = torch.where(told, area.sign(), 0).sum(dim=2)
    return int(min((turns == 4).sum(), (turns == -4).sum()))
