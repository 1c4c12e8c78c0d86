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

TimeEmbedding = Literal["sinusoidal", "fourier", "learned", "plain"]
TIME_LABELS = {
    "sinusoidal": "Sinusoids",
    "fourier": "Random waves",
    "learned": "Learned waves",
    "plain": "Plain t",
}


def frequency_ladder(low: float, high: float, count: int) -> Tensor:
    """``count`` frequencies in a geometric row from ``low`` to ``high``, (count,)."""
    return torch.logspace(math.log10(low), math.log10(high), count)


def time_frequencies(
    kind: TimeEmbedding, count: int, top: float, low: float = 1.0
) -> Tensor:
    """Frequencies of the time waves, (count,), radians per unit of time.

    ``"sinusoidal"`` is a fixed geometric ladder from ``low`` to ``top``, from which
    ``"learned"`` begins (Kazemi et al. 2019, 1907.05321); ``"fourier"`` draws them
    from a normal distribution at initialisation (Song et al. 2020, 2011.13456), whose
    standard deviation is a fifth of ``top``, so that next to none is above it;
    ``"plain"`` has none.
    """
    if kind == "fourier":
        return top / 5 * torch.randn(count)
    if kind == "plain":
        return torch.empty(0)
    return frequency_ladder(low, top, count)


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
        learn_last: Whether those of the last input are learned; each of its sines and
            cosines has its own then.
    """

    matrix: Tensor
    shift: Tensor
    slots: Tensor
    learned: nn.Parameter | None

    def __init__(self, frequencies: list[Tensor], *, learn_last: bool = False) -> None:
        super().__init__()
        blocks = _block_rows(frequencies)
        self.register_buffer("matrix", torch.cat([blocks, blocks], 1))
        self.register_parameter("learned", None)
        if learn_last:
            places = self.matrix[-1].nonzero().squeeze(1)
            self.learned = nn.Parameter(self.matrix[-1, places])
            self.register_buffer("slots", torch.eye(self.matrix.shape[1])[places])
        zeros = torch.zeros(blocks.shape[1])
        self.register_buffer("shift", torch.cat([zeros, zeros + math.pi / 2]))

    @property
    def sizes_out(self) -> int:
        """Numbers per point coming out."""
        return self.matrix.shape[0] + self.matrix.shape[1]

    def frequencies(self) -> Tensor:
        """Frequency of each input in each wave, (k, waves)."""
        if self.learned is None:
            return self.matrix
        return torch.cat([self.matrix[:-1], (self.learned @ self.slots)[None]])

    def forward(self, inputs: Tensor) -> Tensor:
        """Features (n, sizes_out) of inputs (n, k)."""
        if not self.matrix.shape[1]:
            return inputs
        phase = torch.addmm(self.shift, inputs, self.frequencies())
        return torch.cat([inputs, phase.sin()], 1)
