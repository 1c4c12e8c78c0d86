"""Kept moments of a training: weights, averages, optimiser and random state.

Moments are taken on a logarithmic schedule and thinned evenly in log(step), so that a
fixed amount of memory holds any length of training.
"""

import copy
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from engine.training.trainer import Trainer

#: Each kept step is about this much later than the one before.
GROWTH = 1.12
#: Memory that a tensor takes beside its numbers, bytes. A flow of many small ones
#: spends more than half on it.
_HULL = 500


@dataclass(frozen=True)
class Snapshot:
    """A trainer at one step; all tensors on the CPU."""

    step: int
    stage: int
    seconds: float
    model: dict[str, Tensor]
    average: dict[str, Tensor]
    slow: dict[str, Tensor]  # of Lookahead, where it is in use
    optimiser_kind: str
    optimisers: dict[str, Any]
    generator: Tensor
    cursor: int
    columns: dict[str, Tensor]

    @property
    def bytes(self) -> int:
        """Memory of the weights and the optimiser; shared columns not counted."""
        tensors = [*self.model.values(), *self.average.values(), *self.slow.values()]
        for optimiser in self.optimisers.values():
            for state in optimiser["state"].values():
                tensors.extend(v for v in state.values() if isinstance(v, Tensor))
        return sum(_HULL + t.numel() * t.element_size() for t in tensors)


def take(trainer: "Trainer") -> Snapshot:
    """Copy the trainer's state; nothing in the copy changes later."""
    return Snapshot(
        step=trainer.step,
        stage=trainer.stage,
        seconds=trainer.seconds,
        model=_cpu(trainer.model.state_dict()),
        average=_cpu(trainer.average.state_dict()),
        slow=_cpu(trainer.lookahead.named()),
        optimiser_kind=trainer.config.optimizer,
        optimisers={k: _cpu(o.state_dict()) for k, o in trainer.optimisers.items()},
        generator=trainer.block_state.clone(),
        cursor=trainer.cursor,
        columns=trainer.columns if trainer.has_own_table else {},
    )


def put_back(trainer: "Trainer", snapshot: Snapshot) -> None:
    """Bring a trainer back to a snapshot; its settings stay as they are now."""
    trainer.step = snapshot.step
    trainer.stage = snapshot.stage
    trainer.seconds = snapshot.seconds
    trainer.columns = dict(snapshot.columns or trainer.first_columns)
    trainer.model.load_state_dict(snapshot.model)
    trainer.average.load_state_dict(snapshot.average)
    trainer.lookahead.restore(snapshot.slow, trainer.config)
    if trainer.is_edited:  # the snapshot may be from before the points were edited
        trainer.renew_models()
    same_kind = snapshot.optimiser_kind == trainer.config.optimizer
    trainer.reload_optimisers(snapshot.optimisers if same_kind else {})
    trainer.resume_block(snapshot.generator, snapshot.cursor)
    trainer.history.cut(snapshot.step)


def _cpu(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, dict):
        return {k: _cpu(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_cpu(v) for v in value]
    return copy.copy(value)


class SnapshotStore:
    """Snapshots by step within a memory budget, in bytes."""

    def __init__(self, budget: int = 256 * 2**20) -> None:
        self.budget = budget
        self._kept: dict[int, Snapshot] = {}

    @property
    def steps(self) -> list[int]:
        """Kept steps in order."""
        return sorted(self._kept)

    @property
    def bytes(self) -> int:
        """Memory in use."""
        return sum(s.bytes for s in self._kept.values())

    def __getitem__(self, step: int) -> Snapshot:
        return self._kept[step]

    def __contains__(self, step: object) -> bool:
        return step in self._kept

    def next_step(self, step: int) -> int:
        """The next step that the schedule keeps, from ``step`` on."""
        return max(step + 1, math.ceil(step * GROWTH))

    def last(self) -> Snapshot | None:
        """The newest."""
        return self._kept[max(self._kept)] if self._kept else None

    def add(self, snapshot: Snapshot) -> None:
        """Keep a snapshot, and thin out where the budget is spent."""
        self._kept[snapshot.step] = snapshot
        while self.bytes > self.budget and len(self._kept) > 3:
            del self._kept[self._most_crowded()]

    def cut(self, step: int) -> None:
        """Forget all later than ``step``."""
        self._kept = {k: v for k, v in self._kept.items() if k <= step}

    def copy(self) -> "SnapshotStore":
        """Another store with the same moments; snapshots never change, so no copy."""
        other = SnapshotStore(self.budget)
        other._kept = dict(self._kept)
        return other

    def _most_crowded(self) -> int:
        """The inner step whose neighbours are closest in log(step)."""
        steps = self.steps
        gaps = [
            math.log((steps[i + 1] + 1) / (steps[i - 1] + 1))
            for i in range(1, len(steps) - 1)
        ]
        return steps[1 + min(range(len(gaps)), key=gaps.__getitem__)]


def finite(snapshot: Snapshot) -> bool:
    """Whether every weight is a number."""
    return all(
        bool(torch.isfinite(t).all())
        for t in snapshot.model.values()
        if t.is_floating_point()
    )
