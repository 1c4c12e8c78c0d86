r"""Denoising diffusion: learn the noise in a point, and remove it step by step.

.. math::
    x_n &= \sqrt{\bar\alpha_n} \, x_0 + \sqrt{1 - \bar\alpha_n} \, \epsilon,
    \qquad n = 1 \dots T \\
    L(\theta) &= E \, \| \epsilon - \epsilon_\theta(x_n, n) \|^2

Inside this file n counts the noise upward and x_0 is the data, as in the paper; what
leaves it uses t = 1 - n / T, from noise at t = 0 to data at t = 1. The network may
predict another target, which changes what its errors cost but not what it knows: by
default v, a number of unit size at every level, where an error in the noise itself
would be blown up by 1 / alpha at the noisy end. Levels are visited where the data take
shape (:mod:`engine.nets.training_levels`), not all alike as in the paper.
Between the T moments the path is continued, so that ODE solvers and the likelihood
(probability-flow ODE, Song et al. 2020, 2011.13456) work at any t.

Ho, Jain, Abbeel 2020, 2006.11239, eq. 4 and 14. Targets: Salimans & Ho 2022,
2202.00512. Weights: Hang et al. 2023, 2303.09556.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

import torch
import torch.nn.functional as F
from pydantic import model_validator
from torch import Generator, Tensor

from engine.models.base import Batch, Card, Denoised, DensityKind, Draw
from engine.models.guided import GuidedModel
from engine.nets.clock import ClockConfig, clock_of
from engine.nets.flow_density import (
    DensityConfig,
    density_kind,
    density_note,
    flow_log_prob,
)
from engine.nets.guided_field import GuidedConfig, GuidedField
from engine.nets.training_levels import LevelsConfig, level_density, log_levels
from engine.sampling.likelihood import normal_log_prob
from engine.sampling.path import AnglePath
from engine.sampling.readout import Factors, Readout, Readouts
from engine.sampling.schedules import MOST_SIGNAL_LEFT, Schedule, make_signal_power
from engine.sampling.targets import Target, coefficients, column
from engine.settings import knob

Weight = Literal["plain", "noise", "min_snr", "bound"]


def _formula(target: str, meaning: str = "", *, symbol: str = "") -> str:
    """The loss as LaTeX: the network ``target`` predicts that, or ``symbol``."""
    noised = r"x_n = a_n\,x_0 + \sigma_n\,\epsilon"
    parts = [
        rf"\min_\theta E\,\| {symbol or target} - {target}_\theta(x_n, n) \|^2",
        meaning,
        noised,
    ]
    return r",\quad ".join(part for part in parts if part)


class DDPMConfig(DensityConfig, LevelsConfig, ClockConfig, GuidedConfig):
    """Settings of :class:`DDPM`."""

    first: ClassVar[tuple[str, ...]] = ("T", "schedule", "width")

    T: int = knob(
        100,
        "Noise levels",
        "Steps from data to pure noise.",
        ge=25,
        le=1000,
        unit="steps",
        scale="log",
        symbol="T",
        group="Noise",
    )
    schedule: Schedule = knob(
        "linear",
        "Noise schedule",
        "How fast the noise grows.",
        group="Noise",
        symbol=r"\beta_n",
        choices={"linear": "Linear", "cosine": "Cosine"},
    )
    scale_betas: bool = knob(
        True,
        "Scale with T",
        "Add the same noise in the end whatever the number of "
        "levels; off, a small number leaves the data visible.",
        formula=r"\beta_n \propto 1000 / T",
        group="Noise",
        shown_if={"schedule": ["linear"]},
    )
    zero_snr: bool = knob(
        False,
        "End in pure noise",
        "Stretch the schedule until no signal is left at "
        "the last level; needs a target other than noise or score.",
        formula=r"\bar\alpha_T = 0",
        group="Noise",
    )
    target: Target = knob(
        "v",
        "Target",
        "What the network predicts.",
        group="Training",
        choices={
            "eps": "Noise ε",
            "x0": "Data x₀",
            "v": "v",
            "score": "Score",
            "u": "Velocity",
        },
    )
    loss_weight: Weight = knob(
        "plain",
        "Loss weight",
        "Which noise levels count: each target's own error, "
        "the error in the noise, that error with clean levels held back, or the "
        "weights of the likelihood bound.",
        group="Training",
        symbol="w_n",
        choices={
            "plain": "Plain",
            "noise": "As noise error",
            "min_snr": "Min-SNR",
            "bound": "Bound",
        },
    )

    snr_cap: float = knob(
        5.0,
        "Most SNR",
        "Signal-to-noise ratio from which Min-SNR counts no level more.",
        ge=0.1,
        le=100,
        scale="log",
        symbol=r"\gamma",
        formula=r"w_n \propto \min(SNR, \gamma)",
        group="Training",
        shown_if={"loss_weight": ["min_snr"]},
    )
    density_steps: int = knob(
        32,
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

    @model_validator(mode="after")
    def _check_noise(self) -> Self:
        if self.zero_snr and self.target in ("eps", "score"):
            raise ValueError(
                "At the last level, where no signal is left, the noise says nothing "
                "about the data: choose the target x0, v or u, or switch off 'End in "
                "pure noise'."
            )
        left = float(self.signal_power()[-1])
        if left > MOST_SIGNAL_LEFT:
            raise ValueError(
                f"With T = {self.T} this schedule keeps {left:.0%} of the data's "
                "variance at its noisy end: switch on 'Scale with T' or use more "
                "noise levels."
            )
        return self

    def signal_power(self) -> Tensor:
        """Alpha-bar at n = 0 .. T, (T + 1,) float64."""
        return make_signal_power(
            self.schedule, self.T, scaled=self.scale_betas, zero_snr=self.zero_snr
        )


class DDPM(GuidedModel):
    """A denoiser for T noise levels."""

    borders: Tensor

    name = "ddpm"
    card = Card(
        title="DDPM",
        family="Diffusion and flow matching",
        paper="Ho, Jain, Abbeel 2020",
        arxiv="2006.11239",
        formula=_formula("v", r"v = a_n\,\epsilon - \sigma_n\,x_0"),
        formulas=(
            "target",
            {
                "eps": _formula(r"\epsilon"),
                "x0": _formula("x", symbol="x_0"),
                "score": _formula("s", r"s = -\epsilon / \sigma_n"),
                "u": _formula("u", r"u = \dot a\,x_0 + \dot\sigma\,\epsilon"),
            },
        ),
        summary="Adds noise in many small steps and learns to take it out again.",
    )
    Config = DDPMConfig
    training_defaults: ClassVar = {
        "learning_rate": 2e-3,
        "schedule": "cosine",
        "ema": 0.999,
        "batch_size": 512,
        "steps": 12000,
    }
    default_sampler = "heun"
    default_sampler_settings: ClassVar = {"steps": 25, "grid": "log_snr"}

    def __init__(self, config: DDPMConfig, dim: int = 2, classes: int = 0) -> None:
        super().__init__(config, dim, classes)
        self.field = GuidedField(dim, config, classes)
        self._path = AnglePath(config.signal_power())
        self._readouts = Readouts(self._readout)
        for name, table in self._tables(config).items():
            values = table.to(torch.get_default_dtype())[:, None]
            self.register_buffer(f"table_{name}", values, persistent=False)

        self.register_buffer("borders", self._borders(), persistent=False)

    def _borders(self) -> Tensor:
        """Logarithms (T - 1,) of noise-to-signal ratios half-way between two levels."""
        t = 1 - torch.arange(1, self.config.T + 1, dtype=torch.float64) / self.config.T
        ratio = self._path.sigma(t) / self._path.alpha(t)
        logs = ratio.clamp(max=self._path.most_noise).log()
        return ((logs[1:] + logs[:-1]) / 2).to(torch.get_default_dtype())

    def _tables(self, config: DDPMConfig) -> dict[str, Tensor]:
        """Per level n = 1 .. T: clock, signal, spread, target factors, loss weight."""
        n = torch.arange(1, config.T + 1, dtype=torch.float64)
        t = 1 - n / config.T
        p, q = self._factors(t)
        weight = loss_weights(config)
        return {
            "clock": clock_of(t, self._path, config),
            "alpha": self._path.alpha(t),
            "sigma": self._path.sigma(t),
            "p": p,
            "q": q,
            "weight": weight,
        }

    def _factors(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """Factors of data and noise in what the network puts out.

        For the score it puts out sigma times the score, which has the same size at
        all levels (Song & Ermon 2020, 2006.09011, technique 3).
        """
        if self.config.target == "score":
            return torch.zeros_like(t), -torch.ones_like(t)
        return coefficients(self.config.target, self._path, t)

    # Training

    def noise(self, player: str) -> dict[str, Draw]:
        """The noise to add, and how much of it (level n less one)."""
        del player
        even = self.config.level_sampling == "uniform"
        level = Draw("integer", high=self.config.T) if even else Draw("normal")
        return {
            "eps": Draw("normal", (self.dim,)),
            "level": level,
            **self.field.draws(),
        }

    def training_levels(self, draw: Tensor) -> Tensor:
        """Levels (b,), less one, that a batch visits: the nearest to those drawn."""
        if not draw.is_floating_point():
            return draw
        return torch.bucketize(log_levels(draw, self.config), self.borders)

    def batch_times(self, noise: Mapping[str, Tensor]) -> Tensor:
        """Times (b,) of the levels that a batch visits."""
        times: Tensor = 1 - (self.training_levels(noise["level"]) + 1) / self.config.T
        return times

    def visit_density(self, t: Tensor) -> Tensor:
        """Their density (n,), as if there were a level at every time."""
        config = self.config
        if config.level_sampling == "uniform":
            return torch.ones_like(t)
        return level_density(t, self._path, config.level_mean, config.level_spread)

    def losses(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """Squared error of the target, mean over points and coordinates."""
        del player
        eps, level = batch.noise["eps"], self.training_levels(batch.noise["level"])
        x_n = self._mix("alpha", "sigma", level, batch.x, eps)
        clock = self._at("clock", level)[:, 0]
        guess = self.field.learn(x_n, clock, batch, self.config)
        error_to = self._target(level, batch.x, eps)
        if self.config.loss_weight == "plain":
            return {"loss": F.mse_loss(guess, error_to)}
        squares = (guess - error_to).square() * self._at("weight", level)
        return {"loss": squares.mean()}

    def _at(self, name: str, level: Tensor) -> Tensor:
        return self.get_buffer(f"table_{name}").index_select(0, level)

    def _mix(self, p: str, q: str, level: Tensor, x: Tensor, eps: Tensor) -> Tensor:
        return torch.addcmul(self._at(p, level) * x, self._at(q, level), eps)

    def _target(self, level: Tensor, x: Tensor, eps: Tensor) -> Tensor:
        if self.config.target == "eps":
            return eps
        if self.config.target == "x0":
            return x
        return self._mix("p", "q", level, x, eps)

    def aim(self) -> Target | None:
        """What the network predicts."""
        target: Target = self.config.target
        return target

    # Process

    @property
    def path(self) -> AnglePath:
        """The schedule as a path in t, continued between its levels."""
        return self._path

    @property
    def calls(self) -> int:
        """Evaluations of the network for one of the process."""
        return self.field.calls(self.config)

    def start(self, n: int, generator: Generator) -> Tensor:
        """Standard normal noise, (n, dim)."""
        return self.normal((n, self.dim), generator)

    def _readout(self, t: Tensor) -> Readout:
        """All factors at t; closer to the data than n = 1 the score of n = 1 is kept.

        There the noise is what the score says, and the data point what is left
        without it.
        """
        trained = t.clamp(max=1 - 1 / self.config.T)
        angle = self._path.angle(trained)
        alpha, spread = angle.cos(), angle.sin()
        p, q = self._factors(trained)
        determinant = alpha * q - spread * p
        score = [p / determinant / spread, -alpha / determinant / spread]
        angle = self._path.angle(t)
        signal, sigma = angle.cos(), angle.sin()
        eps = [-sigma * factor for factor in score]
        beyond = [(1 - sigma * eps[0]) / signal, -sigma * eps[1] / signal]
        inside = [q / determinant, -spread / determinant]
        data = [
            torch.where(sigma < spread, *two)
            for two in zip(beyond, inside, strict=True)
        ]
        speed = self._path.d_angle(t)
        pairs = zip(eps, data, strict=True)
        velocity = [speed * (signal * e - sigma * d) for e, d in pairs]
        parts = (data, eps, score, velocity)
        clock = clock_of(trained, self._path, self.config)
        return Readout(clock, *(Factors(*map(column, part)) for part in parts))

    def _read(self, x: Tensor, t: Tensor) -> tuple[Readout, Tensor]:
        """The factors at t, and what the network puts out there, (n, dim)."""
        readout = self._readouts.at(t)
        return readout, self.field.guided(x, readout.clock, self.config, moment=t)

    def denoised(self, x: Tensor, t: Tensor) -> Denoised:
        """Data point and noise; closer to the data than n = 1 the score is kept."""
        readout, y = self._read(x, t)
        return readout.pair(x, y)

    def velocity(self, x: Tensor, t: Tensor) -> Tensor:
        """Speed of the angle times v, the probability-flow ODE, (n, dim)."""
        readout, y = self._read(x, t)
        return readout.velocity.apply(x, y)

    def score(self, x: Tensor, t: Tensor) -> Tensor:
        """-eps / sigma; closer to the data than n = 1 that of n = 1."""
        readout, y = self._read(x, t)
        return readout.score.apply(x, y)

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
        return flow_log_prob(
            self.velocity, x, self.config, generator, effort, spacing="quadratic"
        )

    def start_log_prob(self, x: Tensor) -> Tensor:
        """Log-density (n,) of the noise."""
        return normal_log_prob(x)


def loss_weights(config: DDPMConfig) -> Tensor:
    """Factor (T,) of the target's squared error for each level n = 1 .. T, float64.

    The wanted weight of the noise error, divided by what one unit of noise error means
    in the target: from x_n fixed, an error e in the noise is -sigma/alpha e in the
    data, and p, q carry both into the target.
    """
    t = 1 - torch.arange(1, config.T + 1, dtype=torch.float64) / config.T
    if config.loss_weight == "plain":
        return torch.ones_like(t)
    bar = config.signal_power()
    path = AnglePath(bar)
    # The wanted weight times alpha squared, which stays finite where alpha is zero.
    wanted = bar[1:]
    if config.loss_weight == "min_snr":
        wanted = torch.minimum(wanted, config.snr_cap * (1 - wanted))
    if config.loss_weight == "bound":
        wanted = (bar[:-1] - bar[1:]) / (2 * (1 - bar[1:]))
    target = "eps" if config.target == "score" else config.target
    p, q = coefficients(target, path, t)
    weight = wanted / (path.alpha(t) * q - path.sigma(t) * p).square()
    return weight / weight.mean() if config.loss_weight == "bound" else weight
