r"""Two layers of Glow: actnorm, and an invertible mixing of the coordinates.

Actnorm is an affine map per coordinate whose first values standardise the data it is
shown. The mixing is a matrix :math:`W = P L (U + \mathrm{diag}\, s)` with a fixed
permutation P, L with ones on its diagonal and U above the diagonal, so that its
log-determinant is :math:`\sum \ln |s|`.

Kingma, Dhariwal, "Glow", 2018, https://arxiv.org/abs/1807.03039, sections 3.1, 3.2.
"""

import torch
from torch import Tensor, nn


class ActNorm(nn.Module):
    """y = (x + bias) exp(log_scale), each coordinate for itself."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(dim))
        self.log_scale = nn.Parameter(torch.zeros(dim))

    @torch.no_grad()
    def standardise(self, x: Tensor) -> None:
        """Take the values that give x (n, dim) mean 0 and standard deviation 1."""
        std, mean = torch.std_mean(x, dim=0, correction=0)
        self.bias.copy_(-mean)
        # A column that never changes keeps its scale.
        self.log_scale.copy_(-torch.where(std > 0, std, 1.0).log())

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Transformed points (n, dim) and their log-det, 0-dim, the same for all."""
        return (x + self.bias) * self.log_scale.exp(), self.log_scale.sum()

    def inverse(self, y: Tensor) -> Tensor:
        """Points before, (n, dim)."""
        return torch.addcmul(-self.bias, y, torch.exp(-self.log_scale))


class LUMixing(nn.Module):
    """y = W x with W = P L (U + diag s), started as a random rotation."""

    permutation: Tensor
    sign: Tensor
    eye: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        rotation = torch.linalg.qr(torch.randn(dim, dim)).Q
        p, lower, upper = torch.linalg.lu(rotation)
        s = upper.diagonal()
        self.register_buffer("permutation", p)
        self.register_buffer("sign", s.sign())
        self.register_buffer("eye", torch.eye(dim))
        self.log_s = nn.Parameter(s.abs().log())
        # Only the part below the diagonal of the one and above that of the other count.
        self.lower = nn.Parameter(lower.tril(-1))
        self.upper = nn.Parameter(upper.triu(1))

    def factors(self) -> tuple[Tensor, Tensor]:
        """L with ones on its diagonal, and U + diag s, each (dim, dim)."""
        lower = self.lower.tril(-1) + self.eye
        return lower, self.upper.triu(1) + torch.diag(self.sign * self.log_s.exp())

    def weight(self) -> Tensor:
        """W, (dim, dim)."""
        lower, upper = self.factors()
        return self.permutation @ lower @ upper

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mixed points (n, dim) and ln |det W|, 0-dim."""
        return x @ self.weight().T, self.log_s.sum()

    def inverse(self, y: Tensor) -> Tensor:
        """Points before, (n, dim), by two triangular solves."""
        lower, upper = self.factors()
        solve = torch.linalg.solve_triangular
        inner = solve(lower, self.permutation.T @ y.T, upper=False, unitriangular=True)
        x: Tensor = solve(upper, inner, upper=True)
        return x.T


class Swap(nn.Module):
    """The coordinates in reverse order: the simplest mixing."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        del dim

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Reversed points (n, dim) and their log-det, 0."""
        return x.flip(1), x.new_zeros(())

    def inverse(self, y: Tensor) -> Tensor:
        """Points before, (n, dim)."""
        return y.flip(1)


class Unmixed(nn.Module):
    """No mixing: the coordinates stay where they are."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        del dim

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The points themselves and 0."""
        return x, x.new_zeros(())

    def inverse(self, y: Tensor) -> Tensor:
        """The points themselves."""
        return y
