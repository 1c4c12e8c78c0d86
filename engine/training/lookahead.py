r"""Lookahead: slow weights that follow the fast ones now and then, and call them back.

An optimiser moves the fast weights θ; every k steps the slow weights φ go a share α of
the way to them, and the fast ones go on from there:

.. math:: \phi \leftarrow \phi + \alpha (\theta - \phi), \quad \theta \leftarrow \phi

It damps directions in which the optimiser overshoots, so that a high learning rate
stays steady: of deep flows about one training in four broke out late without it.

Zhang, Lucas, Hinton, Ba, "Lookahead Optimizer: k steps forward, 1 step back", 2019,
https://arxiv.org/abs/1907.08610.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from engine.training.config import TrainingConfig


class SlowWeights:
    """The slow weights of one model, if its training uses them.

    Args:
        names: Names of the fast weights, by which slow ones are kept in files.
        weights: The fast weights, changed in place.

    Attributes:
        slow: Slow weights in the order of the fast ones; empty without Lookahead.
    """

    def __init__(self, names: Sequence[str], weights: Sequence[Tensor]) -> None:
        self._names = list(names)
        self._weights = list(weights)
        self.slow: list[Tensor] = []

    def tune(self, config: TrainingConfig) -> None:
        """Begin at the fast weights where Lookahead comes on; forget where it goes."""
        if not config.lookahead:
            self.slow = []
        elif not self.slow:
            self.restore({}, config)

    def after(self, step: int, config: TrainingConfig) -> None:
        """Follow and call back, if it is time after so many steps."""
        if not is_due(step, config):
            return
        with torch.no_grad():
            torch._foreach_lerp_(self.slow, self._weights, config.lookahead_share)
            torch._foreach_copy_(self._weights, self.slow)

    def named(self) -> dict[str, Tensor]:
        """The slow weights by name, nothing without Lookahead."""
        return dict(zip(self._names, self.slow, strict=True)) if self.slow else {}

    def slow_of(self, weights: Sequence[Tensor]) -> list[Tensor]:
        """The slow ones of some of the fast weights, nothing without Lookahead."""
        if not self.slow:
            return []
        found = {id(w): s for w, s in zip(self._weights, self.slow, strict=True)}
        return [found[id(w)] for w in weights]

    def restore(self, kept: Mapping[str, Tensor], config: TrainingConfig) -> None:
        """Take kept slow weights; where there are none, begin at the fast ones."""
        self.slow = []
        if config.lookahead:
            for name, weight in zip(self._names, self._weights, strict=True):
                start = weight.detach().clone()
                self.slow.append(start.copy_(kept[name]) if name in kept else start)


def is_due(step: int, config: TrainingConfig) -> bool:
    """Whether slow weights move after so many steps."""
    return config.lookahead and step % config.lookahead_steps == 0
