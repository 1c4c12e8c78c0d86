r"""A pinwheel: arms that are Gaussians, twisted the more the farther out they reach.

.. math::
    f \sim N((1, 0), diag(0.3^2, \sigma^2)), \quad
    x = 1.5 \, R(2 \pi k / K + a \, e^{|f|}) \, f

After Johnson et al., "Composing graphical models with neural networks", 2016,
https://arxiv.org/abs/1603.06277. There the angle grows with the first coordinate of f;
here it grows with the distance |f|, which looks the same and keeps areas, so that the
map can be undone exactly and the density is a closed form.
"""

import math
from typing import ClassVar

import torch
from torch import Generator, Tensor

from engine.data.base import Points, ToyConfig
from engine.data.toy import Toy, gauss_hermite
from engine.settings import knob

SCALE = 1.5
RADIAL_STD = 0.3


class PinwheelConfig(ToyConfig):
    """Settings of :class:`Pinwheel`."""

    arms: int = knob(5, "Arms", "Number of arms.", ge=1, le=12, group="Data")
    twist: float = knob(
        0.25,
        "Twist",
        "How fast an arm turns as it reaches out; 0 leaves straight arms.",
        ge=0.0,
        le=1.0,
        group="Data",
        symbol="a",
    )
    noise: float = knob(
        0.1,
        "Noise",
        "Standard deviation across an arm, before the enlargement by 1.5.",
        ge=0.01,
        le=0.5,
        group="Data",
        scale="log",
        symbol=r"\sigma",
    )


class Pinwheel(Toy):
    """Gaussian arms, twisted about the origin."""

    name: ClassVar[str] = "pinwheel"
    title: ClassVar[str] = "Pinwheel"
    description: ClassVar[str] = (
        "Twisted arms round a centre: several curved clusters that almost touch."
    )
    Config: ClassVar[type[ToyConfig]] = PinwheelConfig

    def __init__(self, config: ToyConfig) -> None:
        super().__init__(config)
        self.class_names = tuple(f"arm {k + 1}" for k in range(self.config.arms))

    def draw(self, n: int, generator: Generator) -> Points:
        """Fresh points; the class is the arm."""
        arm = torch.randint(self.config.arms, (n,), generator=generator)
        z = torch.randn(n, 2, generator=generator, dtype=torch.float64)
        return Points(self._twisted(z, arm), arm)

    def density(self, x: Tensor) -> Tensor:
        """Closed form: the mean over the arms."""
        arms = [self.class_density(x, k) for k in range(self.config.arms)]
        return torch.logsumexp(torch.stack(arms), 0) - math.log(len(arms))

    def class_density(self, x: Tensor, label: int) -> Tensor:
        """Closed form: an arm is untwisted and compared with its Gaussian."""
        f = x / SCALE
        std = torch.tensor([RADIAL_STD, self.config.noise], dtype=x.dtype)
        mean = torch.tensor([1.0, 0.0], dtype=x.dtype)
        z = (_rotated(f, -self._angle(f, torch.tensor(label))) - mean) / std
        log_volume = float(std.log().sum()) + 2 * math.log(SCALE)
        return -z.square().sum(1) / 2 - math.log(2 * math.pi) - log_volume

    def nodes(self) -> tuple[Tensor, Tensor]:
        """Gauss-Hermite nodes of each arm, twisted with it."""
        cloud, share = gauss_hermite(40)
        arm = torch.arange(self.config.arms).repeat_interleave(len(cloud))
        x = self._twisted(cloud.repeat(self.config.arms, 1), arm)
        return x, share.repeat(self.config.arms) / self.config.arms

    def _twisted(self, z: Tensor, arm: Tensor) -> Tensor:
        f = torch.stack([1 + RADIAL_STD * z[:, 0], self.config.noise * z[:, 1]], 1)
        return SCALE * _rotated(f, self._angle(f, arm))

    def _angle(self, f: Tensor, arm: Tensor) -> Tensor:
        # Beyond a distance of 20 the density is nought, but e^r would overflow.
        reach = f.norm(dim=1).clamp(max=20.0)
        turn = 2 * math.pi * arm / self.config.arms
        angle: Tensor = turn + self.config.twist * reach.exp()
        return angle


def _rotated(f: Tensor, angle: Tensor) -> Tensor:
    c, s = angle.cos(), angle.sin()
    return torch.stack([c * f[:, 0] - s * f[:, 1], s * f[:, 0] + c * f[:, 1]], 1)
