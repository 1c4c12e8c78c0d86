"""Kernel density estimate, for models that can be sampled but have no density."""

import math

import torch
from torch import Generator, Tensor

from engine.data.kernel import log_mixture


class KernelDensity:
    """A Gaussian on every point, shaped like the points' own covariance.

    Scott, "Multivariate density estimation", 1992: the covariance of a kernel is
    ``factor``^2 times that of the points, by default with factor n^(-1 / (d + 4)).

    Args:
        points: Sample (n, d), n >= 2.
        factor: Width of a kernel relative to the spread of all points.
    """

    def __init__(self, points: Tensor, factor: float | None = None) -> None:
        n, dim = points.shape
        self.factor = scott_factor(n, dim) if factor is None else factor
        self.mean = points.mean(0)
        covariance = points.double().T.cov().reshape(dim, dim)
        # Points on one spot or one line: a kernel still needs some width.
        floor = 1e-8 * max(float(covariance.diagonal().max()), 1e-8)
        covariance = covariance + floor * torch.eye(dim).to(covariance)
        whitener = torch.linalg.inv(torch.linalg.cholesky(covariance))
        self.log_det = float(whitener.diagonal().log().sum())
        self.whitener = whitener.to(points)
        self.points = (points - self.mean) @ self.whitener.T

    def log_prob(self, x: Tensor) -> Tensor:
        """Estimated log-density (n,) in nats at x (n, d)."""
        white = (x.to(self.points) - self.mean) @ self.whitener.T
        return log_mixture(white, self.points, self.factor) + self.log_det


def scott_factor(n: int, dim: int) -> float:
    """Width of kernels by Scott's rule, relative to the spread of n points."""
    return float(n ** (-1 / (dim + 4)))


def likelihood_factor(points: Tensor, generator: Generator, tries: int = 7) -> float:
    """Width of kernels under which points left out are most likely.

    Scott's rule is made for one hill and blurs several: it is halved up to
    ``tries`` - 1 times by sqrt(2). Each of up to 500 random points is judged by all
    the others.

    Args:
        points: Sample (n, d), n >= 3.
        generator: Chooses the points that are judged.
        tries: Number of widths compared.
    """
    n, dim = points.shape
    white = KernelDensity(points).points
    judged = torch.randperm(n, generator=generator)[:500].to(points.device)
    squares = torch.cdist(white[judged], white).square()
    # A point does not vouch for itself.
    squares[torch.arange(len(judged), device=points.device), judged] = math.inf
    widest = scott_factor(n, dim)
    factors = [widest * 2 ** (-k / 2) for k in range(tries)]

    def likelihood(factor: float) -> float:
        log_kernels = torch.logsumexp(-squares / (2 * factor**2), 1)
        return float(log_kernels.mean()) - dim * math.log(factor)

    return max(factors, key=likelihood)
