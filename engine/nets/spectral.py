r"""Spectral normalisation: layers whose largest stretch of any vector is one.

.. math:: \bar W = W / \sigma_{max}(W)

A network of such layers is about as steep as its activations allow (1-Lipschitz with
ReLU, 1.1 with SiLU). Instead of carrying a running vector from step to step, the top
singular vector is found anew by squaring the Gram matrix, so that a loss stays a pure
function of the weights and averaged or restored weights are normalised as exactly.

Miyato et al., "Spectral Normalization for Generative Adversarial Networks", 2018,
https://arxiv.org/abs/1802.05957.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

#: Squarings of the Gram matrix; k of them are 2^k steps of power iteration.
SQUARINGS = 8


def top_singular_value(weight: Tensor) -> Tensor:
    """Largest singular value of a matrix, 0-dim, with gradients to ``weight``.

    The singular vector counts as fixed, which leaves the gradient exact: the value is
    stationary in it.
    """
    # Work on the smaller of the two Gram matrices.
    tall = weight if weight.shape[0] >= weight.shape[1] else weight.T
    smallest = torch.finfo(weight.dtype).tiny
    with torch.no_grad():
        gram = tall.T @ tall
        for _ in range(SQUARINGS):
            gram = gram / gram.trace().clamp(min=smallest)
            gram = gram @ gram
        # What is left is v v^T; its largest column never vanishes.
        column = gram.diagonal().argmax()[None]
        v = nn.functional.normalize(gram.index_select(1, column), dim=0)
    found: Tensor = torch.linalg.vector_norm(tall @ v)
    return found


def normalised(weight: Tensor) -> Tensor:
    """``weight`` divided by its largest singular value; zero stays zero."""
    return weight / top_singular_value(weight).clamp(min=1e-12)


def forward_through(layers: Iterable[nn.Module], x: Tensor, spectral: bool) -> Tensor:
    """What layers make of x, each linear one normalised if ``spectral``."""
    for layer in layers:
        if spectral and isinstance(layer, nn.Linear):
            x = linear(x, normalised(layer.weight), layer.bias)
        else:
            x = layer(x)
    return x
