r"""How straight, and how long, the lines of a flow are.

.. math:: S = \int_0^1 E \, \| (Z_1 - Z_0) - \dot Z_t \|^2 \, dt

Zero means that one Euler step is exact. Liu, Gong, Liu 2022, 2209.03003, section 2.2.

S grows with the square of the way: a model that starts from noise of size 80 has a
huge one. Over the transport cost it has no unit, and models can be compared.
"""

from torch import Tensor


def straightness(times: Tensor, x: Tensor) -> Tensor:
    """S, 0-dim, summed over coordinates, of lines x (k, n, dim) at times (k,)."""
    spans = times.diff().to(x)[:, None, None]
    slopes = x.diff(dim=0) / spans
    bend = (x[-1] - x[0] - slopes).square().sum(-1).mean(-1)  # (k - 1,)
    return (bend * spans.flatten()).sum()


def relative_straightness(times: Tensor, x: Tensor) -> Tensor:
    """S over the transport cost, 0-dim, of lines x (k, n, dim) at times (k,)."""
    return straightness(times, x) / transport_cost(x)


def transport_cost(x: Tensor) -> Tensor:
    """Mean squared distance from start to end of lines x (k, n, dim), 0-dim."""
    return (x[-1] - x[0]).square().sum(-1).mean()
