r"""Many small models trained as one: stacked weights, one call of the loss for all.

A step of a small network is bound by the number of calls, not by arithmetic, and a
stack of n models makes as many calls as one. The weights of the models become rows of
one tensor (``torch.func.vmap`` carries the loss over them), while batches, noise,
learning rates and random states stay those of each model's own trainer. So a stacked
training takes the very steps that the trainers would take one after the other, and
each of them can go on alone from any step.

What it gains on one busy CPU core, as an interleaved ratio to n trainers in turn, is
written in :mod:`engine.lab.sweep_team`, which measures before it stacks.
"""

import copy
import time
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.func import vmap

from engine.nets.slopes import stacked
from engine.training.stack_lookahead import StackedSlow
from engine.training.stack_loss import StackedLoss, differing_floats
from engine.training.stack_player import StackedPlayer, flat, share_rows
from engine.training.stack_rules import column
from engine.training.trainer import FLUSH_STEPS, Trainer

Terms = dict[str, Tensor]


class Stack:
    """Trains several trainers of equal structure together, step by step.

    The models' weights, averages, buffers and optimiser states become views of the
    stack, so that every trainer shows its newest state at any time.

    Args:
        trainers: Trainers at the same step for which
            :func:`engine.training.stack_loss.structure` is the same.

    Attributes:
        diverged: Position of a trainer to the first step whose loss was no number.

    Raises:
        RuntimeError: Their loss cannot be taken of many models at once.
    """

    def __init__(self, trainers: Sequence[Trainer]) -> None:
        self.trainers = list(trainers)
        self.step = trainers[0].step
        self.diverged: dict[int, int] = {}
        self._cursor = trainers[0].cursor
        self._pending: list[Terms] = []
        first = self.first = trainers[0]
        names = list(first.model.players())
        self._players = {name: StackedPlayer(name, trainers) for name in names}
        learning = {n for p in self._players.values() for n in p.views}
        self._constants = self._stacked_constants(learning)
        self._average = self._stacked_average()
        self._slow = StackedSlow(trainers, list(self._players.values()))
        self._blocks = [self._draw_block(i) for i in range(len(first._turns))]
        self._columns, self._offset = self._tables()
        self._configs = differing_floats([t.model.config for t in trainers], first)
        self._loss = StackedLoss(copy.deepcopy(first.model))
        self._clips = [t.config.clip or float("inf") for t in trainers]

    def __len__(self) -> int:
        return len(self.trainers)

    def train_for(self, seconds: float, max_steps: int) -> int:
        """Whole steps for about ``seconds`` of time; returns how many."""
        begin = time.perf_counter()
        done = 0
        while done < max_steps and not self.diverged:
            if self._cursor >= self.first.length:
                for trainer in self.trainers:
                    trainer.refill()
                self._cursor = 0
            self._advance()
            done += 1
            late = time.perf_counter() - begin >= seconds
            if late or done % FLUSH_STEPS == 0 or done == max_steps:
                begin_next = time.perf_counter()
                self._flush(begin_next - begin)
                if late:
                    break
                seconds -= begin_next - begin
                begin = begin_next
        self._tell()
        return done

    def trial(self) -> None:
        """The dear part of a step, its gradients, without a step."""
        for turn in range(len(self._blocks)):
            self._gradient(turn, 0)

    def terms(self, turn: int, i: int, step: int) -> Terms:
        """Loss terms (n,) of all models: turn and place in the block, at a step."""
        name = self.first._turns[turn]
        index, blocks = self._blocks[turn]
        rows = (index[:, i] + self._offset).flatten()
        size = index.shape[0], index.shape[2]
        columns = {
            k: v.index_select(0, rows).view(*size, *v.shape[1:])
            for k, v in self._columns.items()
        }
        noise = {k: block[:, i] for k, block in blocks.items()}
        weights = {k: v for p in self._players.values() for k, v in p.views.items()}
        weights |= self._players[name].leaves
        with stacked():
            call = vmap(self._loss.at(name, float(step)))
            found: Terms = call(weights, self._constants, self._configs, columns, noise)
        return found

    def weights(self) -> list[Tensor]:
        """What learns, (n, p) for each player; a change is a change of the models."""
        return [player.weights for player in self._players.values()]

    def constants(self) -> list[Tensor]:
        """What losses may change in place: buffers of all models."""
        return list(self._constants.values())

    # ---- building

    def _stacked_constants(self, learning: set[str]) -> Terms:
        """Buffers, and weights that do not learn, of all models."""
        found: Terms = {}
        tables = [
            dict(t.model.named_buffers()) | dict(t.model.named_parameters())
            for t in self.trainers
        ]
        for name in tables[0]:
            if name not in learning:
                whole = torch.stack([table[name].detach() for table in tables])
                for row, table in zip(whole, tables, strict=True):
                    table[name].data = row
                found[name] = whole
        return found

    def _stacked_average(self) -> list[tuple[Tensor, Tensor]]:
        """Pairs of running averages (n, p) and the weights that they follow."""
        pairs = []
        for name, player in self._players.items():
            rows = [t.average.players()[name] for t in self.trainers]
            average = torch.stack([flat(row) for row in rows])
            share_rows(rows, average)
            pairs.append((average, player.weights))
        return pairs

    def _draw_block(self, turn: int) -> tuple[Tensor, Terms]:
        """Rows and noise of a turn, (n, steps, batch, ...), filled by the trainers."""
        draws = [t._draws[turn] for t in self.trainers]
        index = torch.stack([d.index for d in draws])
        noise = {k: torch.stack([d.noise[k] for d in draws]) for k in draws[0].noise}
        for n, own in enumerate(draws):
            own.index = index[n]
            own.noise = {k: block[n] for k, block in noise.items()}
        return index, noise

    def _tables(self) -> tuple[Terms, Tensor]:
        """All different training tables below each other, and where each begins."""
        tables: list[dict[str, Tensor]] = []
        places = []
        for trainer in self.trainers:
            same = (i for i, t in enumerate(tables) if _equal(t, trainer.columns))
            place = next(same, len(tables))
            if place == len(tables):
                tables.append(trainer.columns)
            places.append(place * len(trainer.columns["x"]))
        merged = {k: torch.cat([t[k] for t in tables]) for k in tables[0]}
        device = self.first.device
        return merged, torch.tensor(places, device=device)[:, None]

    # ---- a step

    def _advance(self) -> None:
        """One step of every model: its players in turn."""
        terms: Terms = {}
        for turn in range(len(self._blocks)):
            terms |= self._turn(turn, self._cursor)
        self._pending.append(terms)
        self._follow()
        self._cursor += 1
        self.step += 1
        self._slow.after(self.step)

    def _turn(self, turn: int, i: int) -> Terms:
        name = self.first._turns[turn]
        for trainer in self.trainers:
            trainer._pair(turn, i)
        terms, gradient = self._gradient(turn, i)
        rates = [t.rate(self.step) * t.model.rate_factor(name) for t in self.trainers]
        with torch.no_grad():
            self._players[name].rule.step(self._clipped(gradient), rates)
        prefix = f"{name}." if len(self._players) > 1 else ""
        return {prefix + key: value.detach() for key, value in terms.items()}

    def _gradient(self, turn: int, i: int) -> tuple[Terms, Tensor]:
        """Terms (n,) of the loss, and its gradient (n, p) for the player."""
        name = self.first._turns[turn]
        terms = self.terms(turn, i, self.step)
        leaves = self._players[name].leaves
        total = terms["loss"].sum()
        found = torch.autograd.grad(
            total, list(leaves.values()), allow_unused=True, materialize_grads=True
        )
        return terms, torch.cat([g.flatten(1) for g in found], 1)

    def _clipped(self, gradient: Tensor) -> Tensor:
        if min(self._clips) == float("inf"):
            return gradient
        longest = column(self._clips, gradient)
        norm = gradient.norm(dim=1, keepdim=True)
        scale: Tensor = (longest / (norm + 1e-6)).clamp(max=1.0)
        return gradient * scale

    def _follow(self) -> None:
        """Let the averages follow the weights, as each trainer's would."""
        young = (1 + self.step) / (10 + self.step)
        emas = [t.config.ema for t in self.trainers]
        if not any(emas):
            return
        shares = [1 - min(ema, young) if ema else 0.0 for ema in emas]
        share = column(shares, self.first._averages[0])
        for average, weights in self._average:
            average.lerp_(weights, share)

    # ---- what came of it

    def _tell(self) -> None:
        """Bring the trainers' own counts to this step."""
        for trainer in self.trainers:
            trainer.step, trainer.cursor = self.step, self._cursor
            trainer._step_tensor.fill_(self.step)
        for player in self._players.values():
            player.rule.tell_steps()

    def _flush(self, elapsed: float) -> None:
        """Bring the losses to the histories; each model bears its share of time, s."""
        rows, self._pending = self._pending, []
        share = elapsed / len(self)
        steps = np.arange(self.step - len(rows) + 1, self.step + 1, dtype=np.float64)
        values = {
            name: torch.stack([row[name] for row in rows]).float().cpu().numpy()
            for name in rows[-1]
        }
        for n, trainer in enumerate(self.trainers):
            seconds = trainer.seconds + share * np.arange(1, len(rows) + 1) / len(rows)
            trainer.seconds += share
            good = np.ones(len(rows), dtype=bool)
            for name, value in values.items():
                player = name.split(".")[0] if len(self._players) > 1 else "model"
                series = trainer.history.term(name, player)
                series.extend(steps, seconds, value[:, n])
                good &= np.isfinite(value[:, n])
            if not good.all():
                self.diverged[n] = int(steps[np.argmin(good)])


def _equal(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    return first.keys() == second.keys() and all(
        first[k] is second[k] or torch.equal(first[k], second[k]) for k in first
    )
