r"""What a network's output means at a time: data point, noise, score, velocity.

At a fixed :math:`x = a \, x_{data} + \sigma \epsilon` all of them are combinations of x
and of what the network puts out, y. Their factors depend on the time alone. A sampler
comes to the same times whenever it runs, so they are worked out once for each: with one
point on its way they would cost many times what the network does.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from engine.models.base import Denoised

#: Times that are remembered; an adaptive solver comes to new ones for ever.
MOST_TIMES = 4096


@dataclass(frozen=True)
class Factors:
    """A combination ``of_x`` x + ``of_y`` y; columns where the times are many."""

    of_x: Tensor
    of_y: Tensor

    def apply(self, x: Tensor, y: Tensor) -> Tensor:
        """The combination (n, dim) for points and outputs (n, dim)."""
        return self.of_x * x + self.of_y * y


@dataclass(frozen=True)
class Readout:
    """The factors at some times, and what the network's clock shows then."""

    clock: Tensor
    data: Factors
    eps: Factors
    score: Factors
    velocity: Factors

    def pair(self, x: Tensor, y: Tensor) -> Denoised:
        """Data point and noise, (n, dim) each."""
        return Denoised(self.data.apply(x, y), self.eps.apply(x, y))


class Readouts:
    """Readouts by time.

    Args:
        make: The readout at times (n,) or 0-dim.
    """

    def __init__(self, make: Callable[[Tensor], Readout]) -> None:
        self._make = make
        self._known: dict[tuple[float, object], Readout] = {}

    def at(self, t: Tensor) -> Readout:
        """The readout at times; single ones are remembered where reading them is free.

        On an accelerator that would make the program wait for the device.
        """
        if t.dim() or t.device.type != "cpu" or t.requires_grad:
            return self._make(t)
        key = (t.item(), t.dtype)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= MOST_TIMES:
                self._known.clear()
            found = self._known[key] = self._make(t)
        return found
