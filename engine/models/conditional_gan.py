r"""Conditional GAN: both players see the class of a point.

.. math::
    \min_G \max_D \; E \ln D(x, y) + E \ln(1 - D(G(z, y), y))

The best discriminator is p(x | y) / (p(x | y) + q(x | y)), class by class. Each class
is an embedding, learned by each player for itself. The discriminator takes it beside x,
or by projection: a value linear in the last features, D = a + (b + e_y) . phi(x).

Mirza, Osindero, "Conditional Generative Adversarial Nets", 2014,
https://arxiv.org/abs/1411.1784; Miyato, Koyama, "cGANs with Projection Discriminator",
2018, https://arxiv.org/abs/1802.05637.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Generator, Tensor, nn

from engine.models.adversarial_formulas import PENALTY_TERMS, game_formulas
from engine.models.base import Card, ModelConfig
from engine.models.gan import GAN
from engine.models.gan_config import GANConfig
from engine.nets.spectral import normalised
from engine.settings import knob

_FORMULAS = game_formulas("D(x, y)", "D(G(z, y), y)")


class ConditionalGANConfig(GANConfig):
    """Settings of :class:`ConditionalGAN`."""

    first: ClassVar[tuple[str, ...]] = ("loss", "r1", "shown_class")

    condition: Literal["concat", "projection"] = knob(
        "concat",
        "Condition",
        "How the discriminator sees the class: beside the point, or as a direction in "
        "its last features.",
        group="Classes",
        choices={"concat": "beside the point", "projection": "projection"},
    )
    embedding: int = knob(
        8,
        "Label embedding",
        "Numbers that stand for a class.",
        ge=1,
        le=64,
        group="Classes",
        symbol="e_y",
    )
    shown_class: int = knob(
        0,
        "Shown class",
        "Class of the shown samples, counted from 1; 0 draws all classes as often as "
        "the data have them.",
        ge=0,
        le=64,
        most="classes",
        apply="live",
        group="Classes",
        symbol="y",
    )
    blend: float = knob(
        0.0,
        "Towards the next",
        "Moves the embedding of shown samples from their class to the next one.",
        ge=0,
        le=1,
        apply="live",
        group="Classes",
        formula=r"(1 - a) \, e_y + a \, e_{y+1}",
    )


class ConditionalGAN(GAN):
    """A GAN whose generator and discriminator are told the class.

    Data without classes count as one class.
    """

    name: ClassVar[str] = "conditional_gan"
    card: ClassVar[Card] = Card(
        title="Conditional GAN",
        family="Adversarial model",
        paper="Mirza, Osindero 2014",
        arxiv="1411.1784",
        formula=_FORMULAS.pop("non_saturating"),
        formulas=("loss", _FORMULAS),
        terms=PENALTY_TERMS,
        summary="A GAN that is told the class of each point, so that samples of one "
        "class can be ordered.",
    )
    Config: ClassVar[type[ModelConfig]] = ConditionalGANConfig

    shares: Tensor

    def __init__(
        self, config: ConditionalGANConfig, dim: int = 2, classes: int = 0
    ) -> None:
        super().__init__(config, dim, classes)
        count = max(1, classes)
        self.generator_labels = nn.Embedding(count, config.embedding)
        features = config.width if config.depth else dim
        size = config.embedding if config.condition == "concat" else features
        self.discriminator_labels = nn.Embedding(count, size)
        self.register_buffer("shares", torch.full((count,), 1 / count))

    @staticmethod
    def sizes(config: Any, dim: int) -> tuple[int, int]:
        """Numbers that go into the generator and into the discriminator."""
        beside = config.embedding if config.condition == "concat" else 0
        return config.latent_dim + config.embedding, dim + beside

    def players(self) -> dict[str, list[nn.Parameter]]:
        """Discriminator and generator, each with its own embedding of classes."""
        found = super().players()
        found["discriminator"] += list(self.discriminator_labels.parameters())
        found["generator"] += list(self.generator_labels.parameters())
        return found

    def initialise(self, columns: Mapping[str, Tensor], generator: Generator) -> None:
        """Count the classes."""
        self.renew(columns, generator)
        super().initialise(columns, generator)

    def renew(self, columns: Mapping[str, Tensor], generator: Generator) -> None:
        """Count the classes again."""
        del generator
        counts = torch.bincount(columns["labels"], minlength=len(self.shares))
        self.shares.copy_(counts / counts.sum())

    def inputs(self, z: Tensor, labels: Tensor) -> Tensor:
        """Noise and embedding of the class, (n, latent_dim + embedding)."""
        return torch.cat((super().inputs(z, labels), self.generator_labels(labels)), 1)

    def shown_inputs(self, z: Tensor, labels: Tensor) -> Tensor:
        """As :meth:`inputs`, moved towards the next class as the settings say."""
        here = self.inputs(z, labels)
        there = self.inputs(z, (labels + 1) % len(self.shares))
        return torch.lerp(here, there, self.config.blend)

    def values(self, x: Tensor, labels: Tensor) -> Tensor:
        """The discriminator's values (n,) at x (n, dim) taken for these classes."""
        if self.config.condition == "concat":
            beside = self.discriminator_labels(labels)
            return super().values(torch.cat((x, beside), 1), labels)
        *trunk, last = self.discriminator
        features = self.through(trunk, x)
        table = self.discriminator_labels.weight
        if self.config.spectral_norm:
            table = normalised(table)
        along = (table[labels] * features).sum(1)
        return self.gain * (self.through([last], features).squeeze(-1) + along)

    def shown(self, z: Tensor) -> Tensor:
        """Inputs of the shown class; of the first where all are shown."""
        labels = self.no_labels(len(z)) + (self.shown_label() or 0)
        return self.shown_inputs(z, labels)

    def shown_label(self) -> int | None:
        """The class to show, counted from 0; None for all."""
        shown = int(self.config.shown_class)
        return (shown - 1) % len(self.shares) if shown else None

    def drawn_class(self) -> int | None:
        """The class to show; on its way to the next one it is still judged as one."""
        return self.shown_label()

    def critic(self, x: Tensor) -> Tensor:
        """Verdict (n,) on x as a member of the shown class, or the mean over all."""
        values, weights = self._values_by_class(x)
        return self.verdict(values) @ weights

    def opinion(self, x: Tensor) -> Tensor:
        """Values (n,) for the shown class, or their mean over all classes."""
        values, weights = self._values_by_class(x)
        return values @ weights

    def _values_by_class(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Values (n, k) for each class that is shown, and the shares (k,) of those."""
        shown = self.shown_label()
        labels = range(len(self.shares)) if shown is None else [shown]
        weights = self.shares if shown is None else torch.ones_like(self.shares[:1])
        values = [self.values(x, self.no_labels(len(x)) + y) for y in labels]
        return torch.stack(values, 1), weights

    def decode_as(self, z: Tensor, label: int) -> Tensor:
        """Points (n, dim) of one class."""
        labels = self.no_labels(len(z)) + label
        return self.points(self.shown_inputs(z, labels))

    def sample(self, n: int, generator: Generator) -> Tensor:
        """Draw points (n, dim) of the shown class, or of all by their shares."""
        return self.forged(n, generator)[0]

    def forged(self, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Points (n, dim) as :meth:`sample` draws them, and the class (n,) of each."""
        z = self.normal((n, self.latent_dim), generator)
        shown = self.shown_label()
        if shown is None:
            shares = self.shares.float().to(generator.device)
            drawn = torch.multinomial(shares, n, True, generator=generator)
            labels = drawn.to(self.device)
        else:
            labels = self.no_labels(n) + shown
        return self.points(self.shown_inputs(z, labels)), labels
