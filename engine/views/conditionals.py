r"""A density cut in slices: one coordinate alone, the other where the first is given.

.. math:: p(x, y) = p(x) \, p(y | x)

Autoregressive models are made of these two factors and give them exactly. Of any other
density they are found by sums over a fine grid, within the limits of the plot.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from engine.models.base import LogDensity
from engine.models.inside import Conditionals, axis_name
from engine.settings import knob
from engine.views.base import Moment, Picture, View, ViewConfig, f32, number, paper
from engine.views.density import learned_at, true_map
from engine.views.grid import cell_centres, coarser

#: Bins of the histograms of the data, and strips that the slices of them have.
BINS, STRIPS = 48, 24
#: A strip of the data with fewer points has no histogram that says anything.
FEWEST = 12
#: Density below this is no density to divide by.
TINY = 1e-9

Floats = NDArray[np.floating[Any]]


class ConditionalsConfig(ViewConfig):
    """Settings of :class:`ConditionalsView`."""

    given: Literal["auto", "x", "y"] = knob(
        "auto",
        "Given",
        "Which coordinate comes first; the model's own order if left to it.",
        apply="live",
        group="Slices",
        choices={"auto": "automatic", "x": "x", "y": "y"},
    )
    resolution: int = knob(
        160,
        "Resolution",
        "Places along each axis at which the curves are known.",
        ge=32,
        le=256,
        unit="places",
        apply="live",
        scale="log",
        group="Slices",
    )


@dataclass(frozen=True)
class Slices:
    """``first`` (G,) density of one coordinate, ``second`` (G, G) of the other.

    Row k of ``second`` belongs to place k of the first coordinate.
    """

    first: Floats
    second: Floats


class ConditionalsView(View):
    """p(x) and p(y | x) for all x of a grid, beside the data and the truth."""

    name = "conditionals"
    title = "Conditional slices"
    description = "The density of one coordinate, and of the other once it is given."
    Config: ClassVar[type[ViewConfig]] = ConditionalsConfig
    needs = (("conditionals",), ("log_density",))
    empty = (
        "This model has no density that could be cut in slices; look at its samples "
        "instead."
    )

    def compute(self, moment: Moment) -> Picture:
        """Arrays of places, of both factors, of the data, and of the truth if known."""
        cells = coarser(self.config.resolution, moment.quality, 48)
        own = _own_axis(moment)
        axis = {"x": 0, "y": 1}.get(self.config.given, own)
        found, exact = _learned(moment, cells, axis, own)
        places = cell_centres(moment.data.limits, cells).reshape(cells, cells, 2)
        arrays = {
            "first_at": f32(places[0, :, 0] if axis == 0 else places[:, 0, 1]),
            "second_at": f32(places[:, 0, 1] if axis == 0 else places[0, :, 0]),
            "first": f32(found.first),
            "second": f32(found.second),
        }
        arrays |= _data(moment, axis)
        truth = true_map(moment, cells)
        if truth is not None:
            arrays |= _truth(moment, np.exp(truth, dtype=np.float64), found, axis)
        meta = paper(moment) | {
            "axis": axis,
            "own_axis": axis == own and moment.fitted.can("conditionals"),
            "kind": "exact" if exact else "estimate",
            "note": _note(moment, axis, own),
            "has_truth": truth is not None,
            "top_first": _top(
                found.first, arrays.get("true_first"), arrays["data_first"]
            ),
            "top_second": _top(
                high_of_most(found.second, found.first),
                high_of_most(arrays["true_second"], found.first)
                if "true_second" in arrays
                else None,
            ),
            "mass": number(found.first.sum() * _step(moment, axis, cells)),
        }
        if "kl" in arrays:
            meta["kl_first"] = number(arrays.pop("kl_first")[0])
        return Picture(arrays, meta)


def _own_axis(moment: Moment) -> int:
    """The coordinate that the model begins with; x where it has no order."""
    model = moment.fitted.model
    return model.order[0] if isinstance(model, Conditionals) else 0


def _learned(moment: Moment, cells: int, axis: int, own: int) -> tuple[Slices, bool]:
    """Both factors, and whether they are exact."""
    fitted = moment.fitted
    grid = cell_centres(moment.data.limits, cells)
    if fitted.can("conditionals") and axis == own:
        log_p = fitted.log_conditionals(grid).double().reshape(cells, cells, 2)
        p = np.exp(log_p.numpy())
        if axis == 0:
            return Slices(p[0, :, 0], p[:, :, 1].T), True
        return Slices(p[:, 0, 1], p[:, :, 0]), True
    learned = learned_at(moment, grid)
    p = learned.log_p.double().reshape(cells, cells).exp().nan_to_num(0, 0, 0).numpy()
    return cut(p, axis, *_steps(moment, cells)), learned.kind == "exact"


def cut(p: Floats, axis: int, step_x: float, step_y: float) -> Slices:
    """The factors of a density p (rows of y, columns of x) by sums.

    Where the first factor vanishes the second is nowhere.
    """
    joint, step = (p.T, step_y) if axis == 0 else (p, step_x)
    first = joint.sum(axis=1) * step
    known = first > TINY
    second = np.where(known[:, None], joint, 0.0) / np.where(known, first, 1.0)[:, None]
    return Slices(first, second)


def _steps(moment: Moment, cells: int) -> tuple[float, float]:
    x_min, x_max, y_min, y_max = moment.data.limits
    return (x_max - x_min) / cells, (y_max - y_min) / cells


def _step(moment: Moment, axis: int, cells: int) -> float:
    return _steps(moment, cells)[axis]


def _truth(moment: Moment, p: Floats, found: Slices, axis: int) -> dict[str, Any]:
    """True factors, and how far the learned ones are from them in nats."""
    cells = len(p)
    true = cut(p, axis, *_steps(moment, cells))
    step = _step(moment, 1 - axis, cells)
    return {
        "true_first": f32(true.first),
        "true_second": f32(true.second),
        "kl": f32(divergence(true.second, found.second) * step),
        "kl_first": f32(
            divergence(true.first[None], found.first[None]) * _step(moment, axis, cells)
        ),
    }


def divergence(true: Floats, learned: Floats) -> Floats:
    """Sums (k,) over rows of true ln (true / learned); 0 where there is no truth."""
    log_true = np.log(np.maximum(true, TINY))
    log_learned = np.log(np.maximum(learned, TINY))
    terms = np.where(true > TINY, true * (log_true - log_learned), 0.0)
    found: Floats = terms.sum(axis=1)
    return found


def _data(moment: Moment, axis: int) -> dict[str, NDArray[np.float32]]:
    """Histograms of the training points: all, and strip by strip, per data unit."""
    x = moment.data.train.x.numpy()
    limits = np.asarray(moment.data.limits).reshape(2, 2)
    first, second = x[:, axis], x[:, 1 - axis]
    all_counts, _ = np.histogram(first, BINS, tuple(limits[axis]))
    counts, _, _ = np.histogram2d(
        first, second, (STRIPS, BINS), (limits[axis], limits[1 - axis])
    )
    wide_1, wide_2 = (limits[[axis, 1 - axis], 1] - limits[[axis, 1 - axis], 0]) / BINS
    enough = counts.sum(axis=1, keepdims=True)
    strips = np.where(enough >= FEWEST, counts / np.maximum(enough, 1), 0.0) / wide_2
    return {
        "data_first": f32(all_counts / max(len(x), 1) / wide_1),
        "data_second": f32(strips),
    }


def _top(*curves: Floats | None) -> float:
    """Height of the plot: the greatest of all values, with a little room.

    In steps of a tenth of a decade or so, since a height that follows each frame would
    make the curves jump.
    """
    tops = [float(values.max()) for values in curves if values is not None]
    steps = np.ceil(10 * np.log10(max(*tops, 1e-6) * 1.08)) / 10
    return float(10**steps)


def high_of_most(slices: Floats, first: Floats) -> Floats:
    """Greatest value (1,) of slices (k, n), but for the tenth of the mass with spikes.

    ``first`` (k,) says how likely each place is to be cut at: a thin thread between two
    clusters, where hardly a point lies, must not press all other slices flat.
    """
    highs = slices.max(axis=1)
    order = np.argsort(highs)
    mass = np.cumsum(np.maximum(first, TINY)[order])
    return np.asarray(highs[order][np.searchsorted(mass, 0.9 * mass[-1])])[None]


def _note(moment: Moment, axis: int, own: int) -> str:
    """How the slices are known."""
    model = moment.fitted.model
    if moment.fitted.can("conditionals") and axis == own:
        return "both factors as the model has them"
    other = axis_name(1 - axis)
    kind = model.density_kind if isinstance(model, LogDensity) else "estimate"
    how = "" if kind == "exact" else f" ({kind})"
    return f"the model's density{how}, summed over {other} within the limits"
