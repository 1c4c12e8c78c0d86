"""A whole training step as one CUDA graph: small networks are bound by launches.

The graph reads its randomness and learning rates from fixed blocks at a position that
it advances itself, so that a step costs the host one call.
"""

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from engine.training.trainer import Trainer

_WARM_UP = 3


class StepGraph:
    """The captured step of a trainer, valid until a setting changes."""

    def __init__(self, trainer: "Trainer") -> None:
        device = trainer.device
        self._trainer = trainer
        self._i = torch.zeros(1, dtype=torch.int64, device=device)
        self._rates = torch.zeros(trainer.length, device=device)
        self._steps = torch.zeros(trainer.length, device=device)
        self._keep = torch.zeros(trainer.length, device=device)
        self._losses: dict[str, Tensor] = {}
        self.waiting = 0
        self._first = trainer.cursor
        self._capture()
        self.rewind(trainer)

    def rewind(self, trainer: "Trainer") -> None:
        """Rates and positions for the block that the trainer is in."""
        if self.waiting:
            trainer.flush()
        length = trainer.length
        base = trainer.step - trainer.cursor
        steps = np.arange(base, base + length)
        rates = [trainer.rate(int(s)) for s in steps]
        ema = trainer.config.ema
        keep = np.minimum(ema, (1 + np.maximum(steps, 0)) / (10 + np.maximum(steps, 0)))
        self._rates.copy_(torch.tensor(rates))
        self._steps.copy_(torch.tensor(steps))
        self._keep.copy_(torch.tensor(keep))
        self._i.fill_(trainer.cursor)
        self._first = trainer.cursor

    def replay(self) -> None:
        """One step."""
        self._graph.replay()
        self.waiting += 1

    def read(self) -> dict[str, np.ndarray]:
        """Losses of the steps since the last reading; waits for them."""
        span = slice(self._first, self._first + self.waiting)
        self._first += self.waiting
        self.waiting = 0
        return {k: v[span].float().cpu().numpy() for k, v in self._losses.items()}

    def _capture(self) -> None:
        """Run the step a few times aside, record it, and undo what it did."""
        trainer = self._trainer
        saved = _copy_tensors(trainer)
        fresh = not any(o.state for o in trainer.optimisers.values())
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UP):
                self._step()
                self._i.zero_()
        torch.cuda.current_stream().wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._step()
        _restore_tensors(trainer, saved, fresh)

    def _step(self) -> None:
        trainer = self._trainer
        i = self._i
        terms: dict[str, Tensor] = {}
        for player, draws in zip(trainer._turns, trainer._draws, strict=True):
            rate = self._rates.index_select(0, i) * trainer.model.rate_factor(player)
            for group in trainer.optimisers[player].param_groups:
                group["lr"].copy_(rate[0])
            index = draws.index.index_select(0, i)[0]
            noise = {k: v.index_select(0, i)[0] for k, v in draws.noise.items()}
            step = self._steps.index_select(0, i)[0]
            terms.update(trainer.update(player, index, noise, step))
        for name, value in terms.items():
            if name not in self._losses:
                self._losses[name] = torch.zeros(trainer.length, device=i.device)
            self._losses[name].index_copy_(0, i, value.float().reshape(1))
        if trainer.config.ema:
            self._average(i)
        i.add_(1)

    def _average(self, i: Tensor) -> None:
        """Average += (1 - keep) (weights - average), with keep read on the device."""
        trainer = self._trainer
        with torch.no_grad():
            weight = (1 - self._keep.index_select(0, i))[0]
            for mine, theirs in zip(
                trainer.average.parameters(), trainer.model.parameters(), strict=True
            ):
                mine.lerp_(theirs, weight)


def _copy_tensors(trainer: "Trainer") -> list[Tensor]:
    return [t.detach().clone() for t in _tensors(trainer)]


def _restore_tensors(trainer: "Trainer", saved: list[Tensor], fresh: bool) -> None:
    """In place, since the graph holds the addresses."""
    with torch.no_grad():
        if fresh:
            for optimiser in trainer.optimisers.values():
                for state in optimiser.state.values():
                    for value in state.values():
                        if isinstance(value, Tensor):
                            value.zero_()
            saved = saved + [
                torch.zeros_like(t) for t in _tensors(trainer)[len(saved) :]
            ]
        for target, source in zip(_tensors(trainer), saved, strict=True):
            target.copy_(source)


def _tensors(trainer: "Trainer") -> list[Tensor]:
    """Everything that a step changes: weights, averages, buffers, optimiser state."""
    found: list[Tensor] = []
    for module in (trainer.model, trainer.average):
        found.extend(module.parameters())
        found.extend(module.buffers())
    for optimiser in trainer.optimisers.values():
        for state in optimiser.state.values():
            found.extend(v for v in state.values() if isinstance(v, Tensor))
    return found
