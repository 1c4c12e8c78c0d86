r"""Which noise levels a diffusion visits in training.

The noise-to-signal ratio :math:`r = \sigma / a` says how blurred the data are, whatever
the schedule is called. A schedule that spends its times evenly visits ratios as it
happens to pass them; drawn from a log-normal distribution they sit where the structure
of the data appears, which is neither in nearly pure noise nor in nearly clean data.

Karras et al. 2022, 2206.00364, table 1; Kingma et al. 2021, 2107.00630, section 5.1
(the optimum does not depend on the levels visited, only the noise of its gradient).
"""

import math
from typing import Literal

import torch
from torch import Tensor

from engine.models.base import ModelConfig
from engine.sampling.path import GaussianPath
from engine.settings import knob

_CHOSEN = {"level_sampling": ["log_normal"]}


class LevelsConfig(ModelConfig):
    """Settings of the noise levels that training visits."""

    level_sampling: Literal["uniform", "log_normal"] = knob(
        "log_normal",
        "Levels visited",
        "All times of the schedule alike, as in the paper, or noise levels where the "
        "data take shape.",
        apply="live",
        group="Training",
        choices={"uniform": "All times alike", "log_normal": "Log-normal"},
    )
    level_mean: float = knob(
        -1.2,
        "Training level",
        "Mean of the logarithm of the noise-to-signal ratios that training visits.",
        ge=-4,
        le=2,
        apply="live",
        symbol="m",
        formula=r"\ln (\sigma / a) \sim N(m, s^2)",
        group="Training",
        shown_if=_CHOSEN,
    )
    level_spread: float = knob(
        1.2,
        "Level spread",
        "Standard deviation of that logarithm.",
        ge=0.1,
        le=3,
        apply="live",
        symbol="s",
        formula=r"\ln (\sigma / a) \sim N(m, s^2)",
        group="Training",
        shown_if=_CHOSEN,
    )


def log_levels(xi: Tensor, config: LevelsConfig) -> Tensor:
    """Normal draws (b,) turned into logarithms (b,) of noise-to-signal ratios."""
    return config.level_mean + config.level_spread * xi


def level_density(t: Tensor, path: GaussianPath, mean: float, spread: float) -> Tensor:
    """Density (n,) of times whose noise-to-signal ratio is log-normal, at t (n,).

    Zero where there is no noise, or no signal.
    """
    with torch.enable_grad():
        at = t.detach().clone().requires_grad_(True)
        log_ratio = path.sigma(at).log() - path.alpha(at).log()
        (slope,) = torch.autograd.grad(log_ratio.sum(), at)
    away = (log_ratio.detach() - mean) / spread
    bell = torch.exp(-0.5 * away.square()) / (spread * math.sqrt(2 * math.pi))
    return (bell * slope.abs()).nan_to_num(0.0, 0.0, 0.0)
