r"""Gradients through an ODE solver without keeping its steps.

.. math::
    \dot\lambda = -\lambda^\top \frac{\partial f}{\partial x}, \qquad
    \frac{dL}{d\theta} = -\int \lambda^\top \frac{\partial f}{\partial \theta} \, dt

The state is solved backward together with its adjoint, so memory does not grow with the
number of steps; the gradient is that of the exact solution, not of the steps taken.
Chen et al. 2018, 1806.07366, algorithm 1.
"""

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor

from engine.sampling.ode import Field

Solve = Callable[[Field, Tensor, Sequence[float]], Tensor]


class _Adjoint(torch.autograd.Function):
    """Solve forward without a graph, and the adjoint backward."""

    @staticmethod
    def forward(
        ctx: Any,
        solve: Solve,
        field: Field,
        times: Sequence[float],
        x: Tensor,
        *weights: Tensor,
    ) -> Tensor:
        """The end state."""
        end = solve(field, x, times)
        ctx.solve, ctx.field, ctx.times = solve, field, list(times)
        ctx.save_for_backward(end, *weights)
        return end

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        """Gradients of the first state and of the weights."""
        end, *weights = ctx.saved_tensors
        sizes = [end.numel(), end.numel(), *(w.numel() for w in weights)]
        cuts = list(accumulate(sizes))[:-1]

        def backward_field(state: Tensor, t: Tensor) -> Tensor:
            x, adjoint = (
                part.reshape(end.shape) for part in state.tensor_split(cuts)[:2]
            )
            with torch.enable_grad():
                x = x.detach().requires_grad_(True)
                speed = ctx.field(x, t)
                slopes = torch.autograd.grad(
                    speed, (x, *weights), adjoint, materialize_grads=True
                )
            return torch.cat(
                [speed.detach().flatten()] + [-s.flatten() for s in slopes]
            )

        blank = [end.new_zeros(w.numel()) for w in weights]
        state = torch.cat([end.flatten(), grads[0].flatten(), *blank])
        state = ctx.solve(backward_field, state, ctx.times[::-1])
        _, adjoint, *found = state.tensor_split(cuts)
        shaped = [g.reshape(w.shape) for g, w in zip(found, weights, strict=True)]
        return None, None, None, adjoint.reshape(end.shape), *shaped


def solve_with_adjoint(
    solve: Solve,
    field: Field,
    x: Tensor,
    times: Sequence[float],
    weights: Sequence[Tensor],
) -> Tensor:
    """As ``solve(field, x, times)``, with gradients of x and weights by the adjoint."""
    end: Tensor = _Adjoint.apply(  # type: ignore[no-untyped-call]
        solve, field, times, x, *weights
    )
    return end
