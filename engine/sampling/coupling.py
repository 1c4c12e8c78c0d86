r"""Which noise goes to which point: the cheapest assignment inside a batch.

.. math:: \min_\pi \textstyle\sum_i \| x_{0, \pi(i)} - x_{1, i} \|^2

Exact optimal transport between two clouds of equal size is an assignment. Tong et al.
2023, 2302.00482; Pooladian et al. 2023, 2304.14772.
"""

import torch
from torch import Tensor


def assignment(x_0: Tensor, x_1: Tensor) -> Tensor:
    """For each row of x_1 (n, dim) the row of x_0 (n, dim) it is paired with, (n,)."""
    # Scientific Python loads slowly, and few runs need it.
    from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

    cost = torch.cdist(x_1.detach().double().cpu(), x_0.detach().double().cpu())
    _, columns = linear_sum_assignment(cost.square().numpy())
    return torch.from_numpy(columns).to(x_0.device)


def paired_source(x_0: Tensor, x_1: Tensor, size: int) -> Tensor:
    """The rows of x_0 (n, dim) in the order of their partners in x_1 (n, dim).

    Every ``size`` rows in turn are paired with each other, on the CPU.
    """
    parts = [
        source[assignment(source, data)]
        for source, data in zip(
            torch.split(x_0, size), torch.split(x_1, size), strict=True
        )
    ]
    return torch.cat(parts)
