"""Capabilities that show a model from inside: layers, conditionals, masks, attention.

Like those of :mod:`engine.models.base` each is checked with ``isinstance``; a model
simply has the methods. All in standardised coordinates.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor

from engine.nets.masked import MaskedNet

#: Short names of the coordinates, as the settings of the models say them.
AXES = ("x", "y")


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
class Attention(Protocol):
    """A network whose tokens look at each other."""

    def attention(self, x: Tensor) -> Tensor:
        """Shares (n, layers, heads, t, t) for points x (n, dim); rows add up to one.

        Row i says where position i looks.
        """

    def token_names(self) -> list[str]:
        """Words for the t positions."""
