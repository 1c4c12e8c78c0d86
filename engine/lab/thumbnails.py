"""Small pictures of a run, cheap enough to make for many: density, samples, codes."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.data.load import Data
from engine.models.base import Latent
from engine.models.fitted import Fitted
from engine.protocol import Arrays
from engine.views.base import f32
from engine.views.grid import spread_pick
from engine.views.lattice import lattice_lines

#: Cells of a density thumbnail along each side.
SIDE = 64
#: Points in a thumbnail of samples or codes.
DOTS = 240
#: Points along one line of the prior's lattice.
_LINE = 21
#: Spread of the smoothing, in cells, for 1000 points; it falls as their n^(-1/6).
_BLUR = 1.6

Limits = tuple[float, float, float, float]


def density(points: Tensor, limits: Limits) -> NDArray[np.float32]:
    """Smoothed density (SIDE, SIDE) of points (n, 2), per data unit squared.

    Row 0 lies along ymin. Points outside the limits count in the total, so that
    pictures of runs that scatter are as faint as they should be.
    """
    x_min, x_max, y_min, y_max = limits
    good = points[torch.isfinite(points).all(1)].numpy()
    counts, _, _ = np.histogram2d(
        good[:, 1], good[:, 0], SIDE, [[y_min, y_max], [x_min, x_max]]
    )
    area = (x_max - x_min) * (y_max - y_min) / SIDE**2
    spread = _BLUR * (max(len(points), 1) / 1000) ** (-1 / 6)
    kernel = _bell(spread)
    smooth = _along(_along(counts, kernel).T, kernel).T
    found: NDArray[np.float32] = (smooth / (max(len(points), 1) * area)).astype("f4")
    return found


def _bell(spread: float) -> NDArray[np.float64]:
    reach = int(np.ceil(3 * spread))
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / spread) ** 2)
    found: NDArray[np.float64] = bell / bell.sum()
    return found


def _along(
    rows: NDArray[np.float64], kernel: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Each row smoothed with the kernel; beyond the edges there is nothing."""
    return np.stack([np.convolve(row, kernel, "same") for row in rows])


def dots(points: Tensor) -> NDArray[np.float32]:
    """The first points, (DOTS, 2); what is missing or no number is NaN."""
    found = np.full((DOTS, 2), np.nan, dtype=np.float32)
    some = f32(points[:DOTS])
    found[: len(some)] = np.where(np.isfinite(some), some, np.nan)
    return found


def latent(fitted: Fitted, data: Data, seed: int) -> Arrays:
    """The latent plane, if the model has one: ``codes`` (DOTS, 2), or ``lines``.

    Codes are of data points, with their ``labels``; a decoder without an encoder shows
    the prior's lattice in data space, (k, points, 2).
    """
    if fitted.can("latent", "encoder"):
        chosen = spread_pick(len(data.train.x), DOTS, seed)
        codes = fitted.encode(data.train.x[chosen]).mean
        if codes.shape[1] == 1:
            codes = torch.cat((codes, torch.zeros_like(codes)), 1)
        labels = np.zeros(DOTS, dtype=np.int32)
        labels[: len(chosen)] = data.train.labels[chosen].numpy()
        return {"codes": dots(codes[:, :2]), "labels": labels}
    model: object = fitted.model
    if not isinstance(model, Latent):
        return {}
    lines = lattice_lines(_LINE)
    dim = model.latent_dim
    z = torch.zeros(lines.shape[0] * lines.shape[1], dim)
    z[:, : min(dim, 2)] = lines.reshape(-1, 2)[:, :dim].float()
    return {"lines": f32(fitted.decode(z).reshape(lines.shape).nan_to_num())}
