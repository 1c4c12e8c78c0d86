"""What a masked network may look at: its masks, its weights, and who reaches whom."""

from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.models.inside import Masks
from engine.nets.masked import MaskedLinear
from engine.settings import knob
from engine.views.base import Moment, Picture, View, ViewConfig, f32, paper


class MasksConfig(ViewConfig):
    """Settings of :class:`MasksView`."""

    layer: int = knob(
        1,
        "Network",
        "Which of the model's masked networks is shown, counted from the data.",
        ge=1,
        le=16,
        apply="live",
        group="Masks",
    )


class MasksView(View):
    """Weights between the rows of a masked network, cut ones marked, in order."""

    name = "masks"
    title = "Masks"
    description = "Which input reaches which output of a masked network, and how."
    Config: ClassVar[type[ViewConfig]] = MasksConfig
    needs = (("masks",),)
    empty = (
        "No connection of this model's networks is cut: only MADE and the "
        "autoregressive flows have masks."
    )

    def compute(self, moment: Moment) -> Picture:
        """Arrays weight.k and kept.k (out, in) of each layer, and reach (dim, dim).

        Units are sorted by the place of what they see, so that masks look like stairs.
        """
        model = moment.fitted.model
        assert isinstance(model, Masks)
        layer = min(self.config.layer, model.masked_layers)
        units = model.masked_units(layer - 1)
        net = units.net
        arrays: dict[str, NDArray[Any]] = {}
        for index, linear in enumerate(net.linears()):
            weight, kept = _sorted(linear)
            arrays[f"weight.{index}"] = f32(weight)
            arrays[f"kept.{index}"] = kept
            moment.tick()
        order = list(net.order)
        reach = net.reach()[order][:, order]
        arrays["reach"] = f32(reach)
        meta = paper(moment) | {
            "titles": _titles(len(net.linears())),
            "groups": _groups(net.linears(), [units.names[i] for i in order]),
            "order": [units.names[i] for i in order],
            "layer": layer,
            "layers": model.masked_layers,
            "cut": _share_cut(net.linears()),
        }
        return Picture(arrays, meta)


def _sorted(linear: MaskedLinear) -> tuple[Tensor, NDArray[np.int32]]:
    """Weights and mask with rows and columns by degree."""
    rows = torch.tensor(linear.degrees).argsort(stable=True)
    columns = torch.tensor(linear.seen).argsort(stable=True)
    weight = linear.weight.detach().cpu()[rows][:, columns]
    kept = linear.mask.cpu()[rows][:, columns]
    return weight, np.ascontiguousarray(kept.numpy(), dtype=np.int32)


def _titles(count: int) -> list[str]:
    """Words for each matrix of weights; h1 is the first hidden row."""
    hidden = [f"h{k}" for k in range(1, count)]
    rows = ["input", *hidden, "output"]
    return [f"{a} → {b}" for a, b in pairwise(rows)]


def _groups(linears: list[MaskedLinear], order: list[str]) -> list[dict[str, Any]]:
    """Of each matrix, names and sizes of the stretches of its columns and rows."""
    last = len(linears) - 1
    return [
        {
            "columns": _stretches(linear.seen, order) if index == 0 else [],
            "rows": _stretches(linear.degrees, order) if index == last else [],
        }
        for index, linear in enumerate(linears)
    ]


def _stretches(degrees: list[int], order: list[str]) -> list[list[Any]]:
    """Name and length of each stretch of equal degrees, sorted."""
    known = sorted(set(degrees))
    return [[order[d - 1], degrees.count(d)] for d in known]


def _share_cut(linears: list[MaskedLinear]) -> float:
    """Share of all connections that are cut."""
    total = sum(linear.mask.numel() for linear in linears)
    kept = sum(float(linear.mask.sum()) for linear in linears)
    return 1 - kept / total
