r"""Inverse autoregressive flow: samples in one pass.

.. math:: x_i = \left(u_i - \mu_i(u_{<i})\right) e^{-\alpha_i(u_{<i})}, \qquad
          \ln q(x) = \ln N(u) + \textstyle\sum_i \alpha_i

It is the masked autoregressive flow with x and u exchanged, in that flow's signs. A
sample and the density of that sample take one pass of each network; the density of a
point from elsewhere takes one pass per coordinate. Two ways to train it:

- by maximum likelihood, the slow direction;
- by reverse divergence :math:`KL(q \| p) = E_q [\ln q - \ln p]` to a known density p,
  the fast direction. A training table has no known density, so p is a mixture of
  Gaussians fitted to it before the first step. Such a fit keeps to a few modes where
  the flow cannot reach all of them.

Kingma, Salimans, Jozefowicz, Chen, Sutskever, Welling, "Improving Variational Inference
with Inverse Autoregressive Flow", 2016, https://arxiv.org/abs/1606.04934.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal, NamedTuple

import torch
from torch import Generator, Tensor

from engine.models.autoregressive_flow import (
    AutoregressiveFlowConfig,
    first_of,
    make_layers,
    units_of,
)
from engine.models.base import Batch, Card, Draw, ModelConfig
from engine.models.flow import Flow
from engine.models.inside import MaskedUnits
from engine.nets.mixture import FittedMixture
from engine.settings import knob


class IAFConfig(AutoregressiveFlowConfig):
    """Settings of :class:`IAF`."""

    first: ClassVar[tuple[str, ...]] = ("objective", "layers", "width")

    objective: Literal["likelihood", "reverse_kl"] = knob(
        "likelihood",
        "Objective",
        "Fit the data by their likelihood, or fit own samples to a Gaussian mixture "
        "that was fitted to the data first.",
        choices={"likelihood": "likelihood", "reverse_kl": "reverse KL to a mixture"},
        formula=r"E_p[-\ln q] \quad \mathrm{or} \quad E_q[\ln q - \ln p]",
    )
    components: int = knob(
        8,
        "Target components",
        "Gaussians in the mixture that the reverse divergence aims at.",
        ge=1,
        le=64,
        scale="log",
        shown_if={"objective": ["reverse_kl"]},
    )


class Tracked(NamedTuple):
    """Own samples ``x`` (n, dim) and their log-density ``log_q`` (n,)."""

    x: Tensor
    log_q: Tensor


class IAF(Flow):
    """Stack of affine autoregressive layers with the fast direction for sampling."""

    name: ClassVar[str] = "iaf"
    card: ClassVar[Card] = Card(
        title="Inverse autoregressive flow",
        short="IAF",
        family="Normalising flow",
        paper="Kingma et al. 2016",
        arxiv="1606.04934",
        formula=r"x_i = (u_i - \mu_i(u_{<i}))\, e^{-\alpha_i(u_{<i})}, \quad "
        r"\ln q(x) = \ln N(u) + \sum \alpha_i",
        summary="The masked autoregressive flow turned round: samples take one pass, "
        "the density of foreign points one for each coordinate. Its reverse divergence "
        "aims at a Gaussian mixture fitted to the data, not at the data themselves.",
    )
    Config: ClassVar[type[ModelConfig]] = IAFConfig

    def __init__(self, config: IAFConfig, dim: int = 2, classes: int = 0) -> None:
        super().__init__(config, dim, classes)
        self.flow, self.made = make_layers(config, dim)
        self.target = (
            FittedMixture(config.components, dim)
            if config.objective == "reverse_kl"
            else None
        )

    def initialise(self, columns: Mapping[str, Tensor], generator: Generator) -> None:
        """Fit the mixture that the reverse divergence aims at."""
        if self.target is not None:
            self.target.fit(columns["x"], generator)

    def renew(self, columns: Mapping[str, Tensor], generator: Generator) -> None:
        """Do so again with the new points."""
        self.initialise(columns, generator)

    def noise(self, player: str) -> dict[str, Draw]:
        """The noise of own samples, where the objective wants them."""
        del player
        return {} if self.target is None else {"u": Draw("normal", (self.dim,))}

    def losses(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """Negative log-likelihood, or the divergence to the fitted mixture, in nats."""
        if self.target is None:
            return super().losses(player, batch)
        own = self.tracked(batch.noise["u"])
        return {"loss": (own.log_q - self.target.log_prob(own.x)).mean()}

    def reference_lines(self, player: str) -> dict[str, float]:
        """A divergence ends at 0 at best."""
        del player
        return {} if self.target is None else {"loss": 0.0}

    def tracked(self, u: Tensor) -> Tracked:
        """Samples of noise u (n, dim), with the density known while making them."""
        x, alphas = u, []
        for layer in self.flow:
            x, alpha = layer(x)
            alphas.append(alpha)
        log_det = torch.cat(alphas, dim=1).sum(dim=1)
        return Tracked(x, self.base_log_prob(u) + log_det)

    def to_noise(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Noise u (n, dim) of points x, and ln |det du/dx| (n,): the slow direction."""
        alphas = []
        for layer in reversed(self.flow):
            x, alpha = layer.inverse(x)
            alphas.append(alpha)
        return x, torch.cat(alphas, dim=1).sum(dim=1)

    def layers(self, z: Tensor) -> list[Tensor]:
        """Points (n, dim): z, then after each layer, the data last."""
        points = [z]
        for layer in self.flow:
            points.append(layer(points[-1])[0])
        return points

    @property
    def masked_layers(self) -> int:
        """One network for each layer."""
        return len(self.flow)

    def masked_units(self, layer: int) -> MaskedUnits:
        """The network of a layer, counted from the data."""
        return units_of(self.flow[-1 - layer])

    def layer_names(self) -> list[str]:
        """Which coordinate each layer begins with."""
        return [f"inverse {first_of(layer)}" for layer in self.flow]
