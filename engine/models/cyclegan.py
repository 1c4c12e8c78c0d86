r"""CycleGAN: translate between two data sets whose points come in no pairs.

.. math::
    L_{cyc} = E \| F(G(x)) - x \|_1 + E \| G(F(y)) - y \|_1

G carries the data X of the run to another data set Y, and F carries Y to X. A
discriminator on each side judges what arrives there; the cycle loss wants each point
back where it started. Nothing says which y an x should become: composing G with a
symmetry of Y and F with its inverse changes no loss.

Samples are F(y) at points y of the other data set. The layers of the model are the
thread x, G(x), F(G(x)).

Zhu, Park, Isola, Efros, "Unpaired Image-to-Image Translation using Cycle-Consistent
Adversarial Networks", 2017, https://arxiv.org/abs/1703.10593.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor, nn

from engine.models.adversarial_losses import (
    ADVERSARIAL_TITLES,
    discriminator_lines,
    discriminator_terms,
    standing,
)
from engine.models.base import Batch, Card, Draw, Duel, GenerativeModel, ModelConfig
from engine.models.cyclegan_config import CycleGANConfig
from engine.nets.mlp import MLP
from engine.nets.spectral import forward_through


class CycleGAN(GenerativeModel):
    """Two translators against two discriminators, and the way back for each point."""

    name: ClassVar[str] = "cyclegan"
    card: ClassVar[Card] = Card(
        title="CycleGAN",
        family="Adversarial model",
        paper="Zhu et al. 2017",
        arxiv="1703.10593",
        formula=r"L_{cyc} = E \| F(G(x)) - x \|_1 + E \| G(F(y)) - y \|_1",
        summary="Carries points of one data set to another and back, without ever "
        "being told which points belong together.",
    )
    Config: ClassVar[type[ModelConfig]] = CycleGANConfig
    training_defaults: ClassVar[Mapping[str, Any]] = {
        "learning_rate": 1e-3,
        "beta1": 0.5,
        "beta2": 0.9,
        "schedule": "cosine",
        "batch_size": 256,
        "ema": 0.998,
        "steps": 4000,
    }
    term_titles: ClassVar[Mapping[str, str]] = {
        **{
            f"{side}_{name}": f"{side}: {title}"
            for side in ("x", "y")
            for name, title in (*ADVERSARIAL_TITLES.items(), ("loss", "loss"))
        },
        "to_x": "y to x",
        "to_y": "x to y",
    }

    data_x: Tensor
    data_y: Tensor
    past_x: Tensor
    past_y: Tensor
    middle: Tensor

    def __init__(self, config: CycleGANConfig, dim: int = 2, classes: int = 0) -> None:
        super().__init__(config, dim, classes)
        shape = (config.width, config.depth, config.activation)
        self.to_y = MLP(dim, dim, *shape)
        self.to_x = MLP(dim, dim, *shape)
        self.judge_x = MLP(dim, 1, *shape)
        self.judge_y = MLP(dim, 1, *shape)
        # Earlier fakes on each side, shown to the discriminators again.
        self.register_buffer("past_x", torch.zeros(config.history, dim))
        self.register_buffer("past_y", torch.zeros(config.history, dim))
        # A Wasserstein critic is known up to a constant; this one is its mean value.
        self.register_buffer("middle", torch.zeros(()))
        # The two data sets, where samples and threads start; they come with the run,
        # so they are not saved with the weights.
        self.register_buffer("data_x", torch.zeros(1, dim), persistent=False)
        self.register_buffer("data_y", torch.zeros(1, dim), persistent=False)

    def companions(self) -> dict[str, str]:
        """The other data set."""
        return {"y": str(self.config.other)}

    def initialise(self, columns: Mapping[str, Tensor], generator: Generator) -> None:
        """Remember where samples and threads start, and fill the history."""
        self.renew(columns, generator)
        rows = torch.arange(self.config.history, device=self.device)
        with torch.no_grad():
            x, y = (d[rows % len(d)] for d in (self.data_x, self.data_y))
            self.past_x.copy_(self.to_x(y))
            self.past_y.copy_(self.to_y(x))

    def renew(self, columns: Mapping[str, Tensor], generator: Generator) -> None:
        """Remember where samples and threads start; the history stays."""
        del generator
        self.data_x, self.data_y = columns["x"].clone(), columns["y"].clone()

    def players(self) -> dict[str, list[nn.Parameter]]:
        """Both discriminators together, and both translators together."""
        return {
            "discriminators": [*self.judge_x.parameters(), *self.judge_y.parameters()],
            "generators": [*self.to_y.parameters(), *self.to_x.parameters()],
        }

    def turns(self) -> tuple[str, ...]:
        """The discriminators' steps, then one of the generators."""
        steps = int(self.config.discriminator_turns)
        return ("discriminators",) * steps + ("generators",)

    def noise(self, player: str) -> dict[str, Draw]:
        """Translators need none; the history tosses a coin for each fake."""
        if player == "generators":
            return {}
        draws = {"chord": Draw("uniform")}
        if self.config.history:
            draws["coin"] = Draw("uniform")
            draws["slot"] = Draw("integer", high=self.config.history)
        return draws

    def prepare(self, player: str, batch: Batch) -> Batch:
        """Fakes for the discriminators, some swapped for earlier ones."""
        if player == "generators":
            return batch
        fake_x, fake_y = self.to_x(batch.extra["y"]), self.to_y(batch.x)
        if self.config.history:
            fake_x = self._swapped(fake_x, self.past_x, batch)
            fake_y = self._swapped(fake_y, self.past_y, batch)
        if self.config.loss == "wasserstein":
            both = torch.cat((batch.x, fake_x))
            self.middle.copy_(self.values(self.judge_x, both).mean())
        extra = {**batch.extra, "fake_x": fake_x, "fake_y": fake_y}
        return dataclasses.replace(batch, extra=extra)

    def _swapped(self, fake: Tensor, past: Tensor, batch: Batch) -> Tensor:
        """Fakes with each, by a coin, left in the history in exchange for an old one.

        The places are a run that starts at random, so that no two fakes want the same;
        a batch larger than the history keeps its last fakes.
        """
        count = min(len(fake), len(past))
        run = torch.arange(count, device=fake.device)
        places = (batch.noise["slot"][0] + run) % len(past)
        keep = batch.noise["coin"][:count, None] < 0.5
        old, new = past[places], fake[:count]
        past.index_copy_(0, places, torch.where(keep, new, old))
        return torch.cat((torch.where(keep, old, new), fake[count:]))

    def losses(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """Both sides' losses added; the parts carry the name of their side."""
        if player == "generators":
            return self._generator_terms(batch.x, batch.extra["y"])
        x = self._judged("x", self.judge_x, batch.x, batch)
        y = self._judged("y", self.judge_y, batch.extra["y"], batch)
        total = x["x_loss"] + y["y_loss"]
        return {"loss": total, **x, **y}

    def _judged(
        self, side: str, judge: MLP, real: Tensor, batch: Batch
    ) -> dict[str, Tensor]:
        terms = discriminator_terms(
            self.config.rules,
            lambda points: self.values(judge, points),
            real,
            batch.extra[f"fake_{side}"],
            batch.noise["chord"],
            self.config.penalties,
        )
        return {f"{side}_{name}": value for name, value in terms.items()}

    def _generator_terms(self, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        """Adversarial, cycle and identity losses of the two translators."""
        config = self.config
        fake_y, fake_x = self.to_y(x), self.to_x(y)
        rules = config.rules
        on_y = rules.generator(self.values(self.judge_y, fake_y)).mean()
        on_x = rules.generator(self.values(self.judge_x, fake_x)).mean()
        cycle = distance(self.to_x(fake_y), x) + distance(self.to_y(fake_x), y)
        terms = {"to_y": on_y, "to_x": on_x, "cycle": cycle}
        loss = on_y + on_x + config.cycle_weight * cycle
        if config.identity and config.cycle_weight:
            same = distance(self.to_y(y), y) + distance(self.to_x(x), x)
            terms["identity"] = same
            loss = loss + config.cycle_weight * config.identity * same
        return {"loss": loss, **terms}

    def reference_lines(self, player: str) -> dict[str, float]:
        """Values of the adversarial terms where nobody can tell real from fake."""
        rules = self.config.rules
        if player == "discriminators":
            lines = discriminator_lines(rules)
            sides = {f"{s}_{name}": v for s in "xy" for name, v in lines.items()}
            return {"loss": 2 * lines["loss"], **sides}
        if self.config.loss == "wasserstein":
            return {"cycle": 0.0}
        tie = rules.tie("generator")
        return {"to_y": tie, "to_x": tie, "cycle": 0.0}

    def values(self, judge: MLP, x: Tensor) -> Tensor:
        """A discriminator's values (n,) at points x (n, dim)."""
        config = self.config
        found = forward_through(judge, x, config.spectral_norm).squeeze(-1)
        return config.logit_gain * found if config.spectral_norm else found

    def critic(self, x: Tensor) -> Tensor:
        """Verdict (n,) of the run's side: 0 is fake, 1/2 undecided, 1 real."""
        values = self.values(self.judge_x, x)
        if self.config.loss == "wasserstein":
            values = values - self.middle
        return self.config.rules.verdict(values)  # type: ignore[no-any-return]

    def opinion(self, x: Tensor) -> Tensor:
        """Values (n,) of the discriminator of the run's side."""
        return self.values(self.judge_x, x)

    def duel(self, x: Tensor, labels: Tensor, generator: Generator) -> Duel:
        """How the players stand on the side of the run, x (n, dim)."""
        del labels

        def values(points: Tensor) -> Tensor:
            return self.values(self.judge_x, points)

        return standing(
            self.config.rules,
            values,
            values,
            x,
            self.sample(len(x), generator),
            ("discriminators", "generators"),
            self.middle if self.config.loss == "wasserstein" else 0.0,
        )

    def _picked(self, data: Tensor, n: int, generator: Generator) -> Tensor:
        """Rows (n, dim) of data, drawn with replacement."""
        where = generator.device
        rows = torch.randint(len(data), (n,), generator=generator, device=where)
        return data[rows.to(data.device)]

    @property
    def other_name(self) -> str:
        """The data set Y."""
        return str(self.config.other)

    def other_points(self) -> Tensor:
        """The points of Y."""
        return self.data_y

    def carry(self, x: Tensor, forward: bool) -> Tensor:
        """G(x), or F(x) if not forward."""
        found: Tensor = (self.to_y if forward else self.to_x)(x)
        return found

    def sample(self, n: int, generator: Generator) -> Tensor:
        """F(y) at points y of the other data set, (n, dim)."""
        y = self._picked(self.data_y, n, generator)
        return self.to_x(y)  # type: ignore[no-any-return]

    def path_ends(self) -> tuple[str, str]:
        """The ends of a thread."""
        return "x", "F(G(x))"

    def layer_start(self, n: int, generator: Generator) -> Tensor:
        """Points x (n, dim) of the data of the run, where threads start."""
        return self._picked(self.data_x, n, generator)

    def layer_names(self) -> list[str]:
        """There and back."""
        return ["G, to the other data", "F, back again"]

    def layers(self, z: Tensor) -> list[Tensor]:
        """The thread x, G(x), F(G(x)) of points z = x (n, dim)."""
        there = self.to_y(z)
        return [z, there, self.to_x(there)]


def distance(x: Tensor, y: Tensor) -> Tensor:
    """E ||x - y||_1, the sum over coordinates averaged over points."""
    return (x - y).abs().sum(1).mean()
