"""What a masked autoregressive flow and its inverse share: layers and orders."""

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import nn

from engine.models.flow import FlowConfig
from engine.models.inside import MaskedUnits, axis_name
from engine.nets.masked import AffineAutoregressive
from engine.settings import knob

Orders = Literal["alternating", "same", "random"]


def bound_knob(default: float) -> Any:
    """The setting of :class:`engine.nets.masked.AffineAutoregressive`'s bound."""
    return knob(
        default,
        "Scale bound",
        "A layer stretches or squeezes by at most a factor of e to this power.",
        ge=0.1,
        le=5.0,
        scale="log",
        symbol=r"|\alpha|",
    )


class AutoregressiveFlowConfig(FlowConfig):
    """Settings of flows made of autoregressive layers."""

    layers: int = knob(
        8,
        "Layers",
        "Autoregressive layers of the flow.",
        ge=1,
        le=64,
        symbol="K",
    )
    order: Orders = knob(
        "alternating",
        "Order",
        "Which coordinate comes first in each layer; with the same in all, that one "
        "is only ever shifted and scaled as a whole.",
        choices={
            "alternating": "reversed each time",
            "same": "same in all",
            "random": "random in each",
        },
    )
    bound: float = bound_knob(2.0)


def order_of(kind: Orders, layer: int, dim: int) -> list[int]:
    """The coordinates in the order of one layer."""
    if kind == "random":
        return [int(i) for i in torch.randperm(dim)]
    natural = list(range(dim))
    return natural[::-1] if kind == "alternating" and layer % 2 else natural


def make_layers(
    config: AutoregressiveFlowConfig, dim: int
) -> tuple[Sequence[AffineAutoregressive], nn.ModuleList]:
    """The layers as a plain list, quick to index, and registered."""
    flow = [
        AffineAutoregressive(
            order_of(config.order, k, dim), config.net_shape(), config.bound
        )
        for k in range(config.layers)
    ]
    return tuple(flow), nn.ModuleList(flow)


def first_of(layer: AffineAutoregressive) -> str:
    """Words for a layer: which coordinate it begins with."""
    return f"autoregressive, {axis_name(layer.net.order[0])} first"


def units_of(layer: AffineAutoregressive) -> MaskedUnits:
    """The masked network of a layer, and the names of the coordinates."""
    names = (axis_name(index) for index in range(len(layer.net.order)))
    return MaskedUnits(layer.net, tuple(names))
