r"""Random walkers on the learned surface: Langevin chains at one temperature.

.. math:: x \leftarrow x + \eta \, s(x) + \sqrt{2 \eta T} \, \xi

with s = -grad E of an energy-based model, or the score of a process at one noise level:
that of the data plus noise of r = sigma / alpha, whose points are x_t / alpha, and the
step is eta r^2. Without temperature the chains roll downhill; at T = 1 they wander as
the density says.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from engine.models.base import Energy, Process
from engine.sampling.walkers import walk, with_slope
from engine.settings import knob
from engine.views.base import Moment, Picture, View, ViewConfig, f32, number, paper
from engine.views.denoise import share_knob
from engine.views.frames import thinned
from engine.views.grid import cell_centres, coarser, fewer, in_chunks, spread_pick

FRAMES, ARROWS, BACKDROP = 64, 18, 420
#: Steps of a quick look, unless fewer are wanted.
QUICK = 50
#: Nats above the lowest energy that the colours span.
SPAN = 8.0

#: A function of points (n, dim): forces (n, dim), or energies (n,).
OfPoints = Callable[[Tensor], Tensor]


class ChainsConfig(ViewConfig):
    """Settings of :class:`ChainsView`."""

    steps: int = knob(
        200, "Steps", "Langevin steps of each chain.",
        ge=10, le=1000, unit="steps", scale="log", apply="live", group="Chains",
    )  # fmt: skip
    chains: int = knob(
        120, "Chains", "Walkers, each with its own noise.",
        ge=1, le=500, scale="log", apply="live", group="Chains",
    )  # fmt: skip
    step_size: float = knob(
        0.02,
        "Step size",
        "Size of a step where the data have spread 1; of a process, as a share of the "
        "variance of the noise at its level.",
        ge=0.001,
        le=0.5,
        scale="log",
        apply="live",
        symbol=r"\eta",
        group="Chains",
    )
    temperature: float = knob(
        1.0,
        "Temperature",
        "Strength of the noise: 1 is the density itself, 0 rolls straight downhill.",
        ge=0,
        le=4,
        apply="live",
        symbol="T",
        group="Chains",
    )
    noise: float = knob(
        0.25,
        "Noise level",
        "Noise over signal where the chains walk on a process, the same in each model "
        "whatever its time; an energy has only one level.",
        ge=0.01,
        le=20,
        scale="log",
        apply="live",
        symbol=r"\sigma / \alpha",
        group="Chains",
    )
    start: Literal["noise", "data", "point"] = knob(
        "noise",
        "Start",
        "Where the chains begin: spread like noise, on data, or all at one point.",
        apply="live",
        choices={"noise": "noise", "data": "data", "point": "one point"},
        group="Chains",
    )
    across: float = share_knob(
        "Across", "The one point, from the left edge (0) to the right (1).", "Chains"
    )
    up: float = share_knob(
        "Up", "The one point, from the lower edge (0) to the upper (1).", "Chains"
    )
    seed: int = knob(
        0, "Seed", "Another number draws other chains.",
        ge=0, le=2**31 - 1, slider=(0, 100), apply="live", group="Chains",
    )  # fmt: skip


@dataclass(frozen=True)
class _Surface:
    """Force (n, dim) at points, the energy where there is one, and the step's size."""

    force: OfPoints
    energy: Callable[[Tensor], Tensor] | None
    size: float
    sigma: float = 1.0
    t: float | None = None


class ChainsView(View):
    """Walkers on the energy, or along the score of one noise level."""

    name = "chains"
    title = "Chains"
    description = "Random walkers on the energy surface, or along the learned score."
    Config: ClassVar[type[ViewConfig]] = ChainsConfig
    needs = (("energy",), ("process",))
    empty = "This model has neither an energy nor a score that could drive a walker."

    def compute(self, moment: Moment) -> Picture:
        """Arrays x (K, n, 2), steps (K,), arrows, and energy (G, G) where known."""
        config, scaling = self.config, moment.data.scaling
        surface = self._surface(moment)
        generator = torch.Generator().manual_seed(moment.seed + config.seed)
        frames, accepted = self._walk(moment, surface, generator)
        points = cell_centres(moment.data.limits, ARROWS)
        inside = self._inside(moment, points)
        force = surface.force(inside).double().cpu() / scaling.std
        train = moment.data.train.x
        kept = thinned(len(frames), FRAMES)
        arrays = {
            "x": f32(scaling.restore(frames[kept].double()).nan_to_num()),
            "steps": kept.to(torch.int32).numpy(),
            "points": f32(points),
            "vectors": f32(force.nan_to_num()),
            "data": f32(train[spread_pick(len(train), BACKDROP, moment.seed)]),
        }
        meta = paper(moment) | {
            "has_energy": surface.energy is not None,
            "t": surface.t,
            "sigma": None if surface.energy else surface.sigma,
            "temperature": config.temperature,
            "step_size": surface.size,
            "start": config.start,
            "place": self._place(moment)[0].tolist(),
            "total": len(frames) - 1,
            "accepted": None if accepted is None else number(accepted),
            "span": SPAN,
        }
        if surface.energy is not None:
            arrays["energy"] = self._map(moment, surface.energy)
        return Picture(arrays, meta)

    def _map(self, moment: Moment, energy: OfPoints) -> NDArray[np.float32]:
        """Energy (G, G) above its lowest value."""
        side = coarser(96, moment.quality, 32)
        grid = self._inside(moment, cell_centres(moment.data.limits, side))
        found = in_chunks(energy, grid, moment.tick).double().cpu()
        return f32((found - found.min()).reshape(side, side).nan_to_num(1e3))

    def _surface(self, moment: Moment) -> _Surface:
        model, size = moment.fitted.model, float(self.config.step_size)
        if isinstance(model, Energy):
            energy = model.energy

            def force(x: Tensor) -> Tensor:
                return -with_slope(energy, x)[1]

            def level(x: Tensor) -> Tensor:
                with torch.no_grad():
                    return energy(x)

            return _Surface(force, level, size)
        assert isinstance(model, Process)
        process: Process = model
        ratio = float(self.config.noise)
        when = process.path.time_of(torch.tensor(ratio).double())
        t = when.to(moment.fitted.model.device, moment.fitted.model.dtype)
        alpha = float(process.path.alpha(when))

        def score(x: Tensor) -> Tensor:
            with torch.no_grad():
                return alpha * process.score(alpha * x, t)

        return _Surface(score, None, size * ratio**2, ratio, float(when))

    def _walk(
        self, moment: Moment, surface: _Surface, generator: Generator
    ) -> tuple[Tensor, float | None]:
        """Frames (steps + 1, n, dim) on the CPU, and the share of accepted moves."""
        x = self._starts(moment, surface, generator)
        heat, size = float(self.config.temperature), surface.size
        frames, accepted = [x.cpu()], 0.0
        steps = fewer(self.config.steps, moment.quality, QUICK)
        checked = surface.energy is not None and heat > 0
        for _ in range(steps):
            normal = torch.randn(x.shape, generator=generator).to(x)
            if checked:
                chance = torch.rand(len(x), 1, generator=generator).to(x)
                x, taken = _checked(moment, x, normal, size, heat, chance)
                accepted += taken / steps
            else:
                x = x + size * surface.force(x) + (2 * size * heat) ** 0.5 * normal
            frames.append(x.cpu())
            moment.tick()
        return torch.stack(frames), accepted if checked else None

    def _starts(
        self, moment: Moment, surface: _Surface, generator: Generator
    ) -> Tensor:
        count = fewer(self.config.chains, moment.quality, 40)
        if self.config.start == "noise":
            noise = torch.randn(count, 2, generator=generator)
            wide = noise * max(1.0, surface.sigma)
            return wide.to(moment.fitted.model.device, moment.fitted.model.dtype)
        if self.config.start == "point":
            return self._inside(moment, self._place(moment).expand(count, 2))
        train = moment.data.train.x
        return self._inside(moment, train[spread_pick(len(train), count, moment.seed)])

    def _place(self, moment: Moment) -> Tensor:
        x_0, x_1, y_0, y_1 = moment.data.limits
        across, up = self.config.across, self.config.up
        place = [[x_0 + across * (x_1 - x_0), y_0 + up * (y_1 - y_0)]]
        return torch.tensor(place, dtype=torch.float64)

    @staticmethod
    def _inside(moment: Moment, points: Tensor) -> Tensor:
        """Points in data units as the model sees them."""
        model = moment.fitted.model
        scaled = moment.data.scaling.standardise(points.double())
        return scaled.to(model.device, model.dtype)


def _checked(
    moment: Moment, x: Tensor, normal: Tensor, size: float, heat: float, chance: Tensor
) -> tuple[Tensor, float]:
    """One step with the check of Metropolis, and the share of walkers that took it.

    A walk on E / T with step eta T is the walk on E at temperature T.
    """
    model = moment.fitted.model
    assert isinstance(model, Energy)
    found: Energy = model
    step = walk(
        lambda y: found.energy(y) / heat, x, normal[:, None], size * heat, chance
    )
    return step.x, float(step.accepted.mean())
