"""Whether a stack does what its models would do: tried, not believed."""

import math
import warnings

import torch
from torch import Tensor

from engine.training.stack import Stack
from engine.training.trainer import Trainer

#: Steps at which losses are compared: schedules of a loss may begin later.
STEPS = (0, 1000)
#: How far weights are moved for the comparison: fresh ones are often zero.
_NUDGE = 0.05
#: Largest relative difference of two losses that is only rounding.
_RELATIVE = 1e-3
_ABSOLUTE = 1e-5


def agrees(stack: Stack) -> bool:
    """Whether the stack's losses are those of its models, at nudged weights.

    A model that keeps a copy of a setting, or cannot be mapped, is found out here; so
    is one for which ``vmap`` would fall back to a slow loop, of which it warns.
    Weights and buffers are left as they were.
    """
    weights = stack.weights()
    kept = [(t, t.clone()) for t in (*weights, *stack.constants())]
    generator = torch.Generator().manual_seed(0)
    for tensor in weights:
        noise = torch.randn(tensor.shape, generator=generator)
        tensor.add_(_NUDGE * noise.to(tensor))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            turns = range(len(stack.first._turns))
            return all(_same(stack, turn, step) for step in STEPS for turn in turns)
    except (RuntimeError, TypeError, ValueError, UserWarning):
        return False
    finally:
        _put_back(kept)


def _same(stack: Stack, turn: int, step: int) -> bool:
    """Whether one loss is the same together and alone."""
    buffers = [(t, t.clone()) for t in stack.constants()]
    together = stack.terms(turn, 0, step)["loss"].tolist()
    _put_back(buffers)
    alone = [_alone(trainer, turn, step) for trainer in stack.trainers]
    _put_back(buffers)
    return all(_close(a, b) for a, b in zip(together, alone, strict=True))


def _alone(trainer: Trainer, turn: int, step: int) -> float:
    """The loss that a trainer would have by itself."""
    player = trainer._turns[turn]
    index, noise = trainer._draws[turn].at(0)
    count = torch.tensor(float(step), device=trainer.device)
    with torch.no_grad():
        batch = trainer._batch(index, noise, count)
        batch = trainer.model.prepare(player, batch)
    return float(trainer.model.losses(player, batch)["loss"].detach())


def trial_alone(trainer: Trainer) -> None:
    """The dear part of a trainer's step, its gradients, without a step."""
    for turn, player in enumerate(trainer._turns):
        index, noise = trainer._draws[turn].at(0)
        with torch.no_grad():
            batch = trainer._batch(index, noise, trainer._step_tensor)
            batch = trainer.model.prepare(player, batch)
        loss = trainer.model.losses(player, batch)["loss"]
        torch.autograd.grad(loss, trainer.model.players()[player], allow_unused=True)


def _put_back(kept: list[tuple[Tensor, Tensor]]) -> None:
    for tensor, value in kept:
        tensor.copy_(value)


def _close(first: float, second: float) -> bool:
    if not math.isfinite(first) or not math.isfinite(second):
        return math.isfinite(first) == math.isfinite(second)
    return abs(first - second) <= _RELATIVE * (abs(first) + abs(second)) + _ABSOLUTE
