"""A Gaussian bent along a parabola."""

import math
from typing import ClassVar

import torch
from torch import Generator, Tensor

from engine.data.base import Points, ToyConfig
from engine.data.toy import Toy, gauss_hermite
from engine.settings import knob


class BananaConfig(ToyConfig):
    """Settings of :class:`Banana`."""

    bend: float = knob(
        0.35,
        "Bend",
        "Curvature of the parabola; 0 leaves a Gaussian.",
        ge=0.0,
        le=1.0,
        group="Data",
        symbol="b",
    )
    noise: float = knob(
        0.3,
        "Noise",
        "Standard deviation across the banana, in data units.",
        ge=0.02,
        le=1.0,
        group="Data",
        scale="log",
        symbol=r"\sigma",
    )


class Banana(Toy):
    r"""x ~ N(0, 1) and y ~ N(b (x^2 - 1), sigma^2), so that the mean is the origin."""

    name: ClassVar[str] = "banana"
    title: ClassVar[str] = "Banana"
    description: ClassVar[str] = (
        "A Gaussian bent along a parabola: the simplest density that is not Gaussian."
    )
    Config: ClassVar[type[ToyConfig]] = BananaConfig

    def __init__(self, config: ToyConfig) -> None:
        super().__init__(config)
        self.class_names = ("left half", "right half")

    def draw(self, n: int, generator: Generator) -> Points:
        """Fresh points; the class is the half of the banana."""
        z = torch.randn(n, 2, generator=generator, dtype=torch.float64)
        return Points(self._bent(z), (z[:, 0] >= 0).long())

    def density(self, x: Tensor) -> Tensor:
        """Closed form; the bending keeps areas."""
        sigma: float = self.config.noise
        across: Tensor = (x[:, 1] - self.config.bend * (x[:, 0].square() - 1)) / sigma
        squares = x[:, 0].square() + across.square()
        return -squares / 2 - math.log(2 * math.pi * sigma)

    def class_density(self, x: Tensor, label: int) -> Tensor:
        """Closed form: twice the whole on its side, nothing on the other."""
        is_mine = (x[:, 0] >= 0) == bool(label)
        whole = self.density(x) + math.log(2)
        return torch.where(is_mine, whole, -math.inf)

    def nodes(self) -> tuple[Tensor, Tensor]:
        """Gauss-Hermite nodes, bent; exact, as the log-density is a polynomial."""
        z, weights = gauss_hermite(8)
        return self._bent(z), weights

    def _bent(self, z: Tensor) -> Tensor:
        height = self.config.bend * (z[:, 0].square() - 1)
        return torch.stack([z[:, 0], height + self.config.noise * z[:, 1]], 1)
