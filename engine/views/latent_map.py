"""The map between a latent space and data, whichever way a model has it.

A one-shot model decodes. A process carries its start noise along the deterministic ODE,
so that its latent space is the noise itself, and backwards in time it encodes.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor

from engine.models.base import Codes, Latent, Process
from engine.models.fitted import Fitted
from engine.sampling.ode import rk4
from engine.views.grid import in_chunks

#: Steps between noise and data at full quality, and the least at any quality.
STEPS, LEAST = 10, 4
#: The same where noise grows far beyond the data: fewer miss them.
LEAST_EXPLODING, EXPLODING = 8, 2.0

Tick = Callable[[], None]


class LatentMap(ABC):
    """Codes with a standard normal prior, to points in data units and back."""

    #: Number of latent axes.
    dim: int
    #: Whether points have codes at all.
    has_codes: bool

    @abstractmethod
    def decode(self, z: Tensor) -> Tensor:
        """Points (n, 2) in data units from codes (n, d)."""

    @abstractmethod
    def encode(self, x: Tensor) -> Codes:
        """Codes of points (n, 2) in data units."""


class DecoderMap(LatentMap):
    """Decoder, and the encoder if there is one."""

    def __init__(self, fitted: Fitted, tick: Tick) -> None:
        assert isinstance(fitted.model, Latent)
        self._fitted, self._tick = fitted, tick
        self.dim = fitted.model.latent_dim
        self.has_codes = fitted.can("encoder")

    def decode(self, z: Tensor) -> Tensor:
        """Points without the decoder's noise."""
        return in_chunks(self._fitted.decode, z, self._tick)

    def encode(self, x: Tensor) -> Codes:
        """Codes by the model's encoder."""
        return self._fitted.encode(x)


class FlowMap(LatentMap):
    """The probability-flow ODE of a process, solved by the Runge-Kutta method.

    Steps are shorter towards the data; for noise that explodes as Karras et al. 2022,
    2206.00364, space them. On the exact field of eight Gaussians that misses the end by
    a tenth or less of what Heun's method does in twice as many even steps in t.
    """

    def __init__(self, fitted: Fitted, tick: Tick, quality: float) -> None:
        assert isinstance(fitted.model, Process)
        self._fitted, self._tick = fitted, tick
        self.dim = fitted.model.dim
        self.has_codes = True
        path = fitted.model.path
        #: Size of the noise at the start, which some schedules let grow beyond 1.
        self._spread = float(path.sigma(torch.zeros(1)))
        explodes = self._spread > EXPLODING
        steps = max(LEAST_EXPLODING if explodes else LEAST, round(STEPS * quality))
        self._times = path.times(steps, "karras" if explodes else "quadratic")

    def decode(self, z: Tensor) -> Tensor:
        """Noise carried to data, t from 0 to 1."""
        scaling = self._fitted.scaling
        x_0 = scaling.restore(z.double() * self._spread)
        return rk4(self._velocity, x_0, self._times).float()

    def encode(self, x: Tensor) -> Codes:
        """Data carried back to noise, t from 1 to 0."""
        x_0 = rk4(self._velocity, x.double(), self._times[::-1])
        return Codes((self._fitted.scaling.standardise(x_0) / self._spread).float())

    def _velocity(self, x: Tensor, t: Tensor) -> Tensor:
        self._tick()
        return self._fitted.velocity(x, float(t)).double()


def latent_map(fitted: Fitted, tick: Tick, quality: float) -> LatentMap:
    """The latent map of a model; a lower quality takes fewer steps."""
    if fitted.can("latent"):
        return DecoderMap(fitted, tick)
    return FlowMap(fitted, tick, quality)
