"""How a flow bends space: a grid of noise after each layer, and how areas change."""

from typing import ClassVar

from torch import Tensor

from engine.settings import knob
from engine.views.base import Moment, Picture, View, ViewConfig, f32, paper
from engine.views.cells import corners
from engine.views.frames import thinned
from engine.views.grid import Limits, cell_centres, coarser, fewer, spread_pick
from engine.views.lattice import REACH
from engine.views.room import layer_words, room
from engine.views.trajectories import BACKDROP, layered

#: Most layers that are shown at full quality; of more, some are left out.
FRAMES = 40
#: The colours of the area end here, in natural logarithms, whatever the layers do.
LEAST_SPAN, MOST_SPAN = 0.5, 5.0
#: Numbers beyond this are nowhere near a plot.
FAR = 1e6
GRID: Limits = (-REACH, REACH, -REACH, REACH)


class LayersConfig(ViewConfig):
    """Settings of :class:`LayersView`."""

    resolution: int = knob(
        30,
        "Cells per side",
        "Cells of the grid along each axis of the noise.",
        ge=12,
        le=60,
        unit="cells",
        apply="live",
        group="Layers",
    )
    points: int = knob(
        300,
        "Points",
        "Points of noise that are carried along.",
        ge=0,
        le=2000,
        unit="points",
        apply="live",
        group="Layers",
    )


class LayersView(View):
    """A square of noise, cell by cell, before the first and after each layer."""

    name = "layers"
    title = "Layer by layer"
    description = "How each layer bends space from noise to data, and stretches areas."
    Config: ClassVar[type[ViewConfig]] = LayersConfig
    needs = (("layers",),)
    empty = (
        "This model has no layers that bend the plane one after another; look at its "
        "samples or its density instead."
    )

    def compute(self, moment: Moment) -> Picture:
        """Arrays times (K,), mesh (K, G+1, G+1, 2), log_area (K, G, G), x, data."""
        fitted = moment.fitted
        cells = coarser(self.config.resolution, moment.quality, 12)
        middle, areas = fitted.layer_areas(cell_centres(GRID, cells).float())
        names = layer_words(fitted.model, len(middle) - 1)
        kept = thinned(len(middle), fewer(FRAMES, moment.quality, 12))
        mesh = layered(fitted, corners(GRID, cells).float()).x[kept]
        log_area = _plain(areas[kept], MOST_SPAN * 4)
        count = fewer(self.config.points, moment.quality, 150)
        train = moment.data.train.x
        carried = _plain(self._carried(moment, count)[kept], FAR)
        arrays = {
            "times": f32(kept / max(len(middle) - 1, 1)),
            "mesh": f32(_plain(mesh, FAR).reshape(-1, cells + 1, cells + 1, 2)),
            "log_area": f32(log_area.reshape(-1, cells, cells)),
            "x": f32(carried),
            "data": f32(train[spread_pick(len(train), BACKDROP, moment.seed)]),
        }
        meta = paper(moment) | {
            "layers": len(names),
            "names": names,
            "span": _span(log_area),
            "home": room(carried, moment.data.limits),
        }
        return Picture(arrays, meta)

    @staticmethod
    def _carried(moment: Moment, count: int) -> Tensor:
        """Points (K, n, 2) that start as the model's samples do."""
        fitted = moment.fitted
        generator = fitted.generator(moment.seed)
        start = fitted.model.layer_start(max(count, 1), generator)
        return layered(fitted, start).x[:, :count]


def _plain(found: Tensor, most: float) -> Tensor:
    """Numbers only, none beyond ``most``."""
    return found.nan_to_num(nan=0.0, posinf=most, neginf=-most).clamp(-most, most)


def _span(log_area: Tensor) -> float:
    """Where the colours end: nearly the largest change, in steps of half a unit.

    A span that followed each frame would flicker.
    """
    top = float(log_area.abs().flatten(1).double().quantile(0.98, dim=1).max())
    return min(max(round(2 * top + 0.5) / 2, LEAST_SPAN), MOST_SPAN)
