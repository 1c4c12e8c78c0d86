"""Answers to questions about single points; arrays as :class:`Probe` promises."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.data.load import Data
from engine.link.failure import CommandError
from engine.models.fitted import Fitted
from engine.protocol import Arrays, Json, Probe
from engine.views.latent_map import LatentMap, latent_map

Answer = tuple[Json, dict[str, Tensor]]
#: Questions that a person asks by hand; more points than this are a mistake.
MOST_POINTS = 10_000
_CANNOT = {
    "log_prob": "This model has no log-density.",
    "decode": "This model has no latent space.",
    "encode": "This model has no encoder.",
    "path": "This model has no path from noise to data.",
    "critic": "This model has no critic.",
}
#: Capabilities of which a model needs one; a process has codes by its ODE.
_NEEDS = {
    "log_prob": ("log_density",),
    "decode": ("latent", "process"),
    "encode": ("encoder", "process"),
    "path": ("process",),
    "critic": ("critic",),
}


def probe(
    fitted: Fitted, data: Data, question: Probe, seed: int
) -> tuple[Json, Arrays]:
    """The answer's facts and arrays.

    Raises:
        CommandError: The model cannot answer this, or the points have a wrong shape.
    """
    needs = _NEEDS.get(question.what)
    if needs is not None and not any(fitted.can(need) for need in needs):
        raise CommandError(_CANNOT[question.what])
    codes = question.what == "decode"
    points = _points(question.points, _space(fitted).dim if codes else 2)
    facts, arrays = _ANSWERS[question.what](fitted, data, points, seed)
    return facts, {k: _plain(v) for k, v in arrays.items()}


def _space(fitted: Fitted) -> LatentMap:
    return latent_map(fitted, fitted.tick, 1.0)


def _points(points: list[list[float]], width: int) -> Tensor:
    good = 0 < len(points) <= MOST_POINTS and all(len(p) == width for p in points)
    if not good:
        raise CommandError(
            f"A probe takes 1 to {MOST_POINTS:,} points of {width} numbers each."
        )
    return torch.tensor(points, dtype=torch.float64)


def _plain(tensor: Tensor) -> np.ndarray[Any, Any]:
    return np.ascontiguousarray(tensor.detach().float().cpu().numpy())


def _log_prob(fitted: Fitted, data: Data, x: Tensor, seed: int) -> Answer:
    arrays = {"learned": fitted.log_prob(x, seed)}
    truth = data.source.log_prob(x)
    if truth is not None:
        arrays["truth"] = truth
    model: Any = fitted.model
    return {"kind": model.density_kind, "note": model.density_note}, arrays


def _decode(fitted: Fitted, data: Data, z: Tensor, seed: int) -> Answer:
    del data, seed
    return {}, {"x": _space(fitted).decode(z.float())}


def _encode(fitted: Fitted, data: Data, x: Tensor, seed: int) -> Answer:
    del data, seed
    codes = _space(fitted).encode(x)
    std = {} if codes.std is None else {"std": codes.std}
    return {}, {"z": codes.mean} | std


def _path(fitted: Fitted, data: Data, x: Tensor, seed: int) -> Answer:
    del data
    found = fitted.trace(x, seed)
    return {"evaluations": found.evaluations}, {"times": found.times, "x": found.x}


def _nearest(fitted: Fitted, data: Data, x: Tensor, seed: int) -> Answer:
    del fitted, seed
    table = data.train.x
    return {}, {"x": torch.stack([_closest(p, table) for p in x])}


def _closest(point: Tensor, table: Tensor) -> Tensor:
    return table[(table - point).square().sum(1).argmin()]


def _critic(fitted: Fitted, data: Data, x: Tensor, seed: int) -> Answer:
    del data, seed
    return {}, {"critic": fitted.critic(x)}


_ANSWERS: dict[str, Callable[[Fitted, Data, Tensor, int], Answer]] = {
    "log_prob": _log_prob,
    "decode": _decode,
    "encode": _encode,
    "path": _path,
    "nearest": _nearest,
    "critic": _critic,
}
