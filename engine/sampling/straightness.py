r"""How straight, and how long, the lines of a flow are.

.. math:: S = \int_0^1 E \, \| (Z_1 - Z_0) - \dot Z_t \|^2 \, dt

Zero means that one Euler step is exact. Liu, Gong, Liu 2022, 2209.03003, section 2.2.

S grows with the square of the way: a model that starts from noise of size 80 has a
huge one. Over the transport cost it has no unit, and models can be compared.
"""

import torch
from torch import Tensor

#: Transport cost below which lines lead nowhere, in variances of their ends.
_NOWHERE = 1e-3


def straightness(times: Tensor, x: Tensor) -> Tensor:
    """S, 0-dim, summed over coordinates, of lines x (k, n, dim) at times (k,)."""
    spans = times.diff().to(x)[:, None, None]
    slopes = x.diff(dim=0) / spans
    bend = (x[-1] - x[0] - slopes).square().sum(-1).mean(-1)  # (k - 1,)
    return (bend * spans.flatten()).sum()


def relative_straightness(times: Tensor, x: Tensor) -> Tensor:
    """S over the transport cost, 0-dim, of lines x (k, n, dim) at times (k,).

    NaN where the points come back to where they began: there is no way to follow.
    """
    if not leads_on(x):
        return x.new_tensor(torch.nan)
    return straightness(times, x) / transport_cost(x)


def leads_on(x: Tensor) -> bool:
    """Whether lines x (k, n, dim) end elsewhere, seen from the spread of their ends."""
    spread = torch.maximum(*x[[0, -1]].var(dim=1, correction=0).sum(-1))
    return bool(transport_cost(x) > _NOWHERE * spread)


def transport_cost(x: Tensor) -> Tensor:
    """Mean squared distance from start to end of lines x (k, n, dim), 0-dim."""
    return (x[-1] - x[0]).square().sum(-1).mean()
