"""Randomness drawn for many steps at once, into buffers that stay where they are.

Drawing 64 steps in one call costs a fraction of 64 calls, and fixed buffers are what a
CUDA graph can read from.
"""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Generator, Tensor

from engine.models.base import Draw

#: Steps drawn at once, unless the block would outgrow BLOCK_NUMBERS.
BLOCK_STEPS = 64
#: Numbers in a block: 8 MB of float32, under the size where memory page-faults.
BLOCK_NUMBERS = 2_000_000


def block_length(specs: Sequence[Mapping[str, Draw]], batch: int) -> int:
    """Steps that one block holds, so that all turns together stay under the limit."""
    per_step = sum(
        batch * (1 + sum(math.prod(d.shape) for d in spec.values())) for spec in specs
    )
    return max(1, min(BLOCK_STEPS, BLOCK_NUMBERS // max(1, per_step)))


class Draws:
    """Batch indices and noise of one turn for the next ``length`` steps."""

    def __init__(
        self,
        spec: Mapping[str, Draw],
        rows: int,
        batch: int,
        length: int,
        device: torch.device,
    ) -> None:
        self.spec = dict(spec)
        self.rows = rows
        self.index = torch.empty((length, batch), dtype=torch.int64, device=device)
        self.noise = {
            name: torch.empty(
                (length, batch, *draw.shape),
                dtype=torch.int64 if draw.kind == "integer" else torch.float32,
                device=device,
            )
            for name, draw in self.spec.items()
        }

    def refill(self, generator: Generator) -> None:
        """Draw everything anew, in place and in a fixed order."""
        self.index.random_(0, self.rows, generator=generator)
        for name, draw in self.spec.items():
            buffer = self.noise[name]
            if draw.kind == "normal":
                buffer.normal_(generator=generator)
            elif draw.kind == "uniform":
                buffer.uniform_(generator=generator)
            else:
                buffer.random_(0, draw.high, generator=generator)

    def at(self, i: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Indices (b,) and noise of the i-th step of the block; views, no copies."""
        return self.index[i], {name: block[i] for name, block in self.noise.items()}
