"""Limits that hold what leaves the limits of the data on its way."""

from typing import Any

import torch
from torch import Tensor

from engine.models.inside import LayerNames
from engine.views.grid import Limits

#: How far a picture may reach beyond the limits of the data, so that points that
#: leave them between the layers stay in sight; few steps, or it would flicker.
ROOMS = (1.0, 1.3, 1.7, 2.2)
SEEN = 0.9


def room(x: Tensor, limits: Limits) -> list[float]:
    """The limits, or wider ones that hold most points x (K, n, 2) of each frame."""
    low = torch.tensor([limits[0], limits[2]], dtype=x.dtype)
    high = torch.tensor([limits[1], limits[3]], dtype=x.dtype)
    middle, half = (low + high) / 2, (high - low) / 2
    away = ((x - middle) / half).abs().amax(dim=2)  # (K, n); 1 is the edge
    factor = next(
        (f for f in ROOMS if bool(((away <= f).float().mean(1) >= SEEN).all())),
        ROOMS[-1],
    )
    ends = torch.stack((middle - factor * half, middle + factor * half), dim=1)
    return [float(value) for value in ends.flatten()]


def layer_words(model: Any, layers: int) -> list[str]:
    """What each layer does, in a few words."""
    if isinstance(model, LayerNames):
        return model.layer_names()
    return ["a map of the plane"] * layers
