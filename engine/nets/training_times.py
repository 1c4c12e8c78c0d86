r"""Which times a flow visits in training.

Times come from uniform u through a warp, and then the *noise level* 1 - t is shifted,

.. math:: \tau \mapsto \frac{\rho \tau}{1 + (\rho - 1) \tau}, \quad \tau = 1 - t

Esser et al. 2024, 2403.03206, sections 3.1 and 5.3.2. Towards both ends, here alike:
Lee et al. 2024, 2405.20320.
"""

import math
from typing import Literal

import torch
from torch import Tensor

from engine.models.base import ModelConfig
from engine.settings import knob

#: Steps of a search that halves: the last bit of a float64.
HALVINGS = 52
TimeSampling = Literal["uniform", "logit_normal", "mode", "ends"]


def warp_logit_normal(u: Tensor, m: float = 0.0, s: float = 1.0) -> Tensor:
    """Times sigmoid(m + s xi), xi normal, from uniform u: favours the middle."""
    return torch.sigmoid(m + s * torch.special.ndtri(u))


def warp_mode(u: Tensor, kappa: float) -> Tensor:
    """Times 1 - u - kappa (cos^2(pi u / 2) - 1 + u): heavy middle for kappa > 0."""
    return 1 - u - kappa * (torch.cos(math.pi / 2 * u).square() - 1 + u)


def warp_ends(u: Tensor, a: float) -> Tensor:
    """Times whose density is proportional to exp(a t) + exp(a (1 - t)): a U."""
    return 0.5 + torch.asinh((2 * u - 1) * math.sinh(a / 2)) / a


def shift_noise(t: Tensor, rho: float) -> Tensor:
    """Times whose noise level 1 - t is raised for rho > 1."""
    level = 1 - t
    return 1 - rho * level / (1 + (rho - 1) * level)


class TimesConfig(ModelConfig):
    """Settings of the training times."""

    time_sampling: TimeSampling = knob(
        "logit_normal",
        "Time warp",
        "Which times the training visits most.",
        apply="live",
        group="Training times",
        choices={
            "uniform": "Uniform",
            "logit_normal": "Logit-normal",
            "mode": "Mode",
            "ends": "Both ends",
        },
    )
    time_mean: float = knob(
        0.9,
        "Warp centre",
        "Above 0 visits times near the data more often.",
        ge=-3,
        le=3,
        apply="live",
        symbol="m",
        group="Training times",
        formula=r"t = \mathrm{sigmoid}(m + s\,\xi)",
        shown_if={"time_sampling": ["logit_normal"]},
    )
    time_spread: float = knob(
        1.2,
        "Warp width",
        "Small values keep to the middle of the path.",
        ge=0.1,
        le=3,
        apply="live",
        symbol="s",
        group="Training times",
        formula=r"t = \mathrm{sigmoid}(m + s\,\xi)",
        shown_if={"time_sampling": ["logit_normal"]},
    )
    time_kappa: float = knob(
        1.0,
        "Mode weight",
        "Above 0 visits the middle, below 0 the ends.",
        ge=-1,
        le=2 / (math.pi - 2),
        apply="live",
        symbol=r"\kappa",
        formula=r"t = 1 - u - \kappa\,(\cos^2\frac{\pi u}{2} - 1 + u)",
        group="Training times",
        shown_if={"time_sampling": ["mode"]},
    )
    time_bend: float = knob(
        4.0,
        "Bend",
        "How much more often the ends of the path are visited than its middle.",
        ge=0.1,
        le=12,
        apply="live",
        symbol="a",
        formula=r"p(t) \propto e^{a t} + e^{a (1 - t)}",
        group="Training times",
        shown_if={"time_sampling": ["ends"]},
    )
    time_even: float = knob(
        0.2,
        "Even share",
        "Share of the times that are spread evenly, whatever the warp: the very ends "
        "of the path matter where samples are made in one step.",
        ge=0,
        le=1,
        apply="live",
        group="Training times",
        shown_if={"time_sampling": ["logit_normal", "mode", "ends"]},
    )
    time_shift: float = knob(
        1.0,
        "Noise shift",
        "Above 1 visits the noisier times more often.",
        ge=1,
        le=6,
        apply="live",
        symbol=r"\rho",
        formula=r"1 - t \mapsto \frac{\rho\,(1 - t)}{1 + (\rho - 1)(1 - t)}",
        group="Training times",
    )


def training_times(u: Tensor, config: TimesConfig) -> Tensor:
    """Uniform draws (b,) turned into the times that training visits."""
    t = u if config.time_sampling == "uniform" else _partly_even(u, config)
    return t if config.time_shift == 1 else shift_noise(t, config.time_shift)


def _partly_even(u: Tensor, config: TimesConfig) -> Tensor:
    """Draws below the share stay even, the rest are warped; both are uniform again."""
    share = config.time_even
    if share == 0:
        return _warped(u, config)
    rest = ((u - share) / (1 - share)).clamp(min=0) if share < 1 else u
    return torch.where(u < share, u / share, _warped(rest, config))


def _warped(u: Tensor, config: TimesConfig) -> Tensor:
    if config.time_sampling == "mode":
        return warp_mode(u, config.time_kappa)
    if config.time_sampling == "ends":
        return warp_ends(u, config.time_bend)
    return warp_logit_normal(u, config.time_mean, config.time_spread)


def time_density(t: Tensor, config: TimesConfig) -> Tensor:
    """Density (n,) of :func:`training_times` of uniform draws, at times t (n,)."""
    rho, level = config.time_shift, 1 - t
    back = rho - (rho - 1) * level
    before, stretch = 1 - level / back, rho / back.square()
    if config.time_sampling == "uniform":
        return stretch
    share = config.time_even
    return stretch * (share + (1 - share) * _warped_density(before, config))


def _warped_density(t: Tensor, config: TimesConfig) -> Tensor:
    """Density (n,) of a warp of uniform draws, before any shift."""
    if config.time_sampling == "mode":
        return _mode_density(t, config.time_kappa)
    if config.time_sampling == "ends":
        a = config.time_bend
        return a * torch.cosh(a * (t - 0.5)) / (2 * math.sinh(a / 2))
    away = (torch.logit(t) - config.time_mean) / config.time_spread
    bell = torch.exp(-0.5 * away.square()) / math.sqrt(2 * math.pi)
    return bell / (config.time_spread * t * (1 - t))


def _mode_density(t: Tensor, kappa: float) -> Tensor:
    """Density of :func:`warp_mode`, which falls from 1 to 0: found by halving."""
    low, high = torch.zeros_like(t), torch.ones_like(t)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        above = warp_mode(middle, kappa) > t
        low, high = torch.where(above, middle, low), torch.where(above, high, middle)
    slope = 1 + kappa * (1 - math.pi / 2 * torch.sin(math.pi * low))
    return 1 / slope
