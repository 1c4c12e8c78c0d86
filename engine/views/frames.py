"""Paths as frames: how many to keep, how far they go round and how much they turn."""

import torch
from torch import Tensor


def detour(x: Tensor) -> Tensor:
    """Length of a path over the distance it covers, 0-dim: all lengths over all ways.

    ``x`` (K, n, 2) are frames; 1 is straight, whatever the pace.
    """
    x = x.double()
    lengths: Tensor = x.diff(dim=0).norm(dim=2).sum()
    ways: Tensor = (x[-1] - x[0]).norm(dim=1).sum()
    return lengths / ways


def turning(x: Tensor) -> Tensor:
    """Mean over paths x (K, n, 2) of the angles they turn through, 0-dim, degrees.

    It is the integral of the curvature along the path: 0 for a straight line, 360 for a
    circle. Steps too short to have a direction turn nothing.
    """
    steps = x.double().diff(dim=0)
    size = steps.norm(dim=2)
    unit = steps / size.clamp(min=1e-12)[..., None]
    cosine = (unit[1:] * unit[:-1]).sum(dim=2)
    sine = unit[:-1, :, 0] * unit[1:, :, 1] - unit[:-1, :, 1] * unit[1:, :, 0]
    angle = torch.atan2(sine, cosine).abs()
    tiny = 1e-9 * size.amax(dim=0)
    moves = (size[1:] > tiny) & (size[:-1] > tiny)
    return torch.rad2deg(torch.where(moves, angle, 0.0).sum(dim=0).mean())


def thinned(count: int, most: int) -> Tensor:
    """Indices (k,), k <= most, evenly spread over ``count`` frames, both ends kept."""
    if count <= most:
        return torch.arange(count)
    return torch.linspace(0, count - 1, most, dtype=torch.float64).round().long()
