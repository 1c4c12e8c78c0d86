"""What a model costs in evaluations of its network: to train, and to draw a sample.

One evaluation is one pass of one point through the network. A model of several parts
counts the passes through its busiest layer: a flow of eight couplings costs one
evaluation, an autoregressive flow one per coordinate, and a GAN's step as often as its
critic looks at a point. So families can be compared that share nothing else.
"""

import copy
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn

from engine.models.base import Process

if TYPE_CHECKING:
    from engine.models.fitted import Fitted
    from engine.training.trainer import Trainer

#: Rows of the step that is counted: what it costs per row is the same for more.
_ROWS = 16
_STILL = 1e-9


@dataclass(frozen=True)
class Effort:
    """Evaluations per training step and point of its batch, and per sample drawn."""

    per_step: int
    per_sample: int


@contextmanager
def counted(model: nn.Module) -> Iterator[Callable[[], int]]:
    """Passes through the busiest layer with weights while the block runs.

    At least one: a model whose layers are called by formula has no other count.
    """
    passes: Counter[nn.Module] = Counter()

    def count(module: nn.Module, inputs: object) -> None:
        del inputs
        passes[module] += 1

    layers = [m for m in model.modules() if next(m.parameters(False), None) is not None]
    handles = [layer.register_forward_pre_hook(count) for layer in layers]
    try:
        yield lambda: max(passes.values(), default=1)
    finally:
        for handle in handles:
            handle.remove()


def effort_per_step(trainer: "Trainer") -> int:
    """Evaluations of one training step for each point of its batch.

    Counted on a copy on the CPU, so that nothing moves and no graph is captured. A
    model that learns nothing costs nothing.
    """
    if not trainer.model.turns():
        return 0
    rows = {k: v.cpu() for k, v in trainer.first_columns.items()}
    batch = min(_ROWS, trainer.config.batch_size)
    # Nothing shall be learned: the rate of the run may be one that diverges at once.
    still = {"batch_size": batch, "learning_rate": _STILL}
    config = trainer.config.model_copy(update=still)
    model = copy.deepcopy(trainer.model).to("cpu")
    twin = type(trainer)(model, rows, config, seed=0)
    with counted(twin.model) as passes:
        twin.train_for(0.0, 1)
    return passes()


def effort_per_sample(fitted: "Fitted") -> int:
    """Evaluations that draw one sample; of a process, those of its sampler."""
    if isinstance(fitted.model, Process):
        return fitted.trace(fitted.start(1, seed=0), seed=0).evaluations
    with torch.no_grad(), counted(fitted.model) as passes:
        fitted.sample(1, seed=0)
    return passes()
