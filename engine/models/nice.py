r"""NICE: shears that keep every area, then one scaling for all points.

.. math:: y_a = x_a, \quad y_b = x_b + m(x_a), \qquad
          \ln p(x) = \ln p_z(f(x)) + \textstyle\sum_i s_i

Without the last scaling the map keeps volumes, so with Gaussian noise the density is
at most :math:`(2 \pi)^{-D/2}` everywhere, whatever the data. The logistic noise of the
paper is made from normal noise by one more layer, which keeps the latent plane normal.

Dinh, Krueger, Bengio, "NICE: Non-linear Independent Components Estimation", 2014,
https://arxiv.org/abs/1410.8516.
"""

from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.base import Card, Codes, ModelConfig
from engine.models.coupling_flow import CouplingFlow
from engine.models.flow import FlowConfig
from engine.nets.coupling import AdditiveCoupling
from engine.settings import knob


class NICEConfig(FlowConfig):
    """Settings of :class:`NICE`."""

    first: ClassVar[tuple[str, ...]] = ("couplings", "width", "prior")

    couplings: int = knob(
        4,
        "Couplings",
        "Layers of the flow; each shears one coordinate along the other.",
        ge=2,
        le=16,
        symbol="K",
    )
    scaling: bool = knob(
        True,
        "Last scaling",
        "Stretch each axis once, by a learned factor; without it no area changes and "
        "the density has a ceiling.",
        formula=r"\ln|\det J| = s_1 + s_2",
    )
    prior: Literal["gaussian", "logistic"] = knob(
        "gaussian",
        "Noise",
        "The density that the data are bent into.",
        choices={"gaussian": "Gaussian", "logistic": "logistic"},
        symbol="p_z",
    )


def logistic_from_normal(z: Tensor) -> Tensor:
    """The logistic quantile where the normal one is z: logit of the normal CDF."""
    y: Tensor = torch.special.log_ndtr(z) - torch.special.log_ndtr(-z)
    return y


def normal_from_logistic(y: Tensor) -> Tensor:
    """Inverse of :func:`logistic_from_normal`, from the tail, where digits are kept."""
    tail: Tensor = torch.special.ndtri(torch.sigmoid(-y.abs()))
    return -y.sign() * tail


class NICE(CouplingFlow):
    """Additive couplings, trained by maximum likelihood."""

    name: ClassVar[str] = "nice"
    card: ClassVar[Card] = Card(
        title="NICE",
        family="Normalising flow",
        paper="Dinh et al. 2014",
        arxiv="1410.8516",
        formula=r"y_b = x_b + m(x_a), \quad \ln p(x) = \ln p_z(f(x)) + s_1 + s_2",
        summary="Shears the plane along one axis, then along the other: areas are "
        "kept, so it can bend data but hardly pull modes apart.",
    )
    Config: ClassVar[type[ModelConfig]] = NICEConfig
    deed: ClassVar[str] = "shear"

    def __init__(self, config: NICEConfig, dim: int = 2, classes: int = 0) -> None:
        def make(dim_a: int, dim_b: int) -> AdditiveCoupling:
            return AdditiveCoupling(dim_a, dim_b, config.net_shape())

        super().__init__(config, dim, classes, make, config.couplings)
        self.log_scale = nn.Parameter(torch.zeros(dim)) if config.scaling else None

    def to_noise(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Noise of the chosen prior (n, dim), and ln |det| (n,)."""
        z, log_det = super().to_noise(x)
        if self.log_scale is None:
            return z, log_det
        return z * self.log_scale.exp(), log_det + self.log_scale.sum()

    def layers(self, z: Tensor) -> list[Tensor]:
        """Normal noise, the prior's noise, before the scaling, after each coupling."""
        points = [z]
        if self.config.prior == "logistic":
            points.append(logistic_from_normal(z))
        if self.log_scale is not None:
            points.append(points[-1] * torch.exp(-self.log_scale))
        return points + super().layers(points[-1])[1:]

    def layer_names(self) -> list[str]:
        """The prior's noise, the scaling, then the shears."""
        first = ["logistic noise"] if self.config.prior == "logistic" else []
        if self.log_scale is not None:
            first.append("scaling of both axes")
        return first + super().layer_names()

    def encode(self, x: Tensor) -> Codes:
        """Normal codes (n, dim), whatever the prior."""
        z = self.to_noise(x)[0]
        logistic = self.config.prior == "logistic"
        return Codes(normal_from_logistic(z) if logistic else z)

    def base_log_prob(self, z: Tensor, temperature: float = 1.0) -> Tensor:
        """Log-density (n,) of the chosen prior."""
        if self.config.prior == "gaussian":
            return super().base_log_prob(z, temperature)
        return (F.logsigmoid(z) + F.logsigmoid(-z)).sum(dim=1)
