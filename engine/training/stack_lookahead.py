"""Lookahead for a stack of models, each with its own k and share.

Zhang, Lucas, Hinton, Ba 2019, 1907.08610; see :mod:`engine.training.lookahead`.
"""

from collections.abc import Sequence

from torch import Tensor

from engine.training.lookahead import is_due
from engine.training.stack_player import StackedPlayer, flat, share_rows
from engine.training.stack_rules import column
from engine.training.trainer import Trainer


class StackedSlow:
    """The slow weights of all models as rows; the trainers hold views of them.

    The row of a model that does without holds what nobody reads.
    """

    def __init__(
        self, trainers: Sequence[Trainer], players: Sequence[StackedPlayer]
    ) -> None:
        self._configs = [t.config for t in trainers]
        self._pairs: list[tuple[Tensor, Tensor]] = []
        if any(config.lookahead for config in self._configs):
            self._pairs = [(_adopted(trainers, p), p.weights) for p in players]

    def after(self, step: int) -> None:
        """Follow and call back, where it is time after so many steps."""
        due = [is_due(step, config) for config in self._configs]
        if not any(due):
            return
        ways = [
            config.lookahead_share if now else 0.0
            for config, now in zip(self._configs, due, strict=True)
        ]
        for slow, weights in self._pairs:
            slow.lerp_(weights, column(ways, slow))
            weights.lerp_(slow, column([float(now) for now in due], slow))


def _adopted(trainers: Sequence[Trainer], player: StackedPlayer) -> Tensor:
    """The slow weights (n, p) of one player in all models."""
    whole = player.weights.clone()
    for row, trainer in zip(whole, trainers, strict=True):
        own = trainer.lookahead.slow_of(trainer.model.players()[player.name])
        if own:
            row.copy_(flat(own))
            share_rows([own], row[None])
    return whole
