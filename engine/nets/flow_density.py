"""The log-density of a model by its ODE: settings, and the call that obeys them."""

from collections.abc import Callable
from typing import Literal

from torch import Generator, Tensor

from engine.models.base import DensityKind, ModelConfig
from engine.sampling.likelihood import Method, normal_log_prob, ode_log_prob
from engine.sampling.ode import Field
from engine.sampling.path import Spacing
from engine.settings import knob

Trace = Literal["exact", "hutchinson"]
#: A quick look may save steps, but not below this number.
FEWEST_STEPS = 4


class DensityConfig(ModelConfig):
    """How an ODE's log-density is computed; training does not depend on it."""

    density_solver: Method = knob(
        "rk4",
        "Density solver",
        "Solver that follows the density back to the noise.",
        apply="live",
        group="Log-density",
        choices={
            "euler": "Euler",
            "heun": "Heun",
            "rk4": "Runge-Kutta 4",
            "dopri5": "Dormand-Prince",
        },
    )
    density_steps: int = knob(
        20,
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
    density_trace: Trace = knob(
        "exact",
        "Trace",
        "The exact divergence of the field, or Hutchinson's random estimate.",
        apply="live",
        group="Log-density",
        choices={"exact": "Exact", "hutchinson": "Hutchinson"},
    )


def density_kind(config: DensityConfig) -> DensityKind:
    """Exact up to the solver's error, unless the trace is estimated."""
    return "exact" if config.density_trace == "exact" else "estimate"


def density_note(config: DensityConfig) -> str:
    """A few words on how the number is made."""
    exact = config.density_trace == "exact"
    return "ODE, exact trace" if exact else "ODE, Hutchinson trace"


def flow_log_prob(
    velocity: Field,
    x: Tensor,
    config: DensityConfig,
    generator: Generator,
    effort: float,
    base_log_prob: Callable[[Tensor], Tensor] = normal_log_prob,
    spacing: Spacing = "uniform",
) -> Tensor:
    """Log-density (n,) in nats at x (n, dim), as the settings say.

    ``effort`` below 1 takes fewer steps. Hutchinson's probe is a random corner of the
    cube, the same for every point, so that a map of the density stays smooth.
    """
    probe = None
    if config.density_trace == "hutchinson":
        signs = x.new_empty(x.shape[1], device=generator.device)
        probe = (signs.bernoulli_(0.5, generator=generator) * 2 - 1).to(x)
    steps = max(FEWEST_STEPS, round(config.density_steps * effort))
    return ode_log_prob(
        velocity,
        x,
        base_log_prob,
        steps=steps,
        method=config.density_solver,
        spacing=spacing,
        probe=probe,
    )
