"""The examination of a sweep's run: its metric and its thumbnails, from one draw."""

import math

import torch
from torch import Tensor

from engine.data.load import Data
from engine.experiment import Experiment
from engine.lab import thumbnails
from engine.metrics.distances import energy_distance, sliced_wasserstein
from engine.metrics.modes import mode_coverage
from engine.models.base import LogDensity
from engine.models.fitted import Fitted, Tick
from engine.protocol import Arrays

#: Samples of an examination while a sweep trains, and of the last one.
QUICK, FULL = 1000, 2000
#: Points on which likelihoods and distances are taken.
_POINTS = 500


def examine(
    experiment: Experiment, metric: str, samples: int, tick: Tick
) -> tuple[float | None, Arrays]:
    """The metric (lower is better; None if there is none), and the thumbnails."""
    fitted, data = experiment.fitted(tick=tick), experiment.data
    seed = experiment.config.seed
    points = fitted.sample(samples, seed)
    tick()
    arrays: Arrays = {
        "density": thumbnails.density(points, data.limits),
        "samples": thumbnails.dots(points),
        **thumbnails.latent(fitted, data, seed),
    }
    tick()
    value = _metric(metric, experiment, fitted, points)
    return value if value is not None and math.isfinite(value) else None, arrays


def check_metric(metric: str, experiment: Experiment) -> None:
    """Refuse a metric that such a run cannot be judged by.

    Raises:
        ValueError: In one sentence, why, and what would do.
    """
    title, data = experiment.trainer.model.card.title, experiment.data
    if metric == "nll" and not isinstance(experiment.trainer.model, LogDensity):
        raise ValueError(
            f"{title} has no log-density: judge it by its energy distance instead."
        )
    if metric == "missed_modes" and data.source.modes() is None:
        raise ValueError(
            f"{data.title} has no known modes: judge by the energy distance instead."
        )


def _metric(
    name: str, experiment: Experiment, fitted: Fitted, points: Tensor
) -> float | None:
    data, seed = experiment.judged(), experiment.config.seed
    if name == "loss":
        return next(iter(experiment.latest_losses().values()), None)
    heldout = data.heldout.x[: _POINTS if len(points) <= QUICK else len(points)]
    if name == "nll":
        if not isinstance(fitted.model, LogDensity):
            return None
        return -float(fitted.log_prob(heldout[:_POINTS], seed).mean())
    good = points[torch.isfinite(points).all(1)].double()
    if len(good) < 2:
        return None
    if name == "missed_modes":
        return _missed(good, len(points), data)
    x, y = (data.scaling.standardise(p) for p in (good[: len(heldout)], heldout))
    if name == "energy_distance":
        return energy_distance(x, y)
    generator = torch.Generator().manual_seed(seed)
    return sliced_wasserstein(x, y, 64, generator)


def _missed(good: Tensor, drawn: int, data: Data) -> float | None:
    """1 minus the share of modes covered times the share of good samples."""
    modes = data.source.modes()
    if modes is None:
        return None
    found = mode_coverage(good, modes)
    quality = found.high_quality * len(good) / drawn
    return 1 - found.covered / found.total * quality
