r"""Paths as frames: how many to keep, and how straight they are.

.. math:: S = E \int_0^1 \| (x_1 - x_0) - \dot x_t \|^2 \, dt

Liu, Gong, Liu 2022, 2209.03003, section 2.2.
"""

import torch
from torch import Tensor


def straightness(times: Tensor, x: Tensor) -> Tensor:
    """S, 0-dim, of paths x (K, n, 2) in standardised units at ``times`` (K,).

    A path is taken as drawn, straight between two frames; so S counts every bend that
    a person sees, and is zero if and only if all paths are uniform straight motion.
    """
    x = x.double()
    steps = times.double().diff()[:, None, None]
    velocity = x.diff(dim=0) / steps
    bend = (x[-1] - x[0] - velocity).square().sum(dim=2, keepdim=True)
    return (bend * steps).sum(dim=0).mean()


def thinned(count: int, most: int) -> Tensor:
    """Indices (k,), k <= most, evenly spread over ``count`` frames, both ends kept."""
    if count <= most:
        return torch.arange(count)
    return torch.linspace(0, count - 1, most, dtype=torch.float64).round().long()
