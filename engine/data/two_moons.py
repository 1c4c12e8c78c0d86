"""Two interleaved half circles, the best-known toy of machine learning."""

import math
from typing import ClassVar

import torch
from torch import Tensor

from engine.data.base import ToyConfig
from engine.data.curve import NoisyCurve
from engine.settings import knob

#: The usual moons are shifted to the origin and enlarged, so that they fill [-3, 3].
SCALE = 1.4


class TwoMoonsConfig(ToyConfig):
    """Settings of :class:`TwoMoons`."""

    noise: float = knob(
        0.1,
        "Noise",
        "Standard deviation of the noise, in radii of a moon.",
        ge=0.02,
        le=0.5,
        group="Data",
        scale="log",
        symbol=r"\sigma",
    )


class TwoMoons(NoisyCurve):
    """Half circles of radius 1 plus noise, then (x - (0.5, 0.25)) * 1.4."""

    name: ClassVar[str] = "two_moons"
    title: ClassVar[str] = "Two moons"
    description: ClassVar[str] = (
        "Two interleaved half circles: a gap that a model must learn to leave empty."
    )
    Config: ClassVar[type[ToyConfig]] = TwoMoonsConfig

    def __init__(self, config: ToyConfig) -> None:
        super().__init__(config)
        self.class_names = ("upper moon", "lower moon")

    @property
    def arms(self) -> int:
        """The two moons."""
        return 2

    @property
    def std(self) -> float:
        """Noise after the enlargement, in data units."""
        return SCALE * float(self.config.noise)

    def curve(self, arm: Tensor, t: Tensor) -> Tensor:
        """Upper moon for arm 0, lower moon for arm 1."""
        angle, lower = math.pi * t, arm == 1
        x = torch.where(lower, 1 - angle.cos(), angle.cos())
        y = torch.where(lower, 0.5 - angle.sin(), angle.sin())
        return SCALE * torch.stack([x - 0.5, y - 0.25], 1)
