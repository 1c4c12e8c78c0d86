r"""What all normalising flows share: an invertible map f from data x to noise z.

.. math:: \ln p(x) = \ln p_z(f(x)) + \ln\left|\det \partial f / \partial x\right|

A flow is trained by maximum likelihood, its density is exact, and its layers show how
it bends space. As in the papers f leads from data to noise; what a person sees runs
the other way, from t = 0 (noise) to t = 1 (data). Rezende, Mohamed 2015, 1505.05770.
"""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from torch import Generator, Tensor

from engine.models.base import (
    Batch,
    Codes,
    DensityKind,
    Draw,
    GenerativeModel,
    ModelConfig,
)
from engine.nets.coupling import NetShape
from engine.nets.mlp import ACTIVATION_LABELS, Activation
from engine.nets.wave_settings import low_frequency_knob, waved
from engine.settings import knob

#: Below this the density of a cooled flow is that of this temperature: at 0 all its
#: mass sits in one point.
COLDEST = 1e-3


def taper_knob(default: float) -> Any:
    """The setting of :class:`engine.nets.coupling.TaperedWaves`."""
    return knob(
        default,
        "Wave taper",
        "How much fainter fine waves are than coarse ones: a high value learns less "
        "by heart and blurs sharp edges.",
        ge=0,
        le=3,
        symbol=r"\gamma",
        formula=r"\omega_k^{-\gamma} \sin \omega_k x, \quad \omega_k > 1",
        group="Network",
        shown_if=waved(16),
    )


def top_frequency_knob(default: float) -> Any:
    """The highest frequency of :class:`engine.nets.coupling.TaperedWaves`."""
    return knob(
        default,
        "Finest wave",
        "Highest frequency of the waves: higher learns finer detail, and more of it "
        "by heart.",
        ge=1,
        le=50,
        unit="rad",
        scale="log",
        symbol=r"\omega_{max}",
        group="Network",
        shown_if=waved(16, least=2),
    )


def slope_knob(default: float) -> Any:
    """The slope of :func:`engine.nets.coupling.spread_hinges`."""
    return knob(
        default,
        "Hinge slope",
        "Steepest slope of hidden units before training, where hinges are spread.",
        ge=0.05,
        le=4,
        scale="log",
        group="Network",
    )


def spread_knob(default: float) -> Any:
    """The setting of :func:`engine.nets.coupling.spread_hinges`."""
    return knob(
        default,
        "Hinge spread",
        "How far from the middle of the data hidden units bend before training, in "
        "standard deviations; 0 starts small, with few bends at the edges.",
        ge=0,
        le=6,
        unit="std",
        group="Network",
    )


def jitter_knob(default: float) -> Any:
    """The setting of :attr:`Flow.jitter`."""
    return knob(
        default,
        "Jitter",
        "Noise on each training point, new in each step, in standard deviations of "
        "the data: single points are not learned by heart, and edges blur by as much.",
        ge=0,
        le=0.2,
        unit="std",
        symbol=r"\sigma_j",
        formula=r"x + \sigma_j \epsilon, \quad \epsilon \sim N(0, I)",
    )


def jitter_fade_knob(default: int) -> Any:
    """The setting of :attr:`Flow.jitter_fade`."""
    return knob(
        default,
        "Jitter fades over",
        "Steps over which the jitter falls to zero, so that edges end sharp; "
        "with 0 it stays.",
        ge=0,
        le=1_000_000,
        slider=(0, 10_000),
        unit="steps",
        formula=r"\sigma_j \max(0, 1 - n / N_j)",
    )


def width_knob(default: int) -> Any:
    """The width of the networks inside a flow."""
    return knob(
        default,
        "Width",
        "Units per hidden layer of each network of the flow.",
        ge=8,
        le=256,
        unit="units",
        scale="log",
        group="Network",
    )


class FlowConfig(ModelConfig):
    """The networks inside a flow."""

    width: int = width_knob(64)
    depth: int = knob(
        1,
        "Depth",
        "Hidden layers of each network of the flow.",
        ge=1,
        le=4,
        unit="layers",
        group="Network",
    )
    waves: int = knob(
        8,
        "Waves",
        "Frequencies at which a network also sees its coordinate; more show finer "
        "detail, and with 0 it sees the plain number.",
        ge=0,
        le=16,
        formula=r"\sin \omega_k x, \; \cos \omega_k x",
        group="Network",
    )
    top_frequency: float = top_frequency_knob(8.0)
    low_frequency: float = low_frequency_knob(16)
    taper: float = taper_knob(1.0)
    spread: float = spread_knob(0.0)
    slope: float = slope_knob(0.5)
    activation: Activation = knob(
        "relu",
        "Activation",
        "Nonlinearity between hidden layers.",
        choices=ACTIVATION_LABELS,
        group="Network",
    )

    def net_shape(self) -> NetShape:
        """The same, as the networks want it."""
        return NetShape(
            self.width,
            self.depth,
            self.activation,
            self.waves,
            self.taper,
            self.spread,
            self.top_frequency,
            self.slope,
            self.low_frequency,
        )


class Flow(GenerativeModel):
    """An invertible map; a subclass gives :meth:`to_noise` and :meth:`layers`."""

    training_defaults: ClassVar[Mapping[str, Any]] = {
        "learning_rate": 2e-3,
        "schedule": "cosine",
        "clip": 1.0,
        "batch_size": 512,
        "steps": 6000,
    }

    def to_noise(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Noise z (n, dim) of points x (n, dim), and ln |det dz/dx| (n,)."""
        raise NotImplementedError

    def layers(self, z: Tensor) -> list[Tensor]:
        """Points (n, dim): z, then after each layer, the data last."""
        raise NotImplementedError

    def layer_names(self) -> list[str]:
        """What each layer does, one fewer than :meth:`layers` has points."""
        raise NotImplementedError

    def to_data(self, z: Tensor) -> Tensor:
        """Points x (n, dim) of noise z (n, dim); the inverse of :meth:`to_noise`."""
        return self.layers(z)[-1]

    @property
    def temperature(self) -> float:
        """Standard deviation of the noise that samples start from."""
        return 1.0

    @property
    def latent_dim(self) -> int:
        """As many axes as the data have."""
        return self.dim

    @property
    def density_kind(self) -> DensityKind:
        """Change of variables: exact."""
        return "exact"

    @property
    def density_note(self) -> str:
        """How the density is known."""
        return "change of variables"

    @property
    def jitter(self) -> float:
        """Noise on each training point, in standard deviations of the data.

        Without it the likelihood of finitely many points has no maximum worth having:
        a flow grows spikes on lone ones. Rothfuss et al. 2019, 1907.08982.
        A flow whose config has no such setting has none.
        """
        return float(getattr(self.config, "jitter", 0.0))

    @property
    def jitter_fade(self) -> int:
        """Steps over which the jitter falls to zero; 0 for one that stays."""
        return int(getattr(self.config, "jitter_fade", 0))

    def noise(self, player: str) -> dict[str, Draw]:
        """None but the jitter: the likelihood is exact."""
        del player
        return {"jitter": Draw("normal", (self.dim,))} if self.jitter else {}

    def shaken(self, batch: Batch) -> Tensor:
        """The points (b, dim) of a batch, each jittered."""
        if not self.jitter:
            return batch.x
        shift = self.jitter * batch.noise["jitter"]
        if self.jitter_fade:
            shift = shift * (1 - batch.step / self.jitter_fade).clamp(min=0)
        return batch.x + shift

    def losses(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """Negative log-likelihood in nats per standardised point."""
        del player
        return {"loss": -self.log_likelihood(self.shaken(batch)).mean()}

    def log_likelihood(self, x: Tensor) -> Tensor:
        """Log-density (n,) of training, whatever the temperature."""
        z, log_det = self.to_noise(x)
        return log_det + self.base_log_prob(z)

    def base_log_prob(self, z: Tensor, temperature: float = 1.0) -> Tensor:
        """Log-density (n,) of the noise z (n, dim): normal, of that spread."""
        constant = self.dim * math.log(math.sqrt(2 * math.pi) * temperature)
        return (-0.5 / temperature**2) * z.square().sum(dim=1) - constant

    def log_prob(self, x: Tensor, generator: Generator, effort: float = 1.0) -> Tensor:
        """Exact log-density (n,) in nats at x (n, dim), at the set temperature."""
        del generator, effort
        z, log_det = self.to_noise(x)
        return log_det + self.base_log_prob(z, max(self.temperature, COLDEST))

    def sample(self, n: int, generator: Generator) -> Tensor:
        """Draw points, (n, dim)."""
        return self.to_data(self.temperature * self.normal((n, self.dim), generator))

    def decode(self, z: Tensor) -> Tensor:
        """Points (n, dim) of noise z (n, dim)."""
        return self.to_data(z)

    def encode(self, x: Tensor) -> Codes:
        """The one code of each point, (n, dim): a flow knows no uncertainty."""
        return Codes(self.to_noise(x)[0])
