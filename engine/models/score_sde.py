r"""Score SDE: data dissolve in a diffusion, whose reverse needs the score alone.

.. math::
    dx &= f x \, d\tau + g \, dw, \qquad
    x_\tau = a \, x_0 + \sigma \, \epsilon \\
    L(\theta) &= E \, \lambda(\tau) \, \| \sigma s_\theta(x_\tau, \tau) + \epsilon \|^2

In the paper's time tau the data are at 0; what leaves this file uses t = 1 - tau. The
network learns what the score of unit normal data, :math:`-x / (a^2 + \sigma^2)`, leaves
over, scaled to unit size as in Karras et al. 2022, 2206.00364: with that, one network
serves noise of any size. Closer to the data than the end time, which training does not
visit, the score is that of the end time.

Song et al. 2020, 2011.13456. Likelihood weights: Song et al. 2021, 2101.09258.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Generator, Tensor

from engine.models.base import Batch, Card, Denoised, DensityKind, Draw
from engine.models.guided import GuidedModel
from engine.nets.clock import ClockConfig, clock_of
from engine.nets.diffusion_path import DiffusionPathConfig, diffusion_path
from engine.nets.flow_density import (
    DensityConfig,
    density_kind,
    density_note,
    flow_log_prob,
)
from engine.nets.guided_field import GuidedConfig, GuidedField
from engine.nets.training_levels import LevelsConfig, level_density, log_levels
from engine.sampling.likelihood import scaled_normal_log_prob
from engine.sampling.path import GaussianPath, Spacing
from engine.sampling.targets import Target, column
from engine.settings import knob


class ScoreSDEConfig(
    DensityConfig, LevelsConfig, DiffusionPathConfig, ClockConfig, GuidedConfig
):
    """Settings of :class:`ScoreSDE`."""

    first: ClassVar[tuple[str, ...]] = ("sde", "weighting", "width")

    end_time: float = knob(
        1e-3,
        "End time",
        "Training stays this far from the clean data, where the score has no bound.",
        ge=1e-5,
        le=0.05,
        scale="log",
        symbol=r"\tau_{min}",
        group="Noise",
    )
    weighting: Literal["unit", "noise", "likelihood"] = knob(
        "unit",
        "Loss weight",
        "Which noise levels count: all alike, by the error in the noise as in the "
        "paper, or as the likelihood weighs them.",
        apply="live",
        symbol=r"\lambda",
        group="Training",
        choices={
            "unit": "All alike",
            "noise": "Noise error",
            "likelihood": "Likelihood",
        },
    )
    density_steps: int = knob(
        40,
        "Density steps",
        "Steps of that solver; fewer are faster and less accurate.",
        ge=4,
        le=500,
        unit="steps",
        apply="live",
        scale="log",
        group="Log-density",
        shown_if={"density_solver": ["euler", "heun", "rk4"]},
    )


class ScoreSDE(GuidedModel):
    """A score for every time of a diffusion."""

    name = "score_sde"
    card = Card(
        title="Score SDE",
        family="Diffusion and flow matching",
        paper="Song et al. 2020",
        arxiv="2011.13456",
        formula=(
            r"dx = [f\,x - g^2\,s_\theta(x, \tau)]\,d\tau + g\,d\bar w,\quad "
            r"\min_\theta E\,\lambda\,\| \sigma s_\theta(x_\tau, \tau) + \epsilon \|^2"
        ),
        summary="Lets data dissolve in a continuous diffusion and learns the score "
        "that runs it backward, as a random walk or as smooth lines.",
    )
    Config = ScoreSDEConfig
    training_defaults: ClassVar = {
        "learning_rate": 2e-3,
        "schedule": "cosine",
        "ema": 0.999,
        "batch_size": 512,
        "steps": 9000,
    }
    default_sampler = "euler_maruyama"
    term_titles: ClassVar = {"loss": "noise error"}
    default_sampler_settings: ClassVar = {"steps": 200, "grid": "quadratic"}

    def __init__(self, config: ScoreSDEConfig, dim: int = 2, classes: int = 0) -> None:
        super().__init__(config, dim, classes)
        self.field = GuidedField(dim, config, classes)

    # Training

    def noise(self, player: str) -> dict[str, Draw]:
        """The noise to add, and when."""
        del player
        even = self.config.level_sampling == "uniform"
        when = {"t": Draw("uniform")} if even else {"level": Draw("normal")}
        return {"eps": Draw("normal", (self.dim,)), **when, **self.field.draws()}

    def batch_times(self, noise: Mapping[str, Tensor]) -> Tensor:
        """Times (b,) that a batch visits, none closer to the data than the end time."""
        last: float = 1 - self.config.end_time
        if "t" in noise:
            return noise["t"] * last
        ratio = log_levels(noise["level"], self.config).exp()
        return self.path.time_of(ratio).clamp(0, last)

    def visit_density(self, t: Tensor) -> Tensor:
        """Their density (n,), exact but for the times behind the end time."""
        config = self.config
        if config.level_sampling == "uniform":
            last: float = 1 - config.end_time
            return (t <= last).to(t) / last
        return level_density(t, self.path, config.level_mean, config.level_spread)

    def losses(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """Weighted squared error of the noise, mean over points and coordinates."""
        del player
        eps, path = batch.noise["eps"], self.path
        t = self.batch_times(batch.noise)
        alpha, sigma = column(path.alpha(t)), column(path.sigma(t))
        x = alpha * batch.x + sigma * eps
        power = alpha.square() + sigma.square()
        clock = clock_of(t, path, self.config)
        guess = self.field.learn(x * power.rsqrt(), clock, batch, self.config)
        # What is left of eps beside sigma x / power, divided by its size alpha / root.
        target = (alpha * eps - sigma * batch.x) * power.rsqrt()
        squares = (guess - target).square() * column(self._weight(t))
        return {"loss": squares.mean()}

    def _weight(self, t: Tensor) -> Tensor:
        """Weight (b,) of a squared error of the network, which is of unit size."""
        if self.config.weighting == "unit":
            return torch.ones_like(t)
        path = self.path
        alpha, sigma = path.alpha(t), path.sigma(t)
        noise_error = alpha.square() / (alpha.square() + sigma.square())
        if self.config.weighting == "noise":
            return noise_error
        return path.reverse_rates(t)[1] / sigma.square() * noise_error

    def aim(self) -> Target | None:
        """v, of unit size: what the noise has beside its share in x."""
        return "v"

    # Process

    @property
    def path(self) -> GaussianPath:
        """Signal and noise of the diffusion."""
        return diffusion_path(self.config)

    @property
    def calls(self) -> int:
        """Evaluations of the network for one of the process."""
        return self.field.calls(self.config)

    def _start_std(self) -> float:
        return float(self.path.sigma(torch.zeros(())))

    def start(self, n: int, generator: Generator) -> Tensor:
        """Normal noise of the size at the noisy end, (n, dim)."""
        return self._start_std() * self.normal((n, self.dim), generator)

    def score(self, x: Tensor, t: Tensor) -> Tensor:
        """The score, closer to the data than the end time that of the end time."""
        t = t.clamp(max=1 - self.config.end_time)
        alpha, sigma = column(self.path.alpha(t)), column(self.path.sigma(t))
        power = alpha.square() + sigma.square()
        clock = clock_of(t, self.path, self.config)
        y = self.field.guided(x * power.rsqrt(), clock, self.config, moment=t)
        return -(x / power + alpha / sigma * power.rsqrt() * y)

    def denoised(self, x: Tensor, t: Tensor) -> Denoised:
        """The noise that belongs to the score, and the point without it."""
        alpha, sigma = column(self.path.alpha(t)), column(self.path.sigma(t))
        eps = -sigma * self.score(x, t)
        return Denoised((x - sigma * eps) / alpha, eps)

    def velocity(self, x: Tensor, t: Tensor) -> Tensor:
        """The probability-flow ODE: the reverse drift with half the score, (n, dim)."""
        growth, noise_rate = (column(c) for c in self.path.reverse_rates(t))
        return growth * x + noise_rate / 2 * self.score(x, t)

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
        spacing: Spacing = "uniform" if self.config.sde == "ve" else "quadratic"
        base = self.start_log_prob
        return flow_log_prob(
            self.velocity, x, self.config, generator, effort, base, spacing
        )

    def start_log_prob(self, x: Tensor) -> Tensor:
        """Log-density (n,) of the noise at the noisy end."""
        return scaled_normal_log_prob(x, self._start_std())
