"""The loss of a stack of models, and which trainers are alike enough for one."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from engine.models.base import Batch, GenerativeModel
from engine.training.trainer import Trainer


class StackedLoss(nn.Module):
    """One model as a function of weights and settings; ``vmap`` makes it many."""

    def __init__(self, model: GenerativeModel) -> None:
        super().__init__()
        self.model = model
        self._config = model.config

    def at(self, player: str, step: float) -> Callable[..., dict[str, Tensor]]:
        """The loss of a player at a step, for :func:`torch.func.vmap`."""
        count = torch.tensor(step, device=self.model.device)

        def loss(
            weights: dict[str, Tensor],
            constants: dict[str, Tensor],
            settings: dict[str, Tensor],
            columns: dict[str, Tensor],
            noise: dict[str, Tensor],
        ) -> dict[str, Tensor]:
            self.model.config = self._config.model_copy(update=settings)
            rows = dict(columns)
            batch = Batch(rows.pop("x"), rows.pop("labels"), noise, count, rows)
            tensors = {f"model.{k}": v for k, v in (weights | constants).items()}
            found: dict[str, Tensor] = functional_call(self, tensors, (player, batch))
            return found

        return loss

    def forward(self, player: str, batch: Batch) -> dict[str, Tensor]:
        """What a trainer does with a batch before the gradient."""
        with torch.no_grad():
            batch = self.model.prepare(player, batch)
        return self.model.losses(player, batch)


def structure(trainer: Trainer) -> str:
    """The same for trainers that may be stacked; empty for those that cannot be.

    Real-valued settings of the model may differ within a stack: the loss sees them as
    one number per model.
    """
    model, config = trainer.model, trainer.config
    players = model.players()
    weights = [id(p) for row in players.values() for p in row]
    if not players or model.stages() > 1 or len(set(weights)) < len(weights):
        return ""
    shapes = [(n, tuple(t.shape), t.dtype) for n, t in model.state_dict().items()]
    settings = {
        k: v for k, v in model.config.model_dump().items() if not isinstance(v, float)
    }
    noise = [sorted((k, str(d)) for k, d in x.spec.items()) for x in trainer._draws]
    facts = (type(model), shapes, settings, trainer._turns, noise, trainer.step)
    table = len(trainer.columns["x"]), config.batch_size, trainer.cursor
    return repr((facts, table, config.optimizer, trainer.device))


def differing_floats(configs: Sequence[Any], like: Trainer) -> dict[str, Tensor]:
    """Real-valued settings that differ from model to model, (n,) each."""
    device, dtype = like.device, like.model.dtype
    found = {}
    for name, value in configs[0].model_dump().items():
        values = [getattr(c, name) for c in configs]
        if isinstance(value, float) and any(v != value for v in values):
            found[name] = torch.tensor(values, device=device, dtype=dtype)
    return found
