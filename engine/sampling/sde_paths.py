r"""The diffusions of Song et al. as paths: variance preserving, sub-VP, exploding.

In the paper's time :math:`\tau = 1 - t`, with :math:`B = \int_0^\tau \beta`,
:math:`\beta(\tau) = \beta_0 + \tau (\beta_1 - \beta_0)`:

========  ====================  ==========================  =====================
kind      a                     sigma                       g^2
========  ====================  ==========================  =====================
VP        :math:`e^{-B/2}`      :math:`\sqrt{1 - e^{-B}}`   :math:`\beta`
sub-VP    :math:`e^{-B/2}`      :math:`1 - e^{-B}`          beta (1 - e^{-2B})
VE        1                     geometric, min to max       2 sigma^2 ln(max/min)
========  ====================  ==========================  =====================

Song et al. 2020, 2011.13456, appendix B.
"""

import math

import torch
from torch import Tensor

from engine.sampling.path import GaussianPath


class VPPath(GaussianPath):
    """Variance preserving: noise power e^-B lost, as much added."""

    def __init__(self, beta_min: float, beta_max: float) -> None:
        self.beta_min = beta_min
        self.beta_max = beta_max

    def beta(self, t: Tensor) -> Tensor:
        """Rate of the noise, from beta_max at t = 0 to beta_min at the data."""
        return self.beta_min + (1 - t) * (self.beta_max - self.beta_min)

    def total(self, t: Tensor) -> Tensor:
        """Integral B of beta from the data to here."""
        tau = 1 - t
        return tau * (self.beta_min + tau / 2 * (self.beta_max - self.beta_min))

    def alpha(self, t: Tensor) -> Tensor:
        """Factor of the data point."""
        return torch.exp(-self.total(t) / 2)

    def sigma(self, t: Tensor) -> Tensor:
        """Standard deviation of the noise."""
        return (-torch.expm1(-self.total(t))).sqrt()

    def d_alpha(self, t: Tensor) -> Tensor:
        """Half of beta times alpha."""
        return self.beta(t) / 2 * self.alpha(t)

    def d_sigma(self, t: Tensor) -> Tensor:
        """Minus infinity at the data itself, as the noise begins with a root."""
        return -self.beta(t) * torch.exp(-self.total(t)) / (2 * self.sigma(t))

    def time_of(self, ratio: Tensor) -> Tensor:
        """Times (n,) of noise-to-signal ratios: there B is ln(1 + ratio^2)."""
        return self._time_of_total(ratio.square().log1p())

    def _time_of_total(self, total: Tensor) -> Tensor:
        """The time at which B has this value; the root that keeps its digits."""
        rise = 2 * (self.beta_max - self.beta_min)
        root = (self.beta_min**2 + rise * total).sqrt()
        return 1 - 2 * total / (self.beta_min + root)

    def reverse_rates(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """Half of beta, and beta: finite from end to end."""
        return self.beta(t) / 2, self.beta(t)


class SubVPPath(VPPath):
    """Less noise than :class:`VPPath` at every time, so sharper likelihoods."""

    def sigma(self, t: Tensor) -> Tensor:
        """Standard deviation of the noise, the square of that of VP."""
        return -torch.expm1(-self.total(t))

    def d_sigma(self, t: Tensor) -> Tensor:
        """Finite from end to end."""
        return -self.beta(t) * torch.exp(-self.total(t))

    def time_of(self, ratio: Tensor) -> Tensor:
        """Times (n,) of noise-to-signal ratios, which are 2 sinh(B / 2)."""
        return self._time_of_total(2 * torch.asinh(ratio / 2))

    def reverse_rates(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """Half of beta, and beta (1 - e^-2B)."""
        return self.beta(t) / 2, -self.beta(t) * torch.expm1(-2 * self.total(t))


class VEPath(GaussianPath):
    """Variance exploding: the data stay, noise grows geometrically round them."""

    def __init__(self, sigma_min: float, sigma_max: float) -> None:
        self.sigma_min = sigma_min
        self.sigma_max = sigma_max
        self.rate = math.log(sigma_max / sigma_min)

    def alpha(self, t: Tensor) -> Tensor:
        """One everywhere."""
        return t.new_ones(t.shape)

    def sigma(self, t: Tensor) -> Tensor:
        """From sigma_max at t = 0 to sigma_min at t = 1."""
        return self.sigma_max * torch.exp(-self.rate * t)

    def time_of(self, ratio: Tensor) -> Tensor:
        """Times (n,) at which sigma is ``ratio``."""
        return torch.log(self.sigma_max / ratio) / self.rate

    def d_alpha(self, t: Tensor) -> Tensor:
        """Nought."""
        return t.new_zeros(t.shape)

    def d_sigma(self, t: Tensor) -> Tensor:
        """Minus the rate times sigma."""
        return -self.rate * self.sigma(t)


class PowerPath(GaussianPath):
    """The noise levels of EDM as a path: sigma = sigma_max (1 - t)^rho, alpha = 1.

    Even steps in t are the ladder of Karras et al. 2022, 2206.00364, eq. 5, run on to
    no noise at all; their ladder itself ends at ``sigma_min``.
    """

    def __init__(self, sigma_min: float, sigma_max: float, rho: float) -> None:
        self.least_noise = sigma_min
        self.most_noise = sigma_max
        self.sigma_max = sigma_max
        self.rho = rho

    def time_of(self, ratio: Tensor) -> Tensor:
        """In closed form, 1 - (ratio / sigma_max)^(1 / rho), kept within [0, 1]."""
        return (1 - (ratio / self.sigma_max) ** (1 / self.rho)).clamp(0, 1)

    def alpha(self, t: Tensor) -> Tensor:
        """One everywhere."""
        return t.new_ones(t.shape)

    def sigma(self, t: Tensor) -> Tensor:
        """From sigma_max to nought."""
        return self.sigma_max * (1 - t) ** self.rho

    def d_alpha(self, t: Tensor) -> Tensor:
        """Nought."""
        return t.new_zeros(t.shape)

    def d_sigma(self, t: Tensor) -> Tensor:
        """Minus rho sigma / (1 - t)."""
        return -self.rho * self.sigma_max * (1 - t) ** (self.rho - 1)
