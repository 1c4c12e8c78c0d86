"""Two spirals wound round each other."""

import math
from typing import ClassVar

import torch
from torch import Tensor

from engine.data.base import ToyConfig
from engine.data.curve import NoisyCurve
from engine.settings import knob

OUTER_RADIUS = 2.8


class TwoSpiralsConfig(ToyConfig):
    """Settings of :class:`TwoSpirals`."""

    turns: float = knob(
        1.5, "Turns", "Turns that each spiral makes.", ge=0.25, le=4.0, group="Data"
    )
    noise: float = knob(
        0.1,
        "Noise",
        "Standard deviation of the noise round each spiral, in data units.",
        ge=0.02,
        le=0.5,
        group="Data",
        scale="log",
        symbol=r"\sigma",
    )


class TwoSpirals(NoisyCurve):
    """Archimedean spirals, about equally dense from the middle to the end."""

    name: ClassVar[str] = "two_spirals"
    title: ClassVar[str] = "Two spirals"
    description: ClassVar[str] = (
        "Two spirals wound round each other: long thin structure, close neighbours."
    )
    Config: ClassVar[type[ToyConfig]] = TwoSpiralsConfig
    power: ClassVar[int] = 1

    def __init__(self, config: ToyConfig) -> None:
        super().__init__(config)
        self.class_names = ("first spiral", "second spiral")

    @property
    def arms(self) -> int:
        """The two spirals."""
        return 2

    def curve(self, arm: Tensor, t: Tensor) -> Tensor:
        """From the middle outwards; the second is the first, turned by 180 degrees."""
        angle = 2 * math.pi * self.config.turns * t + math.pi * arm
        radius = OUTER_RADIUS * t
        return radius[:, None] * torch.stack([angle.cos(), angle.sin()], 1)
