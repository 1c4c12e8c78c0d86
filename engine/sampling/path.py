r"""Gaussian paths from noise (t = 0) to data (t = 1), and conversions along them.

.. math:: x_t = \alpha(t) \, x_{data} + \sigma(t) \, \epsilon, \quad
          u = \dot\alpha \, x_{data} + \dot\sigma \, \epsilon

All predictions of a network (noise, data, v, score, velocity) are linear in each other
at fixed x_t. Ho et al. 2020, 2006.11239; Salimans & Ho 2022, 2202.00512; Lipman et al.
2022, 2210.02747.
"""

import math
from abc import ABC, abstractmethod
from typing import Literal

import torch
from torch import Tensor

Spacing = Literal["uniform", "quadratic"]
#: Uniform and quadratic in t; Karras and log-SNR in the noise-to-signal ratio.
Grid = Literal["uniform", "quadratic", "karras", "log_snr"]
#: Halvings of [0, 1] that find a time to the last digit of float64.
HALVINGS = 60
_MOST_LADDERS = 32


def spread(steps: int, spacing: Spacing = "uniform") -> list[float]:
    """Moments from 0 to 1, ``steps + 1`` of them.

    ``"quadratic"`` puts them closer together towards the data.
    """
    moments = [k / steps for k in range(steps + 1)]
    if spacing == "quadratic":
        moments = [1 - (1 - t) ** 2 for t in moments]
    return moments


class GaussianPath(ABC):
    """Mean factor alpha(t) and spread sigma(t), both with time derivatives.

    ``t`` is any tensor with values in [0, 1]; results have its shape.
    """

    #: Ends of the ladders in the noise-to-signal ratio sigma / alpha, where the path
    #: itself goes further: those of Karras et al. 2022.
    most_noise: float = 80.0
    least_noise: float = 0.002

    def times(
        self, steps: int, grid: Grid = "uniform", rho: float = 7.0
    ) -> list[float]:
        r"""Moments from 0 to 1 at which a sampler with that many steps stops.

        With r = sigma / alpha, ``"karras"`` spaces :math:`r^{1/\rho}` evenly (Karras
        et al. 2022, 2206.00364, eq. 5) and ``"log_snr"`` the logarithm of r, its limit
        for large rho. The first and the last moment are 0 and 1 in any case.
        """
        if grid == "uniform" or grid == "quadratic":
            return spread(steps, grid)
        return self._ladder(steps, rho if grid == "karras" else math.inf)

    def _ladder(self, steps: int, rho: float) -> list[float]:
        """Times of evenly spaced r^(1/rho), closed by t = 0 and t = 1."""
        ends = torch.tensor([0.0, 1.0], dtype=torch.float64)
        high, low = (self.sigma(ends) / self.alpha(ends)).tolist()
        # A path that ends without noise makes its last step from the least noise to
        # none at all.
        count = steps if low < self.least_noise else steps + 1
        high, low = min(high, self.most_noise), max(low, self.least_noise)
        place = torch.arange(count, dtype=torch.float64) / max(1, count - 1)
        if math.isinf(rho):
            ratios = high * (low / high) ** place
        else:
            first, last = high ** (1 / rho), low ** (1 / rho)
            ratios = (first + place * (last - first)) ** rho
        inner = self.time_of(ratios).tolist()[1:]
        return [0.0, *inner[: steps - 1], 1.0]

    def time_of(self, ratio: Tensor) -> Tensor:
        """Times at which sigma / alpha has these values (n,), to float64 precision."""
        low, high = torch.zeros_like(ratio), torch.ones_like(ratio)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            noisier = self.sigma(middle) > ratio * self.alpha(middle)
            low, high = (
                torch.where(noisier, middle, low),
                torch.where(noisier, high, middle),
            )
        return (low + high) / 2

    def reverse_rates(self, t: Tensor) -> tuple[Tensor, Tensor]:
        r"""Growth h and noise rate g^2 of the reverse diffusion, each of t's shape.

        .. math::
            dx = (h x + g^2 s) \, dt + g \, dw, \quad h = \dot\alpha / \alpha, \quad
            g^2 = 2 h \sigma^2 - 2 \sigma \dot\sigma

        Song et al. 2020, 2011.13456, eq. 6, with time turned round. Infinite where a
        path has no signal at all.
        """
        sigma = self.sigma(t)
        growth = self.d_alpha(t) / self.alpha(t)
        return growth, 2 * sigma * (growth * sigma - self.d_sigma(t))

    def grid_times(
        self, steps: int, grid: Grid = "uniform", rho: float = 7.0
    ) -> list[float]:
        """As :meth:`times`, among the moments that a discrete sampler may stop at.

        A path that knows a finite number of moments rounds to those, so fewer steps
        than asked for may come back.
        """
        return self.times(steps, grid, rho)

    @abstractmethod
    def alpha(self, t: Tensor) -> Tensor:
        """Factor of the data point."""

    @abstractmethod
    def sigma(self, t: Tensor) -> Tensor:
        """Standard deviation of the noise."""

    @abstractmethod
    def d_alpha(self, t: Tensor) -> Tensor:
        """Time derivative of :meth:`alpha`."""

    @abstractmethod
    def d_sigma(self, t: Tensor) -> Tensor:
        """Time derivative of :meth:`sigma`."""


class LinearPath(GaussianPath):
    """Rectified flow's straight path: alpha = t, sigma = 1 - t."""

    def alpha(self, t: Tensor) -> Tensor:
        """Factor of the data point, t."""
        return t

    def sigma(self, t: Tensor) -> Tensor:
        """Standard deviation of the noise, 1 - t."""
        return 1 - t

    def d_alpha(self, t: Tensor) -> Tensor:
        """One everywhere."""
        return t.new_ones(t.shape)

    def d_sigma(self, t: Tensor) -> Tensor:
        """Minus one everywhere."""
        return -t.new_ones(t.shape)


class BlurredPath(GaussianPath):
    """Lipman's path: alpha = t, sigma = 1 - (1 - blur) t, which leaves ``blur``.

    Lipman et al. 2022, 2210.02747, eq. 20; blur 0 is the straight path.
    """

    def __init__(self, blur: float) -> None:
        self.blur = blur

    def alpha(self, t: Tensor) -> Tensor:
        """Factor of the data point, t."""
        return t

    def sigma(self, t: Tensor) -> Tensor:
        """Standard deviation of the noise, from 1 to ``blur``."""
        return 1 - (1 - self.blur) * t

    def d_alpha(self, t: Tensor) -> Tensor:
        """One everywhere."""
        return t.new_ones(t.shape)

    def d_sigma(self, t: Tensor) -> Tensor:
        """The same everywhere, -(1 - blur)."""
        return t.new_full(t.shape, self.blur - 1)


class TrigPath(GaussianPath):
    """The trigonometric interpolant: alpha = sin(pi t / 2), sigma = cos(pi t / 2).

    Albergo & Vanden-Eijnden 2022, 2209.15571, eq. 5.
    """

    def alpha(self, t: Tensor) -> Tensor:
        """Sine of a quarter turn."""
        return (math.pi / 2 * t).sin()

    def sigma(self, t: Tensor) -> Tensor:
        """Cosine of a quarter turn."""
        return (math.pi / 2 * t).cos()

    def d_alpha(self, t: Tensor) -> Tensor:
        """Pi / 2 cosine."""
        return math.pi / 2 * self.sigma(t)

    def d_sigma(self, t: Tensor) -> Tensor:
        """Minus pi / 2 sine."""
        return -math.pi / 2 * self.alpha(t)


class AnglePath(GaussianPath):
    r"""A variance-preserving path known at T + 1 moments, continued between them.

    With :math:`\alpha = \cos\theta, \sigma = \sin\theta` the velocity is
    :math:`\dot\theta \, v`, with v the target of Salimans & Ho 2022. The angle is
    finite where log alpha is not (no signal left at t = 0) and has a finite slope where
    that of sigma would not (at the data), so solvers run from end to end. Between the
    moments it is the monotone cubic of Fritsch & Carlson 1980.

    Args:
        alpha_bar: Signal power at n = 0 (data, one) to T (noise), (T + 1,), falling;
            t = 1 - n / T.
    """

    def __init__(self, alpha_bar: Tensor) -> None:
        bar = alpha_bar.double().flip(0)
        self._angle = torch.atan2((1 - bar).sqrt(), bar.sqrt())
        self.intervals = len(bar) - 1
        secants = self._angle.diff() * self.intervals
        # The harmonic mean of two slopes of one sign never overshoots.
        inner = 2 / (1 / secants[1:] + 1 / secants[:-1])
        self._slope = torch.cat([secants[:1], inner, secants[-1:]])
        self._ladders: dict[tuple[int, Grid, float], list[float]] = {}

    def times(
        self, steps: int, grid: Grid = "uniform", rho: float = 7.0
    ) -> list[float]:
        """As on any path; the last ones are remembered, as finding them is dear."""
        key = (steps, grid, rho)
        if key not in self._ladders:
            if len(self._ladders) >= _MOST_LADDERS:
                self._ladders.clear()
            self._ladders[key] = super().times(steps, grid, rho)
        return list(self._ladders[key])

    def grid_times(
        self, steps: int, grid: Grid = "uniform", rho: float = 7.0
    ) -> list[float]:
        """The moments nearest to those asked for, each once; at most T steps."""
        n = self.intervals
        wanted = self.times(steps, grid, rho)
        return sorted({round(t * n) / n for t in wanted})

    def _cell(self, t: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Place in the interval (0 to 1), angles and scaled slopes at its ends."""
        place = t.clamp(0, 1) * self.intervals
        left = place.floor().clamp(max=self.intervals - 1).long()
        angle, slope = self._angle.to(t), self._slope.to(t) / self.intervals
        return place - left, angle[left], angle[left + 1], slope[left], slope[left + 1]

    def angle(self, t: Tensor) -> Tensor:
        """The angle, pi/2 for pure noise, 0 for data."""
        w, a, b, da, db = self._cell(t)
        chord = b - a
        bend = w * (1 - w) * ((1 - w) * (da - chord) - w * (db - chord))
        return torch.lerp(a, b, w) + bend

    def d_angle(self, t: Tensor) -> Tensor:
        """Time derivative of :meth:`angle`, at most 0."""
        w, a, b, da, db = self._cell(t)
        chord = b - a
        bend = (1 - w) * (1 - 3 * w) * (da - chord) - w * (2 - 3 * w) * (db - chord)
        return (chord + bend) * self.intervals

    def alpha(self, t: Tensor) -> Tensor:
        """Cosine of the angle."""
        return self.angle(t).cos()

    def sigma(self, t: Tensor) -> Tensor:
        """Sine of the angle."""
        return self.angle(t).sin()

    def d_alpha(self, t: Tensor) -> Tensor:
        """Minus sine times the speed of the angle."""
        return -self.sigma(t) * self.d_angle(t)

    def d_sigma(self, t: Tensor) -> Tensor:
        """Cosine times the speed of the angle."""
        return self.alpha(t) * self.d_angle(t)
