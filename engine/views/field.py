"""Arrows: where the process flows, where the density climbs, what the critic wants."""

from collections.abc import Callable
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.models.fitted import Fitted
from engine.settings import knob
from engine.views.base import Moment, Picture, View, ViewConfig, f32, paper
from engine.views.grid import cell_centres, coarser, in_chunks
from engine.views.streamlines import streamlines

Quantity = Literal["velocity", "score", "critic"]
UNITS: dict[Quantity, str] = {
    "velocity": "data units per unit of t",
    "score": "nats per data unit",
    "critic": "per data unit",
}


class FieldConfig(ViewConfig):
    """Settings of :class:`FieldView`."""

    quantity: Literal["auto", "velocity", "score", "critic"] = knob(
        "auto",
        "Arrows",
        "What the arrows are; the best that the model has if left to it.",
        apply="live",
        group="Field",
        choices={
            "auto": "automatic",
            "velocity": "velocity",
            "score": "score",
            "critic": "critic's gradient",
        },
    )
    t: float = knob(
        0.5,
        "Time",
        "Moment on the way from noise (0) to data (1).",
        ge=0,
        le=1,
        apply="live",
        symbol="t",
        group="Field",
        shown_if={"quantity": ["auto", "velocity", "score"]},
    )
    shape: Literal["arrows", "lines"] = knob(
        "arrows",
        "Drawn as",
        "Arrows on a grid, or lines that follow the field as it is at this moment.",
        apply="live",
        group="Field",
        choices={"arrows": "arrows", "lines": "streamlines"},
    )
    resolution: int = knob(
        24,
        "Arrows per side",
        "Arrows, or seeds of lines, along each axis.",
        ge=8,
        le=48,
        apply="live",
        group="Field",
    )


class FieldView(View):
    """Vectors on a square grid, in data units."""

    name = "field"
    title = "Vector field"
    description = "Velocity or score at one time, or the gradient of the critic."
    Config: ClassVar[type[ViewConfig]] = FieldConfig
    needs = (("velocity",), ("critic",))
    empty = (
        "This model moves points in one go, so it has no field of arrows; "
        "look at its samples instead."
    )

    def compute(self, moment: Moment) -> Picture:
        """Arrays points and vectors (M, 2), and lines (m, P, 2) where wanted.

        Meta says which quantity was possible.
        """
        resolution = coarser(self.config.resolution, moment.quality, 8)
        points = cell_centres(moment.data.limits, resolution)
        quantity = self._possible(moment.fitted)
        arrows = self._arrows(moment.fitted, quantity)
        vectors = in_chunks(arrows, points, moment.tick)
        # At the data end a division by a vanishing spread may leave the numbers.
        vectors = torch.where(vectors.isfinite().all(1, keepdim=True), vectors, 0.0)
        arrays = {"points": f32(points), "vectors": f32(vectors)}
        if self.config.shape == "lines":
            limits = moment.data.limits
            arrays["lines"] = f32(streamlines(arrows, limits, resolution, moment.tick))
        meta = paper(moment) | {
            "quantity": quantity,
            "shape": self.config.shape,
            "t": self.config.t,
            "unit": UNITS[quantity],
            "max_norm": float(vectors.double().norm(dim=1).max()),
            "resolution": resolution,
        }
        return Picture(arrays, meta)

    def _possible(self, fitted: Fitted) -> Quantity:
        """The wanted quantity, or the first one that the model has."""
        process, critic = fitted.can("process"), fitted.can("critic")
        velocity = fitted.can("velocity")
        wanted: str = self.config.quantity
        if wanted == "critic" and critic:
            return "critic"
        if wanted == "score" and process:
            return "score"
        return "velocity" if velocity else "critic"

    def _arrows(self, fitted: Fitted, quantity: Quantity) -> Callable[[Tensor], Tensor]:
        t: float = self.config.t
        if quantity == "critic":
            return fitted.critic_gradient
        if quantity == "score":
            return lambda x: fitted.score(x, t)
        return lambda x: fitted.velocity(x, t)
