"""Toy densities: drawn without end, with an exact log-density and so an exact entropy.

A toy says how to draw a point, what its log-density is, and where to look for an
expectation under it (:meth:`Toy.nodes`); entropy and split follow.
"""

from abc import abstractmethod
from functools import cache
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Generator, Tensor

from engine.data.base import DataSet, Points, ToyConfig

#: Fresh points held out of the training, whatever the number of training points.
HELD_OUT = 10_000


class Toy(DataSet):
    """A density on the plane that is known exactly and can be drawn from for ever."""

    Config: ClassVar[type[ToyConfig]]
    config: Any

    def split(self, generator: Generator) -> tuple[Points, Points]:
        """Training points (as many as the settings say) and 10,000 held out.

        The held-out points are drawn first, so that they stay the same when a person
        changes the number of training points.
        """
        held_out = self.draw(HELD_OUT, generator)
        return self.draw(self.config.points, generator), held_out

    @abstractmethod
    def draw(self, n: int, generator: Generator) -> Points:
        """Fresh points (n, 2) with their classes, float64."""

    @abstractmethod
    def density(self, x: Tensor) -> Tensor:
        """Exact log-density (n,) in nats at x (n, 2), float64 on the CPU."""

    @abstractmethod
    def class_density(self, x: Tensor, label: int) -> Tensor:
        """Exact log-density (n,) of one class at x (n, 2), as :meth:`density`."""

    @abstractmethod
    def nodes(self) -> tuple[Tensor, Tensor]:
        """Quadrature under the density: E f(x) is the sum of weights (m,) f(x_i)."""

    def log_prob(self, x: Tensor) -> Tensor:
        """Exact log-density (n,) in nats at x (n, 2); float64 on the CPU."""
        return self.density(x.to("cpu", torch.float64))

    def entropy(self) -> float:
        """Entropy in nats by quadrature; kept for the next call."""
        return _entropy(type(self), self.config)

    def class_log_prob(self, x: Tensor, label: int) -> Tensor:
        """Exact log-density (n,) of one class in nats; float64 on the CPU."""
        return self.class_density(x.to("cpu", torch.float64), label)

    def class_entropy(self, label: int) -> float:
        """Entropy of one class in nats, by the quadrature of all of them."""
        x, weights = self.nodes()
        x, weights = x[weights > 0], weights[weights > 0]
        log_p = self.class_density(x, label)
        mine = weights * (log_p - self.density(x)).exp()
        return -float(torch.xlogy(mine, log_p.exp()).sum() / mine.sum())


@cache
def _entropy(kind: type[Toy], config: ToyConfig) -> float:
    toy = kind(config)
    x, weights = toy.nodes()
    return -float(torch.xlogy(weights, toy.density(x).exp()).sum())


def gauss_hermite(order: int) -> tuple[Tensor, Tensor]:
    """Nodes (order^2, 2) and weights of an expectation under N(0, I) on the plane."""
    z, w = np.polynomial.hermite_e.hermegauss(order)
    nodes, weights = torch.from_numpy(z), torch.from_numpy(w / w.sum())
    return torch.cartesian_prod(nodes, nodes), torch.outer(weights, weights).flatten()


def gauss_legendre(panels: int, order: int = 6) -> tuple[Tensor, Tensor]:
    """Nodes and weights on [0, 1]: equal panels with a Gauss-Legendre rule in each."""
    z, w = np.polynomial.legendre.leggauss(order)
    left = torch.arange(panels, dtype=torch.float64)[:, None] / panels
    nodes = left + torch.from_numpy((z + 1) / 2) / panels
    return nodes.flatten(), torch.from_numpy(w / 2).repeat(panels) / panels
