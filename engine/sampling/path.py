r"""Gaussian paths from noise (t = 0) to data (t = 1), and conversions along them.

.. math:: x_t = \alpha(t) \, x_{data} + \sigma(t) \, \epsilon, \quad
          u = \dot\alpha \, x_{data} + \dot\sigma \, \epsilon

All predictions of a network (noise, data, v, score, velocity) are linear in each other
at fixed x_t. Ho et al. 2020, 2006.11239; Salimans & Ho 2022, 2202.00512; Lipman et al.
2022, 2210.02747.
"""

from abc import ABC, abstractmethod

from torch import Tensor


class GaussianPath(ABC):
    """Mean factor alpha(t) and spread sigma(t), both with time derivatives.

    ``t`` is any tensor with values in [0, 1]; results have its shape.
    """

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
