r"""Autoregressive Transformer over coordinates cut into bins.

.. math:: \ln p(x) = \sum_d \ln P(b_d | b_{<d}) + \ln q(x_d | b_d)

Each coordinate is a token, the number b of its bin; a causal Transformer gives the
shares of all bins of a coordinate from the bins before it. Inside a bin the density q
is even. The first and the last bin are open: there q falls off as an exponential with
the length of one bin, so that the density adds up to one over the whole plane and no
point has density zero. So the density is a histogram, and known exactly.

Radford et al. 2018 (decoder); quantised values as tokens: van den Oord et al. 2016,
1601.06759. Top-k: Fan et al. 2018, 1805.04833.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import torch
from pydantic import model_validator
from torch import Generator, Tensor, nn

from engine.models.base import (
    Batch,
    Card,
    DensityKind,
    Draw,
    GenerativeModel,
    ModelConfig,
)
from engine.models.inside import axis_name
from engine.nets.bins import Bins
from engine.nets.causal_transformer import Cache, CausalTransformer
from engine.nets.mlp import ACTIVATION_LABELS, Activation
from engine.settings import knob


class AutoregressiveConfig(ModelConfig):
    """Settings of :class:`Autoregressive`."""

    first: ClassVar[tuple[str, ...]] = ("bins", "temperature", "width")

    bins: int = knob(
        64,
        "Bins",
        "Bins that each coordinate is cut into.",
        ge=16,
        le=256,
        scale="log",
        group="Tokens",
    )
    layers: int = knob(2, "Layers", "Blocks of attention.", ge=1, le=6, group="Network")
    width: int = knob(
        64,
        "Width",
        "Numbers per token; has to be a multiple of the heads.",
        ge=8,
        le=256,
        group="Network",
    )
    heads: int = knob(
        4, "Heads", "Attentions side by side.", ge=1, le=16, group="Network"
    )
    expansion: int = knob(
        4,
        "Expansion",
        "Hidden units of each block, in widths.",
        ge=1,
        le=8,
        group="Network",
    )
    activation: Activation = knob(
        "gelu",
        "Activation",
        "The bend inside each block.",
        choices=ACTIVATION_LABELS,
        group="Network",
    )
    temperature: float = knob(
        1.0,
        "Temperature",
        "Below 1 favours likely bins, 0 takes the likeliest, above 1 evens them out.",
        ge=0,
        le=3,
        apply="live",
        symbol=r"\tau",
        formula=r"P_\tau \propto P^{1/\tau}",
        group="Sampler",
    )
    top_k: int = knob(
        0,
        "Top k",
        "Draw among this many likeliest bins only; 0 draws among all.",
        ge=0,
        le=256,
        apply="live",
        symbol="k",
        group="Sampler",
    )

    @model_validator(mode="after")
    def _check_heads(self) -> Self:
        if self.width % self.heads:
            raise ValueError(
                f"Width {self.width} cannot be shared by {self.heads} heads: choose a "
                "multiple."
            )
        return self


class Autoregressive(GenerativeModel):
    """Decoder-only Transformer whose tokens are bins of the coordinates."""

    name: ClassVar[str] = "autoregressive"
    card: ClassVar[Card] = Card(
        title="Autoregressive Transformer",
        short="Transformer",
        family="Autoregressive",
        paper="Radford et al. 2018",
        arxiv="",
        formula=r"\ln p(x) = \sum_d \ln P(b_d | b_{<d}) + \ln q(x_d | b_d)",
        summary="Writes each point as two words, one per coordinate, and guesses the "
        "second from the first, as a language model does.",
    )
    Config: ClassVar[type[ModelConfig]] = AutoregressiveConfig
    training_defaults: ClassVar[Mapping[str, Any]] = {
        "learning_rate": 2e-3,
        "schedule": "cosine",
        "batch_size": 256,
        "steps": 4000,
    }

    def __init__(
        self, config: AutoregressiveConfig, dim: int = 2, classes: int = 0
    ) -> None:
        super().__init__(config, dim, classes)
        width = config.width
        # Row k < bins is bin k; the last row stands for "nothing yet".
        self.tokens = nn.Embedding(config.bins + 1, width)
        self.places = nn.Parameter(torch.zeros(dim, width))
        self.trunk = CausalTransformer(
            width, config.layers, config.heads, config.expansion, config.activation
        )
        self.head = nn.Linear(width, config.bins)
        nn.init.normal_(self.tokens.weight, std=0.1)
        nn.init.normal_(self.places, std=0.1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.bins = Bins(dim, config.bins)

    def initialise(self, columns: Mapping[str, Tensor], generator: Generator) -> None:
        """Cut the range of the data, as seen here, into bins."""
        del generator
        self.bins.fit(columns["x"])

    # The network

    def logits(self, bins: Tensor) -> Tensor:
        """Logits (n, dim, bins) of each coordinate's bin given those before it."""
        out, _ = self.trunk(self._inputs(bins))
        return self.head(out)  # type: ignore[no-any-return]

    def _inputs(self, bins: Tensor) -> Tensor:
        """What the network sees (n, dim, width): the start, then bins but the last."""
        start = torch.full_like(bins[:, :1], self.config.bins)
        before = torch.cat((start, bins[:, :-1]), 1)
        inputs: Tensor = self.tokens(before) + self.places
        return inputs

    def attention(self, x: Tensor) -> Tensor:
        """Where each position looks for points x (n, dim), (n, layers, heads, t, t)."""
        return self.trunk.attention(self._inputs(self.bins.of(x)))

    def token_names(self) -> list[str]:
        """The start, then the coordinates that others can look at."""
        return ["start", *(axis_name(index) for index in range(self.dim - 1))]

    def next_logits(
        self, token: Tensor, place: int, past: list[Cache] | None
    ) -> tuple[Tensor, list[Cache]]:
        """Logits (n, bins) of one coordinate from the token before it (n,)."""
        x = (self.tokens(token) + self.places[place])[:, None]
        out, caches = self.trunk(x, past)
        return self.head(out[:, 0]), caches

    @property
    def order(self) -> tuple[int, ...]:
        """As they are in the data."""
        return tuple(range(self.dim))

    def log_conditionals(self, x: Tensor) -> Tensor:
        """Ln p(x_i | those before it), (n, dim) nats, at temperature one."""
        bins = self.bins.of(x)
        log_mass = self.logits(bins).log_softmax(-1).gather(-1, bins[..., None])[..., 0]
        return log_mass + self.bins.log_within(x, bins)

    def _log_prob(self, x: Tensor) -> Tensor:
        return self.log_conditionals(x).sum(1)

    # Training, density, samples

    def noise(self, player: str) -> dict[str, Draw]:
        """None: the likelihood is exact."""
        del player
        return {}

    def losses(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """Negative log-likelihood in nats per standardised point, bins included."""
        del player
        return {"loss": -self._log_prob(batch.x).mean()}

    @property
    def density_kind(self) -> DensityKind:
        """A histogram: exact."""
        return "exact"

    @property
    def density_note(self) -> str:
        """How the density is known."""
        return f"histogram, {self.config.bins} bins a side"

    def log_prob(self, x: Tensor, generator: Generator, effort: float = 1.0) -> Tensor:
        """Exact log-density (n,) in nats at x (n, dim), at temperature one."""
        del generator, effort
        return self._log_prob(x)

    def sample(self, n: int, generator: Generator) -> Tensor:
        """Draw points (n, dim), bin after bin."""
        token = torch.full((n,), self.config.bins, device=self.device)
        past: list[Cache] | None = None
        found = []
        for place in range(self.dim):
            logits, past = self.next_logits(token, place, past)
            token = self._draw(logits, generator)
            found.append(token)
        where = generator.device
        uniform = torch.rand((n, self.dim), generator=generator, device=where)
        return self.bins.points_in(torch.stack(found, 1), uniform.to(self.bins.low))

    def _draw(self, logits: Tensor, generator: Generator) -> Tensor:
        """Bins (n,) by the temperature and top-k of the settings."""
        config = self.config
        if config.temperature == 0:
            return logits.argmax(-1)
        if 0 < config.top_k < config.bins:
            least = logits.topk(config.top_k).values[:, -1:]
            logits = logits.masked_fill(logits < least, -torch.inf)
        share = (logits / config.temperature).softmax(-1).to(generator.device)
        drawn = torch.multinomial(share, 1, generator=generator)[:, 0]
        return drawn.to(self.device)
