r"""Generative adversarial network with the minimax and the non-saturating loss.

.. math::
    \min_G \max_D \; E \ln D(x) + E \ln(1 - D(G(z))), \quad z \sim N(0, I)

D is the probability of *real*; its best answer is p / (p + q), where the value is
2 JSD - ln 4. The non-saturating generator minimises -E ln D(G(z)) instead. With
D = sigmoid(logit), every logarithm is a softplus: -ln D = softplus(-logit).

Goodfellow et al., "Generative Adversarial Networks", 2014,
https://arxiv.org/abs/1406.2661.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Generator, Tensor
from torch.nn.functional import softplus

from engine.models.base import Batch, Card, Draw, GenerativeModel, ModelConfig
from engine.nets.mlp import ACTIVATION_LABELS, MLP, Activation
from engine.settings import knob

LN_2 = math.log(2)


@dataclass(frozen=True)
class AdversarialLoss:
    """What the players minimise, per point, as functions of D's logit there.

    ``real`` and ``fake`` are the two halves of the discriminator's loss, ``generator``
    is taken at fakes. The ``tie_*`` numbers are their values where D cannot tell real
    from fake (logit 0).
    """

    title: str
    real: Callable[[Tensor], Tensor]
    fake: Callable[[Tensor], Tensor]
    generator: Callable[[Tensor], Tensor]
    tie_discriminator: float
    tie_generator: float


def _minus_log_real(logit: Tensor) -> Tensor:
    return softplus(-logit)


def _log_fake(logit: Tensor) -> Tensor:
    return -softplus(logit)


#: Every choice of the setting ``loss``; a further loss is one entry here.
LOSSES: dict[str, AdversarialLoss] = {
    "non_saturating": AdversarialLoss(
        "Non-saturating", _minus_log_real, softplus, _minus_log_real, LN_2, LN_2
    ),
    "minimax": AdversarialLoss(
        "Minimax", _minus_log_real, softplus, _log_fake, LN_2, -LN_2
    ),
}


class GANConfig(ModelConfig):
    """Settings of :class:`GAN`."""

    latent_dim: int = knob(
        2,
        "Noise axes",
        "Numbers of noise that the generator turns into one point.",
        ge=1,
        le=64,
        symbol="z",
    )
    width: int = knob(
        128,
        "Width",
        "Units per hidden layer of both networks.",
        ge=8,
        le=512,
        unit="units",
        scale="log",
    )
    depth: int = knob(
        3,
        "Depth",
        "Hidden layers of both networks; 0 makes both linear.",
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
    loss: Literal["non_saturating", "minimax"] = knob(
        "non_saturating",
        "Loss",
        "What the generator minimises; minimax stops teaching "
        "it where the discriminator is sure.",
        apply="live",
        group="Game",
        choices={name: loss.title for name, loss in LOSSES.items()},
        formula=r"-\ln D(G(z)) \quad \mathrm{or} \quad \ln(1 - D(G(z)))",
    )
    d_steps: int = knob(
        1,
        "D steps",
        "Steps of the discriminator before each step of the generator.",
        ge=1,
        le=10,
        unit="steps",
        apply="live",
        group="Game",
    )


class GAN(GenerativeModel):
    """Generator and discriminator, two players with opposed losses."""

    name: ClassVar[str] = "gan"
    card: ClassVar[Card] = Card(
        title="GAN",
        family="Adversarial model",
        paper="Goodfellow et al. 2014",
        arxiv="1406.2661",
        formula=r"\min_G \max_D \; E \ln D(x) + E \ln(1 - D(G(z)))",
        summary="A forger turns noise into points while a detective learns to tell "
        "them from the data; each gets better because of the other.",
    )
    Config: ClassVar[type[ModelConfig]] = GANConfig
    training_defaults: ClassVar[Mapping[str, Any]] = {
        "learning_rate": 1e-3,
        "beta1": 0.5,
        "beta2": 0.9,
        "schedule": "cosine",
        "batch_size": 256,
        "ema": 0.998,
        "steps": 4000,
    }

    def __init__(self, config: GANConfig, dim: int = 2, classes: int = 0) -> None:
        super().__init__(config, dim, classes)
        width, depth, activation = config.width, config.depth, config.activation
        self.generator = MLP(config.latent_dim, dim, width, depth, activation)
        self.discriminator = MLP(dim, 1, width, depth, activation)

    @property
    def latent_dim(self) -> int:
        """Numbers of noise behind one point."""
        return int(self.config.latent_dim)

    def players(self) -> dict[str, list[torch.nn.Parameter]]:
        """Discriminator and generator."""
        return {
            "discriminator": list(self.discriminator.parameters()),
            "generator": list(self.generator.parameters()),
        }

    def turns(self) -> tuple[str, ...]:
        """The discriminator's steps, then one of the generator."""
        return ("discriminator",) * int(self.config.d_steps) + ("generator",)

    def noise(self, player: str) -> dict[str, Draw]:
        """The noise behind the fakes of this turn."""
        del player
        return {"z": Draw("normal", (self.latent_dim,))}

    def losses(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """Loss of a player in nats; the discriminator's is the sum of two halves."""
        loss = LOSSES[self.config.loss]
        if player == "generator":
            fake = self.logit(self.decode(batch.noise["z"]))
            return {"loss": loss.generator(fake).mean()}
        with torch.no_grad():
            x_fake = self.decode(batch.noise["z"])
        # One pass over both halves costs less than two.
        real, fake = self.logit(torch.cat((batch.x, x_fake))).chunk(2)
        on_real, on_fake = loss.real(real).mean(), loss.fake(fake).mean()
        return {"loss": on_real + on_fake, "real": on_real, "fake": on_fake}

    def reference_lines(self, player: str) -> dict[str, float]:
        """Values of the terms where nobody can tell real from fake."""
        loss = LOSSES[self.config.loss]
        if player == "generator":
            return {"loss": loss.tie_generator}
        tie = loss.tie_discriminator
        return {"loss": 2 * tie, "real": tie, "fake": tie}

    def logit(self, x: Tensor) -> Tensor:
        """Log-odds (n,) that points x (n, dim) are real."""
        return self.discriminator(x).squeeze(-1)  # type: ignore[no-any-return]

    def critic(self, x: Tensor) -> Tensor:
        """Probability of being real, (n,)."""
        return self.logit(x).sigmoid()

    def decode(self, z: Tensor) -> Tensor:
        """Points (n, dim) that the generator makes of noise z (n, latent_dim)."""
        return self.generator(z)  # type: ignore[no-any-return]

    def sample(self, n: int, generator: Generator) -> Tensor:
        """Draw points, (n, dim)."""
        return self.decode(self.normal((n, self.latent_dim), generator))
