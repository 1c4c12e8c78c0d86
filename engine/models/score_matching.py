r"""Score matching at several noise levels, sampled by annealed Langevin steps (NCSN).

.. math::
    x_t &= x + \sigma(t) \, \epsilon, \qquad
    \sigma(t) = \sigma_{max}^{1-t} \, \sigma_{min}^{t} \\
    L_{denoising} &= E \, \tfrac12 \| \sigma s_\theta(x_t, t) + \epsilon \|^2 \\
    L_{implicit} &= E \, \sigma^2 \big( \tfrac12 \| s_\theta \|^2
        + \nabla \cdot s_\theta \big) + \tfrac D2

Both have the same expectation for every s (Vincent 2011), and the sliced loss replaces
the divergence by :math:`v^\top \nabla s_\theta \, v` with random v. t = 0 is the widest
noise, t = 1 the narrowest, so what is learned is the density of the data blurred by
sigma_min. The network gives sigma times the score and sees x / sqrt(1 + sigma^2).

Implicit: Hyvarinen 2005. Denoising: Vincent 2011. Sliced: Song et al. 2019, 1905.07088,
eq. 8. Levels: Song & Ermon 2019, https://arxiv.org/abs/1907.05600, eq. 6; the size of
the network's output: 2006.09011. As an ODE: Song et al. 2020, 2011.13456.
"""

import math
from collections.abc import Mapping
from typing import ClassVar, Literal, Self

import torch
from pydantic import model_validator
from torch import Generator, Tensor

from engine.models.base import Batch, Card, Denoised, DensityKind, Draw, GenerativeModel
from engine.nets.time_field import FieldConfig, TimeField
from engine.sampling.likelihood import ode_log_prob, scaled_normal_log_prob
from engine.sampling.sde_paths import VEPath
from engine.sampling.targets import Target, column
from engine.settings import knob

Loss = Literal["denoising", "implicit", "sliced"]
LIKELIHOOD_STEPS = 32


class ScoreMatchingConfig(FieldConfig):
    """Settings of :class:`ScoreMatching`."""

    first: ClassVar[tuple[str, ...]] = ("sigma_max", "levels", "width")

    sigma_max: float = knob(
        2.0,
        "Widest noise",
        "Noise at the start of sampling, where the data have spread 1: wide enough to "
        "join all parts of the data.",
        ge=0.1,
        le=20,
        scale="log",
        symbol=r"\sigma_{max}",
        group="Noise",
    )
    sigma_min: float = knob(
        0.05,
        "Narrowest noise",
        "Noise that is left in the samples: finer detail than this is lost.",
        ge=0.005,
        le=1,
        scale="log",
        symbol=r"\sigma_{min}",
        group="Noise",
    )
    levels: int = knob(
        100,
        "Noise levels",
        "Sizes of noise that the training visits, evenly spaced on a log scale; few "
        "serve only samplers that stop at the same ones, 1 leaves the narrowest.",
        ge=1,
        le=1000,
        scale="log",
        symbol="L",
        group="Noise",
    )
    objective: Loss = knob(
        "denoising",
        "Loss",
        "Denoising compares with the noise that was added; the other two need only the "
        "network's own slope, all of it or along random directions.",
        apply="live",
        group="Training",
        choices={
            "denoising": "Denoising",
            "implicit": "Implicit",
            "sliced": "Sliced",
        },
    )
    slices: int = knob(
        1,
        "Directions",
        "Random directions per point along which the slope is taken.",
        ge=1,
        le=16,
        apply="live",
        group="Training",
        shown_if={"objective": ["sliced"]},
    )

    @model_validator(mode="after")
    def _check_noise(self) -> Self:
        if self.sigma_min >= self.sigma_max:
            raise ValueError(
                "The narrowest noise has to be smaller than the widest: lower "
                "'Narrowest noise' or raise 'Widest noise'."
            )
        return self


class ScoreMatching(GenerativeModel):
    """A score network for several noise levels."""

    name = "score_matching"
    card = Card(
        title="Score matching",
        family="Diffusion and flow matching",
        paper="Song & Ermon 2019",
        arxiv="1907.05600",
        formula=(
            r"\min_\theta E\,\tfrac12 \| \sigma\,s_\theta(x + \sigma\,\epsilon, \sigma)"
            r" + \epsilon \|^2"
        ),
        formulas=(
            "objective",
            {
                "implicit": r"\min_\theta E\,\sigma^2 \big( \tfrac12 \| s_\theta \|^2"
                r" + \nabla \cdot s_\theta \big)",
                "sliced": r"\min_\theta E\,\sigma^2 \big( \tfrac12 \| s_\theta \|^2"
                r" + v^\top \nabla s_\theta\,v \big)",
            },
        ),
        summary="Learns in which direction the data get denser, at several blurs, and "
        "lets random walkers climb from the coarsest to the finest.",
    )
    Config = ScoreMatchingConfig
    training_defaults: ClassVar = {
        "learning_rate": 1e-3,
        "schedule": "cosine",
        "ema": 0.998,
        "batch_size": 512,
        "steps": 6000,
    }
    default_sampler = "annealed_langevin"
    term_titles: ClassVar = {"loss": "score error"}

    def __init__(
        self, config: ScoreMatchingConfig, dim: int = 2, classes: int = 0
    ) -> None:
        super().__init__(config, dim, classes)
        self.field = TimeField(dim, config)
        self._path = VEPath(config.sigma_min, config.sigma_max)

    # Training

    def noise(self, player: str) -> dict[str, Draw]:
        """The noise to add, how much of it, and directions for the sliced loss."""
        del player
        draws = {
            "eps": Draw("normal", (self.dim,)),
            "level": Draw("integer", high=self.config.levels),
        }
        if self.config.objective == "sliced":
            draws["v"] = Draw("normal", (self.config.slices, self.dim))
        return draws

    def losses(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """Loss per point, summed over coordinates; all three agree on average."""
        del player
        t = self.batch_times(batch.noise)
        sigma = self._path.sigma(t)[:, None]
        x_t = torch.addcmul(batch.x, sigma, batch.noise["eps"])
        if self.config.objective == "denoising":
            error = self.scaled_score(x_t, t) + batch.noise["eps"]
            return {"loss": 0.5 * error.square().sum(1).mean()}
        x_t.requires_grad_(True)
        found = self.scaled_score(x_t, t)
        if self.config.objective == "implicit":
            slope = _divergence(found, x_t)
        else:
            slope = _sliced(found, x_t, batch.noise["v"])
        loss = 0.5 * found.square().sum(1) + sigma[:, 0] * slope
        return {"loss": loss.mean() + 0.5 * self.dim}

    def _times(self, level: Tensor) -> Tensor:
        """Times (b,) of levels that are counted from 0."""
        gaps = self.config.levels - 1
        return level / gaps if gaps else torch.ones_like(level)

    def aim(self) -> Target | None:
        """The score, scaled by the noise level."""
        return "score"

    def batch_times(self, noise: Mapping[str, Tensor]) -> Tensor:
        """Times (b,) of the levels that a batch visits."""
        return self._times(noise["level"].to(self.dtype))

    def visit_density(self, t: Tensor) -> Tensor:
        """All levels alike, (n,)."""
        return torch.ones_like(t)

    def scaled_score(self, x: Tensor, t: Tensor) -> Tensor:
        """sigma(t) times the score at x (n, dim): minus the noise in x."""
        shrink = torch.rsqrt(1 + self._path.sigma(t).square())
        return self.field(x * column(shrink), t)  # type: ignore[no-any-return]

    # Process

    @property
    def path(self) -> VEPath:
        """Data plus noise that shrinks from sigma_max to sigma_min."""
        return self._path

    @property
    def start_spread(self) -> float:
        """Spread of standardised data under the widest noise."""
        return math.sqrt(1 + self.config.sigma_max**2)

    def start(self, n: int, generator: Generator) -> Tensor:
        """Normal noise as wide as the blurred data, (n, dim)."""
        return self.start_spread * self.normal((n, self.dim), generator)

    def denoised(self, x: Tensor, t: Tensor) -> Denoised:
        """The noise that the score means, and what is left without it."""
        eps = -self.scaled_score(x, t)
        return Denoised(x - column(self._path.sigma(t)) * eps, eps)

    def velocity(self, x: Tensor, t: Tensor) -> Tensor:
        """The probability-flow ODE of shrinking noise, (n, dim)."""
        return -column(self._path.d_sigma(t)) * self.scaled_score(x, t)

    def score(self, x: Tensor, t: Tensor) -> Tensor:
        """Gradient of the log-density of the data blurred by sigma(t), (n, dim)."""
        return self.scaled_score(x, t) / column(self._path.sigma(t))

    # Density

    @property
    def density_kind(self) -> DensityKind:
        """Exact for the density of the ODE, up to the solver's error."""
        return "exact"

    @property
    def density_note(self) -> str:
        """How the number is made."""
        return f"probability-flow ODE down to noise {self.config.sigma_min:g}"

    def log_prob(self, x: Tensor, generator: Generator, effort: float = 1.0) -> Tensor:
        """Log-density (n,) by integrating the divergence along the flow."""
        del generator
        steps = max(8, round(LIKELIHOOD_STEPS * effort))
        return ode_log_prob(self.velocity, x, self.start_log_prob, steps)

    def start_log_prob(self, x: Tensor) -> Tensor:
        """Log-density (n,) of noise as wide as the blurred data."""
        return scaled_normal_log_prob(x, self.start_spread)


def _divergence(values: Tensor, x: Tensor) -> Tensor:
    """Exact trace (n,) of d values / dx, itself differentiable."""
    trace = torch.zeros_like(x[:, 0])
    for axis in range(x.shape[1]):
        (slope,) = torch.autograd.grad(values[:, axis].sum(), x, create_graph=True)
        trace = trace + slope[:, axis]
    return trace


def _sliced(values: Tensor, x: Tensor, v: Tensor) -> Tensor:
    """Mean over slices of v^T (d values / dx) v (n,), for directions v (n, m, dim)."""
    total = torch.zeros_like(x[:, 0])
    for k in range(v.shape[1]):
        along = (values * v[:, k]).sum()
        (slope,) = torch.autograd.grad(along, x, create_graph=True)
        total = total + (slope * v[:, k]).sum(1)
    return total / v.shape[1]
