r"""A causal Transformer: each position sees itself and those before it.

.. math:: \mathrm{softmax}\big(Q K^\top / \sqrt{d_{head}} + mask\big) V

Normalisation comes before each part (Radford et al. 2019). Generation keeps the keys
and values of earlier positions, so that each position is computed once.

Vaswani et al. 2017, 1706.03762, section 3.2; Radford et al. 2018.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.nets.mlp import ACTIVATIONS

#: Keys and values of earlier positions of one block, each (b, heads, t, d_head).
Cache = tuple[Tensor, Tensor]


class Block(nn.Module):
    """Attention, then a perceptron at each position; both add to their input.

    Args:
        width: Numbers per position.
        heads: Attention heads, a divisor of ``width``.
        expansion: Hidden units of the perceptron, in widths.
        activation: Name of the perceptron's activation.
    """

    def __init__(self, width: int, heads: int, expansion: int, activation: str) -> None:
        super().__init__()
        self.heads = heads
        self.norm_attention = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm_mlp = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, expansion * width),
            ACTIVATIONS[activation](),
            nn.Linear(expansion * width, width),
        )

    def forward(self, x: Tensor, past: Cache | None = None) -> tuple[Tensor, Cache]:
        """Positions (b, t, width), and the cache grown by them.

        With a ``past`` the positions must be a single new one.
        """
        b, t, width = x.shape
        qkv = self.qkv(self.norm_attention(x)).view(b, t, 3, self.heads, -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (b, heads, t, d_head)
        if past is not None:
            k, v = torch.cat((past[0], k), 2), torch.cat((past[1], v), 2)
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=past is None)
        x = x + self.out(seen.transpose(1, 2).reshape(b, t, width))
        return x + self.mlp(self.norm_mlp(x)), (k, v)

    def attention(self, x: Tensor) -> Tensor:
        """Where each position (b, t, width) looks: shares (b, heads, t, t)."""
        b, t, width = x.shape
        qkv = self.qkv(self.norm_attention(x)).view(b, t, 3, self.heads, -1)
        q, k, _ = qkv.permute(2, 0, 3, 1, 4)
        likeness = q @ k.transpose(-1, -2) / math.sqrt(width // self.heads)
        later = torch.ones(t, t, dtype=torch.bool, device=x.device).triu(1)
        shares: Tensor = likeness.masked_fill(later, -torch.inf).softmax(dim=-1)
        return shares


class CausalTransformer(nn.Module):
    """Blocks in a row, then a last normalisation."""

    def __init__(
        self, width: int, layers: int, heads: int, expansion: int, activation: str
    ) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            Block(width, heads, expansion, activation) for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)

    def forward(
        self, x: Tensor, past: list[Cache] | None = None
    ) -> tuple[Tensor, list[Cache]]:
        """Outputs (b, t, width) and the cache of each block.

        Args:
            x: All positions, or one new position behind those of ``past``.
            past: Caches that an earlier call returned.
        """
        caches = []
        for index, block in enumerate(self.blocks):
            x, cache = block(x, past[index] if past else None)
            caches.append(cache)
        return self.norm(x), caches

    def attention(self, x: Tensor) -> Tensor:
        """Where the positions x (b, t, width) look, (b, layers, heads, t, t)."""
        found = []
        for block in self.blocks:
            assert isinstance(block, Block)
            found.append(block.attention(x))
            x, _ = block(x)
        return torch.stack(found, dim=1)
