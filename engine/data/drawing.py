"""From operations to points: a pure function, bit for bit the same each time.

Each operation draws from a generator of its own seed, point after point, so that a
stroke that grows keeps the points it has, and operations added later move none.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import registry
from engine.data import operations as op
from engine.data.base import DataError
from engine.data.load import load_data

#: Points of a drawing at most.
MAX_POINTS = 100_000
#: A brush leaves a dab each time it has moved by this many radii.
SPACING = 0.5
#: No coordinate may lie farther out: squares of it are still ordinary numbers.
FARTHEST = 1e9

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cloud:
    """Points ``x`` (n, 2), classes ``labels`` (n,) from 0, and ``lot`` (n,).

    A lot is uniform on [0, 1) and belongs to its point for ever: it decides whether
    the point is held out, and where it stands in the order.
    """

    x: Floats
    labels: NDArray[np.int64]
    lot: Floats

    def __len__(self) -> int:
        """Number of points."""
        return len(self.x)

    def with_more(self, x: Floats, labels: Any, lot: Floats) -> "Cloud":
        """These points and further ones.

        Raises:
            DataError: They are too many.
        """
        check_count(len(self) + len(x))
        more = np.broadcast_to(np.asarray(labels, np.int64), len(x))
        return Cloud(
            np.concatenate([self.x, x]),
            np.concatenate([self.labels, more]),
            np.concatenate([self.lot, lot]),
        )

    def with_x(self, x: Floats) -> "Cloud":
        """The same points elsewhere.

        Raises:
            DataError: One of them is too far out.
        """
        if len(x) and not np.abs(x).max() <= FARTHEST:
            raise DataError("The drawing has grown too large: scale it down again.")
        return Cloud(x, self.labels, self.lot)


EMPTY = Cloud(np.zeros((0, 2)), np.zeros(0, np.int64), np.zeros(0))


def check_count(count: float) -> None:
    """Refuse more points than a drawing may have.

    Raises:
        DataError: They are too many.
    """
    if count > MAX_POINTS:
        raise DataError(
            f"The drawing would have {count:,.0f} points, more than {MAX_POINTS:,}: "
            "lower the density, or erase some."
        )


def drawn(operations: Sequence[op.Operation]) -> Cloud:
    """The points that operations make, one after the other.

    The last two results are kept: a stroke that grows costs no more than itself.

    Raises:
        DataError: They cannot be done.
    """
    wanted = list(operations)
    done, cloud = _longest_known(wanted)
    for index in range(done, len(wanted)):
        cloud = _ACTS[type(wanted[index])](cloud, wanted[index])
        if index >= len(wanted) - 2:
            _remember(wanted[: index + 1], cloud)
    return cloud


_known: list[tuple[list[op.Operation], Cloud]] = []
_KEPT = 4


def _longest_known(wanted: list[op.Operation]) -> tuple[int, Cloud]:
    fits = [
        e for e in _known if len(e[0]) <= len(wanted) and wanted[: len(e[0])] == e[0]
    ]
    done, cloud = max(fits, key=lambda entry: len(entry[0]), default=([], EMPTY))
    return len(done), cloud


def _remember(done: list[op.Operation], cloud: Cloud) -> None:
    # A growing stroke must not push out what it grows from: one of each length.
    _known[:] = [entry for entry in _known if len(entry[0]) != len(done)][1 - _KEPT :]
    _known.append((done, cloud))


def _random(seed: int, count: int, width: int) -> Floats:
    """Uniform numbers (count, width); the first rows do not depend on the count."""
    return np.random.Generator(np.random.PCG64(seed)).random((count, width))


# Making points


def _brush(cloud: Cloud, stroke: op.Brush) -> Cloud:
    radius = np.array(stroke.radius)
    path = np.array(stroke.path).reshape(-1, 2) / radius  # brush of radius 1
    lengths = np.hypot(*np.diff(path, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    last = math.floor(along[-1] / SPACING)
    # A disc moved by s radii sweeps 2 s / pi of its own area anew.
    rate = stroke.density * 2 * SPACING / math.pi
    count = stroke.density + math.floor(last * rate)
    check_count(len(cloud) + max(count, last))
    until = stroke.density + np.floor(np.arange(last + 1) * rate)
    dab = np.searchsorted(until, np.arange(count), side="right") * SPACING
    centre = np.stack([np.interp(dab, along, path[:, k]) for k in (0, 1)], axis=1)
    u = _random(stroke.seed, count, 3)
    angle, distance = 2 * math.pi * u[:, 0], np.sqrt(u[:, 1])
    offset = np.stack([np.cos(angle), np.sin(angle)], axis=1) * distance[:, None]
    return cloud.with_more((centre + offset) * radius, stroke.label - 1, u[:, 2])


def _paste(cloud: Cloud, pasted: op.Paste) -> Cloud:
    x = np.array(pasted.x).reshape(-1, 2)
    labels = np.array(pasted.labels, np.int64) - 1 if pasted.labels else 0
    return cloud.with_more(x, labels, _random(pasted.seed, len(x), 1)[:, 0])


def _picture(cloud: Cloud, picture: op.Picture) -> Cloud:
    check_count(len(cloud) + picture.count)
    grey = np.frombuffer(picture.cells, np.uint8).astype(np.float64)
    # Against the lightest (or darkest) cell, which is to stay empty.
    weight = grey - grey.min() if picture.invert else grey.max() - grey
    if not weight.any():
        raise DataError(
            "The picture has the same brightness everywhere: choose one with dark "
            "and light parts."
        )
    u = _random(picture.seed, picture.count, 4)
    sums = np.cumsum(weight)
    cell = np.searchsorted(sums, u[:, 0] * sums[-1], side="right")
    row, column = np.divmod(np.minimum(cell, len(grey) - 1), picture.width)
    x_0, x_1, y_0, y_1 = picture.box
    share = np.stack(
        [
            (column + u[:, 1]) / picture.width,
            1 - (row + u[:, 2]) / picture.height,  # the first row is at the top
        ],
        axis=1,
    )
    x = np.array([x_0, y_0]) + share * np.array([x_1 - x_0, y_1 - y_0])
    return cloud.with_more(x, picture.label - 1, u[:, 3])


def _layer(cloud: Cloud, layer: op.Layer) -> Cloud:
    check_count(len(cloud) + layer.points)
    if layer.data not in registry.DATA or layer.data in ("csv", "drawn"):
        known = ", ".join(n for n in registry.DATA if n not in ("csv", "drawn"))
        raise DataError(f"A layer of a drawing is one of: {known}; not {layer.data!r}.")
    settings = dict(layer.settings)
    if "points" in registry.data_set(layer.data).Config.model_fields:
        settings["points"] = max(layer.points, 100)
    data = load_data(layer.data, settings, layer.seed)
    both = (data.train, data.heldout)
    x = np.concatenate([p.x.numpy() for p in both])[: layer.points]
    labels = np.concatenate([p.labels.numpy() for p in both])[: layer.points]
    own = labels % op.MAX_CLASSES if layer.label == 0 else layer.label - 1
    return cloud.with_more(x, own, _random(layer.seed, len(x), 1)[:, 0])


# Changing points


def _erase(cloud: Cloud, stroke: op.Erase) -> Cloud:
    radius = np.array(stroke.radius)
    path = np.array(stroke.path).reshape(-1, 2) / radius
    x = cloud.x / radius
    low, high = path.min(axis=0) - 1, path.max(axis=0) + 1
    near = np.flatnonzero(((x >= low) & (x <= high)).all(axis=1))
    hit = np.zeros(len(near), bool)
    for start, end in zip(path, path[1:] if len(path) > 1 else path, strict=False):
        hit |= _distance(x[near], start, end) <= 1
    kept = np.ones(len(x), bool)
    kept[near[hit]] = False
    return Cloud(cloud.x[kept], cloud.labels[kept], cloud.lot[kept])


def _distance(x: Floats, start: Floats, end: Floats) -> Floats:
    """Distance (n,) of points (n, 2) from the straight line between two places."""
    step = end - start
    square = float(step @ step)
    share = (
        np.clip((x - start) @ step / square, 0, 1) if square > 0 else np.zeros(len(x))
    )
    found: Floats = np.hypot(*(x - start - share[:, None] * step).T)
    return found


def _rotate(cloud: Cloud, turn: op.Rotate) -> Cloud:
    angle, centre = math.radians(turn.degrees), np.array(turn.centre)
    cos, sin = math.cos(angle), math.sin(angle)
    matrix = np.array([[cos, sin], [-sin, cos]])
    return cloud.with_x((cloud.x - centre) @ matrix + centre)


def _scale(cloud: Cloud, scale: op.Scale) -> Cloud:
    centre = np.array(scale.centre)
    return cloud.with_x((cloud.x - centre) * np.array(scale.factor) + centre)


def _noise(cloud: Cloud, noise: op.Noise) -> Cloud:
    u = _random(noise.seed, len(cloud), 2)
    # Box and Muller: two uniform numbers to two normal ones, point by point.
    radius = np.sqrt(-2 * np.log1p(-u[:, 0]))
    angle = 2 * math.pi * u[:, 1]
    normal = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return cloud.with_x(cloud.x + normal * np.array(noise.std))


_ACTS: dict[type[op.Operation], Callable[[Cloud, Any], Cloud]] = {
    op.Brush: _brush,
    op.Erase: _erase,
    op.Paste: _paste,
    op.Picture: _picture,
    op.Layer: _layer,
    op.Rotate: _rotate,
    op.Scale: _scale,
    op.Noise: _noise,
}
