"""Capabilities that show a model from inside: layers, conditionals, masks, attention.

Like those of :mod:`engine.models.base` each is checked with ``isinstance``; a model
simply has the methods. All in standardised coordinates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, Self, runtime_checkable

from torch import Tensor, nn

from engine.nets.masked import MaskedNet
from engine.sampling.targets import Target

#: Short names of the coordinates, as the settings of the models say them.
AXES = ("x", "y")

_TIMES = tuple(i / 100 for i in range(101))


def axis_name(index: int) -> str:
    """``x``, ``y``, then ``x3`` and so on."""
    return AXES[index] if index < len(AXES) else f"x{index + 1}"


@runtime_checkable
class LayerNames(Protocol):
    """Words for the layers of a map from noise to data."""

    def layer_names(self) -> list[str]:
        """What each layer does, in the order of ``layers``: one fewer than points."""


@runtime_checkable
class LayerAreas(Protocol):
    """Layers that know by themselves how they stretch."""

    def layer_areas(self, z: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """The points of ``layers``, and ln |det d point / dz| (n,) at each of them."""


@runtime_checkable
class Conditionals(Protocol):
    """A density that is a product, one factor for each coordinate."""

    @property
    def order(self) -> tuple[int, ...]:
        """The coordinates in the order in which they depend on each other."""

    def log_conditionals(self, x: Tensor) -> Tensor:
        """Ln p(x_i | those before it), (n, dim) nats; column i is of coordinate i."""


@dataclass(frozen=True)
class MaskedUnits:
    """A masked network, with a name for each of its inputs, in their natural order."""

    net: MaskedNet
    names: tuple[str, ...]


@runtime_checkable
class Masks(Protocol):
    """Masked networks, in which some connections are cut."""

    @property
    def masked_layers(self) -> int:
        """How many masked networks there are."""

    def masked_units(self, layer: int) -> MaskedUnits:
        """The network of one layer, from 0."""


@runtime_checkable
class ByClass(Protocol):
    """A decoder that is told the class."""

    def shown_label(self) -> int | None:
        """The class that is shown, counted from 0; None for all."""

    def decode_as(self, z: Tensor, label: int) -> Tensor:
        """Points (n, dim) of one class from codes (n, latent_dim)."""


@runtime_checkable
class Translation(Protocol):
    """Two maps, from the data to the points of another data set and back."""

    @property
    def other_name(self) -> str:
        """Name of the other data set."""

    def other_points(self) -> Tensor:
        """Its points (m, dim), in the scale of the data."""

    def carry(self, x: Tensor, forward: bool) -> Tensor:
        """Points (n, dim) carried to the other data set, or from it to the data."""


@runtime_checkable
class Couples(Protocol):
    """Training on lines from starts to data points, one start for each point."""

    def coupling_in_training(self) -> tuple[str, int]:
        """Name of the pairing, and how many points are paired with each other."""


@runtime_checkable
class Carried(Protocol):
    """A density that a velocity carries from a known one at t = 0."""

    def velocity(self, x: Tensor, t: Tensor) -> Tensor:
        """dx/dt of the deterministic path, (n, dim)."""

    def start_log_prob(self, x: Tensor) -> Tensor:
        """Log-density (n,) at t = 0, nats, training coordinates."""


@runtime_checkable
class Visits(Protocol):
    """Training at times that are drawn at random."""

    def batch_times(self, noise: Mapping[str, Tensor]) -> Tensor:
        """Times t (b,) at which a batch with these draws is learned from."""

    def visit_density(self, t: Tensor) -> Tensor:
        """Density of those times, where they are drawn from all alike, (n,)."""


@runtime_checkable
class Rounds(Protocol):
    """Training in rounds that learn from other tables, at other times."""

    def of_round(self, table: Mapping[str, Tensor]) -> Self:
        """The model as the round trains it that has this table."""


@runtime_checkable
class Aims(Protocol):
    """A network that is trained to predict one of the targets of a path."""

    def aim(self) -> Target | None:
        """The target whose error the loss counts, up to a weight; None for others."""


@runtime_checkable
class Priced(Protocol):
    """A bound in which the loss may pay more, or less, than a nat for a nat of KL."""

    def kl_price(self, step: int) -> float:
        """What the loss pays for it at a step; 1 where a bound is minimised."""


@runtime_checkable
class Taught(Protocol):
    """Two flows, of which one learns from the other."""

    def teacher_and_student(self) -> tuple[nn.Module, nn.Module]:
        """Both, each with samples and a log-density."""


@dataclass(frozen=True)
class Styles:
    """Styles ``w`` (n, d) of noise, as shown after truncation, and their mean (d,)."""

    w: Tensor
    shown: Tensor
    mean: Tensor


@runtime_checkable
class Styled(Protocol):
    """A generator that may turn its noise into styles first."""

    def styles(self, z: Tensor) -> Styles | None:
        """Styles of noise z (n, latent_dim); None without a mapping network."""


@runtime_checkable
class DrawsClass(Protocol):
    """A model that may be told to draw one class alone."""

    def drawn_class(self) -> int | None:
        """The class that is drawn, counted from 0; None for all the data."""


def drawn_class(model: object) -> int | None:
    """The class that a model alone draws, counted from 0; None for all the data."""
    return model.drawn_class() if isinstance(model, DrawsClass) else None


@runtime_checkable
class Guided(Protocol):
    """A field that knows classes, and follows one with more or less weight."""

    @property
    def knows_classes(self) -> bool:
        """Whether this one was built to know them."""

    def guided_class(self) -> int | None:
        """The class that is followed, counted from 0; None for all the data."""

    def guidance_at(self, t: float) -> float:
        """Weight at a time: 0 ignores the class, 1 is the class as learned."""

    def with_guidance(self, weight: float) -> Self:
        """The same model under this weight at all times."""


def guidance_of(model: object) -> float | None:
    """Weight of the drawn class, where the class is not followed just as learned."""
    if not isinstance(model, Guided) or drawn_class(model) is None:
        return None
    weight = max((model.guidance_at(t) for t in _TIMES), key=lambda w: abs(w - 1))
    return None if weight == 1 else weight


@runtime_checkable
class Attention(Protocol):
    """A network whose tokens look at each other."""

    def attention(self, x: Tensor) -> Tensor:
        """Shares (n, layers, heads, t, t) for points x (n, dim); rows add up to one.

        Row i says where position i looks.
        """

    def token_names(self) -> list[str]:
        """Words for the t positions."""
