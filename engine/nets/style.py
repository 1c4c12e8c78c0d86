r"""The generator of StyleGAN on points: noise becomes a style that bends each layer.

.. math::
    w = f(z), \quad w' = \bar w + \psi \, (w - \bar w), \quad
    W'_{ij} = \frac{s_j W_{ij}}{\sqrt{\sum_j s_j^2 W_{ij}^2 + \epsilon}}, \quad s = A w'

A learned constant goes through layers whose weights each style scales column by column
and brings back to unit length row by row (modulation and demodulation, version 2).

Karras, Laine, Aila, "A Style-Based Generator Architecture for GANs", 2018,
https://arxiv.org/abs/1812.04948; Karras et al., "Analyzing and Improving the Image
Quality of StyleGAN", 2019, https://arxiv.org/abs/1912.04958.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from engine.nets.mlp import ACTIVATIONS

#: Keeps a row of zero weights from dividing by zero, as in the paper.
EPSILON = 1e-8


class SlowLinear(nn.Module):
    """A linear layer whose weights an optimiser moves ``rate`` times as fast.

    Weights are kept larger by 1 / rate and scaled down in use, so that one learning
    rate serves a whole player (the "learning rate multiplier" of the papers).
    """

    def __init__(self, sizes_in: int, sizes_out: int, rate: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(sizes_out, sizes_in) / rate)
        self.bias = nn.Parameter(torch.zeros(sizes_out))
        # He initialisation, since a rectifier passes half of the variance.
        self.weight_scale = rate * math.sqrt(2 / sizes_in)
        self.bias_scale = rate

    def forward(self, x: Tensor) -> Tensor:
        """Outputs (n, sizes_out) of inputs (n, sizes_in)."""
        weight, bias = self.weight * self.weight_scale, self.bias * self.bias_scale
        return linear(x, weight, bias)


class Mapping(nn.Sequential):
    """The map f from noise to style: ``depth`` slow layers of ``style_dim`` units."""

    def __init__(
        self, sizes_in: int, style_dim: int, depth: int, activation: str, rate: float
    ) -> None:
        layers: list[nn.Module] = []
        for index in range(depth):
            size = style_dim if index else sizes_in
            layers += [SlowLinear(size, style_dim, rate), ACTIVATIONS[activation]()]
        super().__init__(*layers)


class ModulatedLinear(nn.Module):
    """A linear layer whose columns a style scales; rows come back to unit length.

    Args:
        style_dim: Numbers in a style.
        sizes_in: Numbers per point going in.
        sizes_out: Numbers per point coming out.
        demodulate: Bring rows to unit length; the last layer, which writes points,
            must be free to choose its scale.
    """

    def __init__(
        self, style_dim: int, sizes_in: int, sizes_out: int, demodulate: bool
    ) -> None:
        super().__init__()
        self.affine = nn.Linear(style_dim, sizes_in)
        nn.init.ones_(self.affine.bias)
        self.weight = nn.Parameter(torch.randn(sizes_out, sizes_in))
        self.bias = nn.Parameter(torch.zeros(sizes_out))
        self.demodulate = demodulate
        self.scale = 1 / math.sqrt(sizes_in)

    def forward(self, h: Tensor, w: Tensor) -> Tensor:
        """Outputs (n, sizes_out) of h (n, sizes_in), each under its own style w."""
        s = self.affine(w)
        weight = self.weight * self.scale
        out = linear(h * s, weight)
        if self.demodulate:
            # Row lengths for all points in one product; no weight matrix per point.
            out = out * (linear(s.square(), weight.square()) + EPSILON).rsqrt()
        return out + self.bias


class StyleGenerator(nn.Module):
    """Mapping network and ``depth`` modulated hidden layers, then a modulated output.

    Args:
        sizes_in: Numbers of noise (and condition) per point.
        sizes_out: Numbers per point coming out.
        width: Units per hidden layer.
        depth: Hidden layers, at least 0.
        activation: One of :data:`engine.nets.mlp.ACTIVATIONS`.
        style_dim: Numbers in a style.
        mapping_depth: Layers of the mapping network, at least 1.
        mapping_rate: Learning rate of the mapping network relative to the rest.
    """

    mean: Tensor

    def __init__(
        self,
        sizes_in: int,
        sizes_out: int,
        width: int,
        depth: int,
        activation: str,
        *,
        style_dim: int,
        mapping_depth: int,
        mapping_rate: float,
    ) -> None:
        super().__init__()
        self.mapping = Mapping(
            sizes_in, style_dim, mapping_depth, activation, mapping_rate
        )
        self.constant = nn.Parameter(torch.randn(width))
        self.layers = nn.ModuleList(
            [ModulatedLinear(style_dim, width, width, True) for _ in range(depth)]
            + [ModulatedLinear(style_dim, width, sizes_out, False)]
        )
        self.activation = ACTIVATIONS[activation]()
        self.register_buffer("mean", torch.zeros(style_dim))

    def truncated(self, w: Tensor, psi: float) -> Tensor:
        """Styles moved to their running mean (psi 0) or left alone (psi 1)."""
        return torch.lerp(self.mean.expand_as(w), w, psi)

    def synthesis(self, w_1: Tensor, w_2: Tensor, crossover: Tensor) -> Tensor:
        """Points under w_1 before a layer number ``crossover`` (n,), w_2 from it on."""
        h = self.constant.expand(len(w_1), -1)
        for index, layer in enumerate(self.layers):
            w = torch.where(index < crossover[:, None], w_1, w_2)
            h = layer(h, w)
            if index + 1 < len(self.layers):
                h = self.activation(h)
        return h

    def pure(self, w: Tensor) -> Tensor:
        """Points (n, sizes_out) with one style (n, style_dim) in all layers."""
        h = self.constant.expand(len(w), -1)
        for layer in self.layers[:-1]:
            h = self.activation(layer(h, w))
        return self.layers[-1](h, w)  # type: ignore[no-any-return]
