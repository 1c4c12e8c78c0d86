"""Many samplers and step counts on one trained network: what each costs and gives.

All begin at the same noise. Where a sampler adds none on its way, its ends are compared
with those of the network's own ODE, solved almost exactly; where the data are a known
mixture, also with those of the ODE that a perfect network would have.
"""

import copy
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from engine import registry
from engine.lab.base import Job, JobSettings, News
from engine.lab.exact_process import exact_process
from engine.metrics.distances import energy_distance
from engine.models.base import Process
from engine.models.fitted import Fitted
from engine.protocol import Arrays, Json
from engine.sampling.base import Sampler, Trace
from engine.sampling.ode import Tolerance, dopri5
from engine.sampling.straightness import leads_on, relative_straightness
from engine.settings import checked
from engine.views.base import f32
from engine.views.frames import detour, turning

#: What stands for an exact solution, and the stretches in which it is made.
_EXACTLY = Tolerance(rtol=1e-5, atol=1e-6)
_STRETCHES = 20
#: Relative tolerances of an adaptive solver, instead of numbers of steps.
_TOLERANCES = (1e-1, 1e-2, 1e-3, 1e-4)
#: Share of the study that is done when all trials are there.
_TRIALS = 0.7
#: Moments of a path that are sent for drawing, at most.
_MOMENTS = 65


class SamplerStudySettings(JobSettings):
    """What to try.

    ``samplers`` are names (all, if empty); ``settings`` are further settings by
    sampler, e.g. eta; ``first`` are trials (sampler, steps) that are on show and should
    follow a slider at once; ``at`` is the step of a kept moment, None for the present.
    """

    samplers: list[str] = Field(default_factory=list, max_length=32)
    steps: list[int] = Field(default=[2, 4, 8, 16, 32, 64], max_length=12)
    settings: dict[str, Json] = Field(default_factory=dict)
    points: int = Field(default=1000, ge=50, le=10_000)
    paths: int = Field(default=40, ge=0, le=200)
    first: list[tuple[str, float]] = Field(default_factory=list, max_length=8)
    at: int | None = None


class SamplerStudy(Job):
    """Yields one result for each sampler and step count, then the errors of each.

    Results come at once; the references that errors are measured by may take long.

    The network is that of the moment at which the study begins: it is copied, so that
    a training that goes on meanwhile changes nothing. The first news tells its step.
    """

    name = "sampler_study"
    is_awaited = True
    Config = SamplerStudySettings

    def work(self) -> Iterator[News]:
        """The study; cheap settings first, so that a picture appears at once.

        Raises:
            ValueError: The model has no process, or a sampler cannot be set so.
        """
        made, wish = self.experiment, self.settings
        fitted = made.fitted(wish.at, self.tick)
        if not isinstance(fitted.model, Process):
            raise ValueError("This model draws its samples in one go: no sampler.")
        trials = list(_trials(wish))
        step = made.step if wish.at is None else wish.at
        fitted.model = copy.deepcopy(fitted.model)
        seed = made.config.seed
        x_0 = fitted.start(wish.points, seed)
        judge = _Judge(fitted, made.data, x_0, made.judged().heldout.x)
        floor = made.chance(self.tick)
        yield News(0.0, {"kind": "floor", "energy_distance": floor, "step": step})
        ends: list[tuple[Json, Tensor]] = []
        for index, (sampler, steps) in enumerate(trials):
            begin = time.perf_counter()
            fitted.sampler = sampler
            trace = fitted.trace(x_0, seed)
            seconds = time.perf_counter() - begin
            result, arrays = judge.verdict(sampler, trace, wish.paths)
            result |= {"steps": steps, "seconds": seconds}
            if not sampler.uses_noise:
                which = {"sampler": sampler.name, "steps": steps}
                ends.append((which, trace.x[-1].clone()))
            yield News(_TRIALS * (index + 1) / len(trials), result, arrays)
        yield from self._errors(judge, ends)

    def _errors(
        self, judge: "_Judge", ends: list[tuple[Json, Tensor]]
    ) -> Iterator[News]:
        """How far each end lies from the exact ones; of samplers without noise."""
        if ends:
            for share in judge.prepare(self.tick):
                yield News(_TRIALS + (1 - _TRIALS) * share, {"kind": "reference"})
        for which, x in ends:
            yield News(1.0, {"kind": "errors", **which, **judge.errors(x)})
        yield News(1.0)


def _trials(wish: SamplerStudySettings) -> Iterator[tuple[Sampler, float]]:
    """Samplers with their settings; the number is that of steps, or a tolerance.

    Cheap ones come first, but after those that are on show.
    """
    found: list[tuple[float, Sampler, float]] = []
    for name in wish.samplers or list(registry.SAMPLERS):
        kind = registry.sampler(name)
        own = wish.settings.get(name, {})
        if "steps" in kind.Config.model_fields:
            amounts: list[dict[str, Any]] = [{"steps": s} for s in wish.steps]
        else:
            amounts = [{"rtol": r, "atol": r / 10} for r in _TOLERANCES]
        for amount in amounts:
            config = checked(kind.Config, {**own, **amount}, kind.title)
            number = float(next(iter(amount.values())))
            order = number if "steps" in amount else -np.log10(number) * 8
            order = 0.0 if (name, number) in wish.first else order
            found.append((order, kind(config), number))
    for _, sampler, number in sorted(found, key=lambda trial: trial[0]):
        yield sampler, number


class _Judge:
    """Compares what a sampler made of the noise ``x_0`` (n, 2) with what it should.

    All distances are in standardised units: no axis counts for more.
    """

    def __init__(self, fitted: Fitted, data: Any, x_0: Tensor, heldout: Tensor) -> None:
        self._fitted = fitted
        self._data = data
        self._x_0 = x_0
        self._ends: dict[str, Tensor] = {}
        self._heldout = self._scaled(heldout[: len(x_0)])

    def prepare(self, tick: Callable[[], None]) -> Iterator[float]:
        """Solve the ODEs almost exactly; yields the share that is done."""
        model: Any = self._fitted.model
        fields = {"network": model, "exact": exact_process(model, self._data)}
        known = {name: field for name, field in fields.items() if field is not None}
        start = self._scaled(self._x_0).to(model.device, model.dtype)
        for index, (name, field) in enumerate(known.items()):
            x = start
            for k in range(_STRETCHES):
                span = (k / _STRETCHES, (k + 1) / _STRETCHES)
                with torch.no_grad():
                    x = dopri5(field.velocity, x, span, lambda *_: tick(), _EXACTLY)
                yield (index + (k + 1) / _STRETCHES) / len(known)
            self._ends[name] = x.double().cpu()

    def verdict(
        self, sampler: Sampler, trace: Trace, paths: int
    ) -> tuple[Json, Arrays]:
        """Quality, cost and shape of a sampling, and some of its paths."""
        x = self._scaled(trace.x.flatten(0, 1)).reshape(trace.x.shape)
        end = x[-1][torch.isfinite(x[-1]).all(1)]
        quality = energy_distance(end, self._heldout) if len(end) > 1 else None
        shape = [relative_straightness(trace.times, x), detour(x), turning(x)]
        known = [_number(float(value)) if leads_on(x) else None for value in shape]
        result: Json = {
            "kind": "trial",
            "sampler": sampler.name,
            "title": sampler.title,
            "order": sampler.order,
            "stochastic": sampler.uses_noise,
            "evaluations": trace.evaluations,
            "energy_distance": _number(quality),
            **dict(zip(("straightness", "detour", "turning"), known, strict=True)),
        }
        pick = torch.linspace(0, len(x) - 1, min(_MOMENTS, len(x))).round().long()
        arrays = {"times": f32(trace.times[pick]), "x": f32(trace.x[pick, :paths])}
        return result, arrays

    def errors(self, x: Tensor) -> Json:
        """Distances of ends x (n, 2) in data units to those of the exact ODEs."""
        scaled = self._scaled(x)
        return {
            f"error_{name}": _number(
                float((scaled - end).square().sum(1).mean().sqrt())
            )
            for name, end in self._ends.items()
        }

    def _scaled(self, x: Tensor) -> Tensor:
        return self._data.scaling.standardise(x.double())  # type: ignore[no-any-return]


def _number(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None
