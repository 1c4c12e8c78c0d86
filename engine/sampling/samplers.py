"""The samplers a person can choose: settings bound to the solvers."""

from collections.abc import Callable
from typing import ClassVar

from torch import Generator, Tensor

from engine.models.base import Process
from engine.sampling import discrete, ode
from engine.sampling.base import OnStep, Sampler, SamplerConfig
from engine.sampling.path import Grid
from engine.settings import knob

GRID_LABELS = {
    "uniform": "Uniform in t",
    "quadratic": "Finer near data",
    "karras": "Karras",
    "log_snr": "Uniform in log-SNR",
}


class StepsConfig(SamplerConfig):
    """Settings of a sampler with a fixed number of steps."""

    steps: int = knob(
        50,
        "Steps",
        "Steps from noise to data; a discrete diffusion takes at most as "
        "many as it was trained with.",
        ge=1,
        le=1000,
        unit="steps",
        apply="live",
        scale="log",
        group="Sampler",
    )
    grid: Grid = knob(
        "uniform",
        "Time grid",
        "How the steps are spread over the noise levels.",
        apply="live",
        group="Sampler",
        choices=GRID_LABELS,
    )
    rho: float = knob(
        7.0,
        "Karras exponent",
        "Higher puts more of the steps at the low noise levels.",
        ge=1,
        le=20,
        apply="live",
        symbol=r"\rho",
        formula=r"r_i^{1/\rho} \ \mathrm{evenly\ spaced},\quad r = \sigma / \alpha",
        group="Sampler",
        shown_if={"grid": ["karras"]},
    )

    def times(self, process: Process) -> list[float]:
        """Moments at which an ODE solver stops."""
        return process.path.times(self.steps, self.grid, self.rho)

    def grid_times(self, process: Process) -> list[float]:
        """Moments among those that the process was trained at."""
        return process.path.grid_times(self.steps, self.grid, self.rho)


class FewStepsConfig(StepsConfig):
    """As :class:`StepsConfig`, with the default of a method of higher order."""

    steps: int = knob(
        25,
        "Steps",
        "Steps from noise to data.",
        ge=1,
        le=1000,
        unit="steps",
        apply="live",
        scale="log",
        group="Sampler",
    )


class Dopri5Config(SamplerConfig):
    """Settings of the adaptive solver."""

    rtol: float = knob(
        1e-4,
        "Relative error",
        "Error allowed in a step, as a share of the state.",
        ge=1e-9,
        le=0.1,
        apply="live",
        scale="log",
        group="Sampler",
    )
    atol: float = knob(
        1e-4,
        "Absolute error",
        "Error allowed in a step, in training coordinates.",
        ge=1e-9,
        le=0.1,
        apply="live",
        scale="log",
        group="Sampler",
    )


class DDIMConfig(StepsConfig):
    """Settings of DDIM."""

    eta: float = knob(
        0.0,
        "Fresh noise",
        "Share of new noise in each step: 0 is deterministic, 1 is ancestral sampling.",
        ge=0,
        le=1,
        apply="live",
        symbol=r"\eta",
        group="Sampler",
    )


class AncestralConfig(StepsConfig):
    """Settings of ancestral sampling."""

    steps: int = knob(
        100,
        "Steps",
        "Steps from noise to data; a discrete diffusion takes at most as "
        "many as it was trained with.",
        ge=1,
        le=1000,
        unit="steps",
        apply="live",
        scale="log",
        group="Sampler",
    )
    variance: discrete.Variance = knob(
        "posterior",
        "Variance",
        "Size of the fresh noise in each step: the first is "
        "right for data at one point, the second for normal data.",
        apply="live",
        symbol="v^2",
        group="Sampler",
        choices={"posterior": "Posterior", "beta": "Beta"},
    )


class _Solver(Sampler):
    """A sampler that solves dx/dt = u with fixed steps."""

    Config = StepsConfig
    _solve: ClassVar[Callable[..., Tensor]]

    def run(
        self,
        process: Process,
        x_0: Tensor,
        generator: Generator,
        on_step: OnStep | None = None,
    ) -> Tensor:
        """Solve from t = 0 to t = 1; the generator is not used."""
        del generator
        times = self.config.times(process)
        return type(self)._solve(process.velocity, x_0, times, on_step)


class Euler(_Solver):
    """Euler's method."""

    name = "euler"
    title = "Euler"
    description = "Straight steps along the velocity; one evaluation a step."
    order = 1
    _solve = staticmethod(ode.euler)


class Heun(_Solver):
    """Heun's method."""

    name = "heun"
    title = "Heun"
    description = "Averages the velocity at both ends; two evaluations a step."
    Config = FewStepsConfig
    order = 2
    _solve = staticmethod(ode.heun)


class RK4(_Solver):
    """The classical Runge-Kutta method."""

    name = "rk4"
    title = "Runge-Kutta 4"
    description = "Four evaluations a step, accurate on smooth paths."
    Config = FewStepsConfig
    order = 4
    _solve = staticmethod(ode.rk4)


class Dopri5(Sampler):
    """Dormand-Prince with adaptive steps."""

    name = "dopri5"
    title = "Dormand-Prince"
    description = "Chooses its own steps so that each keeps the allowed error."
    Config = Dopri5Config
    order = 5

    def run(
        self,
        process: Process,
        x_0: Tensor,
        generator: Generator,
        on_step: OnStep | None = None,
    ) -> Tensor:
        """Solve from t = 0 to t = 1; the generator is not used."""
        del generator
        tolerance = ode.Tolerance(self.config.rtol, self.config.atol)
        times = process.path.times(1)
        return ode.dopri5(process.velocity, x_0, times, on_step, tolerance)


class DDIM(Sampler):
    """Denoising diffusion implicit model."""

    name = "ddim"
    title = "DDIM"
    description = "Jumps to the predicted data and back to the next noise level."
    Config = DDIMConfig
    order = 1
    stochastic = True

    @property
    def uses_noise(self) -> bool:
        """Only with some share of fresh noise."""
        return bool(self.config.eta > 0)

    def run(
        self,
        process: Process,
        x_0: Tensor,
        generator: Generator,
        on_step: OnStep | None = None,
    ) -> Tensor:
        """Jump from t = 0 to t = 1; without fresh noise the generator is not used."""
        times = self.config.grid_times(process)
        return discrete.ddim(
            process.denoised,
            process.path,
            x_0,
            times,
            generator,
            self.config.eta,
            on_step,
        )


class Ancestral(Sampler):
    """The sampler of the DDPM paper."""

    name = "ancestral"
    title = "Ancestral"
    description = "Draws each noise level from the reverse of the forward step."
    Config = AncestralConfig
    stochastic = True

    def run(
        self,
        process: Process,
        x_0: Tensor,
        generator: Generator,
        on_step: OnStep | None = None,
    ) -> Tensor:
        """Walk from t = 0 to t = 1 with fresh noise."""
        times = self.config.grid_times(process)
        return discrete.ancestral(
            process.denoised,
            process.path,
            x_0,
            times,
            generator,
            self.config.variance,
            on_step,
        )
