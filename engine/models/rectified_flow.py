r"""Rectified flow: regress the velocity of straight noise-to-data paths.

.. math::
    x_t &= (1 - t) \, x_0 + t \, x_1 \\
    L(\theta) &= E \, \| v_\theta(x_t, t) - (x_1 - x_0) \|^2

The optimum is :math:`E[x_1 - x_0 | x_t]`, so the loss ends above zero. Sampling
integrates v from t = 0 (noise x_0) to t = 1 (data x_1). Reflow trains again on the
pairs (x_0, x_1) that the flow itself joins, which straightens its paths. There most is
learned from the ends of the lines (Lee et al. 2024, 2405.20320), where a sampler with a
single step asks.

Liu, Gong, Liu 2022, 2209.03003, eq. 1.
"""

import copy
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from engine.models.base import Batch, Card, Denoised, DensityKind, Draw, GenerativeModel
from engine.nets.clock import ClockConfig, clock_of
from engine.nets.flow_density import (
    DensityConfig,
    density_kind,
    density_note,
    flow_log_prob,
)
from engine.nets.preconditioning import PreconditionConfig, scalings
from engine.nets.time_field import FieldConfig, TimeField
from engine.nets.training_times import (
    TimesConfig,
    time_density,
    training_times,
)
from engine.sampling.likelihood import normal_log_prob
from engine.sampling.ode import rk4
from engine.sampling.path import GaussianPath, LinearPath
from engine.sampling.targets import Target, column
from engine.settings import knob

#: Beyond this time the score is that of this time: the division by 1 - t would turn
#: the network's last errors into arrows of any length.
LAST_SCORE_TIME = 0.99
PAIR_CHUNK = 8192
#: Points of a batch in which another pairing is looked for, to compare.
PAIRED = 256
_ROUNDS: dict[str, list[Any]] = {"reflow_rounds": [1, 2, 3]}


class RectifiedFlowConfig(
    DensityConfig, TimesConfig, PreconditionConfig, ClockConfig, FieldConfig
):
    """Settings of :class:`RectifiedFlow`."""

    first: ClassVar[tuple[str, ...]] = ("width", "depth", "reflow_rounds")

    reflow_rounds: int = knob(
        0,
        "Reflow rounds",
        "Times the flow is trained again on its own pairs; each "
        "round takes as many steps as the first training.",
        ge=0,
        le=3,
        unit="rounds",
        group="Reflow",
    )
    reflow_times: Literal["same", "uniform", "ends"] = knob(
        "ends",
        "Reflow times",
        "Which times a round visits most: the ends of a line decide what a single step "
        "makes of it.",
        apply="live",
        group="Reflow",
        choices={"same": "As at first", "uniform": "Uniform", "ends": "Both ends"},
        shown_if=_ROUNDS,
    )
    reflow_bend: float = knob(
        4.0,
        "Reflow bend",
        "How much more often a round visits the ends of the path than its middle.",
        ge=0.1,
        le=12,
        apply="live",
        symbol="a",
        formula=r"p(t) \propto e^{a t} + e^{a (1 - t)}",
        group="Reflow",
        shown_if=_ROUNDS | {"reflow_times": ["ends"]},
    )
    reflow_pairs: int = knob(
        30_000,
        "Reflow pairs",
        "Pairs of noise and data simulated for a round.",
        ge=1000,
        le=200_000,
        unit="pairs",
        scale="log",
        group="Reflow",
    )
    reflow_steps: int = knob(
        25,
        "Reflow steps",
        "Runge-Kutta steps from noise to data for each pair.",
        ge=5,
        le=200,
        unit="steps",
        scale="log",
        group="Reflow",
    )


class RectifiedFlow(GenerativeModel):
    """A velocity field whose straight-line regression carries noise to data."""

    name = "rectified_flow"
    card = Card(
        title="Rectified flow",
        family="Diffusion and flow matching",
        paper="Liu, Gong, Liu 2022",
        arxiv="2209.03003",
        formula=(
            r"\min_\theta E\,\| v_\theta(x_t, t) - (x_1 - x_0) \|^2,\quad "
            r"x_t = (1 - t)\,x_0 + t\,x_1"
        ),
        summary="Learns the velocity that carries noise to data along lines as "
        "straight as can be; reflow straightens them further.",
    )
    Config = RectifiedFlowConfig
    training_defaults: ClassVar = {
        "learning_rate": 2e-3,
        "schedule": "cosine",
        "ema": 0.999,
        "batch_size": 512,
        "steps": 12000,
    }
    default_sampler = "heun"
    term_titles: ClassVar = {"loss": "velocity error"}
    default_sampler_settings: ClassVar = {"steps": 25}

    def __init__(
        self, config: RectifiedFlowConfig, dim: int = 2, classes: int = 0
    ) -> None:
        super().__init__(config, dim, classes)
        self.field = TimeField(dim, config)

    # Training

    def noise(self, player: str) -> dict[str, Draw]:
        """The noise end of each path and the place on it."""
        del player
        return {"x_0": Draw("normal", (self.dim,)), "t": Draw("uniform")}

    def losses(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """Squared error of the velocity, mean over points and coordinates."""
        del player
        # After reflow the noise belongs to its data point and is not free any more.
        x_0 = batch.extra["x_0"] if "x_0" in batch.extra else batch.noise["x_0"]
        t = training_times(batch.noise["t"], self._times_of(batch.extra))
        x_t = torch.lerp(x_0, batch.x, t[:, None])
        return {"loss": F.mse_loss(self.velocity(x_t, t), batch.x - x_0)}

    def stages(self) -> int:
        """The first training and each reflow round."""
        return 1 + int(self.config.reflow_rounds)

    @torch.no_grad()
    def stage_columns(
        self, stage: int, columns: Mapping[str, Tensor], generator: Generator
    ) -> dict[str, Tensor]:
        """From stage 1 on: pairs ``x_0``, ``x`` joined by the flow as it is now."""
        if stage == 0:
            return dict(columns)
        steps = self.config.reflow_steps
        times = [k / steps for k in range(steps + 1)]
        x_0 = self.start(self.config.reflow_pairs, generator)
        starts = range(0, len(x_0), PAIR_CHUNK)
        chunks = [x_0[first : first + PAIR_CHUNK] for first in starts]
        x = torch.cat([rk4(self.velocity, rows, times) for rows in chunks])
        labels = torch.zeros(len(x), dtype=torch.int64, device=x.device)
        return {"x": x, "labels": labels, "x_0": x_0}

    def coupling_in_training(self) -> tuple[str, int]:
        """Any noise with any point, as the first stage draws them."""
        return "independent", PAIRED

    def aim(self) -> Target | None:
        """The velocity."""
        return "u"

    def batch_times(self, noise: Mapping[str, Tensor]) -> Tensor:
        """Times (b,) of a batch."""
        return training_times(noise["t"], self.config)

    def visit_density(self, t: Tensor) -> Tensor:
        """Their density (n,), exact."""
        return time_density(t, self.config)

    def of_round(self, table: Mapping[str, Tensor]) -> Self:
        """The same network, not copied, in the round that learns from this table."""
        other = copy.copy(self)
        other.config = self._times_of(table)
        return other

    def _times_of(self, table: Mapping[str, Tensor]) -> RectifiedFlowConfig:
        """The settings, with the times of a reflow round where noise has its point."""
        config: RectifiedFlowConfig = self.config
        if "x_0" not in table or config.reflow_times == "same":
            return config
        times = {"time_sampling": config.reflow_times, "time_bend": config.reflow_bend}
        return config.model_copy(update=times | {"time_even": 0.0})

    # Process

    @property
    def path(self) -> GaussianPath:
        """The straight path alpha = t, sigma = 1 - t."""
        return LinearPath()

    def start(self, n: int, generator: Generator) -> Tensor:
        """Standard normal noise, (n, dim)."""
        return self.normal((n, self.dim), generator)

    def velocity(self, x: Tensor, t: Tensor) -> Tensor:
        """The straight guess and what the network adds, (n, dim)."""
        path = self.path
        skip, out, into = (column(c) for c in scalings(t, path, self.config))
        added: Tensor = self.field(into * x, clock_of(t, path, self.config))
        return skip * x + out * added

    def denoised(self, x: Tensor, t: Tensor) -> Denoised:
        """Both ends of the straight line through x with the slope v."""
        v = self.velocity(x, t)
        return Denoised(x + (1 - column(t)) * v, x - column(t) * v)

    def score(self, x: Tensor, t: Tensor) -> Tensor:
        """-eps / sigma, with the time held at 0.99 near the data end."""
        t = t.clamp(max=LAST_SCORE_TIME)
        return -self.denoised(x, t).eps / (1 - column(t))

    # Density

    @property
    def density_kind(self) -> DensityKind:
        """Exact, up to the solver's error, with an exact trace."""
        return density_kind(self.config)

    @property
    def density_note(self) -> str:
        """How the number is made."""
        return density_note(self.config)

    def log_prob(self, x: Tensor, generator: Generator, effort: float = 1.0) -> Tensor:
        """Log-density (n,) by integrating the divergence along the flow."""
        return flow_log_prob(
            self.velocity, x, self.config, generator, effort, spacing="quadratic"
        )

    def start_log_prob(self, x: Tensor) -> Tensor:
        """Log-density (n,) of the noise."""
        return normal_log_prob(x)
