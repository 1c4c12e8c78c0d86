r"""RNADE: one coordinate after the other, each from a mixture given those before.

.. math::
    p(x) &= \prod_d p(x_d | x_{<d}), \qquad
    p(x_d | x_{<d}) = \sum_k \pi_{dk} \, N(x_d; \mu_{dk}, \sigma_{dk}^2) \\
    a_1 &= c, \quad a_{d+1} = a_d + W_d \, \phi(x_d), \quad h_d = \rho(s_d \, a_d)

The activations a are shared: each coordinate adds its part. The features phi are the
coordinate itself and waves of it, which lets narrow conditionals turn fast. The mixture
parts may be normal or, as the paper also has it, Laplace.

Uria, Murray, Larochelle 2013, https://arxiv.org/abs/1306.0186, eq. 4-11. More hidden
layers: Uria, Murray, Larochelle 2014, 1310.1757.
"""

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, NamedTuple

import torch
from torch import Generator, Tensor, nn

from engine.models.base import (
    Batch,
    Card,
    DensityKind,
    Draw,
    GenerativeModel,
    ModelConfig,
)
from engine.nets.embeddings import Waves, frequency_ladder
from engine.nets.mixture_settings import reach_knob
from engine.nets.mlp import ACTIVATION_LABELS, ACTIVATIONS, MLP, Activation
from engine.nets.wave_settings import low_frequency_knob, waved
from engine.settings import knob


class Mixture(NamedTuple):
    """Of one coordinate: log-weights, means, log-spreads of the parts, each (n, K)."""

    log_weight: Tensor
    mean: Tensor
    log_scale: Tensor


class RNADEConfig(ModelConfig):
    """Settings of :class:`RNADE`."""

    parts: int = knob(
        16,
        "Mixture parts",
        "Bumps in the density of each coordinate given the earlier ones.",
        ge=1,
        le=64,
        symbol="K",
        formula=r"\sum_k \pi_{dk}\,N(x_d; \mu_{dk}, \sigma_{dk}^2)",
    )
    shape: Literal["normal", "laplace"] = knob(
        "normal",
        "Part shape",
        "Shape of one bump: smooth, or with a sharp tip and heavier tails.",
        choices={"normal": "Normal", "laplace": "Laplace"},
    )
    order: Literal["forward", "backward"] = knob(
        "forward",
        "Order",
        "Which coordinate comes first; the others depend on it.",
        choices={"forward": "x, then y", "backward": "y, then x"},
    )
    width: int = knob(
        128,
        "Width",
        "Units per hidden layer.",
        ge=8,
        le=512,
        unit="units",
        scale="log",
        group="Network",
    )
    depth: int = knob(
        2, "Depth", "Hidden layers.", ge=1, le=6, unit="layers", group="Network"
    )
    activation: Activation = knob(
        "silu",
        "Activation",
        "The bend after each hidden layer.",
        choices=ACTIVATION_LABELS,
        group="Network",
    )
    waves: int = knob(
        8,
        "Waves per axis",
        "Sines and cosines of each coordinate given to the network beside the "
        "coordinate itself; 0 gives the plain network.",
        ge=0,
        le=32,
        group="Network",
    )
    top_frequency: float = knob(
        8.0,
        "Finest wave",
        "Highest frequency of the waves: higher follows faster turns.",
        ge=1,
        le=50,
        unit="rad",
        scale="log",
        symbol=r"\omega_{max}",
        group="Network",
        shown_if=waved(32, least=2),
    )
    low_frequency: float = low_frequency_knob(32)
    floor: float = knob(
        0.01,
        "Smallest spread",
        "No bump gets narrower, where the data have spread 1; guards against bumps "
        "on single points.",
        ge=1e-4,
        le=0.5,
        scale="log",
        apply="live",
        symbol=r"\sigma_{min}",
    )
    reach: float = reach_knob()


class RNADE(GenerativeModel):
    """Mixture-density autoregressive model with shared activations."""

    name: ClassVar[str] = "rnade"
    card: ClassVar[Card] = Card(
        title="RNADE",
        family="Autoregressive",
        paper="Uria et al. 2013",
        arxiv="1306.0186",
        formula=r"p(x) = \prod_d \sum_k \pi_{dk}\,N(x_d; \mu_{dk}, \sigma_{dk}^2)",
        summary="Draws one coordinate from a sum of bumps, then the next from bumps "
        "that depend on the first; the density of every point is known exactly.",
    )
    Config: ClassVar[type[ModelConfig]] = RNADEConfig
    training_defaults: ClassVar[Mapping[str, Any]] = {
        "learning_rate": 2e-3,
        "schedule": "cosine",
        "clip": 5.0,
        "batch_size": 512,
        "steps": 6000,
    }

    def __init__(self, config: RNADEConfig, dim: int = 2, classes: int = 0) -> None:
        super().__init__(config, dim, classes)
        width, parts = config.width, config.parts
        ladder = (
            frequency_ladder(config.low_frequency, config.top_frequency, config.waves)
            if config.waves
            else torch.empty(0)
        )
        self.waves = Waves([ladder])
        self.first = nn.Parameter(torch.randn(width))
        self.steps = nn.ModuleList(
            nn.Linear(self.waves.sizes_out, width, bias=False) for _ in range(dim - 1)
        )
        self.gain = nn.Parameter(torch.ones(dim, width))
        self.bend = ACTIVATIONS[config.activation]()
        self.deeper = (
            MLP(width, width, width, config.depth - 2, config.activation)
            if config.depth > 1
            else None
        )
        self.heads = nn.ModuleList(nn.Linear(width, 3 * parts) for _ in range(dim))
        self._spread_heads()

    def _spread_heads(self) -> None:
        """Begin with even weights and means spread over the data."""
        parts, reach = self.config.parts, self.config.reach
        for head in self.heads:
            assert isinstance(head, nn.Linear)
            nn.init.zeros_(head.weight)
            nn.init.zeros_(head.bias)
            means = torch.linspace(-reach, reach, parts + 2)[1:-1]
            with torch.no_grad():
                head.bias[parts : 2 * parts] = means
                head.bias[2 * parts :] = math.log(reach / (parts + 1))

    def _turned(self, x: Tensor) -> Tensor:
        """Coordinates in the order in which they are drawn; its own inverse."""
        return x.flip(1) if self.config.order == "backward" else x

    # The conditionals

    def conditional(self, index: int, activation: Tensor) -> Mixture:
        """Mixture of the coordinate drawn as number ``index``, given a_d (n, width)."""
        h = self.bend(self.gain[index] * activation)
        if self.deeper is not None:
            h = self.bend(self.deeper(h))
        weight, mean, log_scale = self.heads[index](h).chunk(3, dim=-1)
        # Adding the floor is smooth, where clamping would stop the gradient.
        log_scale = torch.logaddexp(
            log_scale, torch.full_like(log_scale, math.log(self.config.floor))
        )
        return Mixture(weight.log_softmax(-1), mean, log_scale)

    def conditionals(self, x: Tensor) -> list[Mixture]:
        """All mixtures for points (n, dim) given in the order of drawing."""
        activation = self.first.expand(len(x), -1)
        found = [self.conditional(0, activation)]
        for index, step in enumerate(self.steps):
            activation = activation + step(self.waves(x[:, index : index + 1]))
            found.append(self.conditional(index + 1, activation))
        return found

    def _log_parts(self, x: Tensor, mixture: Mixture) -> Tensor:
        """Log-density (n, K) of each part at coordinates x (n, 1)."""
        z = (x - mixture.mean) * torch.exp(-mixture.log_scale)
        if self.config.shape == "laplace":
            return -z.abs() - mixture.log_scale - math.log(2)
        return -0.5 * (z.square() + math.log(2 * math.pi)) - mixture.log_scale

    @property
    def order(self) -> tuple[int, ...]:
        """The coordinates as they are drawn."""
        natural = tuple(range(self.dim))
        return natural if self.config.order == "forward" else natural[::-1]

    def log_conditionals(self, x: Tensor) -> Tensor:
        """Ln p(x_i | those before it), (n, dim) nats; columns as those of x."""
        x = self._turned(x)
        found = []
        for index, mixture in enumerate(self.conditionals(x)):
            parts = self._log_parts(x[:, index : index + 1], mixture)
            found.append((mixture.log_weight + parts).logsumexp(-1))
        return self._turned(torch.stack(found, 1))

    def networks(self) -> list[nn.Module]:
        """One for each coordinate; the layers before them are shared."""
        return list(self.heads)

    def _log_prob(self, x: Tensor) -> Tensor:
        return self.log_conditionals(x).sum(1)

    # Training and sampling

    def noise(self, player: str) -> dict[str, Draw]:
        """None: the likelihood is exact."""
        del player
        return {}

    def losses(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """Negative log-likelihood in nats per standardised point."""
        del player
        return {"loss": -self._log_prob(batch.x).mean()}

    @property
    def density_kind(self) -> DensityKind:
        """A product of mixtures: exact."""
        return "exact"

    @property
    def density_note(self) -> str:
        """How the density is known."""
        return "product of conditionals"

    def log_prob(self, x: Tensor, generator: Generator, effort: float = 1.0) -> Tensor:
        """Exact log-density (n,) in nats at x (n, dim)."""
        del generator, effort
        return self._log_prob(x)

    def sample(self, n: int, generator: Generator) -> Tensor:
        """Draw the coordinates of points (n, dim) one after the other."""
        activation = self.first.expand(n, -1)
        columns = [self._draw(self.conditional(0, activation), generator)]
        for index, step in enumerate(self.steps):
            activation = activation + step(self.waves(columns[-1]))
            mixture = self.conditional(index + 1, activation)
            columns.append(self._draw(mixture, generator))
        return self._turned(torch.cat(columns, 1))

    def _draw(self, mixture: Mixture, generator: Generator) -> Tensor:
        """One coordinate (n, 1): a part, then a number from it."""
        weight = mixture.log_weight.exp().to(generator.device)
        part = torch.multinomial(weight, 1, generator=generator).to(self.device)
        mean, log_scale = (
            mixture.mean.gather(1, part),
            mixture.log_scale.gather(1, part),
        )
        z = self.normal(tuple(mean.shape), generator)
        if self.config.shape == "laplace":
            # The sign and size of a normal number, bent to an exponential size.
            tail = torch.special.erfc(z.abs() / math.sqrt(2))
            z = -z.sign() * tail.clamp(min=torch.finfo(z.dtype).tiny).log()
        return mean + log_scale.exp() * z
