r"""Glow: standardise, mix by a learned matrix, bend; again and again.

.. math:: \ln p(x) = \ln N(f(x)) + \sum_k \left(\textstyle\sum \ln \sigma_k
          + \sum \ln |s_k| + \sum s(x_{a,k})\right)

One step is actnorm, an invertible matrix W = P L (U + diag s), and an affine coupling.
Actnorm takes its first values from the training points, as in the paper from the first
batch; from then on they are learned like any weight.

Kingma, Dhariwal, "Glow: Generative Flow with Invertible 1x1 Convolutions", 2018,
https://arxiv.org/abs/1807.03039.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

import torch
from torch import Generator, Tensor, nn

from engine.models.base import Card, ModelConfig
from engine.models.flow import Flow, FlowConfig
from engine.nets.coupling import AffineCoupling
from engine.nets.mixing import ActNorm, LUMixing, Swap, Unmixed
from engine.settings import knob

Mixing = Literal["none", "permutation", "lu"]

MIXINGS: dict[Mixing, type[LUMixing | Swap | Unmixed]] = {
    "none": Unmixed,
    "permutation": Swap,
    "lu": LUMixing,
}
#: Points that set the first values of actnorm.
FIRST_BATCH = 4096


class GlowConfig(FlowConfig):
    """Settings of :class:`Glow`."""

    first: ClassVar[tuple[str, ...]] = ("flow_steps", "width", "temperature")

    flow_steps: int = knob(
        8,
        "Flow steps",
        "Times that the points are standardised, mixed and bent.",
        ge=1,
        le=32,
        symbol="K",
    )
    mixing: Mixing = knob(
        "lu",
        "Mixing",
        "How coordinates change roles between couplings; without any, one of them is "
        "never bent.",
        choices={"none": "none", "permutation": "permutation", "lu": "learned matrix"},
        formula=r"W = P L (U + \mathrm{diag}\, s)",
    )
    bound: float = knob(
        2.0,
        "Scale bound",
        "A coupling stretches or squeezes by at most a factor of e to this power.",
        ge=0.5,
        le=5.0,
        symbol="|s|",
    )
    temperature: float = knob(
        1.0,
        "Temperature",
        "Spread of the noise that samples start from; below 1 they keep to the middle "
        "of the modes. Density and likelihood are those of such samples.",
        ge=0.0,
        le=1.2,
        apply="live",
        symbol="T",
        formula=r"z \sim N(0, T^2 I)",
    )


class GlowStep(nn.Module):
    """Actnorm, mixing, affine coupling of (n, dim) points."""

    def __init__(self, dim: int, config: GlowConfig) -> None:
        super().__init__()
        self.split = dim // 2
        self.actnorm = ActNorm(dim)
        self.mixing = MIXINGS[config.mixing](dim)
        self.coupling = AffineCoupling(
            self.split, dim - self.split, config.net_shape(), config.bound
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Transformed points (n, dim) and their log-det (n,)."""
        x, scale = self.actnorm(x)
        x, volume = self.mixing(x)
        a, b = x[:, : self.split], x[:, self.split :]
        b, s = self.coupling(a, b)
        return torch.cat((a, b), dim=1), s.sum(dim=1) + (scale + volume)

    def inverse(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """The points before the coupling, and before the whole step, (n, dim) each."""
        a, b = y[:, : self.split], y[:, self.split :]
        mixed = torch.cat((a, self.coupling.inverse(a, b)), dim=1)
        return mixed, self.actnorm.inverse(self.mixing.inverse(mixed))


class Glow(Flow):
    """Steps of actnorm, mixing and coupling, trained by maximum likelihood."""

    name: ClassVar[str] = "glow"
    card: ClassVar[Card] = Card(
        title="Glow",
        family="Normalising flow",
        paper="Kingma, Dhariwal 2018",
        arxiv="1807.03039",
        formula=r"\ln p(x) = \ln N(f(x)) + \sum_k \ln |\det W_k| + \ldots, \quad "
        r"W = P L (U + \mathrm{diag}\, s)",
        summary="RealNVP whose coordinates are turned and sheared by learned matrices "
        "between the couplings; a temperature trades variety for quality.",
    )
    Config: ClassVar[type[ModelConfig]] = GlowConfig

    def __init__(self, config: GlowConfig, dim: int = 2, classes: int = 0) -> None:
        super().__init__(config, dim, classes)
        if dim < 2:
            raise ValueError("Glow needs at least two columns: one bends the other.")
        flow = [GlowStep(dim, config) for _ in range(config.flow_steps)]
        self.flow: Sequence[GlowStep] = tuple(flow)
        self.steps = nn.ModuleList(flow)

    @property
    def temperature(self) -> float:
        """As set."""
        return float(self.config.temperature)

    @torch.no_grad()
    def initialise(self, columns: Mapping[str, Tensor], generator: Generator) -> None:
        """Let each actnorm standardise what reaches it of some training points."""
        x = columns["x"]
        where = generator.device
        rows = torch.randperm(len(x), generator=generator, device=where)[:FIRST_BATCH]
        x = x[rows.to(x.device)]
        for step in self.flow:
            step.actnorm.standardise(x)
            x, _ = step(x)

    def to_noise(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Noise z (n, dim) of points x (n, dim), and ln |det dz/dx| (n,)."""
        log_det = x.new_zeros(len(x))
        for step in self.flow:
            x, change = step(x)
            log_det = log_det + change
        return x, log_det

    def layers(self, z: Tensor) -> list[Tensor]:
        """Points (n, dim): z, then after each coupling and each mixing, data last."""
        points = [z]
        for step in reversed(self.flow):
            points.extend(step.inverse(points[-1]))
        return points

    def layer_names(self) -> list[str]:
        """Coupling, then mixing with actnorm, of each step."""
        mixing = {"none": "actnorm", "permutation": "swap and actnorm"}
        second = mixing.get(self.config.mixing, "mixing and actnorm")
        return ["affine coupling", second] * len(self.flow)
