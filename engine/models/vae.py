r"""Variational autoencoder with beta and the importance-weighted bound.

.. math::
    \ln p(x) &\ge E_q \ln p(x|z) - KL(q(z|x) \,\|\, N(0, I)) \\
    L_k &= E \ln \frac1k \sum_{i=1}^k \frac{p(x|z_i) \, p(z_i)}{q(z_i|x)}

Prior N(0, I), encoder q(z|x) = N(mu, diag e^l), decoder p(x|z) = N(g(z), sigma_x^2 I).
Every term is summed over dimensions and keeps its constants, so that the ELBO is a
bound in nats per standardised point.

Kingma & Welling 2013, https://arxiv.org/abs/1312.6114; beta: Higgins et al. 2017
(ICLR); L_k: Burda, Grosse, Salakhutdinov 2015, https://arxiv.org/abs/1509.00519.
"""

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Generator, Tensor, nn

from engine.models.base import (
    Batch,
    Card,
    Codes,
    DensityKind,
    Draw,
    GenerativeModel,
    ModelConfig,
)
from engine.nets.mlp import ACTIVATION_LABELS, MLP, Activation
from engine.settings import knob

LOG_2PI = math.log(2 * math.pi)

#: Rows of the decoder per call of :meth:`VAE.log_prob`; larger tensors page-fault.
ROWS = 16_384


class VAEConfig(ModelConfig):
    """Settings of :class:`VAE`."""

    latent_dim: int = knob(
        2, "Latent axes", "Number of axes of the latent space.", ge=1, le=16, symbol="d"
    )
    width: int = knob(
        128,
        "Width",
        "Units per hidden layer of encoder and decoder.",
        ge=8,
        le=512,
        unit="units",
        scale="log",
    )
    depth: int = knob(
        3,
        "Depth",
        "Hidden layers of encoder and decoder; 0 makes both linear (PCA).",
        ge=0,
        le=6,
        unit="layers",
    )
    activation: Activation = knob(
        "silu",
        "Activation",
        "Nonlinearity between hidden layers.",
        choices=ACTIVATION_LABELS,
    )
    spread: Literal["fixed", "learned"] = knob(
        "fixed",
        "Decoder spread",
        "Whether the decoder's noise is set or learned.",
        choices={"fixed": "Fixed", "learned": "Learned"},
    )
    sigma_x: float = knob(
        0.1,
        "Decoder noise",
        "Spread of the decoder, where the data have spread 1: smaller means sharper.",
        ge=0.02,
        le=1.0,
        apply="live",
        scale="log",
        symbol=r"\sigma_x",
        formula=r"p(x|z) = N(g(z), \sigma_x^2 I)",
        shown_if={"spread": ["fixed"]},
    )
    draws: int = knob(
        1,
        "Draws",
        "Codes per point; more tighten the bound that is trained, and then "
        "beta counts as 1.",
        ge=1,
        le=100,
        apply="live",
        scale="log",
        symbol="k",
        group="Objective",
        formula=r"L_k = E \ln \frac{1}{k} \sum_i \frac{p(x, z_i)}{q(z_i|x)}",
    )
    beta: float = knob(
        1.0,
        "Beta",
        "Price of information in the codes; with more than one draw it has "
        "no effect, since only beta = 1 gives a bound there.",
        ge=0.0,
        le=20.0,
        apply="live",
        scale="log",
        symbol=r"\beta",
        group="Objective",
        formula=r"-E_q \ln p(x|z) + \beta \, KL",
        shown_if={"draws": [1]},
    )
    warmup: int = knob(
        0,
        "KL warm-up",
        "Steps over which beta grows from zero to its value.",
        ge=0,
        le=5000,
        unit="steps",
        apply="live",
        group="Objective",
        shown_if={"draws": [1]},
    )
    sample_noise: bool = knob(
        True,
        "Decoder noise",
        "Add the decoder's noise to samples; off shows its mean.",
        apply="live",
        group="Sampler",
    )
    density_draws: int = knob(
        64,
        "Density draws",
        "Codes per point when the density is shown; more raise the "
        "bound towards the truth.",
        ge=1,
        le=1000,
        apply="live",
        scale="log",
        group="Density",
    )


class VAE(GenerativeModel):
    """Gaussian encoder and decoder, trained on the ELBO, beta-ELBO or L_k."""

    name: ClassVar[str] = "vae"
    card: ClassVar[Card] = Card(
        title="VAE",
        family="Latent variable model",
        paper="Kingma & Welling 2013",
        arxiv="1312.6114",
        formula=r"E_q \ln p(x|z) - \beta \, KL(q(z|x) \, \| \, p(z))",
        summary="Writes each point down as a small cloud of codes and learns to read "
        "it back; new points are read from random codes.",
    )
    Config: ClassVar[type[ModelConfig]] = VAEConfig
    training_defaults: ClassVar[Mapping[str, Any]] = {
        "learning_rate": 1e-3,
        "schedule": "cosine",
        "batch_size": 256,
        "steps": 5000,
    }

    def __init__(self, config: VAEConfig, dim: int = 2, classes: int = 0) -> None:
        super().__init__(config, dim, classes)
        d, width, depth = config.latent_dim, config.width, config.depth
        self.encoder = MLP(dim, 2 * d, width, depth, config.activation)
        self.decoder = MLP(d, dim, width, depth, config.activation)
        if config.spread == "learned":
            self.log_sigma_x = nn.Parameter(torch.tensor(config.sigma_x).log())

    @property
    def latent_dim(self) -> int:
        """Number of latent axes."""
        return int(self.config.latent_dim)

    @property
    def log_sigma(self) -> Tensor:
        """Logarithm of the decoder's spread sigma_x, 0-dim."""
        if self.config.spread == "learned":
            return self.log_sigma_x
        value = math.log(self.config.sigma_x)
        return torch.full((), value, dtype=self.dtype, device=self.device)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean mu and log-variance l of q(z|x), each (n, d)."""
        mean, log_var = self.encoder(x).chunk(2, dim=-1)
        return mean, log_var

    def noise(self, player: str) -> dict[str, Draw]:
        """The k draws behind the codes of each point."""
        del player
        return {"eps": Draw("normal", (self.config.draws, self.latent_dim))}

    def losses(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """Loss, reconstruction -E ln p(x|z), KL and bound, each in nats per point."""
        del player
        mean, log_var = self.posterior(batch.x)
        log_p_x, log_ratio = self._weights(batch.x, mean, log_var, batch.noise["eps"])
        reconstruction = -log_p_x.mean()
        kl = kl_to_prior(mean, log_var).sum(dim=1).mean()
        if self.config.draws == 1:
            elbo = -(reconstruction + kl)
            loss = reconstruction + self._price(batch.step) * kl
        else:
            elbo = log_mean_exp(log_p_x + log_ratio).mean()
            loss = -elbo
        return {"loss": loss, "reconstruction": reconstruction, "kl": kl, "elbo": elbo}

    def _price(self, step: Tensor) -> Tensor | float:
        """Beta, on its way up during the warm-up."""
        beta, warmup = float(self.config.beta), int(self.config.warmup)
        return beta * (step / warmup).clamp(max=1) if warmup else beta

    def _weights(
        self, x: Tensor, mean: Tensor, log_var: Tensor, eps: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Of z = mu + e^(l/2) eps: ln p(x|z) and ln p(z) - ln q(z|x), each (n, k).

        ``x`` (n, dim), ``mean`` and ``log_var`` (n, d), ``eps`` (n, k, d) or (k, d).
        """
        log_var = log_var[:, None]
        z = mean[:, None] + (0.5 * log_var).exp() * eps
        log_ratio = 0.5 * (eps.square() - z.square() + log_var).sum(dim=-1)
        square = (x[:, None] - self.decoder(z)).square().sum(dim=-1)
        log_sigma = self.log_sigma
        log_p_x = -0.5 * torch.exp(-2 * log_sigma) * square
        return log_p_x - self.dim * (log_sigma + 0.5 * LOG_2PI), log_ratio

    def kl_per_axis(self, x: Tensor) -> Tensor:
        """Nats that each latent axis (d,) tells about the points x (n, dim)."""
        return kl_to_prior(*self.posterior(x)).mean(dim=0)

    @property
    def density_kind(self) -> DensityKind:
        """The importance-weighted bound lies below ln p on average."""
        return "bound"

    @property
    def density_note(self) -> str:
        """How the density is known."""
        return f"importance-weighted, {self.config.density_draws} draws"

    def log_prob(self, x: Tensor, generator: Generator, effort: float = 1.0) -> Tensor:
        """Bound L_k (n,) in nats at x (n, dim), with k falling with ``effort``."""
        k = max(1, round(effort * self.config.density_draws))
        eps = self.normal((k, self.latent_dim), generator)
        rows = max(1, ROWS // k)
        bounds = []
        for start in range(0, len(x), rows):
            part = x[start : start + rows]
            log_p_x, log_ratio = self._weights(part, *self.posterior(part), eps)
            bounds.append(log_mean_exp(log_p_x + log_ratio))
        return torch.cat(bounds)

    def sample(self, n: int, generator: Generator) -> Tensor:
        """Draw points (n, dim), with or without the decoder's noise."""
        z = self.normal((n, self.latent_dim), generator)
        noise = self.normal((n, self.dim), generator)
        spread = self.log_sigma.exp() if self.config.sample_noise else 0.0
        return self.decode(z) + spread * noise

    def decode(self, z: Tensor) -> Tensor:
        """Mean g(z) of the decoder, (n, dim), at codes z (n, d)."""
        return self.decoder(z)  # type: ignore[no-any-return]

    def encode(self, x: Tensor) -> Codes:
        """Mean and spread of q(z|x), each (n, d)."""
        mean, log_var = self.posterior(x)
        return Codes(mean, (0.5 * log_var).exp())


def kl_to_prior(mean: Tensor, log_var: Tensor) -> Tensor:
    """KL from N(mean, e^log_var) to N(0, 1) in nats, of each entry."""
    return 0.5 * (mean.square() + log_var.exp() - 1 - log_var)


def log_mean_exp(log_weight: Tensor) -> Tensor:
    """Logarithm of the mean of e^log_weight over the last dimension."""
    return torch.logsumexp(log_weight, dim=-1) - math.log(log_weight.shape[-1])
