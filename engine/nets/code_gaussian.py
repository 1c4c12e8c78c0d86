"""A normal distribution fitted to latent codes, for models whose codes have no prior.

An autoencoder may put its codes anywhere. Measured in the axes of a Gaussian fitted to
the codes of some training points, they have mean zero and covariance one, so that a
standard normal draw is a likely code.
"""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Generator, Tensor

#: Training points whose codes stand for all; each costs one pass of the encoder.
REFERENCE_POINTS = 4096


def reference_points(x: Tensor, generator: Generator) -> Tensor:
    """REFERENCE_POINTS rows of the table x (n, dim), each as often as any other."""
    order = torch.randperm(len(x), generator=generator, device=generator.device)
    index = torch.arange(REFERENCE_POINTS, device=generator.device) % len(x)
    return x[order[index].to(x.device)]


@dataclass(frozen=True)
class CodeGaussian:
    """N(mean, L L^T) with ``mean`` (d,) and the triangular ``factor`` L (d, d)."""

    mean: Tensor
    factor: Tensor

    @classmethod
    def of(cls, codes: Tensor) -> Self:
        """Fitted to codes (n, d); a direction without spread gets a tiny one.

        In float64 on the CPU, since codes on a curve leave almost no spread across it.
        """
        points = codes.detach().double().cpu()
        mean = points.mean(0)
        offset = points - mean
        covariance = offset.T @ offset / len(points)
        floor = 1e-6 * covariance.diagonal().mean() + 1e-12
        factor = torch.linalg.cholesky(covariance + floor * torch.eye(len(mean)))
        return cls(mean.to(codes), factor.to(codes))

    def colour(self, z: Tensor) -> Tensor:
        """Codes (n, d) from standard normal z (n, d)."""
        return torch.addmm(self.mean, z, self.factor.T)

    def whiten(self, codes: Tensor) -> Tensor:
        """Inverse of :meth:`colour`."""
        offset = (codes - self.mean).T
        return torch.linalg.solve_triangular(self.factor, offset, upper=False).T  # type: ignore[no-any-return]
