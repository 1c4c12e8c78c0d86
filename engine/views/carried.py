r"""The density on its way: what a flow has made of the noise at each time.

.. math:: \ln p_t(x) = \ln p_0(x_0) - \int_0^t \nabla \cdot u(x_s, s) \, ds

Points x are carried back from t to 0 along the velocity u, and the divergence is summed
on the way (Chen et al. 2018, 1806.07366); for a diffusion that is the density of its
probability-flow ODE (Song et al. 2020, 2011.13456). While training runs, the corners of
cells are carried instead, and the area that each cell had at t = 0 stands for the
integral: that takes no divergence, and blurs by a cell.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor

from engine.models.base import Process
from engine.models.counting import counted
from engine.models.inside import Carried
from engine.sampling.likelihood import divergence
from engine.sampling.ode import rk4
from engine.sampling.path import spread
from engine.settings import knob
from engine.views.base import Moment, Picture, View, ViewConfig, f32, number, paper
from engine.views.cells import corners, image_areas
from engine.views.density import FLOOR, SPAN
from engine.views.grid import (
    CHUNK,
    Limits,
    cell_area,
    cell_centres,
    coarser,
    fewer,
)
from engine.views.latent_map import EXPLODING

#: Steps between t = 0 and t = 1: of the exact way, and of a quick look.
STEPS, QUICK = 10, 5
_TINY = 1e-30


class CarriedConfig(ViewConfig):
    """Settings of :class:`CarriedView`."""

    frames: int = knob(
        9,
        "Times",
        "Times between t = 0 and t = 1 at which the density is computed.",
        ge=2,
        le=33,
        unit="times",
        apply="live",
        group="Density over time",
    )
    resolution: int = knob(
        48,
        "Resolution",
        "Cells along each axis of the map.",
        ge=24,
        le=128,
        unit="cells",
        apply="live",
        scale="log",
        group="Density over time",
    )


@dataclass(frozen=True)
class _Way:
    """The velocity in training coordinates, and the times that a solver stops at."""

    model: Any
    times: list[float]

    def back_from(self, t: float) -> list[float]:
        """Falling moments from t to 0; none at all from 0."""
        return [t, *[s for s in reversed(self.times) if s < t]]


class CarriedView(View):
    """Maps of log p_t at some times between noise and data."""

    name = "carried"
    title = "Density over time"
    description = "The density that the flow has made of the noise, at each time."
    Config: ClassVar[type[ViewConfig]] = CarriedConfig
    needs = (("carried", "velocity"),)
    empty = (
        "This model carries no density along a velocity; a neural ODE, flow matching "
        "or a diffusion does."
    )

    def compute(self, moment: Moment) -> Picture:
        """Arrays times (K,) and maps (K, G, G), nats in data units."""
        exact = moment.quality >= 1
        limits = moment.data.limits
        cells = coarser(int(self.config.resolution), moment.quality, 24)
        count = int(self.config.frames)
        times = spread((count if exact else fewer(count, moment.quality, 5)) - 1)
        way = _way(moment, STEPS if exact else QUICK)
        maps = []
        with counted(moment.fitted.model) as asked:
            for t in times:
                found = _exact if exact else _by_cells
                maps.append(found(moment, way, t, cells))
        stack = torch.stack(maps).nan_to_num(FLOOR, -FLOOR, FLOOR).clamp(FLOOR, -FLOOR)
        top = float(stack.max())
        mass = stack.exp().sum((1, 2)) * cell_area(limits, cells)
        batches = -(-(cells**2 if exact else (cells + 1) ** 2) // CHUNK)
        meta = paper(moment) | {
            "kind": "exact" if exact else "estimate",
            "note": "ODE, exact trace" if exact else "cell by cell; exact when paused",
            "resolution": cells,
            "log_max": top,
            "log_min": top - SPAN,
            "floor": FLOOR,
            "mass": [number(m) for m in mass],
            "evaluations": asked.of_each(batches),
        }
        return Picture({"times": f32(torch.tensor(times)), "maps": f32(stack)}, meta)


def _way(moment: Moment, steps: int) -> _Way:
    """Steps as the path of a diffusion wants them; even ones for a neural ODE."""
    model = moment.fitted.model
    if not isinstance(model, Process):
        return _Way(model, spread(steps))
    explodes = float(model.path.sigma(torch.zeros(1))) > EXPLODING
    return _Way(model, model.path.times(steps, "karras" if explodes else "quadratic"))


def _exact(moment: Moment, way: _Way, t: float, cells: int) -> Tensor:
    """Log-density (G, G) at t, by the divergence along the way back."""
    grid = cell_centres(moment.data.limits, cells)
    return log_prob_at(moment, way, grid, t).reshape(cells, cells)


def log_prob_at(moment: Moment, way: _Way, x: Tensor, t: float) -> Tensor:
    """Log-density (n,) of points x (n, 2) at t, nats, data units, float64."""
    model, scaling = way.model, moment.data.scaling
    assert isinstance(model, Carried)
    times, parts = way.back_from(t), []
    field = partial(_summed, moment, model)
    for first in range(0, len(x), CHUNK):
        rows = scaling.standardise(x[first : first + CHUNK].double())
        z = rows.to(next(model.parameters()))  # type: ignore[attr-defined]
        state = torch.cat([z, torch.zeros_like(z[:, :1])], 1)
        end = rk4(field, state, times) if len(times) > 1 else state
        with torch.no_grad():
            start = model.start_log_prob(end[:, :-1])
        parts.append((start + end[:, -1]).double().cpu())
        moment.tick()
    return torch.cat(parts) + scaling.log_det


def _summed(moment: Moment, model: Carried, state: Tensor, t: Tensor) -> Tensor:
    """Velocity (n, dim) and its divergence, in one more column."""
    moment.tick()
    value, trace = divergence(model.velocity, state[:, :-1], t)
    return torch.cat([value, trace[:, None]], 1)


def _by_cells(moment: Moment, way: _Way, t: float, cells: int) -> Tensor:
    """Log-density (G, G) at t, by the area that each cell had at t = 0."""
    limits: Limits = moment.data.limits
    model, scaling = way.model, moment.data.scaling
    assert isinstance(model, Carried)
    place = scaling.standardise(corners(limits, cells))
    z = place.to(next(model.parameters()))  # type: ignore[attr-defined]
    times = way.back_from(t)

    def velocity(x: Tensor, s: Tensor) -> Tensor:
        moment.tick()
        return model.velocity(x, s)

    with torch.no_grad():
        end = rk4(velocity, z, times) if len(times) > 1 else z
        start = model.start_log_prob(end).double().cpu()
    before = end.double().cpu().reshape(cells + 1, cells + 1, 2)
    log_p = start.reshape(cells + 1, cells + 1)
    four = torch.stack([log_p[1:, 1:], log_p[1:, :-1], log_p[:-1, 1:], log_p[:-1, :-1]])
    ratio = image_areas(before) / cell_area(limits, cells)
    moment.tick()
    return four.exp().mean(0).log() + ratio.clamp(min=_TINY).log()
