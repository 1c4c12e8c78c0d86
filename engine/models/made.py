r"""MADE: one masked network gives every conditional density at once.

.. math:: p(x) = \prod_i p(x_i \mid x_{<i}), \qquad
          p(x_i \mid x_{<i}) = \textstyle\sum_k w_k \, N(x_i; \mu_k, \sigma_k^2)

The first coordinate in the order sees nothing, so its density has constant parameters:
with a single Gaussian it has one hump whatever the data. Points are made coordinate by
coordinate from normal noise, each by its conditional quantile (Rosenblatt 1952), which
also gives every point a code.

Germain, Gregor, Murray, Larochelle, "MADE: Masked Autoencoder for Distribution
Estimation", 2015, https://arxiv.org/abs/1502.03509, section 4.
"""

import math
from typing import ClassVar, Literal

import torch
from torch import Generator, Tensor

from engine.models.base import Card, ModelConfig
from engine.models.flow import Flow, FlowConfig
from engine.models.inside import axis_name
from engine.nets.masked import MaskedNet
from engine.nets.mixture import LineMixture
from engine.settings import knob

#: Where the means of a mixture start, standardised units: evenly between ± this.
START = 2.0


class MADEConfig(FlowConfig):
    """Settings of :class:`MADE`."""

    depth: int = knob(
        2, "Depth", "Hidden layers.", ge=1, le=4, unit="layers", group="Network"
    )
    order: Literal["natural", "reversed", "random"] = knob(
        "natural",
        "Order",
        "Which coordinate comes first; the other depends on it.",
        choices={"natural": "natural", "reversed": "reversed", "random": "random"},
    )
    conditionals: Literal["gaussian", "mixture"] = knob(
        "mixture",
        "Conditionals",
        "The density of a coordinate given those before it.",
        choices={"gaussian": "one Gaussian", "mixture": "mixture of Gaussians"},
    )
    components: int = knob(
        10,
        "Components",
        "Gaussians in each conditional mixture.",
        ge=1,
        le=16,
        symbol="K",
        shown_if={"conditionals": ["mixture"]},
    )
    smallest: float = knob(
        0.01,
        "Smallest spread",
        "No Gaussian is narrower, in standard deviations of the data: repeated values "
        "would pull it to a point.",
        ge=0.001,
        le=0.5,
        scale="log",
        symbol=r"\sigma_{min}",
    )


class MADE(Flow):
    """Product of conditional densities from one masked network."""

    name: ClassVar[str] = "made"
    card: ClassVar[Card] = Card(
        title="MADE",
        family="Normalising flow",
        paper="Germain et al. 2015",
        arxiv="1502.03509",
        formula=r"p(x) = \prod_i p(x_i \mid x_{<i}), \quad "
        r"p(x_i \mid x_{<i}) = \sum_k w_k\, N(x_i;\, \mu_k, \sigma_k^2)",
        summary="A network with cut connections: each coordinate's density depends "
        "only on the coordinates before it.",
    )
    Config: ClassVar[type[ModelConfig]] = MADEConfig

    def __init__(self, config: MADEConfig, dim: int = 2, classes: int = 0) -> None:
        super().__init__(config, dim, classes)
        order = list(range(dim))
        if config.order == "reversed":
            order.reverse()
        if config.order == "random":
            order = [int(i) for i in torch.randperm(dim)]
        count = config.components if config.conditionals == "mixture" else 1
        self.net = MaskedNet(order, 3 * count, config.net_shape())
        with torch.no_grad():
            bias = self.net.last.bias.view(dim, 3, count)
            if count > 1:
                bias[:, 1] = torch.linspace(-START, START, count)
            bias[:, 2] = math.log(START / count)

    def log_prob(self, x: Tensor, generator: Generator, effort: float = 1.0) -> Tensor:
        """Exact log-density (n,) in nats at x (n, dim)."""
        del generator, effort
        return self.log_likelihood(x)

    @property
    def density_note(self) -> str:
        """How the density is known."""
        return "product of conditionals"

    def conditionals(self, x: Tensor) -> list[LineMixture]:
        """The density of each coordinate given those before it, at points (n, dim)."""
        raw = self.net(x)
        smallest = self.config.smallest
        return [LineMixture.from_raw(part, smallest) for part in raw.unbind(dim=1)]

    @property
    def order(self) -> tuple[int, ...]:
        """The coordinates, each behind those that it depends on."""
        return self.net.order

    def log_conditionals(self, x: Tensor) -> Tensor:
        """Ln p(x_i | those before it), (n, dim) nats."""
        parts = zip(self.conditionals(x), x.unbind(dim=1), strict=True)
        return torch.stack([p.log_prob(x_i) for p, x_i in parts], dim=1)

    def log_likelihood(self, x: Tensor) -> Tensor:
        """Sum of the conditional log-densities, (n,)."""
        return self.log_conditionals(x).sum(dim=1)

    def to_noise(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Normal quantiles (n, dim) of the conditionals, and ln |det| (n,)."""
        parts = zip(self.conditionals(x), x.unbind(dim=1), strict=True)
        z = torch.stack([p.to_normal(x_i) for p, x_i in parts], dim=1)
        return z, self.log_likelihood(x) - self.base_log_prob(z)

    def layers(self, z: Tensor) -> list[Tensor]:
        """Points (n, dim): z, then after each coordinate has found its place."""
        points = [z]
        for i in self.net.order:
            # What comes later in the order is noise still, but the mask hides it.
            columns = list(points[-1].unbind(dim=1))
            columns[i] = self.conditionals(points[-1])[i].from_normal(columns[i])
            points.append(torch.stack(columns, dim=1))
        return points

    def layer_names(self) -> list[str]:
        """Which coordinate finds its place, and by what."""
        names = [axis_name(index) for index in self.net.order]
        return [
            f"{name} given {', '.join(names[:place])}" if place else f"{name} alone"
            for place, name in enumerate(names)
        ]
