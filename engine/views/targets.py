r"""The error of a network as it appears in each target that it could predict.

At a fixed :math:`x_t = \alpha x + \sigma \epsilon` an error d in the data point
is one of :math:`-(\alpha / \sigma) d` in the noise, so in any target
:math:`y = p \, x + q \, \epsilon` it is

.. math:: (p - q \alpha / \sigma) \, d

Mean squares therefore differ by a factor that the path alone decides. Salimans & Ho
2022, 2202.00512, section 4; Kingma & Gao 2023, 2303.00848.
"""

from typing import TYPE_CHECKING

from torch import Tensor

from engine.models.inside import Aims
from engine.sampling.targets import Target, coefficients
from engine.views.curves import Quantity

if TYPE_CHECKING:
    from engine.models.base import Process
    from engine.sampling.path import GaussianPath

_WORDS: dict[Target, str] = {"eps": "ε", "x0": "x₀", "v": "v", "u": "u"}
_GROUP = "the same error in each target"
#: One quantity for each target, in the order in which they are drawn.
QUANTITIES = tuple(
    Quantity(f"in_{target}", f"{word} error", "mean square", _GROUP)
    for target, word in _WORDS.items()
)


def error_factor(target: Target, path: "GaussianPath", t: Tensor) -> Tensor:
    r"""Factor (n,) of a mean squared error in the data point, for another target.

    v is the one of unit size, :math:`\alpha\epsilon - \sigma x` over the root of
    :math:`\alpha^2 + \sigma^2`, which is that of the paper where the variance is
    preserved. Times t (n,) must have noise left.
    """
    alpha, sigma = path.alpha(t), path.sigma(t)
    p, q = coefficients(target, path, t)
    factor = (p - q * alpha / sigma).square()
    if target == "v":
        factor = factor / (alpha.square() + sigma.square())
    return factor


def trained_target(model: "Process") -> Target | None:
    """The target in which training counts errors; the score is the noise, scaled."""
    aim = model.aim() if isinstance(model, Aims) else None
    return "eps" if aim == "score" else aim


def in_targets(
    model: "Process", times: Tensor, error: Tensor
) -> dict[str, tuple[Tensor, Tensor]]:
    """Curves over times (n,) of the error (n,) of the data point, by quantity.

    Noise, data, and the velocity of the path where training aims at that, v elsewhere.
    """
    third: Target = "u" if trained_target(model) == "u" else "v"
    shown: tuple[Target, ...] = ("eps", "x0", third)
    return {
        f"in_{target}": (times, error * error_factor(target, model.path, times))
        for target in shown
    }


def trained_words(model: "Process") -> tuple[str, str]:
    """The quantity in which training counts errors, and its letter; empty if none."""
    target = trained_target(model)
    return (f"in_{target}", _WORDS[target]) if target in _WORDS else ("", "")
