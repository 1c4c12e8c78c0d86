"""What a sampler is: settings, an order, and a run from noise to data.

The solvers themselves are plain functions in their own files; a :class:`Sampler` binds
one to its settings so that a form, the command line and every process model share it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Generator, Tensor

from engine.settings import Settings

if TYPE_CHECKING:
    from engine.models.base import Denoised, Process
    from engine.sampling.path import GaussianPath

OnStep = Callable[[float, Tensor], None]


class SamplerConfig(Settings):
    """Base of every sampler's settings."""


class Sampler(ABC):
    """Draws data from noise with the network of a process model."""

    name: ClassVar[str]
    title: ClassVar[str]
    description: ClassVar[str]
    Config: ClassVar[type[SamplerConfig]]
    #: Global order of convergence; 0 where the notion does not apply.
    order: ClassVar[int] = 0
    #: Whether the path uses fresh noise on its way.
    stochastic: ClassVar[bool] = False

    def __init__(self, config: SamplerConfig) -> None:
        self.config: Any = config

    @property
    def uses_noise(self) -> bool:
        """Whether the path uses fresh noise with the settings as they are."""
        return self.stochastic

    @abstractmethod
    def run(
        self,
        process: "Process",
        x_0: Tensor,
        generator: Generator,
        on_step: OnStep | None = None,
    ) -> Tensor:
        """Bring noise ``x_0`` (n, dim) at t = 0 to data at t = 1, shape (n, dim).

        ``on_step(t, x)`` is called at the start (t = 0) and after every step.
        """


class CountedProcess:
    """A process that counts the network evaluations made through it.

    A guided process asks its network twice per call and says so in ``calls``.
    """

    def __init__(self, process: "Process") -> None:
        self._process = process
        self._calls = int(getattr(process, "calls", 1))
        self.evaluations = 0

    @property
    def path(self) -> "GaussianPath":
        """Path of the process behind."""
        return self._process.path

    def start(self, n: int, generator: Generator) -> Tensor:
        """Noise of the process behind; costs no evaluation."""
        return self._process.start(n, generator)

    def denoised(self, x: Tensor, t: Tensor) -> "Denoised":
        """One evaluation of the process."""
        self.evaluations += self._calls
        return self._process.denoised(x, t)

    def velocity(self, x: Tensor, t: Tensor) -> Tensor:
        """One evaluation of the process."""
        self.evaluations += self._calls
        return self._process.velocity(x, t)

    def score(self, x: Tensor, t: Tensor) -> Tensor:
        """One evaluation of the process."""
        self.evaluations += self._calls
        return self._process.score(x, t)

    def __getattr__(self, name: str) -> Any:
        """Whatever else a sampler of one family needs, e.g. the discrete betas."""
        return getattr(self._process, name)


@dataclass(frozen=True)
class Trace:
    """A sampling seen on its way: ``times`` (k,), ``x`` (k, n, dim), and its cost."""

    times: Tensor
    x: Tensor
    evaluations: int


def trace(
    sampler: Sampler,
    process: "Process",
    x_0: Tensor,
    generator: Generator,
    on_step: OnStep | None = None,
) -> Trace:
    """Run a sampler and keep every step; ``on_step`` is told of each as well."""
    times: list[float] = []
    frames: list[Tensor] = []

    def keep(t: float, x: Tensor) -> None:
        times.append(t)
        frames.append(x)
        if on_step:
            on_step(t, x)

    counted = CountedProcess(process)
    sampler.run(counted, x_0, generator, keep)
    return Trace(
        torch.tensor(times, dtype=torch.float64),
        torch.stack(frames),
        counted.evaluations,
    )
