r"""What a network may predict, and how one prediction becomes another.

At a fixed :math:`x = a \, x_{data} + \sigma \epsilon` every target is a combination
:math:`y = p \, x_{data} + q \, \epsilon`, so one 2 x 2 system turns any of them into
the pair, and the pair into any other:

========  ==================  =====================
target    p                   q
========  ==================  =====================
eps       0                   1
x0        1                   0
v         :math:`-\sigma`     a
score     0                   :math:`-1 / \sigma`
u         :math:`\dot a`      :math:`\dot\sigma`
========  ==================  =====================

Ho et al. 2020, 2006.11239; Salimans & Ho 2022, 2202.00512; Lipman et al. 2022,
2210.02747.
"""

from typing import Literal

import torch
from torch import Tensor

from engine.sampling.path import GaussianPath

Target = Literal["eps", "x0", "v", "score", "u"]


def column(t: Tensor) -> Tensor:
    """Times (n,) as a column that multiplies points (n, dim); 0-dim as it is."""
    return t[:, None] if t.dim() else t


def coefficients(
    target: Target, path: GaussianPath, t: Tensor
) -> tuple[Tensor, Tensor]:
    """The factors (p, q) of data and noise in a target, each of the shape of t."""
    alpha, sigma = path.alpha(t), path.sigma(t)
    one, zero = torch.ones_like(alpha), torch.zeros_like(alpha)
    if target == "eps":
        return zero, one
    if target == "x0":
        return one, zero
    if target == "v":
        return -sigma, alpha
    if target == "score":
        return zero, -1 / sigma
    return path.d_alpha(t), path.d_sigma(t)


def target_of(
    target: Target, path: GaussianPath, t: Tensor, x_data: Tensor, eps: Tensor
) -> Tensor:
    """The target (n, dim) that belongs to a data point and a noise."""
    p, q = coefficients(target, path, t)
    return column(p) * x_data + column(q) * eps


def solve_pair(
    alpha: Tensor, sigma: Tensor, p: Tensor, q: Tensor, x: Tensor, y: Tensor
) -> tuple[Tensor, Tensor]:
    """Data point and noise from x = alpha x_data + sigma eps, y = p x_data + q eps."""
    determinant = alpha * q - sigma * p
    return (q * x - sigma * y) / determinant, (alpha * y - p * x) / determinant


def pair_of(
    target: Target, path: GaussianPath, t: Tensor, x: Tensor, y: Tensor
) -> tuple[Tensor, Tensor]:
    """Data point and noise (n, dim) from a predicted target y at (x, t)."""
    p, q = (column(c) for c in coefficients(target, path, t))
    return solve_pair(column(path.alpha(t)), column(path.sigma(t)), p, q, x, y)
