r"""Lines that follow a field, evenly far from each other.

.. math:: \frac{dx}{ds} = \frac{u(x)}{\|u(x)\|}

Each line starts at a seed and is followed both ways at unit speed, by the midpoint
rule, all seeds in one batch. Then lines are taken one by one: a seed too near to a
taken line is left out, and a line ends where it would come too near to one.

Jobard, Lefer, "Creating Evenly-Spaced Streamlines of Arbitrary Density", 1997.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from engine.views.grid import Limits, cell_centres

Field = Callable[[Tensor], Tensor]

#: Steps each way, and how long one is as a share of the side of the plot.
STEPS, STEP = 48, 1 / 96
#: Distance of two lines in cells of the seeds, at a seed and on the way.
APART, NEAR = 1.0, 0.5
#: Shorter lines, in steps, are left out.
SHORTEST = 6
#: A field below this share of its greatest has no direction.
STILL = 1e-4


def streamlines(
    field: Field, limits: Limits, seeds: int, tick: Callable[[], None]
) -> Tensor:
    """Lines (m, 2 STEPS + 1, 2) along the field; a short one rests at its ends.

    Args:
        field: Vectors (n, 2) at points (n, 2), data units.
        limits: Where the lines may run, x from, to, y from, to.
        seeds: Seeds along each axis.
        tick: Called between two steps.
    """
    ways, alive = _followed(field, limits, seeds, tick)
    cell = (limits[1] - limits[0]) / seeds
    taken: list[Tensor] = []
    known = ways.new_empty(0, 2)
    for index in _from_the_middle(seeds):
        line, on = ways[index], alive[index]
        if _too_near(line[STEPS : STEPS + 1], known, APART * cell)[0]:
            continue
        free = on & ~_too_near(line, known, NEAR * cell)
        first, last = _stretch(free)
        if last - first < SHORTEST:
            continue
        taken.append(line[torch.arange(len(line)).clamp(first, last)])
        known = torch.cat((known, line[first : last + 1 : 2]))
        tick()
    return torch.stack(taken) if taken else ways.new_empty(0, 2 * STEPS + 1, 2)


def _followed(
    field: Field, limits: Limits, seeds: int, tick: Callable[[], None]
) -> tuple[Tensor, Tensor]:
    """All ways (n, 2 STEPS + 1, 2) through the seeds, and where they are alive."""
    start = cell_centres(limits, seeds)
    least = STILL * float(field(start).double().norm(dim=1).max())
    sign = torch.ones(len(start), 1, dtype=start.dtype)
    x, sign = torch.cat((start, start)), torch.cat((sign, -sign))
    h = STEP * (limits[1] - limits[0])
    ways, lives = [x], [torch.ones(len(x), dtype=torch.bool)]
    for _ in range(STEPS):
        direction, _ = _unit(field, x, least)
        direction, moves = _unit(field, x + h / 2 * sign * direction, least)
        x = x + h * sign * direction
        ways.append(x)
        lives.append(lives[-1] & moves & _inside(x, limits))
        tick()
    return _joined(torch.stack(ways, 1)), _joined(torch.stack(lives, 1))


def _joined(both: Tensor) -> Tensor:
    """Ways forward and ways back (2 n, STEPS + 1, ...) as whole lines, back first."""
    forward, back = both.chunk(2)
    return torch.cat((back.flip(1)[:, :-1], forward), dim=1)


def _unit(field: Field, x: Tensor, least: float) -> tuple[Tensor, Tensor]:
    """Directions (n, 2), and whether there is one (n,)."""
    u = field(x).double()
    size = u.norm(dim=1)
    moves = (size > least) & u.isfinite().all(dim=1)
    unit = torch.where(moves[:, None], u / size.clamp(min=1e-30)[:, None], 0.0)
    return unit.nan_to_num(0.0), moves


def _inside(x: Tensor, limits: Limits) -> Tensor:
    x_min, x_max, y_min, y_max = limits
    in_x = (x[:, 0] >= x_min) & (x[:, 0] <= x_max)
    return in_x & (x[:, 1] >= y_min) & (x[:, 1] <= y_max)


def _too_near(x: Tensor, known: Tensor, distance: float) -> Tensor:
    """Which points (n, 2) are nearer than that to a known one, (n,)."""
    if not len(known):
        return torch.zeros(len(x), dtype=torch.bool)
    return torch.cdist(x, known).amin(dim=1) < distance


def _stretch(free: Tensor) -> tuple[int, int]:
    """First and last place of the free stretch round the seed of a line."""
    back = free[: STEPS + 1].flip(0).long().cumprod(0).sum()
    ahead = free[STEPS:].long().cumprod(0).sum()
    return STEPS + 1 - int(back), STEPS - 1 + int(ahead)


def _from_the_middle(seeds: int) -> list[int]:
    """Numbers of the seeds, the innermost first: long lines are found early."""
    place = torch.arange(seeds, dtype=torch.float64) - (seeds - 1) / 2
    away = (place[:, None].square() + place.square()).flatten()
    return [int(i) for i in away.argsort(stable=True)]
