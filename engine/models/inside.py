"""Capabilities that show a model from inside: layers, conditionals, masks, attention.

Like those of :mod:`engine.models.base` each is checked with ``isinstance``; a model
simply has the methods. All in standardised coordinates.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor

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
class Connections:
    """The weights between two rows of a masked network.

    ``weight`` and ``kept`` (out, in): a connection that is not kept is cut. The names
    of inputs and outputs are empty where there are too many to name.
    """

    title: str
    weight: Tensor
    kept: Tensor
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


@runtime_checkable
class Masks(Protocol):
    """Masked networks, in which some connections are cut."""

    def masks(self, layer: int) -> list[Connections]:
        """Connections of the network of one layer (from 0), from input to output."""

    @property
    def masked_layers(self) -> int:
        """How many masked networks there are."""


@runtime_checkable
class Attention(Protocol):
    """A network whose tokens look at each other."""

    def attention(self, x: Tensor) -> Tensor:
        """Shares (n, layers, heads, t, t) for points x (n, dim); rows add up to one.

        Row i says where position i looks.
        """

    def token_names(self) -> list[str]:
        """Words for the t positions."""
