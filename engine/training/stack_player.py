"""One player of all models of a stack: its weights as rows, and how they learn."""

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.training.stack_rules import Rule
from engine.training.trainer import Trainer


class StackedPlayer:
    """The flat weights (n, p) of one player in all models, and how they learn.

    ``leaves`` are views by the parameters' names that gradients are taken for,
    ``views`` the same without.
    """

    def __init__(self, name: str, trainers: Sequence[Trainer]) -> None:
        self.name = name
        rows = [t.model.players()[name] for t in trainers]
        self.weights = torch.stack([flat(row) for row in rows])
        share_rows(rows, self.weights)
        known = {id(p): n for n, p in trainers[0].model.named_parameters()}
        self.views: dict[str, Tensor] = {}
        begin = 0
        for weight in rows[0]:
            part = self.weights[:, begin : begin + weight.numel()]
            self.views[known[id(weight)]] = part.view(len(rows), *weight.shape)
            begin += weight.numel()
        self.leaves = {n: v.detach().requires_grad_() for n, v in self.views.items()}
        self.rule = Rule(
            self.weights,
            [t.optimisers[name] for t in trainers],
            [t.config for t in trainers],
        )


def flat(weights: Sequence[Tensor]) -> Tensor:
    """All numbers of some tensors in one row."""
    return torch.cat([w.detach().flatten() for w in weights])


def share_rows(rows: Sequence[Sequence[Tensor]], whole: Tensor) -> None:
    """Let the tensors of each model be views of its row of the stack."""
    for row, tensors in zip(whole, rows, strict=True):
        begin = 0
        for tensor in tensors:
            tensor.data = row[begin : begin + tensor.numel()].view(tensor.shape)
            begin += tensor.numel()
