r"""How straight, and how long, the lines of a flow are.

.. math:: S = \int_0^1 E \, \| (Z_1 - Z_0) - \dot Z_t \|^2 \, dt

Zero means that one Euler step is exact. Liu, Gong, Liu 2022, 2209.03003, section 2.2.
"""

from torch import Tensor


def straightness(times: Tensor, x: Tensor) -> Tensor:
    """S, 0-dim, summed over coordinates, of lines x (k, n, dim) at times (k,)."""
    spans = times.diff().to(x)[:, None, None]
    slopes = x.diff(dim=0) / spans
    bend = (x[-1] - x[0] - slopes).square().sum(-1).mean(-1)  # (k - 1,)
    return (bend * spans.flatten()).sum()


def transport_cost(x: Tensor) -> Tensor:
    """Mean squared distance from start to end of lines x (k, n, dim), 0-dim."""
    return (x[-1] - x[0]).square().sum(-1).mean()
