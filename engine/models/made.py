r"""MADE: one masked network gives every conditional density at once.

.. math:: p(x) = \prod_i p(x_i \mid x_{<i}), \qquad
          p(x_i \mid x_{<i}) = \textstyle\sum_k w_k \, N(x_i; \mu_k, \sigma_k^2)

The first coordinate in the order sees nothing, so its density has constant parameters:
with a single Gaussian it has one hump whatever the data. Other conditionals see the
coordinates cut into bins (:mod:`engine.nets.made_heads`). Points are made coordinate by
coordinate from normal noise, each by its conditional quantile (Rosenblatt 1952), which
also gives every point a code.

Germain, Gregor, Murray, Larochelle, "MADE: Masked Autoencoder for Distribution
Estimation", 2015, https://arxiv.org/abs/1502.03509, section 4.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Generator, Tensor

from engine.models.base import Card, ModelConfig
from engine.models.flow import Flow, FlowConfig
from engine.models.inside import MaskedUnits, axis_name
from engine.nets.made_heads import (
    BernoulliHead,
    CategoricalHead,
    Head,
    LineDensity,
    MixtureHead,
)
from engine.nets.masked import MaskedNet
from engine.nets.mixture_settings import reach_knob
from engine.settings import knob


class MADEConfig(FlowConfig):
    """Settings of :class:`MADE`."""

    first: ClassVar[tuple[str, ...]] = ("order", "conditionals", "width")

    depth: int = knob(
        2, "Depth", "Hidden layers.", ge=1, le=4, unit="layers", group="Network"
    )
    order: Literal["natural", "reversed", "random"] = knob(
        "natural",
        "Order",
        "Which coordinate comes first; the other depends on it.",
        choices={"natural": "natural", "reversed": "reversed", "random": "random"},
    )
    conditionals: Literal["gaussian", "mixture", "categorical", "bernoulli"] = knob(
        "mixture",
        "Conditionals",
        "The density of a coordinate given those before it: smooth, or of coordinates "
        "cut into bins, with a share for each bin or a coin for each binary digit.",
        choices={
            "gaussian": "one Gaussian",
            "mixture": "mixture of Gaussians",
            "categorical": "shares of bins",
            "bernoulli": "binary digits",
        },
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
    bins: int = knob(
        48,
        "Bins",
        "Bins that each coordinate is cut into.",
        ge=4,
        le=128,
        scale="log",
        shown_if={"conditionals": ["categorical"]},
    )
    digits: int = knob(
        5,
        "Binary digits",
        "Digits of the number of a bin: one more halves the bins.",
        ge=1,
        le=7,
        shown_if={"conditionals": ["bernoulli"]},
        formula=r"2^B \; \mathrm{bins}",
    )
    waves: int = knob(
        8,
        "Waves",
        "Frequencies at which a network also sees its coordinate; more show finer "
        "detail, and with 0 it sees the plain number.",
        ge=0,
        le=16,
        formula=r"\sin \omega_k x, \; \cos \omega_k x",
        group="Network",
        shown_if={"conditionals": ["gaussian", "mixture", "categorical"]},
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
        shown_if={"conditionals": ["gaussian", "mixture"]},
    )
    reach: float = reach_knob({"conditionals": ["gaussian", "mixture"]})


def make_head(config: MADEConfig, order: list[int]) -> Head:
    """The network, and what its outputs mean, as the settings ask."""
    shape = config.net_shape()
    if config.conditionals == "categorical":
        return CategoricalHead(order, shape, config.bins)
    if config.conditionals == "bernoulli":
        return BernoulliHead(order, shape, config.digits)
    count = config.components if config.conditionals == "mixture" else 1
    return MixtureHead(order, shape, count, config.smallest, config.reach)


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
        self._order = tuple(order)
        self.head = make_head(config, order)

    @property
    def net(self) -> MaskedNet:
        """The masked network."""
        return self.head.net

    def initialise(self, columns: Mapping[str, Tensor], generator: Generator) -> None:
        """Cut the range of the data into bins, where there are any."""
        del generator
        if self.head.bins is not None:
            self.head.bins.fit(columns["x"])

    def log_prob(self, x: Tensor, generator: Generator, effort: float = 1.0) -> Tensor:
        """Exact log-density (n,) in nats at x (n, dim)."""
        del generator, effort
        return self.log_likelihood(x)

    @property
    def density_note(self) -> str:
        """How the density is known."""
        bins = self.head.bins
        if bins is None:
            return "product of conditionals"
        return f"histogram, {bins.count} bins a side"

    def conditionals(self, x: Tensor) -> list[LineDensity]:
        """The density of each coordinate given those before it, at points (n, dim)."""
        return [self.head.line(x, axis) for axis in range(self.dim)]

    @property
    def order(self) -> tuple[int, ...]:
        """The coordinates, each behind those that it depends on."""
        return self._order

    def log_conditionals(self, x: Tensor) -> Tensor:
        """Ln p(x_i | those before it), (n, dim) nats."""
        return self.head.log_conditionals(x)

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
        for i in self.order:
            # What comes later in the order is noise still, but the mask hides it.
            columns = list(points[-1].unbind(dim=1))
            columns[i] = self.head.line(points[-1], i).from_normal(columns[i])
            points.append(torch.stack(columns, dim=1))
        return points

    @property
    def masked_layers(self) -> int:
        """One network."""
        return 1

    def masked_units(self, layer: int) -> MaskedUnits:
        """The network; its inputs are coordinates, or digits of their bins."""
        del layer
        digits = len(self.net.order) // self.dim
        names = [axis_name(i) for i in range(self.dim)]
        if digits > 1:
            names = [f"{name}{k + 1}" for name in names for k in range(digits)]
        return MaskedUnits(self.net, tuple(names))

    def layer_names(self) -> list[str]:
        """Which coordinate finds its place, and by what."""
        names = [axis_name(index) for index in self.order]
        return [
            f"{name} given {', '.join(names[:place])}" if place else f"{name} alone"
            for place, name in enumerate(names)
        ]
