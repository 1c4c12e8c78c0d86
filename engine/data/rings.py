"""Concentric rings."""

import math
from typing import ClassVar

import torch
from torch import Tensor

from engine.data.base import ToyConfig
from engine.data.curve import NoisyCurve
from engine.settings import knob

OUTER_RADIUS = 2.7


class RingsConfig(ToyConfig):
    """Settings of :class:`Rings`."""

    rings: int = knob(
        3, "Rings", "Number of concentric rings.", ge=1, le=6, group="Data"
    )
    noise: float = knob(
        0.08,
        "Noise",
        "Standard deviation of the noise round each ring, in data units.",
        ge=0.02,
        le=0.5,
        group="Data",
        scale="log",
        symbol=r"\sigma",
    )


class Rings(NoisyCurve):
    """Concentric rings with as many points on each, radii evenly spaced."""

    name: ClassVar[str] = "rings"
    title: ClassVar[str] = "Rings"
    description: ClassVar[str] = (
        "Concentric rings: holes that no smooth map from one blob can make."
    )
    Config: ClassVar[type[ToyConfig]] = RingsConfig

    def __init__(self, config: ToyConfig) -> None:
        super().__init__(config)
        self.class_names = tuple(f"ring {k + 1}" for k in range(self.config.rings))

    @property
    def arms(self) -> int:
        """One arm is one ring."""
        return int(self.config.rings)

    def curve(self, arm: Tensor, t: Tensor) -> Tensor:
        """Once round the ring."""
        radius = OUTER_RADIUS * (arm + 1) / self.arms
        angle = 2 * math.pi * t
        return radius[:, None] * torch.stack([angle.cos(), angle.sin()], 1)
