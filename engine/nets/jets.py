r"""A network's value with its slopes in given directions, pushed forward by hand.

.. math:: y = f(x), \quad \dot y = J_f(x) \, \dot x

In two dimensions two directions give the whole Jacobian for the price of two more
matrix products a layer; two backward passes that are differentiated again cost twice
that, and ``torch.func.jvp`` more.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.nets.embeddings import Waves
from engine.nets.mlp import Residual
from engine.nets.time_field import TimeField


def _silu_slope(h: Tensor) -> Tensor:
    s = torch.sigmoid(h)
    return s * (1 + h * (1 - s))


def _gelu_slope(h: Tensor) -> Tensor:
    bell = torch.exp(-h.square() / 2) / math.sqrt(2 * math.pi)
    below: Tensor = torch.special.ndtr(h)
    return below + h * bell


def _elu_slope(h: Tensor) -> Tensor:
    return torch.where(h > 0, torch.ones_like(h), h.clamp(max=0).exp())


SLOPES: dict[type[nn.Module], Callable[[Tensor], Tensor]] = {
    nn.SiLU: _silu_slope,
    nn.GELU: _gelu_slope,
    nn.Tanh: lambda h: 1 - torch.tanh(h).square(),
    nn.Softplus: torch.sigmoid,
    nn.ReLU: lambda h: (h > 0).to(h),
    nn.ELU: _elu_slope,
}


def push(module: nn.Module, x: Tensor, slopes: Tensor) -> tuple[Tensor, Tensor]:
    """Value (n, out) of a module at x (n, in) and slopes (k, n, out) from (k, n, in).

    Raises:
        KeyError: A module whose derivative is not known here.
    """
    if isinstance(module, nn.Sequential):
        for part in module:
            x, slopes = push(part, x, slopes)
        return x, slopes
    if isinstance(module, nn.Linear):
        return module(x), F.linear(slopes, module.weight)
    if isinstance(module, Residual):
        value, bent = push(module.layer, x, slopes)
        return x + value, slopes + bent
    if isinstance(module, Waves):
        matrix = module.frequencies()
        phase = torch.addmm(module.shift, x, matrix)
        turned = phase.cos() * (slopes @ matrix)
        return torch.cat([x, phase.sin()], 1), torch.cat([slopes, turned], -1)
    return module(x), SLOPES[type(module)](x) * slopes


def field_jet(
    field: TimeField, x: Tensor, t: Tensor, directions: Tensor
) -> tuple[Tensor, Tensor]:
    """F(x, t) (n, dim) and its slopes (k, n, dim) along directions (k, n, dim)."""
    column = t[:, None] if t.dim() else t.expand(len(x), 1)
    still = torch.zeros_like(directions[..., :1])
    h, slopes = push(
        field.features, torch.cat([x, column], 1), torch.cat([directions, still], -1)
    )
    return push(field.mlp, h, slopes)
