"""A flow of couplings: the two halves of the coordinates take turns.

Each coupling bends one half by a function of the other, which stays as it is, so that
the chain is inverted half by half.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from engine.models.base import ModelConfig
from engine.models.flow import Flow
from engine.models.inside import axis_name
from engine.nets.coupling import Coupling


class CouplingFlow(Flow):
    """Chain of couplings; a subclass says which.

    Args:
        config: Settings of the model.
        dim: Coordinates of a point.
        classes: Classes of the data.
        make: Builds a coupling from the sizes of its conditioning and its bent half.
        count: Number of couplings.
    """

    #: What one coupling does to its half.
    deed: ClassVar[str] = "scale and shift"

    def __init__(
        self,
        config: ModelConfig,
        dim: int,
        classes: int,
        make: Callable[[int, int], Coupling],
        count: int,
    ) -> None:
        super().__init__(config, dim, classes)
        if dim < 2:
            title = type(self).card.title
            raise ValueError(
                f"{title} needs at least two columns: one bends the other."
            )
        self.split = dim // 2
        # The halves change places after each coupling, and with them the sizes.
        sizes = (self.split, dim - self.split)
        flow = [make(sizes[k % 2], sizes[1 - k % 2]) for k in range(count)]
        # A plain list beside the registered one: indexing it costs nothing, and a type
        # checker knows what is in it.
        self.flow: Sequence[Coupling] = tuple(flow)
        self.couplings = nn.ModuleList(flow)

    def to_noise(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Noise z (n, dim) of points x (n, dim), and ln |det dz/dx| (n,)."""
        a, b = self._halves(x, 0)
        log_slopes = []
        for coupling in self.flow:
            b, slope = coupling(a, b)
            log_slopes.append(slope)
            a, b = b, a
        z = self._join(a, b, len(self.flow))
        return z, torch.cat(log_slopes, dim=1).sum(dim=1)

    def layers(self, z: Tensor) -> list[Tensor]:
        """Points (n, dim): z, then after each coupling, the data last."""
        count = len(self.flow)
        a, b = self._halves(z, count)
        points = [z]
        for turns in reversed(range(count)):
            a, b = b, a
            b = self.flow[turns].inverse(a, b)
            points.append(self._join(a, b, turns))
        return points

    def layer_names(self) -> list[str]:
        """What each coupling does, and to which coordinate."""
        halves = (self._named(self.split, self.dim), self._named(0, self.split))
        count = len(self.flow)
        return [
            f"{self.deed} of {halves[turns % 2]}" for turns in reversed(range(count))
        ]

    @staticmethod
    def _named(first: int, end: int) -> str:
        return ", ".join(axis_name(index) for index in range(first, end))

    def _halves(self, x: Tensor, turns: int) -> tuple[Tensor, Tensor]:
        """The conditioning and the waiting half after that many changes of place."""
        first, second = x[:, : self.split], x[:, self.split :]
        return (second, first) if turns % 2 else (first, second)

    def _join(self, a: Tensor, b: Tensor, turns: int) -> Tensor:
        """Inverse of :meth:`_halves`."""
        return torch.cat((b, a) if turns % 2 else (a, b), dim=1)
