r"""RealNVP: an invertible map from data to noise, with an exact density.

.. math:: \ln p(x) = \ln N(f(x); 0, I) + \ln\left|\det \partial f / \partial x\right|

f is a chain of affine couplings (:mod:`engine.nets.coupling`); the two halves of the
coordinates take turns. Each coupling is a function of few numbers, so these are given
as waves too, which makes narrow gaps between modes cheap to learn. Many narrow
couplings that stretch little each learn faster and more steadily than few wide ones
that may stretch a lot, and with Lookahead they stay steady at a high rate. As in the
paper f leads from data x to noise z; what a person sees runs the other way, from t = 0
(noise) to t = 1 (data).

Dinh, Sohl-Dickstein, Bengio, "Density estimation using Real NVP", 2016,
https://arxiv.org/abs/1605.08803.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.models.base import Card, ModelConfig
from engine.models.coupling_flow import CouplingFlow
from engine.models.flow import (
    FlowConfig,
    jitter_fade_knob,
    jitter_knob,
    spread_knob,
    taper_knob,
    width_knob,
)
from engine.nets.coupling import AffineCoupling
from engine.settings import knob


class RealNVPConfig(FlowConfig):
    """Settings of :class:`RealNVP`."""

    first: ClassVar[tuple[str, ...]] = ("couplings", "width", "jitter")

    couplings: int = knob(
        44,
        "Couplings",
        "Layers of the flow; each bends one coordinate depending on the other.",
        ge=2,
        le=64,
        symbol="K",
    )
    width: int = width_knob(32)
    taper: float = taper_knob(1.5)
    spread: float = spread_knob(2.5)
    jitter: float = jitter_knob(0.03)
    jitter_fade: int = jitter_fade_knob(2800)
    bound: float = knob(
        0.35,
        "Scale bound",
        "A coupling stretches or squeezes by at most a factor of e to this power.",
        ge=0.1,
        le=5.0,
        scale="log",
        symbol="|s|",
        formula=r"|s(x_a)| \le s_{max}",
    )


class RealNVP(CouplingFlow):
    """Normalising flow of affine couplings with the maximum likelihood loss."""

    name: ClassVar[str] = "realnvp"
    card: ClassVar[Card] = Card(
        title="RealNVP",
        family="Normalising flow",
        paper="Dinh et al. 2016",
        arxiv="1605.08803",
        formula=r"\ln p(x) = \ln N(f(x)) + \sum_k \sum s_k",
        summary="Bends the plane layer by layer, reversibly, until the data look like "
        "a round cloud of noise; the density of every point is known exactly.",
    )
    Config: ClassVar[type[ModelConfig]] = RealNVPConfig
    training_defaults: ClassVar[Mapping[str, Any]] = {
        **CouplingFlow.training_defaults,
        "learning_rate": 1.2e-2,
        "lookahead": True,
        "beta2": 0.99,
        "clip": 10.0,
        "steps": 2600,
    }

    def __init__(self, config: RealNVPConfig, dim: int = 2, classes: int = 0) -> None:
        shape = config.net_shape()

        def make(dim_a: int, dim_b: int) -> AffineCoupling:
            return AffineCoupling(dim_a, dim_b, shape, config.bound)

        super().__init__(config, dim, classes, make, config.couplings)
