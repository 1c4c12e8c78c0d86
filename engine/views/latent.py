"""The latent plane: codes of the data, and the prior's lattice pushed to the data."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.models.base import Codes
from engine.models.inside import ByClass
from engine.settings import knob
from engine.views.base import Moment, Picture, View, ViewConfig, f32, number, paper
from engine.views.grid import coarser, fewer, spread_pick
from engine.views.latent_map import DecoderMap, LatentMap, latent_map
from engine.views.lattice import (
    axis_line,
    axis_marks,
    circles,
    folded_cells,
    lattice_lines,
    middles,
)

CODES = 1000
#: Codes of a process take a solver each way, so there are fewer.
PROCESS_CODES = 400
BACKDROP = 420
LINE_POINTS = 41
#: A curve through the data has all bends that a lattice spreads over 26 lines.
CURVE_POINTS = 601
RESIDUALS = 150
#: Half side of the latent square, in standard deviations of the prior.
HALF_SIDE = 3.2


class LatentConfig(ViewConfig):
    """Settings of :class:`LatentView`."""

    mode: Literal["auto", "codes", "prior_grid"] = knob(
        "auto",
        "Show",
        "Codes of the data, or the lattice of the prior pushed through the model.",
        apply="live",
        group="Latent space",
        choices={"auto": "both", "codes": "codes", "prior_grid": "prior grid"},
    )
    axis_x: int = knob(
        1,
        "First axis",
        "Latent axis drawn to the right; all others rest at zero.",
        ge=1,
        le=64,
        apply="live",
        group="Latent space",
    )
    axis_y: int = knob(
        2,
        "Second axis",
        "Latent axis drawn upwards; all others rest at zero.",
        ge=1,
        le=64,
        apply="live",
        group="Latent space",
    )


@dataclass(frozen=True)
class _Part:
    """Arrays and facts that one half of the picture adds."""

    arrays: dict[str, NDArray[Any]]
    meta: dict[str, Any]


class LatentView(View):
    """Two axes of the latent space, and what the model makes of them."""

    name = "latent"
    title = "Latent space"
    description = "Codes of the data by class, and the prior's lattice in data space."
    Config: ClassVar[type[ViewConfig]] = LatentConfig
    needs = (("latent",), ("process",))
    empty = "This model has no latent space; look at its density instead."

    def compute(self, moment: Moment) -> Picture:
        """Arrays of codes and of the pushed lattice, each where it can be had."""
        space = latent_map(moment.fitted, moment.tick, moment.quality)
        axes = plane_axes(self.config.axis_x, self.config.axis_y, space.dim)
        mode = self.config.mode
        reason = _no_codes(moment, space)
        wants_codes = mode != "prior_grid" and not reason
        wants_grid = mode != "codes" or not wants_codes
        train = moment.data.train.x
        arrays = {"data": f32(train[spread_pick(len(train), BACKDROP, moment.seed)])}
        meta = paper(moment) | {
            "mode": mode,
            "latent_dim": space.dim,
            "axes": [axes[0] + 1, axes[1] + 1],
            "has_codes": wants_codes,
            "has_grid": wants_grid,
            "limits_z": [-HALF_SIDE, HALF_SIDE, -HALF_SIDE, HALF_SIDE],
            "limits_prior": [-HALF_SIDE, HALF_SIDE, -HALF_SIDE, HALF_SIDE],
            "t": 1.0,
            "has_time": not isinstance(space, DecoderMap),
            "empty_codes": reason,
        }
        if wants_codes:
            codes = _codes(moment, space, axes)
            arrays, meta = arrays | codes.arrays, meta | codes.meta
        if wants_grid:
            grid = _grid(moment, space, axes)
            arrays, meta = arrays | grid.arrays, meta | grid.meta
        return Picture(arrays, meta)


def plane_axes(axis_x: int, axis_y: int, dim: int) -> tuple[int, int]:
    """Two axes counted from 0, within the model's own and different if it has two."""
    first = min(axis_x, dim) - 1
    second = min(axis_y, dim) - 1
    if first == second and dim > 1:
        second = second - 1 if second else 1
    return first, second


def _no_codes(moment: Moment, space: LatentMap) -> str:
    """Why there are no codes, in one sentence; empty if there are."""
    if not space.has_codes:
        title = moment.fitted.model.card.title
        return f"{title} has no encoder; look at its prior grid instead."
    if moment.quality < 1 and not isinstance(space, DecoderMap):
        return "Codes take a solver; pause the run to see them."
    return ""


def plane_of(z: Tensor, axes: tuple[int, int]) -> Tensor:
    """Two columns (n, 2) of codes (n, d); a single axis lies on the horizontal."""
    if z.shape[1] == 1:
        return torch.cat((z, torch.zeros_like(z)), dim=1)
    return z[:, list(axes)]


def _lifted(z: Tensor, axes: tuple[int, int], dim: int) -> Tensor:
    """Codes (n, d) from points (n, 2) of the plane, zero on all other axes."""
    codes = z.new_zeros(len(z), dim)
    if dim > 1:
        codes[:, axes[1]] = z[:, 1]
    codes[:, axes[0]] = z[:, 0]
    return codes


def _codes(moment: Moment, space: LatentMap, axes: tuple[int, int]) -> _Part:
    train = moment.data.train
    most = CODES if isinstance(space, DecoderMap) else PROCESS_CODES
    count = fewer(most, moment.quality, 300)
    chosen = spread_pick(len(train.x), count, moment.seed)
    x = train.x[chosen]
    codes = space.encode(x)
    found = f32(plane_of(codes.mean, axes).nan_to_num())
    arrays: dict[str, NDArray[Any]] = {
        "codes": found,
        "labels": train.labels[chosen].to(torch.int32).numpy(),
    }
    if codes.std is not None:
        arrays["code_std"] = f32(plane_of(codes.std, axes))
        arrays["kl_per_axis"] = f32(kl_per_axis(codes))
    side = max(HALF_SIDE, 1.05 * float(np.abs(found).max()))
    meta = {
        "limits_z": [-side, side, -side, side],
        "classes": moment.data.classes,
        "class_names": list(moment.data.source.class_names),
        "reconstruction_rms": number(_miss(space, x, codes)),
    }
    return _Part(arrays, meta)


def kl_per_axis(codes: Codes) -> Tensor:
    """KL (d,) in nats of the codes' normals from the prior, mean over the points.

    Kingma & Welling 2013, 1312.6114, appendix B.
    """
    assert codes.std is not None
    mean, std = codes.mean.double(), codes.std.double()
    return (0.5 * (mean.square() + std.square() - 1) - std.log()).mean(dim=0)


def _miss(space: LatentMap, x: Tensor, codes: Codes) -> Tensor:
    """Root mean square distance of points from their reconstruction, data units."""
    error = space.decode(codes.mean).double() - x.double()
    return error.square().sum(dim=1).mean().sqrt()


def _grid(moment: Moment, space: LatentMap, axes: tuple[int, int]) -> _Part:
    """Lattice, circles and middles of cells in one push through the model."""
    if space.dim == 1:
        return _curve(moment, space)
    points = coarser(LINE_POINTS, moment.quality, 21)
    lines, rounds, inside = lattice_lines(points), circles(points), middles()
    plane = torch.cat([part.reshape(-1, 2) for part in (lines, rounds, inside)])
    x = space.decode(_lifted(plane, axes, space.dim)).nan_to_num()
    counts = [part.numel() // 2 for part in (lines, rounds, inside)]
    grid_x, circle_x, inside_x = torch.split_with_sizes(x, counts)
    arrays = {
        "grid_z": f32(lines),
        "grid_x": f32(grid_x.reshape(lines.shape)),
        "circle_x": f32(circle_x.reshape(rounds.shape)),
        "residuals": _residuals(moment, space),
    }
    classes = _class_lattices(moment, _lifted(lines.reshape(-1, 2), axes, space.dim))
    if not classes:
        folded = folded_cells(inside_x.reshape(inside.shape))
        return _Part(arrays, {"folded": folded})
    found = torch.stack(classes).nan_to_num().reshape(-1, *lines.shape[1:])
    kinds = torch.arange(len(classes)).repeat_interleave(len(lines))
    arrays |= {"class_x": f32(found), "class_of": kinds.to(torch.int32).numpy()}
    names = list(moment.data.source.class_names)
    return _Part(arrays, {"folded": None, "class_names": names})


def _class_lattices(moment: Moment, z: Tensor) -> list[Tensor]:
    """Codes z (n, d) as each class reads them; none where one class is shown."""
    model = moment.fitted.model
    if not isinstance(model, ByClass) or model.shown_label() is not None:
        return []
    if moment.data.classes < 2:
        return []
    found = []
    for label in range(moment.data.classes):
        found.append(moment.fitted.decode_as(z, label))
        moment.tick()
    return found


def _curve(moment: Moment, space: LatentMap) -> _Part:
    """The curve that a single latent axis is decoded to, and places on it."""
    line, marks = axis_line(CURVE_POINTS), axis_marks()
    plane = torch.cat((line[0], marks[0]))
    x = space.decode(plane[:, :1]).nan_to_num()
    arrays = {
        "grid_z": f32(line),
        "grid_x": f32(x[None, :CURVE_POINTS]),
        "marks_z": f32(marks[0]),
        "marks_x": f32(x[CURVE_POINTS:]),
        "residuals": _residuals(moment, space),
    }
    return _Part(arrays, {"folded": None})


def _residuals(moment: Moment, space: LatentMap) -> NDArray[np.float32]:
    """Segments (m, 2, 2) from points to what their codes are read as.

    None where a map can be inverted: such a model gives every point back.
    """
    if not isinstance(space, DecoderMap) or not space.has_codes:
        return np.empty((0, 2, 2), np.float32)
    if moment.fitted.can("layers"):
        return np.empty((0, 2, 2), np.float32)
    train = moment.data.train.x
    x = train[spread_pick(len(train), RESIDUALS, moment.seed)]
    back = space.decode(space.encode(x).mean).to(x)
    return f32(torch.stack((x, back), dim=1).nan_to_num())
