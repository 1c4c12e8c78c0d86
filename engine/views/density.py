"""The learned density beside the true one, as maps of log p in nats."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.data.one_class import class_name
from engine.metrics.density_kde import KernelDensity, likelihood_factor
from engine.metrics.solver_gap import known_kind, likely
from engine.models.base import DensityKind, LogDensity
from engine.models.counting import Count, counted
from engine.settings import knob
from engine.views.base import (
    Moment,
    Picture,
    View,
    ViewConfig,
    f32,
    number,
    paper,
    seed_knob,
)
from engine.views.cells import cell_log_prob
from engine.views.grid import (
    Limits,
    cell_area,
    cell_centres,
    coarser,
    fewer,
    in_chunks,
    spread_pick,
)

if TYPE_CHECKING:
    from engine.data.base import DataSet

#: Log-densities below this are written as this: a map needs no more, and an exact zero
#: (ln 0) has to be a number.
FLOOR = -1000.0
#: Nats below the maximum that the colours span.
SPAN = 8.0
#: Points scattered over the map.
POINTS = 420
#: Samples behind the estimate for a model that has none of its own.
KERNEL_SAMPLES = 5000
MIN_SAMPLES = 100
#: Cells per call of the estimate or of the true density: each sees thousands of kernels
#: or nodes, and commands shall not wait for long.
KERNEL_CHUNK = 512

Map = NDArray[np.float32]
#: True maps by data source, then by limits and resolution: the truth never changes.
_TRUTH: WeakKeyDictionary[Any, dict[tuple[Limits, int], Map | None]] = (
    WeakKeyDictionary()
)


class DensityConfig(ViewConfig):
    """Settings of :class:`DensityView`."""

    resolution: int = knob(
        128,
        "Resolution",
        "Cells along each axis of the map.",
        ge=32,
        le=256,
        unit="cells",
        apply="live",
        scale="log",
        group="Density",
    )
    seed: int = seed_knob("Density")


@dataclass(frozen=True)
class Learned:
    """Log-density (G*G,) in nats and how it is known."""

    log_p: Tensor
    kind: DensityKind
    note: str


class DensityView(View):
    """log p(x) of the model and, where known, of the data, on the same cells."""

    name = "density"
    title = "Density"
    description = "Where the model puts probability, beside where the data have it."
    Config: ClassVar[type[ViewConfig]] = DensityConfig
    needs = (("log_density",), ("samples",), ("process",))
    empty = "This model has neither a density nor samples; look at its curves instead."

    def compute(self, moment: Moment) -> Picture:
        """Arrays learned, truth, critic, each (G, G) by need; samples and data."""
        limits = moment.data.limits
        resolution = coarser(self.config.resolution, moment.quality, 32)
        grid = cell_centres(limits, resolution)
        with counted(moment.fitted.model) as count:
            learned = learned_at(moment, grid)
        arrays = {"learned": _square(learned.log_p, resolution)}
        truth = true_map(moment, resolution)
        if truth is not None:
            arrays["truth"] = truth
        log_max = max(float(a.max()) for a in arrays.values())
        mass = np.exp(arrays["learned"], dtype=np.float64).sum()
        has_critic = moment.fitted.can("critic")
        if has_critic:
            verdict = in_chunks(moment.fitted.critic, grid, moment.tick)
            arrays["critic"] = f32(verdict.reshape(resolution, resolution))
        meta = paper(moment) | {
            "kind": learned.kind,
            "note": learned.note,
            "resolution": resolution,
            "evaluations": _per_point(moment, count, len(grid)),
            "has_truth": truth is not None,
            "log_max": log_max,
            "log_min": log_max - SPAN,
            "floor": FLOOR,
            "mass": number(mass * cell_area(limits, resolution)),
            "critic": has_critic,
            "of_class": class_name(moment.judged),
        }
        return Picture(arrays | _points(moment, self.config.seed), meta)


def _per_point(moment: Moment, count: Count, points: int) -> int | None:
    """Network evaluations behind the density of one point; None for a look at samples.

    A quick look at a process is made in another way and says nothing of it.
    """
    fitted = moment.fitted
    quick = moment.quality < 1 and fitted.can("process")
    if quick or not fitted.can("log_density"):
        return None
    return count.of_each(fitted.batches(points))


def true_map(moment: Moment, resolution: int) -> Map | None:
    """Log-density (G, G) of the data in nats, computed once; None where unknown.

    Of the class alone that the model draws, if it draws one.
    """
    source, limits = moment.judged.source, moment.data.limits
    kept = _TRUTH.setdefault(source, {})
    key = (limits, resolution)
    if key not in kept:
        grid = cell_centres(limits, resolution)
        known = source.log_prob(grid[:1]) is not None
        kept[key] = _whole(moment, source, grid, resolution) if known else None
    return kept[key]


def _whole(moment: Moment, source: "DataSet", grid: Tensor, resolution: int) -> Map:
    def log_prob(x: Tensor) -> Tensor:
        found = source.log_prob(x)
        assert found is not None
        return found

    return _square(in_chunks(log_prob, grid, moment.tick, KERNEL_CHUNK), resolution)


def learned_at(moment: Moment, grid: Tensor) -> Learned:
    """What the model says of the cells of a square grid, the best that it can."""
    fitted = moment.fitted
    model = fitted.model
    if moment.quality < 1 and fitted.can("process"):
        log_p = cell_log_prob(moment, math.isqrt(len(grid)))
        return Learned(log_p, "estimate", "cell by cell; exact once training pauses")
    if isinstance(model, LogDensity):
        log_p = fitted.log_prob(grid, moment.seed, moment.quality)
        some = likely(log_p)
        how = (moment.seed, moment.quality)
        return Learned(log_p, *known_kind(fitted, grid[some], log_p[some], *how))
    count = fewer(KERNEL_SAMPLES, moment.quality, 1000)
    samples = fitted.sample(count, moment.seed)
    samples = samples[samples.isfinite().all(dim=1)]
    if len(samples) < MIN_SAMPLES:
        nowhere = torch.full((len(grid),), FLOOR)
        return Learned(nowhere, "estimate", "too few samples are numbers")
    # Scott's width is made for one hill and would blur the modes into each other.
    generator = torch.Generator().manual_seed(moment.seed)
    kernel = KernelDensity(samples, likelihood_factor(samples, generator))
    log_p = in_chunks(kernel.log_prob, grid, moment.tick, KERNEL_CHUNK)
    return Learned(log_p, "estimate", f"kernel density of {count:,} samples")


def _points(moment: Moment, seed: int) -> dict[str, NDArray[Any]]:
    train = moment.judged.train.x
    found = {"data": f32(train[spread_pick(len(train), POINTS, moment.seed)])}
    if moment.fitted.can("samples") or moment.fitted.can("process"):
        found["samples"] = f32(moment.fitted.sample(POINTS, moment.seed + seed))
    return found


def _square(log_p: Tensor, resolution: int) -> Map:
    plain = log_p.double().nan_to_num(nan=FLOOR, neginf=FLOOR).clamp(min=FLOOR)
    return f32(plain.clamp(max=-FLOOR).reshape(resolution, resolution))
