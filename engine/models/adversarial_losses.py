r"""The losses of adversarial games, and the penalties that keep a critic smooth.

Each loss is a triple of functions of the discriminator's value at a point: what it pays
at real points, what it pays at fakes, and what the generator pays there.

Goodfellow et al. 2014, 1406.2661; Mao et al. 2016, 1611.04076 (least squares);
Arjovsky et al. 2017, 1701.07875 and Gulrajani et al. 2017, 1704.00028 (Wasserstein with
gradient penalty); Lim & Ye 2017, 1705.02894 (hinge); Mescheder et al. 2018, 1801.04406
(R1).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import softplus

from engine.models.base import Duel
from engine.nets.slopes import slope

LossName = Literal["non_saturating", "minimax", "least_squares", "wasserstein", "hinge"]
#: Values (m,) of a discriminator at points (m, dim).
Values = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class AdversarialLoss:
    """What the players minimise, per point, as functions of D's value there.

    ``real`` and ``fake`` are the two halves of the discriminator's loss, ``generator``
    is taken at fakes. ``undecided`` is the best value where real and fake are equally
    likely. ``verdict`` turns values into numbers that are 0 for fake, 1/2 for undecided
    and 1 for real.
    """

    title: str
    real: Callable[[Tensor], Tensor]
    fake: Callable[[Tensor], Tensor]
    generator: Callable[[Tensor], Tensor]
    verdict: Callable[[Tensor], Tensor]
    undecided: float = 0.0

    def tie(self, part: Literal["real", "fake", "generator"]) -> float:
        """Value of a part where nobody can tell real from fake."""
        value = torch.tensor(self.undecided, dtype=torch.float64)
        return float(getattr(self, part)(value))


def _minus_log_real(logit: Tensor) -> Tensor:
    return softplus(-logit)


def _log_fake(logit: Tensor) -> Tensor:
    return -softplus(logit)


def _from_one(value: Tensor) -> Tensor:
    return (value - 1).square()


def _same(value: Tensor) -> Tensor:
    return value


def _minus(value: Tensor) -> Tensor:
    return -value


#: Every choice of the setting ``loss``; a further loss is one entry here.
LOSSES: Mapping[LossName, AdversarialLoss] = {
    "non_saturating": AdversarialLoss(
        "Non-saturating", _minus_log_real, softplus, _minus_log_real, torch.sigmoid
    ),
    "minimax": AdversarialLoss(
        "Minimax", _minus_log_real, softplus, _log_fake, torch.sigmoid
    ),
    "least_squares": AdversarialLoss(
        "Least squares", _from_one, torch.square, _from_one, _same, undecided=0.5
    ),
    "wasserstein": AdversarialLoss("Wasserstein", _minus, _same, _minus, torch.sigmoid),
    "hinge": AdversarialLoss(
        "Hinge",
        lambda value: torch.relu(1 - value),
        lambda value: torch.relu(1 + value),
        _minus,
        lambda value: (1 + value) / 2,
    ),
}
LOSS_LABELS: dict[str, str] = {name: loss.title for name, loss in LOSSES.items()}


#: Words for the terms of a game.
ADVERSARIAL_TITLES: Mapping[str, str] = {
    "real": "data",
    "fake": "fakes",
    "gradient_penalty": "gradient penalty",
    "r1": "R1",
    "style_spread": "spread of styles",
}


@dataclass(frozen=True)
class Penalties:
    """Weights of the two penalties; a weight of 0 leaves a penalty out.

    ``gradient`` is lambda of the gradient penalty, ``r1`` is gamma of R1.
    """

    gradient: float = 0.0
    r1: float = 0.0


def gradient_penalty(values: Values, x: Tensor, fake: Tensor, chord: Tensor) -> Tensor:
    """E (|grad f| - 1)^2 at points a share ``chord`` (b,) of the way from fake to x."""
    between = torch.lerp(fake, x, chord[:, None])
    steepness: Tensor = slope(values, between).norm(dim=1)
    return (steepness - 1).square().mean()


def r1_penalty(values: Values, x: Tensor) -> Tensor:
    """E |grad D|^2 / 2 at real points."""
    return slope(values, x).square().sum(1).mean() / 2


def discriminator_terms(
    loss: AdversarialLoss,
    values: Values,
    x: Tensor,
    fake: Tensor,
    chord: Tensor,
    penalties: Penalties,
) -> dict[str, Tensor]:
    """Loss of a discriminator and its parts.

    Args:
        loss: The kind of game.
        values: The discriminator; it may be asked for b or for 2 b points, the latter
            being two batches in the order of the first.
        x: Real points (b, dim).
        fake: Points (b, dim) of the generator, without gradients.
        chord: Uniform numbers (b,) for the gradient penalty.
        penalties: Weights of what is added.
    """
    # One pass over both halves costs less than two.
    on_real, on_fake = values(torch.cat((x, fake))).chunk(2)
    real, made = loss.real(on_real).mean(), loss.fake(on_fake).mean()
    terms = {"loss": real + made, "real": real, "fake": made}
    if penalties.gradient:
        found = penalties.gradient * gradient_penalty(values, x, fake, chord)
        terms |= {"loss": terms["loss"] + found, "gradient_penalty": found}
    if penalties.r1:
        found = penalties.r1 * r1_penalty(values, x)
        terms |= {"loss": terms["loss"] + found, "r1": found}
    return terms


def standing(
    loss: AdversarialLoss,
    values: Values,
    fake_values: Values,
    x: Tensor,
    fakes: Tensor,
    names: tuple[str, str],
    shift: Tensor | float = 0.0,
) -> Duel:
    """How a game stands on real points x (n, dim) and on fakes (m, dim).

    Args:
        loss: The kind of game.
        values: The discriminator at the real points.
        fake_values: The discriminator at the fakes; it may know their classes.
        x: Real points.
        fakes: Points of the generator.
        names: Players, the discriminator first.
        shift: Subtracted from values before they are judged.
    """
    with torch.enable_grad():
        moved = fakes.detach().clone().requires_grad_(True)
        on_fake = fake_values(moved)
        price = loss.generator(on_fake)
        (gradient,) = torch.autograd.grad(price.sum(), moved)
    with torch.no_grad():
        on_real, on_fake = values(x), on_fake.detach()
        against = loss.real(on_real).mean() + loss.fake(on_fake).mean()
        losses = {names[0]: against, names[1]: price.detach().mean()}
        real, fake = loss.verdict(on_real - shift), loss.verdict(on_fake - shift)
    return Duel(fakes.detach(), -gradient, real, fake, losses)


def discriminator_lines(loss: AdversarialLoss) -> dict[str, float]:
    """Values of the terms of a discriminator that cannot tell real from fake.

    The two halves of a Wasserstein critic are known up to a constant only.
    """
    real, fake = loss.tie("real"), loss.tie("fake")
    if loss is LOSSES["wasserstein"]:
        return {"loss": real + fake}
    return {"loss": real + fake, "real": real, "fake": fake}
