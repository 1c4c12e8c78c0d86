r"""Couplings: one half of the coordinates shifts, or scales and shifts, the other half.

.. math:: y_a = x_a, \quad y_b = x_b \odot e^{s(x_a)} + t(x_a),
          \quad \ln|\det J| = \textstyle\sum s(x_a)

Dinh, Sohl-Dickstein, Bengio, "Density estimation using Real NVP", 2016, 1605.08803.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engine.nets.embeddings import Waves, frequency_ladder
from engine.nets.mlp import MLP


class TaperedWaves(Waves):
    """Waves of amplitude frequency^-taper above frequency 1: fine detail is expensive.

    At full amplitude a chain of couplings stretches so much that fast learning rates
    throw points away without return, and smooth data are overfitted.
    """

    amplitude: Tensor

    def __init__(self, frequencies: list[Tensor], taper: float = 1.0) -> None:
        super().__init__(frequencies)
        frequency = self.matrix.sum(dim=0)
        self.register_buffer("amplitude", frequency.clamp(min=1) ** -taper)

    def forward(self, inputs: Tensor) -> Tensor:
        """Features (n, sizes_out) of inputs (n, k)."""
        phase = torch.addmm(self.shift, inputs, self.matrix)
        return torch.cat((inputs, self.amplitude * phase.sin()), dim=1)


@dataclass(frozen=True)
class NetShape:
    """A network inside a flow.

    ``waves`` counts the frequencies at which each coordinate that it sees is also
    given as a sine and a cosine, with :class:`TaperedWaves`' ``taper``, from
    ``low_frequency`` up to ``top_frequency`` radians where the data have spread 1.
    ``spread`` and ``slope`` are those of :func:`spread_hinges`; with no spread the
    first layer starts as torch makes it.
    """

    width: int
    depth: int
    activation: str
    waves: int
    taper: float = 1.0
    spread: float = 0.0
    top_frequency: float = 8.0
    slope: float = 0.5
    low_frequency: float = 0.5

    def ladder(self) -> Tensor:
        """Frequencies (waves,) of the waves, radians where the data have spread 1."""
        return frequency_ladder(self.low_frequency, self.top_frequency, self.waves)


@torch.no_grad()
def spread_hinges(first: nn.Linear, inputs: int, shape: NetShape) -> None:
    """Let hidden units begin to bend all over the data, instead of near 0.

    As torch makes it, a first layer divides its slopes by the number of waves beside
    the coordinate, and few hinges lie where the data are; nor does a short training
    move them far. The function then bends wildly at the edge of the data, where a few
    points that were not trained on get far too small a density.

    Args:
        first: The first layer; its leading inputs are plain coordinates.
        inputs: How many these are.
        shape: Its ``slope`` is the steepest along any way through the coordinates;
            its ``spread`` is the largest bias over that, standard deviations of the
            data. With a spread of 0 nothing is changed.
    """
    if not shape.spread:
        return
    steepest = shape.slope / math.sqrt(inputs)
    first.weight[:, :inputs].uniform_(-steepest, steepest)
    first.bias.uniform_(-shape.slope * shape.spread, shape.slope * shape.spread)


class Coupling(nn.Module):
    """Acts on the half ``b`` (n, dim_b), given the half ``a`` (n, dim_a).

    The halves arrive as tensors of their own: in two dimensions a mask or an index
    would cost as much as the arithmetic. Networks end in zeros, so that a new coupling
    is the identity.
    """

    def forward(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        """Transformed half, and log-slopes (n, k) that add up to the log-det."""
        raise NotImplementedError

    def inverse(self, a: Tensor, b: Tensor) -> Tensor:
        """The half that :meth:`forward` turns into ``b``, given the same ``a``."""
        raise NotImplementedError


def coupling_net(dim_a: int, sizes_out: int, shape: NetShape) -> nn.Sequential:
    """The network of a coupling: waves of its half, then a perceptron from zero."""
    waves = TaperedWaves([shape.ladder()] * dim_a, shape.taper)
    mlp = MLP(
        waves.sizes_out,
        sizes_out,
        shape.width,
        shape.depth,
        shape.activation,
        zero_last=True,
    )
    if isinstance(first := mlp[0], nn.Linear):
        spread_hinges(first, dim_a, shape)
    return nn.Sequential(*([waves] if shape.waves else []), *mlp)


class AdditiveCoupling(Coupling):
    """Shifts by a function of the other half, and so keeps every area (NICE)."""

    def __init__(self, dim_a: int, dim_b: int, shape: NetShape) -> None:
        super().__init__()
        self.net = coupling_net(dim_a, dim_b, shape)

    def forward(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        """Shifted half; no log-slopes, (n, 0), which add up to exactly zero."""
        return b + self.net(a), b[:, :0]

    def inverse(self, a: Tensor, b: Tensor) -> Tensor:
        """The half before the shift."""
        return b - self.net(a)  # type: ignore[no-any-return]


class AffineCoupling(Coupling):
    """Scales and shifts by functions of the other half (RealNVP).

    The paper's s stays within ± ``bound``.
    """

    def __init__(self, dim_a: int, dim_b: int, shape: NetShape, bound: float) -> None:
        super().__init__()
        self.bound = bound
        self.net = coupling_net(dim_a, 2 * dim_b, shape)

    def log_scale_and_shift(self, a: Tensor) -> tuple[Tensor, Tensor]:
        """The paper's s (within ± bound) and t, each (n, dim_b).

        The paper learns a factor in front of the tanh. Here the factor is the bound, so
        that no layer stretches by more than e^bound; the last layer of the network
        learns how steeply s rises.
        """
        raw, t = self.net(a).chunk(2, dim=-1)
        return self.bound * torch.tanh(raw / self.bound), t

    def forward(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        """Transformed half (n, dim_b) and the logarithms s of its scales."""
        s, t = self.log_scale_and_shift(a)
        return torch.addcmul(t, b, s.exp()), s

    def inverse(self, a: Tensor, b: Tensor) -> Tensor:
        """The half that :meth:`forward` turns into ``b``, given the same ``a``."""
        s, t = self.log_scale_and_shift(a)
        return (b - t) * torch.exp(-s)
