r"""Autoencoder: squeeze points through few numbers and read them back.

.. math::
    L &= E \, \| x - g(f(x + s \epsilon)) \|^2

Encoder f, decoder g, a code of d numbers, corruption s. Without corruption and with
linear maps the best code is that of a principal component analysis. With corruption the
optimum obeys :math:`g(f(x)) - x = s^2 \nabla \ln p_s(x)` where the code is wide enough
(Vincent 2011): denoising points up the density of the corrupted data.

The model has no density. It draws points by decoding a Gaussian fitted to the codes of
training points, which covers the data only as far as the codes are Gaussian. That
Gaussian is made anew from the present weights at each use, so nothing of it is stored.

Rumelhart, Hinton, Williams 1986; Baldi & Hornik 1989; Hinton & Salakhutdinov 2006.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor

from engine.models.base import Batch, Card, Codes, Draw, GenerativeModel, ModelConfig
from engine.nets.code_gaussian import REFERENCE_POINTS, CodeGaussian, reference_points
from engine.nets.mlp import ACTIVATION_LABELS, MLP, Activation
from engine.settings import knob


class AutoencoderConfig(ModelConfig):
    """Settings of :class:`Autoencoder`."""

    first: ClassVar[tuple[str, ...]] = ("latent_dim", "corruption", "width")

    latent_dim: int = knob(
        1, "Latent axes", "Numbers that a point is squeezed into.", ge=1, le=32,
        symbol="d",
    )  # fmt: skip
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
        shown_if={"depth": [1, 2, 3, 4, 5, 6]},
    )
    corruption: float = knob(
        0.0,
        "Corruption",
        "Noise added to the input, where the data have spread 1; above 0 the model "
        "learns to remove it.",
        ge=0.0,
        le=0.5,
        apply="live",
        symbol="s",
        formula=r"\| x - g(f(x + s\,\epsilon)) \|^2",
        group="Objective",
    )


class Autoencoder(GenerativeModel):
    """Deterministic encoder and decoder trained on the squared error."""

    name: ClassVar[str] = "autoencoder"
    card: ClassVar[Card] = Card(
        title="Autoencoder",
        family="Latent variables",
        paper="Hinton & Salakhutdinov 2006",
        arxiv="",
        formula=r"\min_{f, g} E\,\| x - g(f(x + s\,\epsilon)) \|^2",
        summary="Squeezes each point into one number and reads it back. It knows no "
        "density; new points are read from a Gaussian fitted to the codes.",
    )
    Config: ClassVar[type[ModelConfig]] = AutoencoderConfig
    training_defaults: ClassVar[Mapping[str, Any]] = {
        "learning_rate": 2e-3,
        "schedule": "cosine",
        "batch_size": 256,
        "steps": 5000,
    }
    latent_prior = "Gaussian fit"
    term_titles: ClassVar[Mapping[str, str]] = {"loss": "reconstruction"}
    points: Tensor

    def __init__(
        self, config: AutoencoderConfig, dim: int = 2, classes: int = 0
    ) -> None:
        super().__init__(config, dim, classes)
        d, width, depth = config.latent_dim, config.width, config.depth
        self.encoder = MLP(dim, d, width, depth, config.activation)
        self.decoder = MLP(d, dim, width, depth, config.activation)
        self.register_buffer("points", torch.zeros(REFERENCE_POINTS, dim))

    def initialise(self, columns: Mapping[str, Tensor], generator: Generator) -> None:
        """Keep some training points, whose codes show where codes lie."""
        self.points.copy_(reference_points(columns["x"], generator))

    def renew(self, columns: Mapping[str, Tensor], generator: Generator) -> None:
        """Do so again with the new points."""
        self.initialise(columns, generator)

    # Training

    def noise(self, player: str) -> dict[str, Draw]:
        """The corruption of each point."""
        del player
        return {"eps": Draw("normal", (self.dim,))}

    def losses(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """Squared error per point, summed over coordinates."""
        del player
        noisy = batch.x + self.config.corruption * batch.noise["eps"]
        return {"loss": (self.reconstruct(noisy) - batch.x).square().sum(1).mean()}

    def reconstruct(self, x: Tensor) -> Tensor:
        """Points (n, dim) squeezed into codes and read back."""
        return self.decoder(self.encoder(x))  # type: ignore[no-any-return]

    # Latent space, in the axes of the Gaussian

    @property
    def latent_dim(self) -> int:
        """Numbers in a code."""
        return int(self.config.latent_dim)

    def code_gaussian(self) -> CodeGaussian:
        """The Gaussian of the training points' codes under the present weights."""
        return CodeGaussian.of(self.encoder(self.points))

    def decode(self, z: Tensor) -> Tensor:
        """Points (n, dim) from codes (n, d) measured in the fitted Gaussian's axes."""
        return self.decoder(self.code_gaussian().colour(z))  # type: ignore[no-any-return]

    def encode(self, x: Tensor) -> Codes:
        """Codes (n, d) in the fitted Gaussian's axes; they have no spread."""
        return Codes(self.code_gaussian().whiten(self.encoder(x)))

    def sample(self, n: int, generator: Generator) -> Tensor:
        """Decode draws (n, dim) of the Gaussian fitted to the codes."""
        return self.decode(self.normal((n, self.latent_dim), generator))
