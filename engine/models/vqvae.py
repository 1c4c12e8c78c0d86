r"""VQ-VAE: an autoencoder whose codes come from a list of K vectors.

.. math::
    k &= \arg\min_j \| f(x) - e_j \|, \qquad z_q = e_k \\
    L &= \| x - g(z_q) \|^2 + \| sg[f(x)] - e_k \|^2 + \beta \, \| f(x) - sg[e_k] \|^2

sg stops the gradient; that of the first term jumps over the choice of k straight to
the encoder. The middle term may be replaced by running means (:mod:`engine.nets.
codebook`). A categorical prior, the shares of the codes among training points, and the
spread sigma of the reconstruction errors make it generative: a point is
g(e_k) + sigma eps with k drawn from the prior, so its density is a mixture of K
Gaussians and known exactly.

van den Oord, Vinyals, Kavukcuoglu 2017, 1711.00937, eq. 1-3. Restarting unused codes:
Dhariwal et al. 2020, 2005.00341.
"""

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Generator, Tensor

from engine.models.base import (
    Batch,
    Card,
    Codes,
    DensityKind,
    Draw,
    GenerativeModel,
    ModelConfig,
)
from engine.nets.code_gaussian import REFERENCE_POINTS, CodeGaussian, reference_points
from engine.nets.codebook import (
    Codebook,
    counts,
    nearest,
    perplexity,
    straight_through,
)
from engine.nets.mlp import ACTIVATION_LABELS, MLP, Activation
from engine.settings import knob


class VQVAEConfig(ModelConfig):
    """Settings of :class:`VQVAE`."""

    first: ClassVar[tuple[str, ...]] = ("codes", "beta", "width")

    codes: int = knob(
        64, "Codes", "Vectors in the list.", ge=4, le=512, scale="log", symbol="K"
    )
    code_size: int = knob(
        2, "Code size", "Numbers per vector.", ge=1, le=16, symbol="d"
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
        2,
        "Depth",
        "Hidden layers of encoder and decoder; 0 makes both linear.",
        ge=0,
        le=6,
        unit="layers",
    )
    activation: Activation = knob(
        "silu",
        "Activation",
        "Nonlinearity between hidden layers.",
        choices=ACTIVATION_LABELS,
        shown_if={"depth": [1, 2, 3, 4, 5, 6]},
    )
    beta: float = knob(
        0.25,
        "Commitment",
        "How strongly the encoder is held to the chosen code.",
        ge=0.1,
        le=2.0,
        apply="live",
        symbol=r"\beta",
        formula=r"\beta\,\| f(x) - sg[e_k] \|^2",
        group="Codebook",
    )
    codebook: Literal["gradient", "running"] = knob(
        "running",
        "Codebook",
        "Whether codes follow gradients, or are running means of what they code.",
        group="Codebook",
        choices={"gradient": "Gradient", "running": "Running means"},
    )
    gamma: float = knob(
        0.99,
        "Memory",
        "Memory of the running counts and means; higher is steadier and slower.",
        ge=0.0,
        le=0.999,
        slider=(0.8, 0.999),
        apply="live",
        symbol=r"\gamma",
        formula=r"N_j \leftarrow \gamma N_j + (1 - \gamma)\,n_j",
        group="Codebook",
    )
    restart_below: float = knob(
        0.1,
        "Restart below",
        "Codes used less than this share of an even use move onto data; 0 keeps them.",
        ge=0.0,
        le=0.5,
        apply="live",
        group="Codebook",
    )
    sample_noise: bool = knob(
        True,
        "Noise in samples",
        "Add the spread of the reconstruction errors to samples; off shows the K "
        "decoded codes.",
        apply="live",
        group="Sampler",
    )


class VQVAE(GenerativeModel):
    """Encoder, codebook and decoder, with a categorical prior over the codes."""

    name: ClassVar[str] = "vqvae"
    card: ClassVar[Card] = Card(
        title="VQ-VAE",
        family="Latent variables",
        paper="van den Oord et al. 2017",
        arxiv="1711.00937",
        formula=(
            r"\| x - g(e_k) \|^2 + \| sg[f(x)] - e_k \|^2"
            r" + \beta\,\| f(x) - sg[e_k] \|^2"
        ),
        summary="Writes each point down as one word of a short list; new points are "
        "read from words drawn as often as the data use them.",
    )
    Config: ClassVar[type[ModelConfig]] = VQVAEConfig
    training_defaults: ClassVar[Mapping[str, Any]] = {
        "learning_rate": 1e-3,
        "schedule": "cosine",
        "batch_size": 256,
        "steps": 5000,
        # Codes and encoder must move together, and running codes are averaged already.
        "ema": 0.0,
    }
    latent_prior = "Gaussian fit"
    term_titles: ClassVar[Mapping[str, str]] = {"perplexity": "codes in use"}
    points: Tensor

    def __init__(self, config: VQVAEConfig, dim: int = 2, classes: int = 0) -> None:
        super().__init__(config, dim, classes)
        d, width, depth = config.code_size, config.width, config.depth
        self.encoder = MLP(dim, d, width, depth, config.activation)
        self.decoder = MLP(d, dim, width, depth, config.activation)
        learned = config.codebook == "gradient"
        self.book = Codebook(config.codes, d, learned=learned)
        self.register_buffer("points", torch.zeros(REFERENCE_POINTS, dim))

    def initialise(self, columns: Mapping[str, Tensor], generator: Generator) -> None:
        """Put the codes where the encoder puts data, and keep points for the prior."""
        self.points.copy_(reference_points(columns["x"], generator))
        self.book.place(self.encoder(self.points[: self.config.codes]))

    def renew(self, columns: Mapping[str, Tensor], generator: Generator) -> None:
        """Keep new points for the prior; the codes stay where they are."""
        self.points.copy_(reference_points(columns["x"], generator))

    # Training

    def noise(self, player: str) -> dict[str, Draw]:
        """Random order, in which restarted codes take over encodings."""
        del player
        return {"order": Draw("uniform")}

    def prepare(self, player: str, batch: Batch) -> Batch:
        """Count uses, move running codes, restart unused ones; the batch stays."""
        del player
        config = self.config
        if config.codebook == "running" or config.restart_below:
            z = self.encoder(batch.x)
            self.book.follow(z, config.gamma)
            self.book.restart(z, batch.noise["order"], config.restart_below)
        return batch

    def losses(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """Squared errors per point, and the number of codes in use."""
        del player
        z = self.encoder(batch.x)
        index = nearest(z, self.book.codes)
        z_q = self.book.codes.index_select(0, index)
        x_hat = self.decoder(straight_through(z, z_q))
        reconstruction = (x_hat - batch.x).square().sum(1).mean()
        codebook = (z.detach() - z_q).square().sum(1).mean()
        commitment = (z - z_q.detach()).square().sum(1).mean()
        loss = reconstruction + codebook + self.config.beta * commitment
        share = counts(index, len(self.book.codes), z.dtype) / len(index)
        return {
            "loss": loss,
            "reconstruction": reconstruction,
            "codebook": codebook,
            "commitment": commitment,
            "perplexity": perplexity(share),
        }

    # What it generates

    def prior(self) -> Tensor:
        """Share (K,) of each code among training points, under present weights."""
        index = nearest(self.encoder(self.points), self.book.codes)
        return counts(index, len(self.book.codes), self.dtype) / len(index)

    def code_vectors(self) -> Tensor:
        """The codes (K, d)."""
        return self.book.codes

    def code_vectors_of(self, x: Tensor) -> Tensor:
        """Encodings (n, d) of x (n, dim), before a code is chosen."""
        return self.encoder(x)  # type: ignore[no-any-return]

    def code_points(self) -> Tensor:
        """What each code is read as, (K, dim)."""
        return self.decoder(self.book.codes)  # type: ignore[no-any-return]

    def spread(self) -> Tensor:
        """Root mean square reconstruction error per coordinate, 0-dim."""
        return (self.reconstruct(self.points) - self.points).square().mean().sqrt()

    def quantise(self, z: Tensor) -> Tensor:
        """The code (n, d) nearest to each z (n, d)."""
        return self.book.codes.index_select(0, nearest(z, self.book.codes))

    def reconstruct(self, x: Tensor) -> Tensor:
        """Points (n, dim) written as one code each and read back."""
        return self.decoder(self.quantise(self.encoder(x)))  # type: ignore[no-any-return]

    def sample(self, n: int, generator: Generator) -> Tensor:
        """Draw codes from the prior and decode them, (n, dim)."""
        prior = self.prior().to(generator.device)
        index = torch.multinomial(prior, n, replacement=True, generator=generator)
        noise = self.normal((n, self.dim), generator)
        x = self.decoder(self.book.codes)[index.to(self.device)]
        return x + self.spread() * noise if self.config.sample_noise else x  # type: ignore[no-any-return]

    @property
    def density_kind(self) -> DensityKind:
        """A finite mixture: exact."""
        return "exact"

    @property
    def density_note(self) -> str:
        """How the density is known."""
        return f"mixture of {self.config.codes} codes"

    def log_prob(self, x: Tensor, generator: Generator, effort: float = 1.0) -> Tensor:
        """Log-density (n,) of the mixture of decoded codes, with decoder noise."""
        del generator, effort
        sigma = self.spread()
        square = torch.cdist(x, self.decoder(self.book.codes)).square()
        log_norm = self.dim * (sigma.log() + 0.5 * math.log(2 * math.pi))
        log_parts = self.prior().log() - 0.5 * square / sigma.square()
        return log_parts.logsumexp(1) - log_norm

    # Latent space, in the axes of a Gaussian fitted to the encodings

    @property
    def latent_dim(self) -> int:
        """Numbers in a code."""
        return int(self.config.code_size)

    def code_gaussian(self) -> CodeGaussian:
        """The Gaussian of the training points' encodings."""
        return CodeGaussian.of(self.encoder(self.points))

    def decode(self, z: Tensor) -> Tensor:
        """Points (n, dim) of the codes nearest to z (n, d), in the Gaussian's axes."""
        return self.decoder(self.quantise(self.code_gaussian().colour(z)))  # type: ignore[no-any-return]

    def encode(self, x: Tensor) -> Codes:
        """Encodings (n, d) before a code is chosen, in the Gaussian's axes."""
        return Codes(self.code_gaussian().whiten(self.encoder(x)))
