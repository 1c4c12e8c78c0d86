r"""Neural spline flow: couplings that bend one coordinate by a flexible monotone curve.

.. math:: y_a = x_a, \quad y_b = g_{\theta(x_a)}(x_b), \qquad
          \ln p(x) = \ln N(f(x)) + \sum_k \ln g'_k

g is a rational-quadratic spline (:mod:`engine.nets.spline`) whose knots depend on the
other coordinate. One such layer can already split a hump into many, for which affine
couplings need a long chain.

Durkan, Bekasov, Murray, Papamakarios, "Neural Spline Flows", 2019,
https://arxiv.org/abs/1906.04032.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.models.base import Card, ModelConfig
from engine.models.coupling_flow import CouplingFlow
from engine.models.flow import FlowConfig, jitter_fade_knob, jitter_knob
from engine.nets.spline import SplineCoupling, SplineShape
from engine.settings import knob


class SplineFlowConfig(FlowConfig):
    """Settings of :class:`SplineFlow`."""

    first: ClassVar[tuple[str, ...]] = ("couplings", "bins", "width")

    couplings: int = knob(
        4,
        "Couplings",
        "Layers of the flow; each bends one coordinate depending on the other.",
        ge=1,
        le=16,
        symbol="K",
    )
    depth: int = knob(
        2, "Depth", "Hidden layers.", ge=1, le=4, unit="layers", group="Network"
    )
    waves: int = knob(
        0,
        "Waves",
        "Frequencies at which a network also sees its coordinate. Splines are sharp "
        "without; with waves they learn the training points by heart.",
        ge=0,
        le=16,
        formula=r"\sin \omega_k x, \; \cos \omega_k x",
        group="Network",
    )
    bins: int = knob(
        12,
        "Bins",
        "Pieces of each curve: more can make more and sharper modes at once.",
        ge=2,
        le=64,
        unit="bins",
        scale="log",
    )
    tail_bound: float = knob(
        5.0,
        "Tail bound",
        "Beyond this distance from the centre, in standard deviations of the data, "
        "points stay where they are: noise out there becomes a stray sample.",
        ge=1.0,
        le=10.0,
        symbol="B",
        formula=r"g(x) = x, \quad |x| \ge B",
    )
    jitter: float = jitter_knob(0.06)
    jitter_fade: int = jitter_fade_knob(4000)


class SplineFlow(CouplingFlow):
    """Rational-quadratic couplings, trained by maximum likelihood."""

    name: ClassVar[str] = "spline_flow"
    card: ClassVar[Card] = Card(
        title="Spline flow",
        family="Normalising flow",
        paper="Durkan et al. 2019",
        arxiv="1906.04032",
        formula=r"y_b = g_{\theta(x_a)}(x_b), \quad "
        r"\ln p(x) = \ln N(f(x)) + \sum_k \ln g'_k(x_b)",
        summary="Each layer redraws one coordinate along a monotone curve made of many "
        "pieces: the sharpest exact density of all models here.",
    )
    Config: ClassVar[type[ModelConfig]] = SplineFlowConfig
    deed: ClassVar[str] = "spline"
    training_defaults: ClassVar[Mapping[str, Any]] = {
        **CouplingFlow.training_defaults,
        "learning_rate": 6e-3,
        "clip": 5.0,
        "batch_size": 1024,
        "steps": 4000,
    }

    def __init__(
        self, config: SplineFlowConfig, dim: int = 2, classes: int = 0
    ) -> None:
        spline = SplineShape(config.bins, config.tail_bound)

        def make(dim_a: int, dim_b: int) -> SplineCoupling:
            return SplineCoupling(dim_a, dim_b, config.net_shape(), spline)

        super().__init__(config, dim, classes, make, config.couplings)
