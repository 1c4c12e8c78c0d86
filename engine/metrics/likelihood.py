"""Averages of log-densities over held-out points, with their standard errors."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Estimate:
    """A mean in nats per point, and the standard error of that mean."""

    value: float
    error: float


def mean_nll(log_prob: Tensor) -> Estimate:
    """Negative log-likelihood per point, from log-densities (n,) at held-out points."""
    return _mean(-log_prob)


def kl_to_truth(log_truth: Tensor, log_model: Tensor) -> Estimate:
    """KL(truth || model) from both log-densities (n,) at points drawn from the truth.

    The points are the same for both, so most of their scatter cancels: the error is
    far smaller than that of either likelihood.
    """
    return _mean(log_truth.to("cpu", torch.float64) - log_model.to("cpu"))


def _mean(values: Tensor) -> Estimate:
    values = values.detach().to("cpu", torch.float64)
    spread = values.std() if len(values) > 1 else values.new_zeros(())
    return Estimate(float(values.mean()), float(spread / len(values) ** 0.5))
