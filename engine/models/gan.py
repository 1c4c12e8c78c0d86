r"""Generative adversarial network, with the losses and stabilisers that made it work.

.. math::
    \min_G \max_D \; E \ln D(x) + E \ln(1 - D(G(z))), \quad z \sim N(0, I)

D is the probability of *real*; its best answer is p / (p + q), where the value is
2 JSD - ln 4. The non-saturating generator minimises -E ln D(G(z)) instead. With
D = sigmoid(logit), every logarithm is a softplus: -ln D = softplus(-logit). The other
games are in :mod:`engine.models.adversarial_losses`; with a mapping network the
generator is that of StyleGAN (:mod:`engine.nets.style`).

Goodfellow et al., "Generative Adversarial Networks", 2014,
https://arxiv.org/abs/1406.2661.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor, nn

from engine.models.adversarial_formulas import PENALTY_TERMS, game_formulas
from engine.models.adversarial_losses import (
    ADVERSARIAL_TITLES,
    discriminator_lines,
    discriminator_terms,
    standing,
)
from engine.models.base import (
    Batch,
    Card,
    Draw,
    Duel,
    GenerativeModel,
    ModelConfig,
)
from engine.models.gan_config import GANConfig
from engine.models.inside import Styles
from engine.nets.mlp import MLP
from engine.nets.spectral import forward_through
from engine.nets.style import StyleGenerator

_FORMULAS = game_formulas("D(x)", "D(G(z))")
#: Points whose mean style is the first value of the running mean.
FIRST_STYLES = 4096


class GAN(GenerativeModel):
    """Generator and discriminator, two players with opposed losses."""

    name: ClassVar[str] = "gan"
    card: ClassVar[Card] = Card(
        title="GAN",
        family="Adversarial model",
        paper="Goodfellow et al. 2014",
        arxiv="1406.2661",
        formula=_FORMULAS.pop("non_saturating"),
        formulas=("loss", _FORMULAS),
        terms=PENALTY_TERMS,
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

    term_titles: ClassVar[Mapping[str, str]] = ADVERSARIAL_TITLES

    middle: Tensor

    def __init__(self, config: GANConfig, dim: int = 2, classes: int = 0) -> None:
        super().__init__(config, dim, classes)
        shape = (config.width, config.depth, config.activation)
        code, point = self.sizes(config, dim)
        self.generator: MLP | StyleGenerator
        if config.mapping_depth:
            self.generator = StyleGenerator(
                code,
                dim,
                *shape,
                style_dim=config.style_dim,
                mapping_depth=config.mapping_depth,
                mapping_rate=config.mapping_rate,
            )
        else:
            self.generator = MLP(code, dim, *shape)
        self.discriminator = MLP(point, 1, *shape)
        # A Wasserstein critic is known up to a constant; this one is its mean value.
        self.register_buffer("middle", torch.zeros(()))

    @staticmethod
    def sizes(config: Any, dim: int) -> tuple[int, int]:
        """Numbers that go into the generator and into the discriminator."""
        return int(config.latent_dim), dim

    @property
    def latent_dim(self) -> int:
        """Numbers of noise behind one point."""
        return int(self.config.latent_dim)

    def players(self) -> dict[str, list[nn.Parameter]]:
        """Discriminator and generator."""
        return {
            "discriminator": list(self.discriminator.parameters()),
            "generator": list(self.generator.parameters()),
        }

    def turns(self) -> tuple[str, ...]:
        """The discriminator's steps, then one of the generator."""
        steps = int(self.config.discriminator_turns)
        return ("discriminator",) * steps + ("generator",)

    def noise(self, player: str) -> dict[str, Draw]:
        """The noise behind the fakes of this turn, and where styles are mixed."""
        z = Draw("normal", (self.latent_dim,))
        draws = {"z": z}
        if player == "discriminator":
            draws["chord"] = Draw("uniform")
        if isinstance(self.generator, StyleGenerator):
            inner = max(1, len(self.generator.layers) - 1)
            draws |= {
                "z_mixed": z,
                "mix": Draw("uniform"),
                "crossover": Draw("integer", high=inner),
            }
        return draws

    def initialise(self, columns: Mapping[str, Tensor], generator: Generator) -> None:
        """Start the running mean of styles at their mean."""
        if isinstance(self.generator, StyleGenerator):
            z = self.normal((FIRST_STYLES, self.latent_dim), generator)
            labels = columns["labels"].repeat(1 + FIRST_STYLES // len(columns["x"]))
            with torch.no_grad():
                inputs = self.inputs(z, labels[:FIRST_STYLES])
                self.generator.mean.copy_(self.generator.mapping(inputs).mean(0))

    def prepare(self, player: str, batch: Batch) -> Batch:
        """Follow the mean style, and the mean value of a Wasserstein critic."""
        if player == "generator" and isinstance(self.generator, StyleGenerator):
            w = self.generator.mapping(self.inputs(batch.noise["z"], batch.labels))
            self.generator.mean.lerp_(w.mean(0), 1 - self.config.mean_decay)
        if player == "discriminator" and self.config.loss == "wasserstein":
            both = torch.cat((batch.x, self.fakes(batch)))
            self.middle.copy_(self.values(both, batch.labels.repeat(2)).mean())
        return batch

    def losses(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """Loss of a player; the discriminator's is the sum of two halves."""
        rules = self.config.rules
        if player == "generator":
            value = self.values(self.fakes(batch), batch.labels)
            return {"loss": rules.generator(value).mean(), **self._style_terms(batch)}
        with torch.no_grad():
            x_fake = self.fakes(batch)

        def values(x: Tensor) -> Tensor:
            return self.values(x, batch.labels.repeat(len(x) // len(batch.x)))

        return discriminator_terms(
            rules, values, batch.x, x_fake, batch.noise["chord"], self.config.penalties
        )

    def _style_terms(self, batch: Batch) -> dict[str, Tensor]:
        """Mean distance of styles from their running mean: truncation acts on it."""
        if not isinstance(self.generator, StyleGenerator):
            return {}
        with torch.no_grad():
            w = self.generator.mapping(self.inputs(batch.noise["z"], batch.labels))
            return {"style_spread": (w - self.generator.mean).norm(dim=1).mean()}

    def reference_lines(self, player: str) -> dict[str, float]:
        """Values of the terms where nobody can tell real from fake."""
        rules = self.config.rules
        if player == "discriminator":
            return discriminator_lines(rules)
        # A generator that minimises minus the critic has no line: constants are free.
        return (
            {}
            if self.config.loss == "wasserstein"
            else {"loss": rules.tie("generator")}
        )

    def inputs(self, z: Tensor, labels: Tensor) -> Tensor:
        """What the generator is given for noise z (n, latent_dim)."""
        del labels
        if self.config.mapping_depth and self.config.normalise_z:
            # The paper's normalisation, with the paper's constant.
            return z * (z.square().mean(1, keepdim=True) + 1e-8).rsqrt()
        return z

    def fakes(self, batch: Batch) -> Tensor:
        """Fakes (b, dim) for training: styles mixed, none truncated."""
        inputs = self.inputs(batch.noise["z"], batch.labels)
        if not isinstance(self.generator, StyleGenerator):
            return self.generator(inputs)  # type: ignore[no-any-return]
        other = self.inputs(batch.noise["z_mixed"], batch.labels)
        w_1, w_2 = self.generator.mapping(torch.cat((inputs, other))).chunk(2)
        layers = len(self.generator.layers)
        crossover = torch.where(
            batch.noise["mix"] < self.config.mixing,
            1 + batch.noise["crossover"],
            layers,
        )
        return self.generator.synthesis(w_1, w_2, crossover)

    def points(self, inputs: Tensor) -> Tensor:
        """Points (n, dim) to show, of inputs as made by :meth:`inputs`."""
        if not isinstance(self.generator, StyleGenerator):
            return self.generator(inputs)  # type: ignore[no-any-return]
        w = self.generator.mapping(inputs)
        return self.generator.pure(self.generator.truncated(w, self.config.truncation))

    def shown(self, z: Tensor) -> Tensor:
        """What the generator is given for noise z (n, latent_dim) of a lattice."""
        return self.inputs(z, self.no_labels(len(z)))

    def styles(self, z: Tensor) -> Styles | None:
        """Styles of noise z (n, latent_dim), and what truncation leaves of them."""
        if not isinstance(self.generator, StyleGenerator):
            return None
        w = self.generator.mapping(self.shown(z))
        cut = self.generator.truncated(w, self.config.truncation)
        return Styles(w, cut, self.generator.mean)

    def values(self, x: Tensor, labels: Tensor) -> Tensor:
        """The discriminator's values (n,), e.g. log-odds that x (n, dim) is real."""
        del labels
        return self.gain * self.through(self.discriminator, x).squeeze(-1)

    @property
    def gain(self) -> float:
        """Factor on a discriminator's output."""
        return self.config.logit_gain if self.config.spectral_norm else 1.0

    def through(self, layers: Iterable[nn.Module], x: Tensor) -> Tensor:
        """Layers of a discriminator, normalised if the settings say so."""
        return forward_through(layers, x, self.config.spectral_norm)

    def verdict(self, values: Tensor) -> Tensor:
        """Values of the discriminator as numbers from 0 (fake) to 1 (real)."""
        if self.config.loss == "wasserstein":
            values = values - self.middle
        return self.config.rules.verdict(values)  # type: ignore[no-any-return]

    def critic(self, x: Tensor) -> Tensor:
        """The discriminator's verdict (n,): 0 is fake, 1/2 undecided, 1 real."""
        return self.verdict(self.values(x, self.no_labels(len(x))))

    def opinion(self, x: Tensor) -> Tensor:
        """The discriminator's values (n,), whose slope the penalties punish."""
        return self.values(x, self.no_labels(len(x)))

    def forged(self, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Fakes (n, dim) as they are shown, and the class (n,) each was made for."""
        return self.sample(n, generator), self.no_labels(n)

    def duel(self, x: Tensor, labels: Tensor, generator: Generator) -> Duel:
        """How discriminator and generator stand on points x (n, dim) of classes."""
        fakes, wanted = self.forged(len(x), generator)
        return standing(
            self.config.rules,
            lambda points: self.values(points, labels),
            lambda points: self.values(points, wanted),
            x,
            fakes,
            ("discriminator", "generator"),
            self.middle if self.config.loss == "wasserstein" else 0.0,
        )

    def no_labels(self, n: int) -> Tensor:
        """Labels (n,) of points whose class does not matter."""
        return torch.zeros(n, dtype=torch.int64, device=self.device)

    def decode(self, z: Tensor) -> Tensor:
        """Points (n, dim) that the generator makes of noise z (n, latent_dim)."""
        return self.points(self.shown(z))

    def sample(self, n: int, generator: Generator) -> Tensor:
        """Draw points, (n, dim)."""
        return self.decode(self.normal((n, self.latent_dim), generator))
