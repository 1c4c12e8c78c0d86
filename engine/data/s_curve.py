"""The S-curve, seen from its edge."""

import math
from typing import ClassVar

import torch
from torch import Tensor

from engine.data.base import ToyConfig
from engine.data.curve import NoisyCurve
from engine.settings import knob

SCALE = 1.3


class SCurveConfig(ToyConfig):
    """Settings of :class:`SCurve`."""

    noise: float = knob(
        0.1,
        "Noise",
        "Standard deviation of the noise round the curve, in data units.",
        ge=0.02,
        le=0.5,
        group="Data",
        scale="log",
        symbol=r"\sigma",
    )


class SCurve(NoisyCurve):
    """Two three-quarter circles joined to an S."""

    name: ClassVar[str] = "s_curve"
    title: ClassVar[str] = "S-curve"
    description: ClassVar[str] = (
        "Two arcs joined to an S: one smooth curve with two bays."
    )
    Config: ClassVar[type[ToyConfig]] = SCurveConfig
    stretches: ClassVar[int] = 4

    def __init__(self, config: ToyConfig) -> None:
        super().__init__(config)
        self.class_names = ("first quarter", "second", "third", "last quarter")

    def curve(self, arm: Tensor, t: Tensor) -> Tensor:
        """From one end of the S to the other."""
        del arm
        angle = 3 * math.pi * (t - 0.5)
        height = angle.sign() * (angle.cos() - 1)
        return SCALE * torch.stack([angle.sin(), height], 1)
