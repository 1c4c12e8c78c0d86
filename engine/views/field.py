r"""Arrows: where the process flows, where the density climbs, what the critic wants.

The divergence of the velocity says how fast the density thins out around a point that
moves with it, :math:`d \ln p_t(x_t) / dt = -\nabla \cdot v` (Chen et al. 2018,
1806.07366, theorem 1); that of the score is the Laplacian of ln p.
"""

from collections.abc import Callable
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.models.fitted import Arrows, Fitted
from engine.settings import knob
from engine.views.base import Moment, Picture, View, ViewConfig, f32, paper
from engine.views.grid import cell_centres, coarser, in_chunks
from engine.views.streamlines import streamlines

#: Cells per side of a map of the divergence, and cells per call of the network.
MAP, MAP_CHUNK = 96, 2048
Quantity = Arrows
DIVERGENCE_UNITS: dict[Quantity, str] = {
    "velocity": "per unit of t",
    "score": "nats per data unit²",
    "critic": "per data unit²",
}
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
    shape: Literal["arrows", "lines", "divergence"] = knob(
        "arrows",
        "Drawn as",
        "Arrows on a grid, lines that follow the field as it is at this moment, or "
        "arrows over the divergence: where the field spreads points and where it "
        "gathers them.",
        apply="live",
        group="Field",
        formula=r"\nabla \cdot v",
        choices={
            "arrows": "arrows",
            "lines": "streamlines",
            "divergence": "divergence",
        },
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
        """Arrays points and vectors (M, 2), where wanted lines (m, P, 2).

        Or divergence (G, G), row 0 along the lower side.

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
        if self.config.shape == "divergence":
            arrays["divergence"] = f32(self._divergence(moment, quantity))
        meta = paper(moment) | {
            "quantity": quantity,
            "shape": self.config.shape,
            "t": self.config.t,
            "unit": UNITS[quantity],
            "divergence_unit": DIVERGENCE_UNITS[quantity],
            "max_norm": float(vectors.double().norm(dim=1).max()),
            "resolution": resolution,
        }
        return Picture(arrays, meta)

    def _divergence(self, moment: Moment, quantity: Quantity) -> Tensor:
        """The map (G, G); 0 where the field is no number."""
        cells = coarser(MAP, moment.quality, 24)
        found = in_chunks(
            lambda x: moment.fitted.divergence(quantity, x, self.config.t),
            cell_centres(moment.data.limits, cells),
            moment.tick,
            MAP_CHUNK,
        )
        return found.nan_to_num(0.0, 0.0, 0.0).reshape(cells, cells)

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
