r"""What a network is told of its place on a path: the time, or how noisy it is there.

Near the data the field changes with the noise-to-signal ratio, whose last decades all
lie within a few hundredths of the time. Its logarithm keeps them apart,

.. math:: c = \tfrac14 \ln \frac{\sigma(t) + \delta}{\alpha(t) + \delta}

with a quarter as in Karras et al. 2022, 2206.00364, table 1; :math:`\delta` keeps both
ends of the path finite.
"""

from typing import Literal

from torch import Tensor

from engine.models.base import ModelConfig
from engine.sampling.path import GaussianPath
from engine.settings import knob

#: Delta: noise far under the finest structure that the networks here resolve.
SOFT_END = 1e-3


class ClockConfig(ModelConfig):
    """Setting of the clock that a network sees."""

    clock: Literal["time", "log_noise"] = knob(
        "log_noise",
        "Clock",
        "How the network is told the place on the path: by the time, or by the "
        "logarithm of the noise, which keeps the nearly clean levels apart.",
        group="Network",
        choices={"time": "Time t", "log_noise": "Logarithm of the noise"},
    )


def clock_of(t: Tensor, path: GaussianPath, config: ClockConfig) -> Tensor:
    """What the network is told at times t, of the shape of t."""
    if config.clock == "time":
        return t
    return ((path.sigma(t) + SOFT_END) / (path.alpha(t) + SOFT_END)).log() / 4
