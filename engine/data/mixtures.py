"""Mixtures of equal Gaussians: eight on a ring, and a square grid of them."""

import math
from abc import abstractmethod
from typing import ClassVar

import torch
from torch import Generator, Tensor

from engine.data.base import Mixture, Modes, Points, ToyConfig
from engine.data.kernel import log_mixture
from engine.data.toy import Toy, gauss_hermite
from engine.settings import knob


class GaussianMixture(Toy):
    """Isotropic Gaussians of equal weight and equal standard deviation."""

    @abstractmethod
    def centres(self) -> Tensor:
        """Centres (k, 2) in data units, float64."""

    def draw(self, n: int, generator: Generator) -> Points:
        """Fresh points; the class is the mode."""
        centres = self.centres()
        mode = torch.randint(len(centres), (n,), generator=generator)
        noise = torch.randn(n, 2, generator=generator, dtype=torch.float64)
        return Points(centres[mode] + self.config.noise * noise, mode)

    def density(self, x: Tensor) -> Tensor:
        """Closed form."""
        return log_mixture(x, self.centres(), self.config.noise)

    def class_density(self, x: Tensor, label: int) -> Tensor:
        """One Gaussian."""
        return log_mixture(x, self.centres()[label : label + 1], self.config.noise)

    def nodes(self) -> tuple[Tensor, Tensor]:
        """A cloud of Gauss-Hermite nodes round each mode."""
        centres = self.centres()
        cloud, share = gauss_hermite(24)
        x = (centres[:, None] + self.config.noise * cloud).reshape(-1, 2)
        return x, share.repeat(len(centres)) / len(centres)

    def modes(self) -> Modes:
        """Centres and standard deviation as set."""
        return Modes(self.centres(), self.config.noise)

    def mixture(self) -> Mixture:
        """The modes themselves, each its own class."""
        centres = self.centres()
        k = len(centres)
        weights = torch.full((k,), 1 / k, dtype=torch.float64)
        return Mixture(centres, weights, torch.arange(k), self.config.noise)


class EightGaussiansConfig(ToyConfig):
    """Settings of :class:`EightGaussians`."""

    modes: int = knob(
        8, "Modes", "Number of Gaussians on the ring.", ge=1, le=32, group="Data"
    )
    radius: float = knob(
        2.0,
        "Radius",
        "Distance of each Gaussian from the centre.",
        ge=0.1,
        le=5.0,
        group="Data",
    )
    noise: float = knob(
        0.15,
        "Noise",
        "Standard deviation of each Gaussian, in data units.",
        ge=0.01,
        le=1.0,
        group="Data",
        scale="log",
        symbol=r"\sigma",
    )


class EightGaussians(GaussianMixture):
    """Gaussians evenly spaced on a ring, the first on the positive x axis."""

    name: ClassVar[str] = "eight_gaussians"
    title: ClassVar[str] = "Eight Gaussians"
    description: ClassVar[str] = (
        "Equal Gaussians on a ring: shows at once which modes a model forgets."
    )
    Config: ClassVar[type[ToyConfig]] = EightGaussiansConfig

    def __init__(self, config: ToyConfig) -> None:
        super().__init__(config)
        self.class_names = tuple(f"mode {k + 1}" for k in range(self.config.modes))

    def centres(self) -> Tensor:
        """Centres (k, 2), anticlockwise."""
        k = torch.arange(self.config.modes, dtype=torch.float64)
        angle = 2 * math.pi * k / self.config.modes
        radius: float = self.config.radius
        return radius * torch.stack([angle.cos(), angle.sin()], 1)


class GaussianGridConfig(ToyConfig):
    """Settings of :class:`GaussianGrid`."""

    side: int = knob(
        5, "Modes per side", "Gaussians along each side.", ge=1, le=8, group="Data"
    )
    spacing: float = knob(
        1.2,
        "Spacing",
        "Distance between neighbouring Gaussians, in data units.",
        ge=0.1,
        le=3.0,
        group="Data",
    )
    noise: float = knob(
        0.1,
        "Noise",
        "Standard deviation of each Gaussian, in data units.",
        ge=0.01,
        le=1.0,
        group="Data",
        scale="log",
        symbol=r"\sigma",
    )


class GaussianGrid(GaussianMixture):
    """Gaussians on a square grid, 5 x 5 unless set otherwise."""

    name: ClassVar[str] = "gaussian_grid"
    title: ClassVar[str] = "Gaussian grid"
    description: ClassVar[str] = (
        "Gaussians on a square grid: the usual test for mode collapse."
    )
    Config: ClassVar[type[ToyConfig]] = GaussianGridConfig

    def __init__(self, config: ToyConfig) -> None:
        super().__init__(config)
        self.class_names = tuple(f"mode {k + 1}" for k in range(self.config.side**2))

    def centres(self) -> Tensor:
        """Centres (side^2, 2), centred on the origin."""
        k = torch.arange(self.config.side, dtype=torch.float64)
        line = (k - (self.config.side - 1) / 2) * self.config.spacing
        return torch.cartesian_prod(line, line)
