r"""Variational autoencoder with beta and the importance-weighted bound.

.. math::
    \ln p(x) &\ge E_q \ln p(x|z) - KL(q(z|x) \,\|\, N(0, I)) \\
    L_k &= E \ln \frac1k \sum_{i=1}^k \frac{p(x|z_i) \, p(z_i)}{q(z_i|x)}

Prior N(0, I), encoder q(z|x) = N(mu, diag e^l), decoder p(x|z) = N(g(z), sigma_x^2 I).
An inverse autoregressive flow may bend q; its KL then is the mean over the draws. Every
term is summed over dimensions and keeps its constants, so that the ELBO is a
bound in nats per standardised point.

Kingma & Welling 2013, https://arxiv.org/abs/1312.6114; beta: Higgins et al. 2017
(ICLR); L_k: Burda, Grosse, Salakhutdinov 2015, https://arxiv.org/abs/1509.00519; flow:
Kingma et al. 2016, https://arxiv.org/abs/1606.04934.
"""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

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
from engine.models.vae_config import VAEConfig
from engine.nets.iaf_posterior import SeeingFlow
from engine.nets.mlp import MLP

__all__ = ["VAE", "VAEConfig", "kl_to_prior", "log_mean_exp"]

LOG_2PI = math.log(2 * math.pi)

#: Rows of the decoder per call of :meth:`VAE.log_prob`; larger tensors page-fault.
ROWS = 16_384
#: Pairs of opposite draws behind the mean and spread of a bent posterior.
CODE_DRAWS = 64


class VAE(GenerativeModel):
    """Gaussian encoder and decoder, trained on the ELBO, beta-ELBO or L_k."""

    name: ClassVar[str] = "vae"
    card: ClassVar[Card] = Card(
        title="VAE",
        family="Latent variables",
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

    term_titles: ClassVar[Mapping[str, str]] = {"elbo": "trained bound"}

    def __init__(self, config: VAEConfig, dim: int = 2, classes: int = 0) -> None:
        super().__init__(config, dim, classes)
        d, width, depth = config.latent_dim, config.width, config.depth
        self.encoder = MLP(dim, 2 * d, width, depth, config.activation)
        self.decoder = MLP(d, dim, width, depth, config.activation)
        self.flow: SeeingFlow | None = None
        if config.posterior == "iaf":
            shape = (width, depth, config.activation)
            self.flow = SeeingFlow(config.posterior_steps, d, dim, *shape)
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
        if self.flow is None:
            kl = kl_to_prior(mean, log_var).sum(dim=1).mean()
        else:
            kl = -log_ratio.mean()
        if self.config.draws == 1:
            elbo = -(reconstruction + kl)
            loss = reconstruction + self._price(batch.step) * kl
        else:
            elbo = log_mean_exp(log_p_x + log_ratio).mean()
            loss = -elbo
        return {"loss": loss, "reconstruction": reconstruction, "kl": kl, "elbo": elbo}

    def _price(self, step: Tensor) -> Tensor | float:
        """Beta, on its way up during the warm-up."""
        beta: float = self.config.beta
        warmup = int(self.config.warmup)
        return beta * (step / warmup).clamp(max=1) if warmup else beta

    def _bent(
        self, x: Tensor, mean: Tensor, log_var: Tensor, eps: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Codes (n, k, d) of draws eps, and the log-determinants (n, k) of the flow."""
        z = mean[:, None] + (0.5 * log_var[:, None]).exp() * eps
        if self.flow is None:
            return z, z.new_zeros(())
        bent, log_det = self.flow(z, x)
        return bent, log_det

    def _weights(
        self, x: Tensor, mean: Tensor, log_var: Tensor, eps: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Of codes z of the draws eps: ln p(x|z) and ln p(z) - ln q(z|x), each (n, k).

        ``x`` (n, dim), ``mean`` and ``log_var`` (n, d), ``eps`` (n, k, d) or (k, d).
        """
        z, log_det = self._bent(x, mean, log_var, eps)
        squares = eps.square() - z.square() + log_var[:, None]
        log_ratio = 0.5 * squares.sum(dim=-1) + log_det
        square = (x[:, None] - self.decoder(z)).square().sum(dim=-1)
        log_sigma = self.log_sigma
        log_p_x = -0.5 * torch.exp(-2 * log_sigma) * square
        return log_p_x - self.dim * (log_sigma + 0.5 * LOG_2PI), log_ratio

    # What the views take apart

    def kl_price(self, step: int) -> float:
        """Beta, on its way up; the importance-weighted bound knows no other than 1."""
        if self.config.draws > 1:
            return 1.0
        return float(self._price(torch.tensor(float(step))))

    @property
    def gaussian_posterior(self) -> bool:
        """Whether q(z|x) is the Gaussian that :meth:`encode` describes."""
        return self.flow is None

    def posterior_codes(self, x: Tensor, eps: Tensor) -> Tensor:
        """Codes (n, k, d) of points x (n, dim) for the draws eps (k, d)."""
        return self._bent(x, *self.posterior(x), eps)[0]

    def bound_terms(self, x: Tensor, eps: Tensor) -> tuple[Tensor, Tensor]:
        """The two of :meth:`_weights` for points x (n, dim) and draws eps (k, d)."""
        return self._weights(x, *self.posterior(x), eps)

    def kl_per_axis(self, x: Tensor) -> Tensor:
        """Nats that each axis (d,) of the encoder's normals tells about x (n, dim)."""
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
        if self.flow is None:
            return Codes(mean, (0.5 * log_var).exp())
        half = self.normal(
            (CODE_DRAWS, self.latent_dim), torch.Generator().manual_seed(0)
        )
        z = self.posterior_codes(x, torch.cat((half, -half)))
        return Codes(z.mean(dim=1), z.std(dim=1, correction=0))


def kl_to_prior(mean: Tensor, log_var: Tensor) -> Tensor:
    """KL from N(mean, e^log_var) to N(0, 1) in nats, of each entry."""
    return 0.5 * (mean.square() + log_var.exp() - 1 - log_var)


def log_mean_exp(log_weight: Tensor) -> Tensor:
    """Logarithm of the mean of e^log_weight over the last dimension."""
    return torch.logsumexp(log_weight, dim=-1) - math.log(log_weight.shape[-1])
