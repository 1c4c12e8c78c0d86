"""The Swiss roll, seen from its end."""

import math
from typing import ClassVar

import torch
from torch import Tensor

from engine.data.base import ToyConfig
from engine.data.curve import NoisyCurve
from engine.settings import knob

#: Data units per unit of the usual roll, whose radius runs from 4.7 to 14.1.
SCALE = 0.2


class SwissRollConfig(ToyConfig):
    """Settings of :class:`SwissRoll`."""

    noise: float = knob(
        0.1,
        "Noise",
        "Standard deviation of the noise round the roll, in data units.",
        ge=0.02,
        le=0.5,
        group="Data",
        scale="log",
        symbol=r"\sigma",
    )


class SwissRoll(NoisyCurve):
    """The usual roll without its width: angle and radius both grow with t."""

    name: ClassVar[str] = "swiss_roll"
    title: ClassVar[str] = "Swiss roll"
    description: ClassVar[str] = (
        "One rolled-up band, thinner outside: a single curve that folds back on itself."
    )
    Config: ClassVar[type[ToyConfig]] = SwissRollConfig
    stretches: ClassVar[int] = 4

    def __init__(self, config: ToyConfig) -> None:
        super().__init__(config)
        self.class_names = ("innermost", "inner", "outer", "outermost")

    def curve(self, arm: Tensor, t: Tensor) -> Tensor:
        """One and a half turns from the inside to the outside."""
        del arm
        angle = 1.5 * math.pi * (1 + 2 * t)
        return SCALE * angle[:, None] * torch.stack([angle.cos(), angle.sin()], 1)
