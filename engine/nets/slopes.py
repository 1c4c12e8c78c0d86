"""Slopes inside a loss that also hold when many models are trained as one stack.

``torch.autograd.grad`` cannot look into a batch of models; ``torch.func.grad`` can, but
costs more for a single one. So each is used where it belongs.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor

_STACKED: ContextVar[bool] = ContextVar("stacked", default=False)


@contextmanager
def stacked() -> Iterator[None]:
    """Losses called in here belong to many models at once."""
    token = _STACKED.set(True)
    try:
        yield
    finally:
        _STACKED.reset(token)


def slope(values: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Gradient (m, dim) of ``values``, (m,) at points (m, dim), open to gradients.

    Each value depends on its own point only; x itself gets no gradient.
    """
    x = x.detach()
    if _STACKED.get():
        found: Tensor = torch.func.grad(lambda p: values(p).sum())(x)
        return found
    x = x.requires_grad_(True)
    found = torch.autograd.grad(values(x).sum(), x, create_graph=True)[0]
    return found
