"""Log-density of a sum of equal isotropic Gaussians, in blocks that fit the cache."""

import math

import torch
from torch import Tensor

#: Numbers in one block of kernel values; at 8 bytes each that is 4 MiB. Larger blocks
#: are mapped and unmapped by the allocator on every operation, which costs more than
#: the arithmetic.
BLOCK = 2**19


def log_mixture(
    x: Tensor, centres: Tensor, std: float, log_weights: Tensor | None = None
) -> Tensor:
    r"""Log-density of :math:`\sum_j w_j N(x; c_j, std^2 I)`.

    Args:
        x: Points (n, d).
        centres: Centres (m, d).
        std: Standard deviation of each Gaussian, in the units of ``x``.
        log_weights: Log-weights (m,); equal weights if not given.

    Returns:
        Log-densities (n,) in nats, of the type of ``x``; differentiable in ``x``.
    """
    m, dim = centres.shape
    centres = centres.to(x)
    if log_weights is None:
        log_weights = torch.full((m,), -math.log(m), dtype=x.dtype)
    log_weights = log_weights.to(x)
    # The middle of the centres as origin: |x|^2 - 2 x.c + |c|^2 then cancels least.
    origin = centres.mean(0)
    c = (centres - origin) / std
    bias = log_weights - c.square().sum(1) / 2
    rows = max(1, BLOCK // m)
    blocks = []
    for part in torch.split(x, rows):
        u = (part - origin) / std
        exponent = torch.addmm(bias, u, c.T)  # (rows, m)
        blocks.append(torch.logsumexp(exponent, 1) - u.square().sum(1) / 2)
    constant = dim * (math.log(std) + math.log(2 * math.pi) / 2)
    return torch.cat(blocks) - constant if blocks else x.new_zeros(0)
