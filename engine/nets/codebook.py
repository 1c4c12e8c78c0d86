r"""A codebook of K vectors: nearest-neighbour coding and its running averages.

.. math::
    k &= \arg\min_j \| z - e_j \|, \\
    N_j &\leftarrow \gamma N_j + (1 - \gamma) \, n_j, \quad
    m_j \leftarrow \gamma m_j + (1 - \gamma) \textstyle\sum_{k = j} z, \quad
    e_j = m_j / N_j

With gamma = 0 one update is one step of Lloyd's k-means. van den Oord et al. 2017,
1711.00937, appendix A.1.
"""

from typing import Any

import torch
from torch import Tensor, nn


class _StraightThrough(torch.autograd.Function):
    """Passes a gradient on to ``z`` as if it had not been replaced by ``z_q``."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, z_q: Tensor) -> Tensor:
        del ctx, z
        return z_q.clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        del ctx
        return grads[0], None


def straight_through(z: Tensor, z_q: Tensor) -> Tensor:
    """``z_q``, whose gradient goes to ``z`` and not to the codes."""
    return _StraightThrough.apply(z, z_q)  # type: ignore[no-any-return,no-untyped-call]


def nearest(z: Tensor, codes: Tensor) -> Tensor:
    """Index (n,) of the code among (K, d) that is nearest to each z (n, d)."""
    # |z|^2 is the same for every code, so it need not be known.
    distance = torch.addmm(0.5 * codes.square().sum(1), z, codes.T, alpha=-1)
    return distance.argmin(1)


def counts(index: Tensor, size: int, dtype: torch.dtype) -> Tensor:
    """How often each of ``size`` codes is named in index (n,), (size,)."""
    found = torch.zeros(size, dtype=dtype, device=index.device)
    return found.index_add_(0, index, torch.ones_like(index, dtype=dtype))


def perplexity(share: Tensor) -> Tensor:
    """Number of codes in even use that would be as uncertain as shares (K,)."""
    return torch.special.entr(share).sum().exp()  # type: ignore[no-any-return]


class Codebook(nn.Module):
    """K codes with running counts and sums of what was coded by them.

    Args:
        size: Number of codes K.
        dim: Numbers per code d.
        learned: Whether codes follow gradients; otherwise they are running means.
    """

    codes: Tensor
    uses: Tensor
    sums: Tensor

    def __init__(self, size: int, dim: int, *, learned: bool) -> None:
        super().__init__()
        start = torch.randn(size, dim)
        self.learned = learned
        if learned:
            self.codes = nn.Parameter(start)
        else:
            self.register_buffer("codes", start)
        self.register_buffer("uses", torch.ones(size))
        self.register_buffer("sums", start.clone())

    @torch.no_grad()
    def place(self, codes: Tensor) -> None:
        """Put the codes at given places (K, d), each with the same use."""
        self.codes.copy_(codes)
        self.uses.fill_(1)
        self.sums.copy_(codes)

    @torch.no_grad()
    def follow(self, z: Tensor, gamma: float) -> None:
        """Count the encodings z (n, d), and move codes to their running means."""
        index = nearest(z, self.codes)
        # In units of even use, so that a batch of any size counts alike.
        unit = len(self.codes) / len(z)
        added = counts(index, len(self.codes), z.dtype)
        total = torch.zeros_like(self.sums).index_add_(0, index, z)
        self.uses.lerp_(unit * added, 1 - gamma)
        self.sums.lerp_(unit * total, 1 - gamma)
        if not self.learned:
            used = (self.uses > 0)[:, None]
            mean = self.sums / self.uses[:, None]
            self.codes.copy_(torch.where(used, mean, self.codes))

    @torch.no_grad()
    def restart(self, z: Tensor, order: Tensor, below: float) -> None:
        """Move codes used less than ``below`` of even use onto encodings z (n, d).

        ``order`` (n,) are random numbers that decide which encodings are taken.
        """
        size = len(self.codes)
        rows = torch.arange(size, device=z.device) % len(z)
        fresh = z.index_select(0, order.argsort().index_select(0, rows))
        dead = self.uses < below
        self.codes.copy_(torch.where(dead[:, None], fresh, self.codes))
        self.sums.copy_(torch.where(dead[:, None], fresh, self.sums))
        self.uses.copy_(torch.where(dead, torch.ones_like(self.uses), self.uses))
