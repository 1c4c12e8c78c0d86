"""Answers to questions about single points; arrays as :class:`Probe` promises."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.data.load import Data
from engine.link.failure import CommandError
from engine.metrics.solver_gap import known_kind
from engine.models.base import Coded
from engine.models.fitted import Fitted
from engine.models.inside import ByClass
from engine.protocol import Arrays, Json, Probe
from engine.views.grid import spread_pick
from engine.views.latent_map import LatentMap, latent_map
from engine.views.way_back import path_back

Answer = tuple[Json, dict[str, Tensor]]
#: Questions that a person asks by hand; more points than this are a mistake.
MOST_POINTS = 10_000
#: Steps of the sampler in a quick path: thirty answers a second.
QUICK_STEPS = 16
#: Settings of samplers, and the most that a quick path takes of each.
_QUICK = {"steps": QUICK_STEPS, "inner_steps": 2}
#: Points of a data set that one answer brings.
MOST_DATA = 20_000
_CANNOT = {
    "log_prob": "This model has no log-density.",
    "decode": "This model has no latent space.",
    "encode": "This model has no encoder.",
    "path": "This model has no path from noise to data.",
    "critic": "This model has no critic.",
    "score": "This model has no score.",
    "path_back": "This model has no path back from data to noise.",
}
#: Groups of capabilities of which a model needs one; a process has codes by its ODE.
_NEEDS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "log_prob": (("log_density",),),
    "decode": (("latent",), ("process",)),
    "encode": (("encoder",), ("process",)),
    "path": (("process",),),
    "critic": (("critic",),),
    "score": (("process",), ("log_density",)),
    "path_back": (("process",), ("layers", "encoder")),
}
#: What is asked about a point, and how the array is called among all the others.
_ABOUT_A_POINT = {
    "log_prob": {},
    "score": {},
    "critic": {},
    "encode": {},
    "nearest": {"x": "nearest"},
    "path_back": {"x": "path"},
}


def probe(
    fitted: Fitted, data: Data, question: Probe, seed: int
) -> tuple[Json, Arrays]:
    """The answer's facts and arrays.

    Raises:
        CommandError: The model cannot answer this, or the points have a wrong shape.
    """
    if question.what == "data":
        return _all_points(data)
    if not _can(fitted, question.what):
        raise CommandError(_CANNOT[question.what])
    if question.quick:
        _hurry(fitted)
    codes = question.what == "decode"
    points = _points(question.points, _space(fitted).dim if codes else 2)
    facts, arrays = _ANSWERS[question.what](fitted, data, points, seed)
    return facts, {k: _plain(v) for k, v in arrays.items()}


def _hurry(fitted: Fitted) -> None:
    """Let the sampler take few steps; one that chooses its own is left alone."""
    sampler = fitted.sampler
    if sampler is not None:
        config = sampler.config
        less = {k: n for k, n in _QUICK.items() if getattr(config, k, 0) > n}
        fitted.sampler = type(sampler)(config.model_copy(update=less))


def _can(fitted: Fitted, what: str) -> bool:
    return any(fitted.can(*group) for group in _NEEDS.get(what, ((),)))


def _all_points(data: Data) -> tuple[Json, Arrays]:
    """The points of the data set, held out or not; of very many a part."""
    x = torch.cat([data.train.x, data.heldout.x])
    labels = torch.cat([data.train.labels, data.heldout.labels])
    some = spread_pick(len(x), MOST_DATA, seed=0)
    arrays = {"x": x[some], "labels": labels[some]}
    return {"points": len(x)}, {k: _plain(v) for k, v in arrays.items()}


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
    kind, note = known_kind(fitted, x, arrays["learned"], seed)
    return {"kind": kind, "note": note}, arrays


def _decode(fitted: Fitted, data: Data, z: Tensor, seed: int) -> Answer:
    """Points of codes; a single code (1, d) is decoded for each class that is shown."""
    del seed
    model = fitted.model
    single = len(z) == 1 and data.classes > 1
    if single and isinstance(model, ByClass) and model.shown_label() is None:
        kinds = range(data.classes)
        x = torch.cat([fitted.decode_as(z.float(), label) for label in kinds])
        return {}, {"x": x}
    return {}, {"x": _space(fitted).decode(z.float())}


def _encode(fitted: Fitted, data: Data, x: Tensor, seed: int) -> Answer:
    del data, seed
    codes = _space(fitted).encode(x)
    arrays = {"z": codes.mean} | ({} if codes.std is None else {"std": codes.std})
    if isinstance(fitted.model, Coded):
        arrays["code"] = fitted.code_of(x) + 1
    # Else an encoder has named it: from there the decoder comes back only so nearly.
    return {"is_map": fitted.can("process") or fitted.can("layers")}, arrays


def _path(fitted: Fitted, data: Data, x: Tensor, seed: int) -> Answer:
    del data
    found = fitted.trace(x, seed)
    cost = torch.tensor([found.evaluations])
    return {}, {"times": found.times, "x": found.x, "evaluations": cost}


def _nearest(fitted: Fitted, data: Data, x: Tensor, seed: int) -> Answer:
    del fitted, seed
    table = data.train.x
    found = torch.stack([_closest(p, table) for p in x])
    return {}, {"x": found, "distance": (found - x).norm(dim=1)}


def _closest(point: Tensor, table: Tensor) -> Tensor:
    return table[(table - point).square().sum(1).argmin()]


def _critic(fitted: Fitted, data: Data, x: Tensor, seed: int) -> Answer:
    del data, seed
    return {}, {"critic": fitted.critic(x)}


def _score(fitted: Fitted, data: Data, x: Tensor, seed: int) -> Answer:
    del data
    return {}, {"score": fitted.score_of_data(x, seed)}


def _path_back(fitted: Fitted, data: Data, x: Tensor, seed: int) -> Answer:
    del data, seed
    found = path_back(fitted, x)
    return {}, {"times": found.times, "x": found.x}


def _point(fitted: Fitted, data: Data, x: Tensor, seed: int) -> Answer:
    """All answers at once, so that a pointer that moves waits for one only."""
    facts: Json = {}
    arrays: dict[str, Tensor] = {}
    for what, names in _ABOUT_A_POINT.items():
        if _can(fitted, what):
            more, found = _ANSWERS[what](fitted, data, x, seed)
            facts |= more
            arrays |= {names.get(name, name): array for name, array in found.items()}
    return facts, arrays


_ANSWERS: dict[str, Callable[[Fitted, Data, Tensor, int], Answer]] = {
    "log_prob": _log_prob,
    "decode": _decode,
    "encode": _encode,
    "path": _path,
    "nearest": _nearest,
    "critic": _critic,
    "score": _score,
    "path_back": _path_back,
    "point": _point,
}
