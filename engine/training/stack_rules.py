r"""Optimisers on a stack of models: one row per model, each with its own settings.

The rules are those of ``torch.optim``, written as operations on tensors (n, p) whose
rows are the weights of n models, so that learning rates and memories may differ from
row to row. The state of each row is a view into the stack: the models' own optimisers
hold it, and go on from there when the stack is dissolved.

Kingma & Ba 2014, 1412.6980 (Adam); Loshchilov & Hutter 2017, 1711.05101 (AdamW);
Hinton 2012 (RMSProp).
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.optim import Optimizer

from engine.training.config import TrainingConfig

EPS = 1e-8
_STATES: dict[str, tuple[str, ...]] = {
    "adam": ("exp_avg", "exp_avg_sq"),
    "adamw": ("exp_avg", "exp_avg_sq"),
    "rmsprop": ("square_avg",),
    "sgd": ("momentum_buffer",),
}


def column(values: Sequence[float], like: Tensor) -> Tensor | float:
    """Numbers as a column (n, 1), or one number where all are the same: faster."""
    if all(value == values[0] for value in values):
        return values[0]
    return torch.tensor(values, dtype=like.dtype, device=like.device)[:, None]


class Rule:
    """The optimiser of one player, for all models of a stack.

    Args:
        weights: Flat weights (n, p), changed in place.
        optimisers: Optimiser of each model; their state becomes views of the stack.
        configs: Training settings of each model, all with the same optimiser.
    """

    def __init__(
        self,
        weights: Tensor,
        optimisers: Sequence[Optimizer],
        configs: Sequence[TrainingConfig],
    ) -> None:
        self._weights = weights
        self._optimisers = list(optimisers)
        self._configs = list(configs)
        self._kind = configs[0].optimizer
        self._steps = self._steps_so_far()
        self._state = {name: self._adopted(name) for name in _STATES[self._kind]}
        self._constants = {
            name: column([getattr(c, name) for c in configs], weights)
            for name in ("beta1", "beta2", "momentum", "rho", "weight_decay")
        }

    def step(self, gradient: Tensor, rates: Sequence[float]) -> None:
        """Move the weights against the gradient (n, p) at a rate for each model."""
        self._steps += 1
        if self._kind in ("adam", "adamw"):
            self._adam(gradient, rates)
            return
        rate = column(rates, gradient)
        if self._kind == "rmsprop":
            rho, mean = self._constants["rho"], self._state["square_avg"]
            mean.mul_(rho).add_((1 - rho) * gradient.square())
            self._weights.sub_(rate * gradient / (mean.sqrt() + EPS))
            return
        speed = self._state["momentum_buffer"]
        speed.mul_(self._constants["momentum"]).add_(gradient)
        self._weights.sub_(rate * speed)

    def tell_steps(self) -> None:
        """Write the number of steps where the models' own optimisers look for it."""
        if self._kind == "sgd":
            return
        for optimiser in self._optimisers:
            for weight in optimiser.param_groups[0]["params"]:
                optimiser.state[weight]["step"].fill_(float(self._steps))

    def _adam(self, gradient: Tensor, rates: Sequence[float]) -> None:
        beta1, beta2 = self._constants["beta1"], self._constants["beta2"]
        mean, square = self._state["exp_avg"], self._state["exp_avg_sq"]
        if self._kind == "adamw":
            shrink = [
                1 - r * c.weight_decay
                for r, c in zip(rates, self._configs, strict=True)
            ]
            self._weights.mul_(column(shrink, gradient))
        mean.mul_(beta1).add_((1 - beta1) * gradient)
        square.mul_(beta2).add_((1 - beta2) * gradient.square())
        n = self._steps
        pace = [r / (1 - c.beta1**n) for r, c in zip(rates, self._configs, strict=True)]
        root = [(1 - c.beta2**n) ** 0.5 for c in self._configs]
        spread = square.sqrt().div_(column(root, gradient)).add_(EPS)
        self._weights.sub_(mean.div(spread).mul_(column(pace, gradient)))

    def _steps_so_far(self) -> int:
        first = self._optimisers[0]
        state = first.state.get(first.param_groups[0]["params"][0], {})
        return int(state["step"]) if "step" in state else 0

    def _adopted(self, name: str) -> Tensor:
        """One state (n, p) of all models; their optimisers keep views of it."""
        whole = torch.zeros_like(self._weights)
        for row, optimiser in zip(whole, self._optimisers, strict=True):
            begin = 0
            for weight in optimiser.param_groups[0]["params"]:
                view = row[begin : begin + weight.numel()].view(weight.shape)
                begin += weight.numel()
                state = optimiser.state[weight]
                if state.get(name) is not None:
                    view.copy_(state[name])
                state[name] = view
                self._count(optimiser, state)
        return whole

    def _count(self, optimiser: Optimizer, state: dict[str, object]) -> None:
        """Begin a count of steps as the optimiser itself would."""
        if self._kind == "sgd" or "step" in state:
            return
        group = optimiser.param_groups[0]
        on_device = group.get("capturable") or group.get("fused")
        device = self._weights.device if on_device else torch.device("cpu")
        state["step"] = torch.zeros((), dtype=torch.float32, device=device)
