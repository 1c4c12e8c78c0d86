"""The list of codes of a quantising model: cells, uses, and what each code says."""

from collections.abc import Iterable
from typing import ClassVar

import torch
from torch import Tensor

from engine.models.base import Coded
from engine.nets.codebook import counts, nearest, perplexity
from engine.settings import knob
from engine.views.base import Moment, Picture, View, ViewConfig, f32, number, paper
from engine.views.grid import cell_centres, coarser, fewer, in_chunks, spread_pick
from engine.views.latent import plane_axes, plane_of

#: Points whose codes are counted, and those that are drawn.
COUNTED, SHOWN, BACKDROP = 4000, 500, 420
#: Share of an even use below which a code counts as dead.
DEAD = 0.01


class CodesConfig(ViewConfig):
    """Settings of :class:`CodesView`."""

    axis_x: int = knob(
        1, "First axis", "Axis of the codes drawn to the right.",
        ge=1, le=16, apply="live", group="Codebook",
    )  # fmt: skip
    axis_y: int = knob(
        2,
        "Second axis",
        "Axis of the codes drawn upwards; the cells are cut where all other axes have "
        "their mean.",
        ge=1,
        le=16,
        apply="live",
        group="Codebook",
    )
    resolution: int = knob(
        160,
        "Resolution",
        "Cells along each axis of the map of codes.",
        ge=32,
        le=256,
        unit="cells",
        apply="live",
        scale="log",
        group="Codebook",
    )


class CodesView(View):
    """Voronoi cells of the codes, their use, and the points that they stand for."""

    name = "codes"
    title = "Codebook"
    description = "Which code covers which part of the latent space, and how often."
    Config: ClassVar[type[ViewConfig]] = CodesConfig
    needs = (("coded",),)
    empty = "This model has no list of codes; look at its samples instead."
    _room: tuple[float, float, float, float] | None = None  # for all of a film

    def prepare(self, moments: Iterable[Moment]) -> None:
        """One square of cells for all."""
        found = []
        for moment in moments:
            model = moment.fitted.model
            assert isinstance(model, Coded)
            plane = _Plane(
                self.config.axis_x, self.config.axis_y, _encodings(moment, model)
            )
            found.append(plane.limits())
            moment.tick()
        x_0, x_1, y_0, y_1 = zip(*found, strict=True)
        self._room = min(x_0), max(x_1), min(y_0), max(y_1)

    def compute(self, moment: Moment) -> Picture:
        """Arrays cells (G, G), codes and encodings (., 2), points (K, 2), shares."""
        model = moment.fitted.model
        assert isinstance(model, Coded)
        train = moment.data.train
        with torch.no_grad():
            vectors = model.code_vectors().double().cpu()
            points = moment.data.scaling.restore(model.code_points().double().cpu())
            prior = model.prior().double().cpu()
        z = _encodings(moment, model)
        size = len(vectors)
        share = counts(nearest(z, vectors), size, z.dtype) / len(z)
        plane = _Plane(self.config.axis_x, self.config.axis_y, z)
        limits = self._room or plane.limits()
        side = coarser(self.config.resolution, moment.quality, 48)
        lifted = plane.lift(cell_centres(limits, side))
        cells = in_chunks(lambda c: nearest(c, vectors), lifted, moment.tick)
        dead = [int(k) + 1 for k in (share < DEAD / size).nonzero().flatten()]
        drawn = spread_pick(len(z), SHOWN, moment.seed)
        rows = spread_pick(len(train.x), BACKDROP, moment.seed)
        arrays = {
            "cells": cells.reshape(side, side).to(torch.int32).numpy(),
            "codes": f32(plane.flat(vectors)),
            "encodings": f32(plane.flat(z[drawn])),
            "points": f32(points),
            "usage": f32(share),
            "prior": f32(prior),
            "data": f32(train.x[rows]),
        }
        meta = paper(moment) | {
            "limits_z": list(limits),
            "axes": [plane.first + 1, plane.second + 1],
            "code_size": z.shape[1],
            "perplexity": number(perplexity(share)),
            "dead": dead,
            "counted": len(z),
        }
        return Picture(arrays, meta)


def _encodings(moment: Moment, model: Coded) -> Tensor:
    """What the encoder says (n, d) of some training points."""
    train, like = moment.data.train.x, moment.fitted.model
    rows = spread_pick(len(train), fewer(COUNTED, moment.quality, 1000), 0)
    x = moment.data.scaling.standardise(train[rows].double())
    with torch.no_grad():
        return model.code_vectors_of(x.to(like.device, like.dtype)).double().cpu()


class _Plane:
    """Two axes of the codes, all others at their mean; one axis lies flat."""

    def __init__(self, first: int, second: int, z: Tensor) -> None:
        self.first, self.second = plane_axes(first, second, z.shape[1])
        self._mean = z.mean(dim=0)
        self._z = self.flat(z)

    def flat(self, z: Tensor) -> Tensor:
        """The two columns (n, 2) of codes (n, d)."""
        return plane_of(z, (self.first, self.second))

    def lift(self, places: Tensor) -> Tensor:
        """Codes (n, d) of places (n, 2) on the plane."""
        z = self._mean.expand(len(places), -1).clone()
        if z.shape[1] > 1:
            z[:, self.second] = places[:, 1]
        z[:, self.first] = places[:, 0]
        return z

    def limits(self) -> tuple[float, float, float, float]:
        """A square that holds the encodings, with some room."""
        low, high = self._z.min(dim=0).values, self._z.max(dim=0).values
        middle = (low + high) / 2
        half = max(0.55 * float((high - low).max()), 1e-3)
        x, y = middle.tolist()
        return x - half, x + half, y - half, y + half
