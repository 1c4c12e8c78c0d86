"""The choice of optimisers, in their fastest form on each device."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop

from engine.training.config import TrainingConfig


def make_optimiser(
    config: TrainingConfig,
    parameters: Iterable[nn.Parameter],
    factor: float,
    captured: bool,
) -> Optimizer:
    """A fused optimiser for one player; its rate is ``factor`` times the setting's.

    For a captured step the learning rate is a tensor, so that the graph can change it.
    """
    weights = list(parameters)
    device = weights[0].device
    rate = config.learning_rate * factor
    lr: float | Tensor = torch.tensor(rate, device=device) if captured else rate
    kind = config.optimizer
    if kind == "rmsprop":
        return RMSprop(
            weights, lr=lr, alpha=config.rho, foreach=True, capturable=captured
        )
    fused = device.type in ("cpu", "cuda", "mps")
    if kind == "sgd":
        return SGD(weights, lr=lr, momentum=config.momentum, fused=fused)
    betas = (config.beta1, config.beta2)
    if kind == "adam":
        return Adam(weights, lr=lr, betas=betas, fused=fused, capturable=captured)
    return AdamW(
        weights,
        lr=lr,
        betas=betas,
        weight_decay=config.weight_decay,
        fused=fused,
        capturable=captured,
    )


def retune(optimiser: Optimizer, config: TrainingConfig) -> None:
    """Give an optimiser new live settings; its averages stay."""
    for group in optimiser.param_groups:
        if "betas" in group:
            group["betas"] = (config.beta1, config.beta2)
        if "momentum" in group and isinstance(optimiser, SGD):
            group["momentum"] = config.momentum
        if "alpha" in group:
            group["alpha"] = config.rho
        if isinstance(optimiser, AdamW):
            group["weight_decay"] = config.weight_decay


def set_rate(optimiser: Optimizer, rate: float) -> None:
    """Set the learning rate in place."""
    for group in optimiser.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate
