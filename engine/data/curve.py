r"""Densities that are a curve plus Gaussian noise, exactly known by one integral.

.. math::
    p(x) = \sum_a \frac1A \int_0^1 w(t) \, N(x; c_a(t), \sigma^2 I) \, dt

The integral over the curve is a Gauss-Legendre rule with about two nodes per standard
deviation of the noise. Its error is below 1e-4 nats wherever a point may ever fall
(within six standard deviations of the curve); only behind the tip of an arm, where the
density is smaller than e^-30, does it grow. A new curve is a subclass with one method,
:meth:`NoisyCurve.curve`.
"""

import math
from abc import abstractmethod
from functools import cached_property
from typing import ClassVar

import torch
from torch import Generator, Tensor

from engine.data.base import Mixture, Points
from engine.data.kernel import log_mixture
from engine.data.toy import Toy, gauss_hermite, gauss_legendre

NODES_PER_PANEL = 6


class NoisyCurve(Toy):
    """Arms of equal weight; a point is a spot on an arm plus noise of the same std."""

    #: Classes along one arm: equal stretches of t.
    stretches: ClassVar[int] = 1
    #: Density of t on [0, 1] is (power + 1) t^power; 1 makes a spiral evenly dense.
    power: ClassVar[int] = 0

    @property
    def arms(self) -> int:
        """Number of arms."""
        return 1

    @property
    def std(self) -> float:
        """Standard deviation of the noise in data units."""
        return float(self.config.noise)

    @abstractmethod
    def curve(self, arm: Tensor, t: Tensor) -> Tensor:
        """Spots (n, 2) in data units on arms (n,) int64 at t (n,) in [0, 1]."""

    def draw(self, n: int, generator: Generator) -> Points:
        """Fresh points; the class is the arm, or the stretch of the arm."""
        arm = torch.randint(self.arms, (n,), generator=generator)
        u = torch.rand(n, generator=generator, dtype=torch.float64)
        noise = torch.randn(n, 2, generator=generator, dtype=torch.float64)
        t = u ** (1 / (self.power + 1))
        stretch = (t * self.stretches).long().clamp(max=self.stretches - 1)
        x = self.curve(arm, t) + self.std * noise
        return Points(x, arm * self.stretches + stretch)

    def density(self, x: Tensor) -> Tensor:
        """Exact log-density by quadrature along the arms."""
        centres, weights = self._along
        return log_mixture(x, centres, self.std, weights.log())

    def class_density(self, x: Tensor, label: int) -> Tensor:
        """The same quadrature along one arm, or one stretch of it."""
        part = self.mixture().of_class(label)
        return log_mixture(x, part.centres, part.std, part.weights.log())

    def mixture(self) -> Mixture:
        """The nodes of the integral along the arms, exact as :meth:`density` is."""
        centres, weights = self._along
        t, _ = gauss_legendre(self._panels, NODES_PER_PANEL)
        stretch = (t * self.stretches).long().clamp(max=self.stretches - 1)
        arm = torch.arange(self.arms).repeat_interleave(len(t))
        labels = arm * self.stretches + stretch.repeat(self.arms)
        return Mixture(centres, weights, labels, self.std)

    def nodes(self) -> tuple[Tensor, Tensor]:
        """Spots along the arms, each with a cloud of Gauss-Hermite nodes round it."""
        # log p varies along an arm far more slowly than a single kernel does, so some
        # hundred spots suffice for its average.
        centres, weights = self._spots(panels=min(max(10, self._panels // 4), 20))
        cloud, share = gauss_hermite(10)
        x = (centres[:, None] + self.std * cloud).reshape(-1, 2)
        return x, torch.outer(weights, share).flatten()

    @cached_property
    def _along(self) -> tuple[Tensor, Tensor]:
        return self._spots(self._panels)

    @cached_property
    def _panels(self) -> int:
        """Panels of 2.5 standard deviations on the longest arm."""
        t = torch.linspace(0, 1, 2001, dtype=torch.float64)
        speed = max(
            float(self.curve(torch.full((2001,), arm), t).diff(dim=0).norm(dim=1).max())
            for arm in range(self.arms)
        )
        # As many in each stretch, so that none begins in the middle of a panel.
        return self.stretches * math.ceil(
            speed * 2000 / (2.5 * self.std * self.stretches)
        )

    def _spots(self, panels: int) -> tuple[Tensor, Tensor]:
        t, weights = gauss_legendre(panels, NODES_PER_PANEL)
        weights = weights * (self.power + 1) * t**self.power
        arm = torch.arange(self.arms).repeat_interleave(len(t))
        centres = self.curve(arm, t.repeat(self.arms))
        return centres, weights.repeat(self.arms) / self.arms
