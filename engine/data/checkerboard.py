"""A checkerboard: uniform on eight unit squares, zero between them."""

import math
from typing import ClassVar

import torch
from torch import Generator, Tensor

from engine.data.base import Points, ToyConfig
from engine.data.toy import Toy
from engine.settings import knob

#: Lower left corners of the squares of [-2, 2]^2 whose coordinates have an even sum.
CORNERS = [(i, j) for i in range(-2, 2) for j in range(-2, 2) if (i + j) % 2 == 0]


class CheckerboardConfig(ToyConfig):
    """Settings of :class:`Checkerboard`."""

    noise: float = knob(
        0.0,
        "Noise",
        "Standard deviation of noise that softens the edges; 0 keeps them sharp.",
        ge=0.0,
        le=0.5,
        group="Data",
        symbol=r"\sigma",
    )


class Checkerboard(Toy):
    """Uniform on eight unit squares, optionally with Gaussian noise on top."""

    name: ClassVar[str] = "checkerboard"
    title: ClassVar[str] = "Checkerboard"
    description: ClassVar[str] = (
        "Eight squares with sharp edges and corners: hard for every smooth model."
    )
    Config: ClassVar[type[ToyConfig]] = CheckerboardConfig

    def __init__(self, config: ToyConfig) -> None:
        super().__init__(config)
        self.class_names = tuple(f"square {k + 1}" for k in range(len(CORNERS)))

    def draw(self, n: int, generator: Generator) -> Points:
        """Fresh points; the class is the square."""
        corners = torch.tensor(CORNERS, dtype=torch.float64)
        square = torch.randint(len(CORNERS), (n,), generator=generator)
        inside = torch.rand(n, 2, generator=generator, dtype=torch.float64)
        noise = torch.randn(n, 2, generator=generator, dtype=torch.float64)
        return Points(corners[square] + inside + self.config.noise * noise, square)

    def density(self, x: Tensor) -> Tensor:
        """Closed form; minus infinity between the squares if there is no noise."""
        columns = [self._log_mass(x[:, 0], i) for i in range(-2, 2)]
        rows = [self._log_mass(x[:, 1], j) for j in range(-2, 2)]
        terms = torch.stack([columns[i + 2] + rows[j + 2] for i, j in CORNERS])
        return torch.logsumexp(terms, 0) - math.log(len(CORNERS))

    def class_density(self, x: Tensor, label: int) -> Tensor:
        """One square."""
        i, j = CORNERS[label]
        return self._log_mass(x[:, 0], i) + self._log_mass(x[:, 1], j)

    def nodes(self) -> tuple[Tensor, Tensor]:
        """Midpoint grid; with sharp edges no cell of it crosses one."""
        noise = self.config.noise
        # Below 0.01 the softened edge is too thin to matter; the grid stays small.
        step = max(noise / 2, 0.005) if noise else 0.1
        count = 2 * math.ceil((2 + 7 * noise) / step)
        line = (torch.arange(count, dtype=torch.float64) + 0.5 - count / 2) * step
        x = torch.cartesian_prod(line, line)
        weights = self.density(x).exp()
        return x, weights / weights.sum()

    def _log_mass(self, x: Tensor, left: int) -> Tensor:
        """Log-density of U[left, left + 1] plus noise at x (n,)."""
        noise: float = self.config.noise
        if not noise:
            inside = (x >= left) & (x < left + 1)
            return torch.where(inside, 0.0, -math.inf).to(x)
        # In the left tail both terms are small numbers, not differences from 1.
        half = (x - (left + 0.5)).abs()
        near = torch.special.log_ndtr((0.5 - half) / noise)
        far = torch.special.log_ndtr((-0.5 - half) / noise)
        log_mass: Tensor = near + torch.log1p(-(far - near).exp())
        return log_mass
