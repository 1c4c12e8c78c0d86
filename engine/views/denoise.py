"""One step of the sampler taken apart: prediction, mean, noise, and the next x."""

from typing import ClassVar

import torch
from torch import Tensor

from engine.models.base import Process
from engine.sampling.one_step import OneStep, one_step
from engine.settings import knob
from engine.views.base import Moment, Picture, View, ViewConfig, f32, number, paper
from engine.views.grid import spread_pick

BACKDROP = 420


def share_knob(title: str, description: str, group: str) -> float:
    """A place on one axis of a square plot, as a share of its side."""
    return knob(  # type: ignore[no-any-return]
        0.62, title, description, ge=0, le=1, apply="live", group=group
    )


class DenoiseConfig(ViewConfig):
    """Settings of :class:`DenoiseView`."""

    across: float = share_knob(
        "Across", "Where x stands, from the left edge (0) to the right (1).", "One step"
    )
    up: float = share_knob(
        "Up", "Where x stands, from the lower edge (0) to the upper (1).", "One step"
    )
    t: float = knob(
        0.5,
        "Time",
        "Moment on the way from noise (0) to data (1); the step of the sampler that "
        "begins there or just before is shown.",
        ge=0,
        le=1,
        apply="live",
        symbol="t",
        group="One step",
    )
    seed: int = knob(
        0,
        "Seed",
        "Another number draws other fresh noise.",
        ge=0,
        le=2**31 - 1,
        apply="live",
        slider=(0, 100),
        group="One step",
    )


class DenoiseView(View):
    """A point x at time t, and everything that one step of the sampler does with it."""

    name = "denoise"
    title = "One step"
    description = "One step of the sampler: prediction, mean, noise, and the next x."
    Config: ClassVar[type[ViewConfig]] = DenoiseConfig
    needs = (("process",),)
    empty = "This model makes points in one go: it takes no steps from noise to data."

    def compute(self, moment: Moment) -> Picture:
        """Arrays x, x_data, free, still, after (1, 2) each; cloud and data behind."""
        fitted, scaling = moment.fitted, moment.data.scaling
        process, sampler = fitted.model, fitted.sampler
        assert isinstance(process, Process)
        assert sampler is not None
        place = self._place(moment)
        x = scaling.standardise(place).to(fitted.model.device, fitted.model.dtype)
        generator = fitted.generator(moment.seed + self.config.seed)
        with torch.no_grad():
            step = one_step(sampler, process, x, self.config.t, generator)
            now = torch.tensor(step.t, dtype=torch.float64)
            alpha, sigma = (
                float(c(now)) for c in (process.path.alpha, process.path.sigma)
            )
        moment.tick()

        def out(points: Tensor) -> Tensor:
            return scaling.restore(points.double().cpu()).nan_to_num()

        free = x.double().cpu() - sigma * step.guess.eps.double().cpu()
        data, cloud = _backdrop(moment, alpha, sigma)
        arrays = {
            "x": f32(place),
            "x_data": f32(out(step.guess.x_data)),
            "free": f32(out(free)),
            "still": f32(out(step.still)),
            "after": f32(out(step.after)),
            "data": f32(data),
            "cloud": f32(out(cloud)),
        }
        return Picture(arrays, paper(moment) | self._facts(moment, step, alpha, sigma))

    def _place(self, moment: Moment) -> Tensor:
        x_0, x_1, y_0, y_1 = moment.data.limits
        across, up = self.config.across, self.config.up
        place = [[x_0 + across * (x_1 - x_0), y_0 + up * (y_1 - y_0)]]
        return torch.tensor(place, dtype=torch.float64)

    @staticmethod
    def _facts(
        moment: Moment, step: OneStep, alpha: float, sigma: float
    ) -> dict[str, object]:
        sampler = moment.fitted.sampler
        assert sampler is not None
        scaling = moment.data.scaling
        velocity = step.velocity.double().cpu() * scaling.std
        return {
            "t": step.t,
            "until": step.until,
            "number": step.number,
            "steps": step.steps,
            "sampler": sampler.title,
            "stochastic": sampler.uses_noise,
            "multistep": sampler.name == "dpm_solver_pp_2m",
            "evaluations": step.evaluations,
            "alpha": number(alpha),
            "sigma": number(sigma),
            "eps": [number(v) for v in step.guess.eps[0]],
            "velocity": [number(v) for v in velocity[0]],
        }


def _backdrop(moment: Moment, alpha: float, sigma: float) -> tuple[Tensor, Tensor]:
    """Data (n, 2) in data units, and the same as noisy as at t, standardised."""
    train = moment.data.train.x
    data = train[spread_pick(len(train), BACKDROP, moment.seed)]
    generator = torch.Generator().manual_seed(0)
    eps = torch.randn(data.shape, generator=generator, dtype=torch.float64)
    return data, alpha * moment.data.scaling.standardise(data.double()) + sigma * eps
