"""Points on their way from noise to data: by a process, or layer by layer."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.models.base import Process
from engine.models.counting import counted
from engine.models.fitted import Fitted
from engine.sampling.straightness import leads_on, relative_straightness
from engine.settings import knob
from engine.views.base import Moment, Picture, View, ViewConfig, f32, number, paper
from engine.views.frames import detour, thinned, turning
from engine.views.grid import CHUNK, fewer, spread_pick
from engine.views.room import layer_words, room

#: Frames at full quality; some 2 MB for 2,000 points as they travel.
FRAMES = 64
BACKDROP = 420
_METERS = ("straightness", "detour", "turning")


class TrajectoriesConfig(ViewConfig):
    """Settings of :class:`TrajectoriesView`."""

    points: int = knob(
        2000,
        "Points",
        "Points that travel.",
        ge=50,
        le=5000,
        unit="points",
        apply="live",
        scale="log",
        group="Paths",
    )
    paths: int = knob(
        200,
        "Paths",
        "Points whose whole way is drawn, where the ways are smooth.",
        ge=0,
        le=400,
        unit="paths",
        apply="live",
        group="Paths",
    )
    crooked: int = knob(
        24,
        "Crooked paths",
        "The same where the ways have corners: layers, or noise at each step. A few "
        "can be followed one by one.",
        ge=0,
        le=400,
        unit="paths",
        apply="live",
        group="Paths",
    )
    direction: Literal["denoise", "noise"] = knob(
        "denoise",
        "Direction",
        "Noise becoming data through the model, or data dissolving into noise.",
        apply="live",
        group="Paths",
        choices={"denoise": "noise to data", "noise": "data to noise"},
    )
    seed: int = knob(
        0,
        "Seed",
        "Another number starts other points.",
        ge=0,
        le=2**31 - 1,
        apply="live",
        group="Paths",
        slider=(0, 100),
    )


@dataclass(frozen=True)
class Paths:
    """Frames ``x`` (K, n, 2) in data units at rising ``times`` (K,), and their cost."""

    times: Tensor
    x: Tensor
    noise_level: Tensor
    evaluations: int
    sampler: str = ""
    stochastic: bool = False


class TrajectoriesView(View):
    """Frames of many points from t = 0 (noise) to t = 1 (data)."""

    name = "trajectories"
    title = "Trajectories"
    description = "The way of points from noise to data, or of data into noise."
    Config: ClassVar[type[ViewConfig]] = TrajectoriesConfig
    needs = (("process",), ("layers",))
    empty = (
        "This model turns noise into data in one go, so there is no path to watch; "
        "look at its samples instead."
    )

    def compute(self, moment: Moment) -> Picture:
        """Arrays times, x, noise_level; at most 64 frames, always with both ends."""
        config = self.config
        most = max(200, config.paths, config.crooked)
        count = fewer(config.points, moment.quality, most)
        found = self._paths(moment, count, moment.seed + config.seed)
        train = moment.data.train.x
        kept = thinned(len(found.times), fewer(FRAMES, moment.quality, 24))
        arrays = {
            "times": f32(found.times[kept]),
            "x": f32(found.x[kept]),
            "noise_level": f32(found.noise_level[kept]),
            "data": f32(train[spread_pick(len(train), BACKDROP, moment.seed)]),
        }
        process = moment.fitted.can("process")
        limits = moment.data.limits
        crooked = found.stochastic or not process
        layers = [] if process else layer_words(moment.fitted.model, len(found.x) - 1)
        meta = paper(moment) | {
            "kind": "process" if process else "layers",
            "names": layers,
            "home": list(limits) if process else room(found.x.nan_to_num(), limits),
            "direction": config.direction,
            "sampler": found.sampler,
            "stochastic": found.stochastic,
            "evaluations": found.evaluations,
            "steps": len(found.times) - 1,
            "points": count,
            "crooked": crooked,
            "paths": min(config.crooked if crooked else config.paths, count),
            **_meters(moment, found),
        }
        return Picture(arrays, meta)

    def _paths(self, moment: Moment, count: int, seed: int) -> Paths:
        fitted = moment.fitted
        noising = self.config.direction == "noise"
        data = moment.data.train.x
        chosen = data[spread_pick(len(data), count, seed)]
        if isinstance(fitted.model, Process):
            frames = fewer(FRAMES, moment.quality, 24)
            return (
                noised(fitted, chosen, frames, seed)
                if noising
                else denoised(fitted, count, seed)
            )
        if noising and fitted.can("encoder"):
            return layered(fitted, fitted.encode(chosen).mean)
        generator = fitted.generator(seed)
        return layered(fitted, fitted.model.layer_start(count, generator))


def denoised(fitted: Fitted, count: int, seed: int) -> Paths:
    """Noise brought to data by the sampler of the run, every step kept."""
    sampler = fitted.sampler
    assert sampler is not None
    found = fitted.trace(fitted.start(count, seed), seed)
    return Paths(
        found.times,
        found.x,
        _noise_level(fitted, found.times),
        found.evaluations,
        sampler.name,
        sampler.uses_noise,
    )


def noised(fitted: Fitted, x: Tensor, frames: int, seed: int) -> Paths:
    """Data x (n, 2) dissolving: one noise per point for all times, t rising.

    The marginals are those of the process; a fresh noise per frame would flicker.
    """
    model = fitted.model
    assert isinstance(model, Process)
    times = torch.linspace(0, 1, frames, dtype=torch.float64)
    x_data = fitted.scaling.standardise(x.double())
    eps = fitted.model.normal(tuple(x.shape), fitted.generator(seed)).double().cpu()
    alpha, sigma = (c.double()[:, None, None] for c in _path(fitted, times))
    x_t = fitted.scaling.restore(alpha * x_data + sigma * eps)
    return Paths(times, x_t.float(), _noise_level(fitted, times), 0)


def layered(fitted: Fitted, z: Tensor) -> Paths:
    """Codes z (n, 2) after each layer of the model; frame k of L is t = k / L."""
    parts = []
    with counted(fitted.model) as count:
        for first in range(0, len(z), CHUNK):
            parts.append(fitted.layers(z[first : first + CHUNK]))
            fitted.tick()
    x = torch.cat(parts, dim=1)
    times = torch.linspace(0, 1, len(x), dtype=torch.float64)
    return Paths(times, x, 1 - times, count.of_each(fitted.batches(len(z))) or 0)


def _path(fitted: Fitted, times: Tensor) -> tuple[Tensor, Tensor]:
    """Alpha and sigma (K,) of the process, on the CPU."""
    model = fitted.model
    assert isinstance(model, Process)
    t = times.to(fitted.model.device, fitted.model.dtype)
    with torch.no_grad():
        return model.path.alpha(t).cpu(), model.path.sigma(t).cpu()


def _noise_level(fitted: Fitted, times: Tensor) -> Tensor:
    """Spread of the noise relative to its largest: 1 is all noise, 0 is data."""
    sigma = _path(fitted, torch.cat((times.new_zeros(1), times)))[1]
    return sigma[1:] / sigma[0]


def _meters(moment: Moment, paths: Paths) -> dict[str, float | None]:
    """How straight the paths are; layers and noise on the way have no velocity."""
    if paths.stochastic or not moment.fitted.can("process"):
        return dict.fromkeys(_METERS)
    x = moment.data.scaling.standardise(paths.x.double())
    if not leads_on(x):
        return dict.fromkeys(_METERS)
    return {
        "straightness": number(relative_straightness(paths.times, x)),
        "detour": number(detour(x)),
        "turning": number(turning(x)),
    }
