"""What a model is: a loss that is a pure function, and capabilities that feed views.

All models live in standardised coordinates; :mod:`engine.models.fitted` puts them back
into data units. Time runs from t = 0 (noise) to t = 1 (data). Log-densities in nats.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, runtime_checkable

import torch
from torch import Generator, Tensor, nn

from engine.models.inside import (
    Attention,
    Carried,
    Conditionals,
    Couples,
    Guided,
    Masks,
    Styled,
    Taught,
    Translation,
    Visits,
)
from engine.sampling.path import GaussianPath
from engine.settings import Settings

if TYPE_CHECKING:
    from engine.data.load import Data

DensityKind = Literal["exact", "bound", "estimate"]


class ModelConfig(Settings):
    """Base of every model's settings.

    Attributes:
        first: Names of the settings that say most about the model; a short form shows
            these alone. Empty for those that come first.
    """

    first: ClassVar[tuple[str, ...]] = ()


@dataclass(frozen=True)
class Card:
    """What a person reads about a model before choosing it.

    ``formula`` is LaTeX without dollar signs; ``paper`` is "Authors year". Where a
    setting decides what is minimised, ``formulas`` has its name, and a formula for each
    of its values that has another one than ``formula``. ``terms`` has what a switch
    adds at the end, by the name of the switch. A double backslash begins a new line.
    ``short`` is what the model is called where its title has no room; empty for the
    title itself.
    """

    title: str
    family: str
    paper: str
    arxiv: str
    formula: str
    summary: str
    formulas: tuple[str, Mapping[str, str]] = ("", MappingProxyType({}))
    terms: Mapping[str, str] = field(default_factory=dict)
    short: str = ""


@dataclass(frozen=True)
class Draw:
    """One random input of a loss, per point of the batch.

    ``normal`` is N(0, 1), ``uniform`` is U[0, 1), ``integer`` is uniform on
    {0, ..., high - 1}. ``shape`` is the shape behind the batch dimension.
    """

    kind: Literal["normal", "uniform", "integer"]
    shape: tuple[int, ...] = ()
    high: int = 0


@dataclass(frozen=True)
class Batch:
    """What one call of a loss sees, all on the model's device.

    ``x`` (b, dim) standardised points; ``labels`` (b,) int64 classes, all zero if the
    data have none; ``noise`` the draws that the model asked for, each (b, *shape);
    ``step`` a 0-dim float tensor, the number of finished steps (for warm-ups);
    ``extra`` further columns of the training table, e.g. the paired start of reflow.
    """

    x: Tensor
    labels: Tensor
    noise: Mapping[str, Tensor]
    step: Tensor
    extra: Mapping[str, Tensor] = field(default_factory=dict)


class GenerativeModel(nn.Module):
    """Learns p(x) from samples. A subclass sets the class variables and ``losses``.

    ``config`` may be replaced between steps by one that differs in ``live`` fields
    only, so a loss reads ``self.config`` each time and never copies live values.
    """

    name: ClassVar[str]
    card: ClassVar[Card]
    Config: ClassVar[type[ModelConfig]]
    #: Values of :class:`engine.training.config.TrainingConfig` that suit this model.
    training_defaults: ClassVar[Mapping[str, Any]] = {}
    #: Sampler of a model with a :class:`Process`; empty for one-shot models.
    default_sampler: ClassVar[str] = ""
    default_sampler_settings: ClassVar[Mapping[str, Any]] = {}
    #: What a person reads for a loss term that is not named by its word, by its name
    #: without the player.
    term_titles: ClassVar[Mapping[str, str]] = {}
    #: What the codes are measured against.
    latent_prior: ClassVar[str] = "prior"

    def __init__(self, config: ModelConfig, dim: int = 2, classes: int = 0) -> None:
        super().__init__()
        self.config: Any = config
        self.dim = dim
        self.classes = classes

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        """Floating type of the weights."""
        return next(self.parameters()).dtype

    def players(self) -> dict[str, list[nn.Parameter]]:
        """Who learns: name to parameters. A model with one loss has one player."""
        return {"model": [p for p in self.parameters() if p.requires_grad]}

    def turns(self) -> tuple[str, ...]:
        """The players in the order in which one training step lets them move."""
        return tuple(self.players())

    def rate_factor(self, player: str) -> float:
        """Learning rate of a player relative to the setting of the run."""
        del player
        return 1.0

    def noise(self, player: str) -> dict[str, Draw]:
        """The random inputs that :meth:`losses` wants for this player."""
        raise NotImplementedError

    def prepare(self, player: str, batch: Batch) -> Batch:
        """The batch as :meth:`losses` will see it; most models leave it as it is.

        The trainer calls this without gradients before each loss. Here, and only here,
        a model may change its buffers in place (replayed chains, a running codebook),
        and it may add columns to ``extra`` for its loss. As in a loss all randomness
        comes from ``batch.noise``, and nothing branches on a tensor's value.
        """
        del player
        return batch

    def losses(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """Named terms, 0-dim each; the one called ``"loss"`` is minimised.

        A pure function of weights, batch and noise: no ``.item()``, no branch on a
        tensor's value, no hidden state, so that a step can be captured as a graph.
        """
        raise NotImplementedError

    def couples(self, player: str) -> bool:
        """Whether :meth:`pair` has anything to do for this player, as set now."""
        del player
        return False

    def pair(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """Draws that depend on the points, e.g. noise paired with them: name to draw.

        Runs before each step and outside its loss, so it may work on the CPU and
        branch; what it returns takes the place of ``batch.noise`` of that name. It is
        a pure function of the batch.
        """
        del player, batch
        return {}

    def reference_lines(self, player: str) -> dict[str, float]:
        """Known values that terms of this player tend to, e.g. ln 2 for a GAN."""
        del player
        return {}

    def normal(self, shape: tuple[int, ...], generator: Generator) -> Tensor:
        """N(0, 1) numbers of that shape, in the type and on the device of the weights.

        They are drawn where the generator lives, so that it alone decides them.
        """
        where = generator.device
        noise = torch.randn(shape, generator=generator, device=where, dtype=self.dtype)
        return noise.to(self.device)

    def layer_start(self, n: int, generator: Generator) -> Tensor:
        """Where :class:`Layers` start, (n, dim): noise, unless told otherwise."""
        return self.normal((n, self.dim), generator)

    def path_ends(self) -> tuple[str, str]:
        """Words for where points come from (t = 0) and where they arrive (t = 1)."""
        return "noise", "data"

    def companions(self) -> dict[str, str]:
        """Further data sets in the training table: column to name of the data set.

        Their points are scaled like the data and drawn independently of them, e.g. the
        other domain of a CycleGAN or the source of a flow matching.
        """
        return {}

    def meet(self, data: "Data") -> None:
        """See the data set itself once, before anything; only references need it."""

    def initialise(self, columns: Mapping[str, Tensor], generator: Generator) -> None:
        """See the training table once before the first step; most models need not."""

    def renew(self, columns: Mapping[str, Tensor], generator: Generator) -> None:
        """The points of the training table were edited under way.

        A model that keeps some of them, or counts them, does so again. What it has
        learned, and what that learning relies on, must stay: scales, bins, codes.
        """

    def stages(self) -> int:
        """Stages of a training; between two, :meth:`stage_columns` renews the table."""
        return 1

    def enter_stage(self, stage: int) -> None:
        """A stage begins; what a model notes, e.g. for its turns, is a buffer.

        A kept moment then brings it back with the weights.
        """
        del stage

    def stage_columns(
        self, stage: int, columns: Mapping[str, Tensor], generator: Generator
    ) -> dict[str, Tensor]:
        """The training table of a stage: ``x``, ``labels`` and any extra columns."""
        del stage, generator
        return dict(columns)


# Capabilities: what a model can do decides what can be shown. Each is checked with
# ``isinstance``; a model simply has the methods.


@runtime_checkable
class Samples(Protocol):
    """x ~ p in one call, for models without a path from noise to data."""

    def sample(self, n: int, generator: Generator) -> Tensor:
        """Draw points, (n, dim)."""


@runtime_checkable
class LogDensity(Protocol):
    """Log p(x), exactly, as a lower bound, or as an estimate."""

    @property
    def density_kind(self) -> DensityKind:
        """How the number is known."""

    @property
    def density_note(self) -> str:
        """A few words for the plot, e.g. "importance-weighted, 16 draws"."""

    def log_prob(self, x: Tensor, generator: Generator, effort: float = 1.0) -> Tensor:
        """Log-density (n,) in nats at x (n, dim).

        ``effort`` in (0, 1] may lower the accuracy of a quick look: fewer solver steps
        or fewer Monte Carlo draws. The same draws serve every point of a call.
        """


@dataclass(frozen=True)
class Codes:
    """Latent codes: ``mean`` (n, d) and, for a stochastic encoder, ``std`` (n, d)."""

    mean: Tensor
    std: Tensor | None = None


@runtime_checkable
class Latent(Protocol):
    """A latent space with a standard normal prior, and a decoder."""

    @property
    def latent_dim(self) -> int:
        """Number of latent axes."""

    def decode(self, z: Tensor) -> Tensor:
        """Points (n, dim) from codes (n, latent_dim), without noise."""


@runtime_checkable
class Encoder(Protocol):
    """An encoder beside the decoder of :class:`Latent`."""

    def encode(self, x: Tensor) -> Codes:
        """Codes of points (n, dim)."""


@dataclass(frozen=True)
class Denoised:
    """What a network says about x at t: the data point and the noise in it."""

    x_data: Tensor
    eps: Tensor


@runtime_checkable
class Velocity(Protocol):
    """A field that carries points from noise (t = 0) to data (t = 1)."""

    def velocity(self, x: Tensor, t: Tensor) -> Tensor:
        """dx/dt of the deterministic path, (n, dim)."""


@runtime_checkable
class Process(Protocol):
    """A path of densities from noise (t = 0) to data (t = 1), with its network.

    Any such model is sampled by the samplers of :mod:`engine.sampling`. ``t`` is a
    tensor (n,) or 0-dim.
    """

    @property
    def path(self) -> GaussianPath:
        """Mean and spread of x_t given the data: x_t = alpha x_data + sigma eps."""

    def start(self, n: int, generator: Generator) -> Tensor:
        """Noise at t = 0, (n, dim)."""

    def denoised(self, x: Tensor, t: Tensor) -> Denoised:
        """Prediction of the data point and of the noise at (x, t)."""

    def velocity(self, x: Tensor, t: Tensor) -> Tensor:
        """dx/dt of the deterministic path, (n, dim)."""

    def score(self, x: Tensor, t: Tensor) -> Tensor:
        """Gradient of log p_t, (n, dim); finite for t > 0 up to the data end."""


@runtime_checkable
class Critic(Protocol):
    """A function that judges points, as in adversarial models."""

    def critic(self, x: Tensor) -> Tensor:
        """Probability of being real (or the critic's value), (n,)."""


@runtime_checkable
class Posterior(Protocol):
    """A cloud of codes for each point, and the bound that is made of it."""

    @property
    def latent_dim(self) -> int:
        """Number of latent axes."""

    @property
    def gaussian_posterior(self) -> bool:
        """Whether the clouds are the normals that the encoder names."""

    def posterior_codes(self, x: Tensor, eps: Tensor) -> Tensor:
        """Codes (n, k, d) of points x (n, dim) for draws, (k, d) or (n, k, d)."""

    def bound_terms(self, x: Tensor, eps: Tensor) -> tuple[Tensor, Tensor]:
        """Of those codes, ln p(x|z) and ln p(z) - ln q(z|x), each (n, k)."""


@dataclass(frozen=True)
class Duel:
    """How two players stand: fakes (m, dim), and where the generator wants them.

    ``push`` (m, dim) is minus the gradient of the generator's loss at each fake;
    ``real`` (n,) and ``fake`` (m,) are verdicts, 0 fake to 1 real; ``losses`` are the
    players' losses without penalties, 0-dim, by player in the order of their turns.
    """

    fakes: Tensor
    push: Tensor
    real: Tensor
    fake: Tensor
    losses: Mapping[str, Tensor]


@runtime_checkable
class Adversarial(Protocol):
    """Players who learn against each other."""

    def duel(self, x: Tensor, labels: Tensor, generator: Generator) -> Duel:
        """How they stand on points x (n, dim) of classes (n,), and as many fakes."""

    def opinion(self, x: Tensor) -> Tensor:
        """The judge's values (n,) at x (n, dim), as losses and penalties see them."""


@runtime_checkable
class Coded(Protocol):
    """Points written as one of K vectors, with a share of use for each."""

    def code_vectors(self) -> Tensor:
        """The vectors (K, d)."""

    def code_vectors_of(self, x: Tensor) -> Tensor:
        """What the encoder says (n, d) of x (n, dim), before a vector is chosen."""

    def code_points(self) -> Tensor:
        """What each vector is read as, (K, dim)."""

    def prior(self) -> Tensor:
        """Share (K,) of each vector in what the model generates."""


@runtime_checkable
class Energy(Protocol):
    """A surface whose valleys are likely: p = e^(-E) / Z."""

    def energy(self, x: Tensor) -> Tensor:
        """Energy (n,) in nats at x (n, dim), up to a constant."""


@runtime_checkable
class Layers(Protocol):
    """A map from noise to data in layers."""

    def layers(self, z: Tensor) -> list[Tensor]:
        """The points z (n, dim) themselves and after each layer, data last."""


CAPABILITIES: dict[str, type] = {
    "samples": Samples,
    "log_density": LogDensity,
    "latent": Latent,
    "encoder": Encoder,
    "velocity": Velocity,
    "process": Process,
    "critic": Critic,
    "posterior": Posterior,
    "adversarial": Adversarial,
    "coded": Coded,
    "energy": Energy,
    "layers": Layers,
    "conditionals": Conditionals,
    "masks": Masks,
    "attention": Attention,
    "translation": Translation,
    "couples": Couples,
    "carried": Carried,
    "visits": Visits,
    "taught": Taught,
    "styled": Styled,
    "guided": Guided,
}


def capabilities(model: GenerativeModel) -> frozenset[str]:
    """Names of what a model can do."""
    return frozenset(k for k, v in CAPABILITIES.items() if isinstance(model, v))
