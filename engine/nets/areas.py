r"""How a chain of maps stretches space: ln |det J| after each of its links.

.. math:: \ln |\det \partial x_k / \partial z|

by reverse differentiation of the whole chain, exact whatever the links are.
"""

from collections.abc import Callable

import torch
from torch import Tensor

Links = Callable[[Tensor], list[Tensor]]


def log_areas(
    links: Links, z: Tensor, tick: Callable[[], None] = lambda: None
) -> tuple[list[Tensor], list[Tensor]]:
    """Points (n, dim) after each link, and their log-determinants (n,).

    Each row of a point may depend on the same row of z only. Works inside ``no_grad``
    and ``inference_mode``; keeps no graph. ``tick`` is called between two links.
    """
    with torch.inference_mode(False), torch.enable_grad():
        z = z.detach().clone().requires_grad_(True)
        points = links(z)
        found = []
        for point in points:
            found.append(_log_det(point, z))
            tick()
    return [point.detach() for point in points], found


def _log_det(point: Tensor, z: Tensor) -> Tensor:
    rows = [
        torch.autograd.grad(column.sum(), z, retain_graph=True, materialize_grads=True)[
            0
        ]
        for column in point.unbind(dim=1)
    ]
    jacobian = torch.stack(rows, dim=1)  # (n, dim, dim), row i of output i
    found: Tensor = torch.linalg.slogdet(jacobian).logabsdet
    return found
