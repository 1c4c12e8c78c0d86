r"""Continuous normalising flow: a neural ODE trained by maximum likelihood.

.. math::
    \dot x = f_\theta(x, t), \qquad
    \ln p(x_1) = \ln N(x_0; 0, I)
    - \int_0^1 \mathrm{tr} \, \frac{\partial f_\theta}{\partial x} \, dt

Each training step solves the ODE backward from the data with a few fixed steps of a
solver; what is shown uses a solver of its own, so an over-coarse training is seen. The
trace is exact, or FFJORD's estimate :math:`\epsilon^\top J \epsilon` with one random
direction per point and solve. Gradients go through the steps, or by the adjoint ODE.

Chen et al. 2018, 1806.07366; Grathwohl et al. 2018, 1810.01367.
"""

from collections.abc import Callable
from functools import partial
from typing import ClassVar, Literal

import torch
from torch import Generator, Tensor

from engine.models.base import Batch, Card, Codes, DensityKind, Draw, GenerativeModel
from engine.nets.embeddings import TIME_LABELS, TimeEmbedding
from engine.nets.jets import field_jet
from engine.nets.mlp import ACTIVATION_LABELS, Activation
from engine.nets.time_field import FieldConfig, TimeField
from engine.nets.wave_settings import waved
from engine.sampling.adjoint import solve_with_adjoint
from engine.sampling.likelihood import normal_log_prob, ode_log_prob
from engine.sampling.ode import Tolerance, dopri5, euler, heun, rk4
from engine.sampling.path import spread
from engine.settings import knob

SOLVERS: dict[str, Callable[..., Tensor]] = {"euler": euler, "heun": heun, "rk4": rk4}
SOLVER_LABELS = {"euler": "Euler", "heun": "Heun", "rk4": "Runge-Kutta 4"}
#: Moments at which an adaptive solver is watched.
FRAMES = 16


class CNFConfig(FieldConfig):
    """Settings of :class:`CNF`."""

    width: int = knob(
        64,
        "Width",
        "Units in each hidden layer.",
        ge=8,
        le=1024,
        unit="units",
        scale="log",
        group="Network",
    )
    activation: Activation = knob(
        "silu",
        "Activation",
        "The bend after each hidden layer; smooth ones are solved in fewer steps.",
        group="Network",
        choices=ACTIVATION_LABELS,
    )
    time_embedding: TimeEmbedding = knob(
        "plain",
        "Time input",
        "How the network is told the time; waves of it make the flow jerk, which few "
        "solver steps do not see.",
        group="Network",
        choices=TIME_LABELS,
    )
    waves: int = knob(
        4,
        "Waves per axis",
        "Sines and cosines of each coordinate given to the network beside the "
        "coordinate itself; 0 gives the plain network.",
        ge=0,
        le=32,
        group="Network",
    )
    top_frequency: float = knob(
        4.0,
        "Finest wave",
        "Highest frequency of the coordinate waves: higher draws finer detail and "
        "needs more solver steps.",
        ge=1,
        le=50,
        unit="rad",
        scale="log",
        symbol=r"\omega_{max}",
        group="Network",
        shown_if=waved(32, least=2),
    )
    train_solver: Literal["euler", "heun", "rk4"] = knob(
        "rk4",
        "Training solver",
        "Solver inside each training step.",
        apply="live",
        group="Training",
        choices=SOLVER_LABELS,
    )
    train_steps: int = knob(
        4,
        "Solver steps",
        "Steps of that solver; too few, and the likelihood that is trained is not the "
        "true one.",
        ge=1,
        le=50,
        unit="steps",
        apply="live",
        group="Training",
    )
    trace: Literal["exact", "hutchinson"] = knob(
        "exact",
        "Trace",
        "The exact divergence, or FFJORD's estimate with one random direction.",
        apply="live",
        group="Training",
        choices={"exact": "Exact", "hutchinson": "Hutchinson"},
    )
    probe: Literal["rademacher", "gaussian"] = knob(
        "rademacher",
        "Probe",
        "Distribution of the random direction; signs alone vary less.",
        apply="live",
        symbol=r"\epsilon",
        group="Training",
        choices={"rademacher": "Signs", "gaussian": "Normal"},
        shown_if={"trace": ["hutchinson"]},
    )
    gradient: Literal["direct", "adjoint"] = knob(
        "direct",
        "Gradient",
        "Through the solver's steps, or by the adjoint ODE, which keeps no steps in "
        "memory and costs more time.",
        apply="live",
        group="Training",
        choices={"direct": "Through the steps", "adjoint": "Adjoint"},
    )
    solver: Literal["euler", "heun", "rk4", "dopri5"] = knob(
        "dopri5",
        "Solver",
        "Solver behind samples, codes and densities.",
        apply="live",
        group="Solver",
        choices={**SOLVER_LABELS, "dopri5": "Dormand-Prince"},
    )
    steps: int = knob(
        20,
        "Steps",
        "Steps of that solver.",
        ge=2,
        le=500,
        unit="steps",
        apply="live",
        scale="log",
        group="Solver",
        shown_if={"solver": ["euler", "heun", "rk4"]},
    )
    rtol: float = knob(
        1e-5,
        "Error allowed",
        "Error in a step of the adaptive solver, relative and absolute.",
        ge=1e-8,
        le=1e-3,
        apply="live",
        scale="log",
        group="Solver",
        shown_if={"solver": ["dopri5"]},
    )


class CNF(GenerativeModel):
    """A velocity field whose flow makes the data likely."""

    name = "cnf"
    card = Card(
        title="Neural ODE (CNF, FFJORD)",
        short="CNF",
        family="Normalising flow",
        paper="Chen et al. 2018",
        arxiv="1806.07366",
        formula=(
            r"\dot x = f_\theta(x, t),\quad \ln p(x_1) = \ln p(x_0) - "
            r"\int_0^1 \mathrm{tr}\,\frac{\partial f_\theta}{\partial x}\,dt"
        ),
        summary="Carries noise to data with a learned flow in continuous time, trained "
        "by exact likelihood through the solver.",
    )
    Config = CNFConfig
    training_defaults: ClassVar = {
        "learning_rate": 3e-3,
        "schedule": "cosine",
        "ema": 0.99,
        "batch_size": 256,
        "steps": 1500,
        "clip": 5.0,
    }

    def __init__(self, config: CNFConfig, dim: int = 2, classes: int = 0) -> None:
        super().__init__(config, dim, classes)
        self.field = TimeField(dim, config)

    # Training

    def noise(self, player: str) -> dict[str, Draw]:
        """Random directions of the trace's estimate."""
        del player
        return {"probe": Draw("normal", (self.dim,))}

    def losses(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """Negative log-likelihood in nats per point, training coordinates."""
        del player
        config = self.config
        probe = batch.noise["probe"]
        if config.probe == "rademacher":
            probe = probe.sign()
        field = partial(self._with_trace, self._directions(batch.x, probe))
        state = torch.cat([batch.x, torch.zeros_like(batch.x[:, :1])], 1)
        times, solve = spread(config.train_steps)[::-1], SOLVERS[config.train_solver]
        if config.gradient == "adjoint":
            weights = list(self.field.parameters())
            end = solve_with_adjoint(solve, field, state, times, weights)
        else:
            end = solve(field, state, times)
        return {"loss": -(normal_log_prob(end[:, :-1]) + end[:, -1]).mean()}

    def _directions(self, x: Tensor, probe: Tensor) -> Tensor:
        """All axes (dim, n, dim), or the one random direction (1, n, dim)."""
        return probe[None] if self.config.trace == "hutchinson" else self._axes(x)

    def _axes(self, x: Tensor) -> Tensor:
        axes = torch.eye(self.dim, dtype=x.dtype, device=x.device)
        return axes[:, None].expand(self.dim, len(x), self.dim)

    def _with_trace(self, directions: Tensor, state: Tensor, t: Tensor) -> Tensor:
        value, slopes = field_jet(self.field, state[:, :-1], t, directions)
        trace = (slopes * directions).sum((0, 2))
        return torch.cat([value, trace[:, None]], 1)

    # Flow

    def velocity(self, x: Tensor, t: Tensor) -> Tensor:
        """The network itself, (n, dim)."""
        return self.field(x, t)  # type: ignore[no-any-return]

    def _moments(self) -> list[float]:
        """Times that the solver of the pictures stops at."""
        adaptive = self.config.solver == "dopri5"
        return spread(FRAMES if adaptive else self.config.steps)

    def flow(
        self,
        x: Tensor,
        times: list[float],
        on_step: Callable[[float, Tensor], None] | None = None,
    ) -> Tensor:
        """Points (n, dim) carried from the first to the last of the times."""
        return self._solve(self.velocity, x, times, on_step)

    def _solve(
        self,
        field: Callable[[Tensor, Tensor], Tensor],
        x: Tensor,
        times: list[float],
        on_step: Callable[[float, Tensor], None] | None,
    ) -> Tensor:
        """The state at the last time, by the solver of the pictures."""
        if self.config.solver != "dopri5":
            return SOLVERS[self.config.solver](field, x, times, on_step)
        return dopri5(field, x, times, on_step, self._tolerance())

    def _tolerance(self) -> Tolerance:
        return Tolerance(self.config.rtol, self.config.rtol)

    def sample(self, n: int, generator: Generator) -> Tensor:
        """Normal noise carried to the data, (n, dim)."""
        return self.decode(self.normal((n, self.dim), generator))

    @property
    def latent_dim(self) -> int:
        """As many as coordinates."""
        return self.dim

    def decode(self, z: Tensor) -> Tensor:
        """Noise (n, dim) carried to the data."""
        return self.flow(z, self._ends())

    def encode(self, x: Tensor) -> Codes:
        """Data (n, dim) carried back to the noise they come from."""
        return Codes(self.flow(x, self._ends()[::-1]))

    def _ends(self) -> list[float]:
        return [0.0, 1.0] if self.config.solver == "dopri5" else self._moments()

    def layers(self, z: Tensor) -> list[Tensor]:
        """The points at the solver's moments, from noise to data."""
        return self._at_moments(self.velocity, z)

    def layer_names(self) -> list[str]:
        """The time that each is reached at."""
        return [f"t = {t:.2f}" for t in self._moments()[1:]]

    def layer_areas(self, z: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """The same points, and the divergence integrated on the way to them, (n,)."""
        field = partial(self._with_trace, self._axes(z))
        seen = self._at_moments(field, torch.cat([z, torch.zeros_like(z[:, :1])], 1))
        return [s[:, :-1] for s in seen], [s[:, -1] for s in seen]

    def _at_moments(
        self, field: Callable[[Tensor, Tensor], Tensor], state: Tensor
    ) -> list[Tensor]:
        """The state carried by a field, at the solver's moments."""
        seen: list[Tensor] = []
        moments = self._moments()

        def keep(t: float, x: Tensor) -> None:
            # The adaptive solver reports its steps in between as well.
            if t in moments:
                seen.append(x)

        self._solve(field, state, moments, keep)
        return seen

    # Density

    @property
    def density_kind(self) -> DensityKind:
        """Exact, up to the solver's error."""
        return "exact"

    @property
    def density_note(self) -> str:
        """How the number is made."""
        return "ODE, exact trace"

    def log_prob(self, x: Tensor, generator: Generator, effort: float = 1.0) -> Tensor:
        """Log-density (n,) by integrating the divergence along the flow."""
        del generator
        steps = max(4, round(self.config.steps * effort))
        return ode_log_prob(
            self.velocity,
            x,
            steps=steps,
            method=self.config.solver,
            tolerance=self._tolerance(),
        )

    def start_log_prob(self, x: Tensor) -> Tensor:
        """Log-density (n,) of the noise."""
        return normal_log_prob(x)
