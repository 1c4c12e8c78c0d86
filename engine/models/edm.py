r"""EDM: a denoiser whose network sees and predicts numbers of unit size.

.. math::
    D(x, \sigma) &= c_{skip} \, x + c_{out} \, F_\theta(c_{in} \, x, \sigma) \\
    L(\theta) &= E \, \| F_\theta - (x_0 - c_{skip} \, x) / c_{out} \|^2,
    \qquad x = x_0 + \sigma \epsilon, \quad \ln \sigma \sim N(m, s^2)

For normal data of standard deviation :math:`\sigma_d` the best F is 0. Noise levels run
over time as :math:`\sigma = \sigma_{max} (1 - t)^\rho`; under the least level, which
training hardly visits, the score is that of the least level.

Karras et al. 2022, 2206.00364, table 1 and appendix B.6.
"""

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Generator, Tensor

from engine.models.base import Batch, Card, Denoised, DensityKind, Draw
from engine.models.guided import GuidedModel
from engine.nets.flow_density import (
    DensityConfig,
    density_kind,
    density_note,
    flow_log_prob,
)
from engine.nets.guided_field import GuidedConfig, GuidedField
from engine.nets.training_levels import level_density
from engine.sampling.likelihood import scaled_normal_log_prob
from engine.sampling.sde_paths import PowerPath
from engine.sampling.targets import Target, column
from engine.settings import knob


class EDMConfig(DensityConfig, GuidedConfig):
    """Settings of :class:`EDM`; noise levels in standard deviations of the data."""

    first: ClassVar[tuple[str, ...]] = ("sigma_min", "sigma_max", "width")

    sigma_min: float = knob(
        0.01,
        "Least noise",
        "Smallest noise level that sampling asks the network about.",
        ge=0.001,
        le=0.2,
        scale="log",
        symbol=r"\sigma_{min}",
        group="Noise",
    )
    sigma_max: float = knob(
        20.0,
        "Most noise",
        "Noise level at which sampling begins.",
        ge=2,
        le=100,
        scale="log",
        symbol=r"\sigma_{max}",
        group="Noise",
    )
    rho: float = knob(
        7.0,
        "Level exponent",
        "Higher spends more of the time at low noise.",
        ge=1,
        le=10,
        symbol=r"\rho",
        formula=r"\sigma(t) = \sigma_{max}\,(1 - t)^\rho",
        group="Noise",
    )
    sigma_data: float = knob(
        1.0,
        "Data spread",
        "Standard deviation of the data that the scalings assume.",
        ge=0.1,
        le=5,
        scale="log",
        symbol=r"\sigma_d",
        formula=r"c_{skip} = \frac{\sigma_d^2}{\sigma^2 + \sigma_d^2}",
        group="Noise",
    )
    level_mean: float = knob(
        -1.2,
        "Training level",
        "Mean of the logarithm of the noise levels that training visits.",
        ge=-4,
        le=2,
        apply="live",
        symbol="m",
        formula=r"\ln \sigma \sim N(m, s^2)",
        group="Training",
    )
    level_spread: float = knob(
        1.2,
        "Level spread",
        "Standard deviation of that logarithm.",
        ge=0.1,
        le=3,
        apply="live",
        symbol="s",
        formula=r"\ln \sigma \sim N(m, s^2)",
        group="Training",
    )


class EDM(GuidedModel):
    """A preconditioned denoiser for all noise levels."""

    name = "edm"
    card = Card(
        title="EDM",
        family="Diffusion and flow matching",
        paper="Karras et al. 2022",
        arxiv="2206.00364",
        formula=(
            r"D(x, \sigma) = c_{skip}\,x + c_{out}\,F_\theta(c_{in}\,x, \sigma),\quad "
            r"\min_\theta E\,\| D(x_0 + \sigma\epsilon, \sigma) - x_0 \|^2 / c_{out}^2"
        ),
        summary="A diffusion model put in order: the network always sees and predicts "
        "numbers of unit size, and samples in few steps.",
    )
    Config = EDMConfig
    training_defaults: ClassVar = {
        "learning_rate": 2e-3,
        "schedule": "cosine",
        "ema": 0.999,
        "batch_size": 512,
        "steps": 9000,
    }
    default_sampler = "edm_heun"
    term_titles: ClassVar = {"loss": "denoising error"}
    default_sampler_settings: ClassVar = {"steps": 18}

    def __init__(self, config: EDMConfig, dim: int = 2, classes: int = 0) -> None:
        super().__init__(config, dim, classes)
        self.field = GuidedField(dim, config, classes)

    # Training

    def noise(self, player: str) -> dict[str, Draw]:
        """The noise to add, and the logarithm of its level before scaling."""
        del player
        draws = {"eps": Draw("normal", (self.dim,)), "level": Draw("normal")}
        return {**draws, **self.field.draws()}

    def training_levels(self, xi: Tensor) -> Tensor:
        """Normal draws (b,) turned into noise levels (b,)."""
        return torch.exp(self.config.level_mean + self.config.level_spread * xi)

    def batch_times(self, noise: Mapping[str, Tensor]) -> Tensor:
        """Times (b,) of the noise levels that a batch visits."""
        return self.path.time_of(self.training_levels(noise["level"]))

    def visit_density(self, t: Tensor) -> Tensor:
        """Their density (n,), exact between the largest and the smallest level."""
        config = self.config
        return level_density(t, self.path, config.level_mean, config.level_spread)

    def scalings(self, sigma: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The factors c_skip, c_out and c_in at noise levels of any shape."""
        data = self.config.sigma_data
        power = sigma.square() + data**2
        return data**2 / power, sigma * data * power.rsqrt(), power.rsqrt()

    def losses(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """Squared error of F, mean over points and coordinates."""
        del player
        sigma = self.training_levels(batch.noise["level"])
        x = batch.x + column(sigma) * batch.noise["eps"]
        skip, out, into = (column(c) for c in self.scalings(sigma))
        guess = self.field.learn(into * x, sigma.log() / 4, batch, self.config)
        return {"loss": (guess - (batch.x - skip * x) / out).square().mean()}

    def aim(self) -> Target | None:
        """The paper's F, which is v where the data are taken to have spread 1."""
        return "v" if self.config.sigma_data == 1 else None

    # Process

    @property
    def path(self) -> PowerPath:
        """Data plus noise, whose level falls as a power of 1 - t."""
        config = self.config
        return PowerPath(config.sigma_min, config.sigma_max, config.rho)

    @property
    def calls(self) -> int:
        """Evaluations of the network for one of the process."""
        return self.field.calls(self.config)

    def start(self, n: int, generator: Generator) -> Tensor:
        """Normal noise of the largest level, (n, dim)."""
        sigma_max: float = self.config.sigma_max
        return sigma_max * self.normal((n, self.dim), generator)

    def denoiser(self, x: Tensor, sigma: Tensor, t: Tensor) -> Tensor:
        """The paper's D (n, dim) at noise levels (n,) or 0-dim, met at times t."""
        skip, out, into = (column(c) for c in self.scalings(sigma))
        clock = sigma.log() / 4
        guess: Tensor = self.field.guided(into * x, clock, self.config, moment=t)
        return skip * x + out * guess

    def score(self, x: Tensor, t: Tensor) -> Tensor:
        """(D - x) / sigma^2, under the least level that of the least level."""
        sigma = self.path.sigma(t).clamp(min=self.config.sigma_min)
        return (self.denoiser(x, sigma, t) - x) / column(sigma).square()

    def denoised(self, x: Tensor, t: Tensor) -> Denoised:
        """The noise that belongs to the score, and the point without it."""
        sigma = column(self.path.sigma(t))
        eps = -sigma * self.score(x, t)
        return Denoised(x - sigma * eps, eps)

    def velocity(self, x: Tensor, t: Tensor) -> Tensor:
        """The fall of the noise level along the noise, (n, dim)."""
        return column(self.path.d_sigma(t)) * self.denoised(x, t).eps

    # Density

    @property
    def density_kind(self) -> DensityKind:
        """Exact for the density of the ODE, up to the solver's error."""
        return density_kind(self.config)

    @property
    def density_note(self) -> str:
        """How the number is made."""
        return f"probability-flow {density_note(self.config)}"

    def log_prob(self, x: Tensor, generator: Generator, effort: float = 1.0) -> Tensor:
        """Log-density (n,) by integrating the divergence along the flow."""
        base = self.start_log_prob
        return flow_log_prob(self.velocity, x, self.config, generator, effort, base)

    def start_log_prob(self, x: Tensor) -> Tensor:
        """Log-density (n,) of the widest noise."""
        return scaled_normal_log_prob(x, self.config.sigma_max)
