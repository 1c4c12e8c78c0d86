"""All metrics of a trained model on held-out points, as one message."""

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from engine.data.load import Data
from engine.data.one_class import class_name
from engine.metrics.density_kde import KernelDensity, likelihood_factor
from engine.metrics.distances import energy_distance, sliced_wasserstein
from engine.metrics.likelihood import Estimate, kl_to_truth, mean_nll
from engine.metrics.modes import mode_coverage
from engine.metrics.solver_gap import known_kind
from engine.models.base import LogDensity
from engine.models.inside import guidance_of
from engine.protocol import Metrics, ModeCount, Nll

if TYPE_CHECKING:
    from engine.models.fitted import Fitted

#: Samples under a kernel density estimate, at most, and per point that is judged.
KDE_SAMPLES = 5000
KDE_PER_POINT = 3


def measure(fitted: "Fitted", data: Data, step: int, points: int, seed: int) -> Metrics:
    """Held-out likelihood, distances and modes of a model.

    Args:
        fitted: The model in data units.
        data: Its data.
        step: Step at which it is measured.
        points: Held-out points used, and samples drawn, at most.
        seed: Decides the samples.
    """
    heldout = data.heldout.x[:points]
    samples = fitted.sample(len(heldout), seed)
    good = samples[torch.isfinite(samples).all(1)].double()
    fitted.tick()
    distance = sliced = None
    if len(good) > 1 and len(heldout) > 1:
        # Distances are taken in standardised units: no axis counts for more.
        x, y = (data.scaling.standardise(p) for p in (good, heldout))
        distance = energy_distance(x, y)
        fitted.tick()
        generator = torch.Generator().manual_seed(seed)
        sliced = sliced_wasserstein(x, y, generator=generator)
    return Metrics(
        step=step,
        points=len(heldout),
        nll=_nll(fitted, data, heldout, seed),
        energy_distance=distance,
        sliced_wasserstein=sliced,
        modes=_modes(samples, data),
        of_class=class_name(data),
        guidance=guidance_of(fitted.model),
    )


def _nll(fitted: "Fitted", data: Data, heldout: Tensor, seed: int) -> Nll | None:
    if isinstance(fitted.model, LogDensity):
        log_p = fitted.log_prob(heldout, seed)
        kind, _ = known_kind(fitted, heldout, log_p, seed)
        return _as_message(_average(log_p, data, heldout), kind)
    count = min(KDE_SAMPLES, KDE_PER_POINT * len(heldout))
    cloud = fitted.sample(count, seed + 1).double()
    cloud = cloud[torch.isfinite(cloud).all(1)]
    if len(cloud) < 3:
        return None
    width = likelihood_factor(cloud, torch.Generator().manual_seed(seed))
    density = KernelDensity(cloud, width).log_prob(heldout)
    return _as_message(_average(density, data, heldout), "estimate")


def _average(log_prob: Tensor, data: Data, heldout: Tensor) -> Estimate:
    """Negative log-likelihood per point from log-densities (n,) at held-out points.

    Where the truth is known it is its entropy and what the model misses of it: the same
    in the mean, but the scatter of the points cancels. So a few points say as much as
    many, and no curve dips below the entropy because its first points were likely ones.
    """
    truth, entropy = data.source.log_prob(heldout), data.source.entropy()
    if truth is None or entropy is None or not bool(torch.isfinite(truth).all()):
        return mean_nll(log_prob)
    missed = kl_to_truth(truth, log_prob)
    return Estimate(entropy + missed.value, missed.error)


def _as_message(found: Estimate, kind: str) -> Nll:
    value = found.value if math.isfinite(found.value) else None
    error = found.error if math.isfinite(found.error) else 0.0
    return Nll.model_validate({"value": value, "kind": kind, "error": error})


def _modes(samples: Tensor, data: Data) -> ModeCount | None:
    modes = data.source.modes()
    if modes is None:
        return None
    found = mode_coverage(samples, modes)
    return ModeCount(
        covered=found.covered, total=found.total, high_quality=found.high_quality
    )
