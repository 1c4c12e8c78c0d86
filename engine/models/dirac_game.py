r"""The smallest game of a GAN: one point against one slope.

All data lie at 0, all fakes at :math:`\theta`, and the discriminator is the line
:math:`D(x) = u + \psi x` through the value u that stands for undecided. The players
minimise

.. math::
    L_D(\psi) &= l_{fake}(u + \psi\theta) + \frac{\gamma}{2} \psi^2
                 + \lambda (|\psi| - 1)^2 \\
    L_G(\theta) &= l_{gen}(u + \psi\theta)

with the losses and penalties of :mod:`engine.models.adversarial_losses`; the part at
the data does not depend on either. Both are at rest at (0, 0). Mescheder, Geiger,
Nowozin 2018, 1801.04406, section 3.
"""

import cmath
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.models.adversarial_losses import LOSSES, LossName, Penalties

#: A path that has come this far from rest is not followed any more.
FAR = 1e3
Derivative = Callable[[float], float]
Pull = Callable[[float, float], float]


def _sigmoid(s: float) -> float:
    return 0.5 * (1 + math.tanh(s / 2))


#: Derivatives of what the discriminator and the generator pay at a fake. Plain numbers:
#: a path has tens of thousands of steps, and autograd takes a hundred times as long.
DERIVATIVES: Mapping[LossName, tuple[Derivative, Derivative]] = {
    "non_saturating": (_sigmoid, lambda s: _sigmoid(s) - 1),
    "minimax": (_sigmoid, lambda s: -_sigmoid(s)),
    "least_squares": (lambda s: 2 * s, lambda s: 2 * (s - 1)),
    "wasserstein": (lambda s: 1.0, lambda s: -1.0),
    "hinge": (lambda s: float(s > -1), lambda s: -1.0),
}


@dataclass(frozen=True)
class DiracGame:
    """A loss with its penalties, and the discriminator's steps before one of G."""

    loss: LossName
    penalties: Penalties
    turns: int = 1

    @property
    def undecided(self) -> float:
        """The u of the formula."""
        return LOSSES[self.loss].undecided

    def field(self, points: Tensor) -> Tensor:
        """Minus both gradients (n, 2) at points (theta, psi), (n, 2), by autograd."""
        with torch.enable_grad():
            theta = points[:, 0].detach().requires_grad_(True)
            psi = points[:, 1].detach().requires_grad_(True)
            value, rules = self.undecided + psi * theta, LOSSES[self.loss]
            against = rules.fake(value) + self.penalties.r1 / 2 * psi.square()
            against = against + self.penalties.gradient * (psi.abs() - 1).square()
            (up,) = torch.autograd.grad(against.sum(), psi, retain_graph=True)
            (along,) = torch.autograd.grad(rules.generator(value).sum(), theta)
        return -torch.stack((along, up), 1)

    def pulls(self) -> tuple[Pull, Pull]:
        """Minus the generator's gradient and minus the discriminator's, as functions.

        Of theta and psi; a flat line is pulled no way by a gradient penalty.
        """
        on_fake, on_generator = DERIVATIVES[self.loss]
        u, gamma, twice = self.undecided, self.penalties.r1, 2 * self.penalties.gradient

        def pull_theta(theta: float, psi: float) -> float:
            return -on_generator(u + psi * theta) * psi

        def pull_psi(theta: float, psi: float) -> float:
            pull = -on_fake(u + psi * theta) * theta - gamma * psi
            if twice and psi:
                pull -= twice * (psi - math.copysign(1, psi))
            return pull

        return pull_theta, pull_psi

    def path(
        self, start: tuple[float, float], rate: float, steps: int, *, at_once: bool
    ) -> Iterator[tuple[float, float]]:
        """The start and all places after it, while they are near.

        At once both players step from the same place; else the discriminator takes
        its turns first, and the generator sees what became of it.
        """
        pull_theta, pull_psi = self.pulls()
        theta, psi = start
        yield theta, psi
        for _ in range(steps):
            if at_once:
                along = pull_theta(theta, psi)
                psi += rate * pull_psi(theta, psi)
                theta += rate * along
            else:
                for _ in range(self.turns):
                    psi += rate * pull_psi(theta, psi)
                theta += rate * pull_theta(theta, psi)
            if not (-FAR < theta < FAR and -FAR < psi < FAR):
                return
            yield theta, psi

    def eigenvalues(self) -> tuple[complex, complex] | None:
        """Of the flow at rest; None where a gradient penalty has a kink there."""
        if self.penalties.gradient:
            return None
        fake, generator = (slope(self.undecided) for slope in DERIVATIVES[self.loss])
        half = -self.penalties.r1 / 2
        root = cmath.sqrt(half**2 + fake * generator)
        return half + root, half - root
