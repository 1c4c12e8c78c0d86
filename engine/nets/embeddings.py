r"""Waves: sines and cosines of a point and of time, which make small networks sharp.

A plain network learns low frequencies first; given
:math:`\sin(\omega_k x), \cos(\omega_k x)` beside the raw x it resolves modes far
narrower than their distance. The highest frequency sets the finest detail and, if too
high, throws single points far away. Tancik et al. 2020, 2006.10739.
"""

import math
from typing import Literal

import torch
from torch import Tensor, nn

TimeEmbedding = Literal["sinusoidal", "fourier", "plain"]

#: Lowest and highest frequency of the time waves, radians per unit of time.
TIME_BAND = (1.0, 64.0)
#: Lowest frequency of the coordinate waves, radians per unit of length.
COORDINATE_LOW = 0.5


def frequency_ladder(low: float, high: float, count: int) -> Tensor:
    """``count`` frequencies in a geometric row from ``low`` to ``high``, (count,)."""
    return torch.logspace(math.log10(low), math.log10(high), count)


def time_frequencies(kind: TimeEmbedding, count: int) -> Tensor:
    """Frequencies of the time waves, (count,), radians per unit of time.

    ``"sinusoidal"`` is a fixed geometric ladder; ``"fourier"`` draws them from a normal
    distribution at initialisation (Song et al. 2020, 2011.13456); ``"plain"`` has none.
    """
    if kind == "sinusoidal":
        return frequency_ladder(*TIME_BAND, count)
    if kind == "fourier":
        return 2 * math.pi * 2 * torch.randn(count)
    return torch.empty(0)


def _block_rows(rows: list[Tensor]) -> Tensor:
    """A matrix with row k of ``rows`` in line k, each behind the end of the last."""
    matrix = torch.zeros(len(rows), sum(len(row) for row in rows))
    first = 0
    for line, row in enumerate(rows):
        matrix[line, first : first + len(row)] = row
        first += len(row)
    return matrix


class Waves(nn.Module):
    """The raw inputs, and a sine and a cosine of each for each of its frequencies.

    All waves come from one matrix product and one sine (a cosine is a sine a quarter
    turn ahead), because small networks pay per operation, not per number.

    Args:
        frequencies: For each input its frequencies, radians per unit of that input.
    """

    matrix: Tensor
    shift: Tensor

    def __init__(self, frequencies: list[Tensor]) -> None:
        super().__init__()
        blocks = _block_rows(frequencies)
        self.register_buffer("matrix", torch.cat([blocks, blocks], 1))
        zeros = torch.zeros(blocks.shape[1])
        self.register_buffer("shift", torch.cat([zeros, zeros + math.pi / 2]))

    @property
    def sizes_out(self) -> int:
        """Numbers per point coming out."""
        return self.matrix.shape[0] + self.matrix.shape[1]

    def forward(self, inputs: Tensor) -> Tensor:
        """Features (n, sizes_out) of inputs (n, k)."""
        if not self.matrix.shape[1]:
            return inputs
        phase = torch.addmm(self.shift, inputs, self.matrix)
        return torch.cat([inputs, phase.sin()], 1)
