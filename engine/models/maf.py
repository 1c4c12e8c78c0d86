r"""Masked autoregressive flow: each coordinate is standardised by those before it.

.. math:: u_i = \left(x_i - \mu_i(x_{<i})\right) e^{-\alpha_i(x_{<i})}, \qquad
          \ln\left|\det \partial u / \partial x\right| = -\textstyle\sum_i \alpha_i

A layer is a MADE (:mod:`engine.nets.masked`), so that one pass of its network gives the
density; sampling takes one pass per coordinate, since x_i needs those before it. The
inverse autoregressive flow (:mod:`engine.models.iaf`) exchanges x and u.

Papamakarios, Pavlakou, Murray, "Masked Autoregressive Flow for Density Estimation",
2017, https://arxiv.org/abs/1705.07057, eqs. 3 to 5; batch norm: appendix B.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Generator, Tensor, nn

from engine.models.autoregressive_flow import (
    AutoregressiveFlowConfig,
    bound_knob,
    first_of,
    make_layers,
    units_of,
)
from engine.models.base import Batch, Card, ModelConfig
from engine.models.flow import (
    Flow,
    jitter_fade_knob,
    jitter_knob,
    spread_knob,
    taper_knob,
    width_knob,
)
from engine.models.inside import MaskedUnits
from engine.settings import knob

#: Training points whose statistics batch norm uses outside training.
REFERENCE = 1024
#: Added to variances, as in the paper.
EPSILON = 1e-5


class MAFConfig(AutoregressiveFlowConfig):
    """Settings of :class:`MAF`."""

    first: ClassVar[tuple[str, ...]] = ("layers", "width", "order")

    layers: int = knob(
        36,
        "Layers",
        "Autoregressive layers of the flow.",
        ge=1,
        le=64,
        symbol="K",
    )
    taper: float = taper_knob(1.0)
    spread: float = spread_knob(3.0)
    jitter: float = jitter_knob(0.03)
    jitter_fade: int = jitter_fade_knob(2600)
    width: int = width_knob(32)
    bound: float = bound_knob(0.35)
    batch_norm: bool = knob(
        False,
        "Batch norm",
        "Standardise between layers by the statistics of the batch; outside training "
        "by those of 1,024 training points.",
    )


class Statistics(NamedTuple):
    """Mean and variance (dim,) of what reaches a layer."""

    mean: Tensor
    var: Tensor


class BatchNorm(nn.Module):
    """y = (x - mean) / sqrt(var + epsilon) e^gamma + beta."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(dim))
        self.beta = nn.Parameter(torch.zeros(dim))

    def log_scale(self, seen: Statistics) -> Tensor:
        """Ln dy/dx per coordinate, (dim,)."""
        return self.gamma - 0.5 * (seen.var + EPSILON).log()

    def forward(self, x: Tensor, seen: Statistics) -> Tensor:
        """Transformed points (n, dim)."""
        return (x - seen.mean) * self.log_scale(seen).exp() + self.beta

    def inverse(self, y: Tensor, seen: Statistics) -> Tensor:
        """Points before, (n, dim)."""
        return (y - self.beta) * torch.exp(-self.log_scale(seen)) + seen.mean


class MAF(Flow):
    """Stack of affine autoregressive layers, trained by maximum likelihood."""

    name: ClassVar[str] = "maf"
    card: ClassVar[Card] = Card(
        title="Masked autoregressive flow",
        short="MAF",
        family="Normalising flow",
        paper="Papamakarios et al. 2017",
        arxiv="1705.07057",
        formula=r"u_i = (x_i - \mu_i(x_{<i}))\, e^{-\alpha_i(x_{<i})}, \quad "
        r"\ln p(x) = \ln N(u) - \sum \alpha_i",
        summary="Predicts each coordinate from those before it, layer on layer: the "
        "density takes one pass, a sample one pass for each coordinate.",
    )
    Config: ClassVar[type[ModelConfig]] = MAFConfig
    training_defaults: ClassVar[Mapping[str, Any]] = {
        **Flow.training_defaults,
        "learning_rate": 1.2e-2,
        "lookahead": True,
        "beta2": 0.99,
        "clip": 10.0,
        "steps": 2400,
    }

    reference: Tensor

    def __init__(self, config: MAFConfig, dim: int = 2, classes: int = 0) -> None:
        super().__init__(config, dim, classes)
        self.flow, self.made = make_layers(config, dim)
        count = len(self.flow) if config.batch_norm else 0
        norms = [BatchNorm(dim) for _ in range(count)]
        self.norms = tuple(norms)
        self.batch_norms = nn.ModuleList(norms)
        if config.batch_norm:
            self.register_buffer("reference", torch.randn(REFERENCE, dim))

    @torch.no_grad()
    def initialise(self, columns: Mapping[str, Tensor], generator: Generator) -> None:
        """Keep some training points for the statistics of batch norm."""
        if not self.norms:
            return
        x, where = columns["x"], generator.device
        rows = torch.randint(len(x), (REFERENCE,), generator=generator, device=where)
        self.reference.copy_(x[rows.to(x.device)])

    def renew(self, columns: Mapping[str, Tensor], generator: Generator) -> None:
        """Do so again with the new points."""
        self.initialise(columns, generator)

    def losses(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """Negative log-likelihood in nats; batch norm sees the batch itself."""
        del player
        x = self.shaken(batch)
        z, log_det = self._push(x, self.statistics(x))
        return {"loss": -(log_det + self.base_log_prob(z)).mean()}

    def to_noise(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Noise z (n, dim) of points x (n, dim), and ln |det dz/dx| (n,)."""
        return self._push(x, self._kept_statistics())

    def layers(self, z: Tensor) -> list[Tensor]:
        """Points (n, dim): z, then after each layer, the data last."""
        seen = self._kept_statistics()
        points = [z]
        for k in reversed(range(len(self.flow))):
            z = self.norms[k].inverse(points[-1], seen[k]) if seen else points[-1]
            points.append(self.flow[k].inverse(z)[0])
        return points

    @property
    def masked_layers(self) -> int:
        """One network for each layer."""
        return len(self.flow)

    def masked_units(self, layer: int) -> MaskedUnits:
        """The network of a layer, counted from the data."""
        return units_of(self.flow[layer])

    def layer_names(self) -> list[str]:
        """Which coordinate each layer begins with."""
        more = ", batch norm" if self.norms else ""
        return [first_of(layer) + more for layer in reversed(self.flow)]

    def statistics(self, x: Tensor) -> list[Statistics]:
        """What batch norm sees after each layer if x (n, dim) is the batch."""
        seen: list[Statistics] = []
        for layer, norm in zip(self.flow, self.norms, strict=False):
            x, _ = layer(x)
            var, mean = torch.var_mean(x, dim=0, correction=0)
            seen.append(Statistics(mean, var))
            x = norm(x, seen[-1])
        return seen

    def _kept_statistics(self) -> list[Statistics]:
        """The same for the kept training points, under the weights as they are now."""
        return self.statistics(self.reference) if self.norms else []

    def _push(self, x: Tensor, seen: list[Statistics]) -> tuple[Tensor, Tensor]:
        alphas = []
        for k, layer in enumerate(self.flow):
            x, alpha = layer(x)
            alphas.append(alpha)
            if seen:
                x = self.norms[k](x, seen[k])
                alphas.append(-self.norms[k].log_scale(seen[k]).expand_as(x))
        return x, -torch.cat(alphas, dim=1).sum(dim=1)
