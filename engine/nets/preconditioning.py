r"""A velocity as the best straight guess plus what a network adds to it.

For unit normal data and noise the mean velocity at x is linear in x. With that part
given, a network sees and predicts numbers of unit size, and near the data, where the
velocity is nearly x itself, it need not learn to copy its input:

.. math::
    v = c_{skip} \, x + c_{out} \, F_\theta(c_{in} \, x, t), \quad
    c_{skip} = \frac{\alpha \dot\alpha + \sigma \dot\sigma}{\alpha^2 + \sigma^2},
    \quad c_{out} = \frac{\dot\alpha \sigma - \alpha \dot\sigma}
    {\sqrt{\alpha^2 + \sigma^2}}, \quad c_{in} = \frac{1}{\sqrt{\alpha^2 + \sigma^2}}

The scalings of Karras et al. 2022, 2206.00364, appendix B.6, carried over from the
denoiser to the velocity.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from engine.models.base import ModelConfig
from engine.sampling.path import GaussianPath
from engine.settings import knob


class Scalings(NamedTuple):
    """The factors c_skip, c_out and c_in, each of the shape of the times."""

    skip: Tensor
    out: Tensor
    into: Tensor


class PreconditionConfig(ModelConfig):
    """Setting of the straight guess."""

    precondition: bool = knob(
        True,
        "Straight guess",
        "Give the network the velocity of normal data, so that it learns only what "
        "the data add to it; off, it learns the velocity whole.",
        group="Network",
        formula=r"v = c_{skip}\,x + c_{out}\,F_\theta(c_{in}\,x, t)",
    )


def scalings(t: Tensor, path: GaussianPath, config: PreconditionConfig) -> Scalings:
    """Factors at times t; those of the plain network without preconditioning."""
    if not config.precondition:
        one = torch.ones_like(t)
        return Scalings(torch.zeros_like(t), one, one)
    alpha, sigma = path.alpha(t), path.sigma(t)
    d_alpha, d_sigma = path.d_alpha(t), path.d_sigma(t)
    power = alpha.square() + sigma.square()
    into = power.rsqrt()
    turn = d_alpha * sigma - alpha * d_sigma
    return Scalings((alpha * d_alpha + sigma * d_sigma) / power, turn * into, into)
