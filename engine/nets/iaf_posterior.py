r"""A posterior bent by inverse autoregressive steps, each of which sees the data point.

.. math::
    z_0 = \mu(x) + \sigma(x) \, \epsilon, \qquad
    z_{k+1, i} = z_{k, i} \, e^{\alpha_i(z_{k, <i}, x)} + m_i(z_{k, <i}, x)

Every step is one pass, and its log-determinant is the sum of its alphas. The order of
the axes is turned round between two steps. The last layers start at zero, so that
before training the posterior is the Gaussian z_0.

Kingma, Salimans, Jozefowicz, Chen, Sutskever, Welling, "Improving Variational Inference
with Inverse Autoregressive Flow", 2016, https://arxiv.org/abs/1606.04934, algorithm 1.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import softsign

from engine.nets.masked import MaskedLinear
from engine.nets.mlp import ACTIVATIONS


class SeeingStep(nn.Module):
    """One step: shift and stretch of each axis, from the axes before it and the point.

    One step stretches an axis by a factor between 1/e and e; more steps reach further.

    Args:
        order: Rank of each axis, 1 to d.
        seen: Numbers per data point.
        width: Units per hidden layer.
        depth: Hidden layers.
        activation: One of :data:`engine.nets.mlp.ACTIVATIONS`.
    """

    def __init__(
        self, order: Tensor, seen: int, width: int, depth: int, activation: str
    ) -> None:
        super().__init__()
        # The data point has rank 0: every output sees it.
        ranks = torch.cat((order, torch.zeros(seen, dtype=order.dtype)))
        hidden = torch.arange(width) % len(order)
        layers: list[nn.Module] = []
        for _ in range(depth):
            layers.append(MaskedLinear(ranks, hidden, strict=False))
            layers.append(ACTIVATIONS[activation]())
            ranks = hidden
        last = MaskedLinear(ranks, order.repeat(2), strict=True)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.net = nn.Sequential(*layers, last)

    def forward(self, z: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """Codes (..., d) and log-determinants (...) of codes z and their points x."""
        shift, raw = self.net(torch.cat((z, x), dim=-1)).chunk(2, dim=-1)
        alpha = softsign(raw)
        return z * alpha.exp() + shift, alpha.sum(dim=-1)


class SeeingFlow(nn.Module):
    """Several :class:`SeeingStep` one after the other.

    Args:
        steps: How many.
        latent_dim: Number of axes d.
        seen: Numbers per data point.
        width: Units per hidden layer.
        depth: Hidden layers of each step.
        activation: One of :data:`engine.nets.mlp.ACTIVATIONS`.
    """

    def __init__(
        self,
        steps: int,
        latent_dim: int,
        seen: int,
        width: int,
        depth: int,
        activation: str,
    ) -> None:
        super().__init__()
        order = torch.arange(1, latent_dim + 1)
        self.steps = nn.ModuleList(
            SeeingStep(
                order.flip(0) if k % 2 else order, seen, width, depth, activation
            )
            for k in range(steps)
        )

    def forward(self, z: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """Codes z (n, k, d) bent for points x (n, dim); log-determinants (n, k)."""
        seen = x[:, None].expand(-1, z.shape[1], -1)
        log_det = z.new_zeros(z.shape[:2])
        for step in self.steps:
            z, alpha = step(z, seen)
            log_det = log_det + alpha
        return z, log_det
