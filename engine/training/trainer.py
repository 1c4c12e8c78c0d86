"""The training loop: players take turns, data stay on the device, nothing waits.

Randomness is drawn for many steps at once, losses are read back once per slice, the
optimiser is fused, and on CUDA a whole step is one captured graph.
"""

import copy
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from engine.models.base import Batch, GenerativeModel
from engine.training.config import TrainingConfig
from engine.training.draws import Draws, block_length
from engine.training.graph import StepGraph
from engine.training.history import Change, History
from engine.training.lookahead import SlowWeights
from engine.training.optimisers import make_optimiser, retune, set_rate

if TYPE_CHECKING:
    from torch.optim import Optimizer

#: Losses are read back at least this often, to bound what waits on the device.
FLUSH_STEPS = 256


class Diverged(Exception):
    """A loss that is no finite number any more."""

    last_good_step: int | None = None

    def __init__(self, step: int, rate: float) -> None:
        self.step = step
        self.advice = (
            f"The learning rate was {rate:.3g}: "
            "try a tenth of it, or clip the gradient."
        )
        super().__init__(f"The loss became infinite or undefined at step {step:,}.")


def can_capture(device: torch.device) -> bool:
    """Whether a whole step can be one graph of that device."""
    return device.type == "cuda"


class Trainer:
    """Trains one model on one table of standardised points.

    ``columns`` holds ``x`` (n, dim) and ``labels`` (n,) on the model's device. The
    weights are those of ``model``; ``average`` is their running average.
    """

    def __init__(
        self,
        model: GenerativeModel,
        columns: Mapping[str, Tensor],
        config: TrainingConfig,
        seed: int,
    ) -> None:
        self.model = model
        self.device = model.device
        # A model that learns nothing, such as an exact reference, has no step.
        self.captured = can_capture(self.device) and bool(model.turns())
        self.config = config
        self.history = History()
        self.step = 0
        self.stage = 0
        self.seconds = 0.0
        self.first_columns = dict(columns)
        self.columns = dict(columns)
        self.is_edited = False
        self.generator = torch.Generator(device=self.device).manual_seed(seed)
        model.initialise(self.columns, self.generator)
        self.average = copy.deepcopy(model)
        # Walking through the modules at every step would cost as much as the average.
        self._weights: list[Tensor] = list(model.parameters())
        self._averages: list[Tensor] = list(self.average.parameters())
        names = [name for name, _ in model.named_parameters()]
        self.lookahead = SlowWeights(names, self._weights)
        self.lookahead.tune(config)
        self.optimisers: dict[str, Optimizer] = {}
        self._step_tensor = torch.zeros((), device=self.device)
        self._pending: list[dict[str, Tensor]] = []
        self._turns: tuple[str, ...] = ()
        self._draws: list[Draws] = []
        self._graph: StepGraph | None = None
        self.block_state = self.generator.get_state()
        self.cursor = 0
        self._mark = time.perf_counter()
        self._make_optimisers()
        self._make_draws()

    # Settings

    def configure(self, config: TrainingConfig, model_config: object) -> None:
        """Apply live settings from the next step on; nothing learned is lost."""
        old, self.config = self.config, config
        if not old.ema and config.ema:
            self._copy_average()
        self.lookahead.tune(config)
        self.model.config = model_config
        self.average.config = model_config
        if config.optimizer != old.optimizer:
            self._make_optimisers()
        else:
            for optimiser in self.optimisers.values():
                retune(optimiser, config)
        specs = [self.model.noise(player) for player in self.model.turns()]
        if (config.batch_size, self.model.turns(), specs) != (
            old.batch_size,
            self._turns,
            [draws.spec for draws in self._draws],
        ):
            self._make_draws()
        self._graph = None

    def replace_table(self, columns: Mapping[str, Tensor]) -> None:
        """Learn from other points from the next step on; nothing learned is lost.

        A table that a later stage has made of the model's own pairs stays.
        """
        own = self.has_own_table
        self.first_columns = dict(columns)
        if not own:
            self.columns = dict(columns)
            self._make_draws()
        self.is_edited = True
        self.renew_models()

    def renew_models(self) -> None:
        """Let the models see again what they keep of the points."""
        state = self.generator.get_state()
        for model in (self.model, self.average):
            self.generator.set_state(state)
            model.renew(self.first_columns, self.generator)

    @property
    def has_own_table(self) -> bool:
        """Whether a stage has put another table in the place of the first one."""
        first = self.first_columns
        return any(first.get(name) is not x for name, x in self.columns.items())

    def record_change(self, name: str, old: object, new: object) -> Change:
        """Mark a changed setting in the history."""
        change = Change(self.step, self.seconds, name, old, new)
        self.history.changes.append(change)
        return change

    def _make_optimisers(self) -> None:
        self.optimisers = {
            player: make_optimiser(
                self.config, weights, self.model.rate_factor(player), self.captured
            )
            for player, weights in self.model.players().items()
        }
        self._players = self.model.players()

    def _make_draws(self) -> None:
        """Buffers for the turns of a step, and their first filling."""
        self._turns = self.model.turns()
        specs = [self.model.noise(player) for player in self._turns]
        batch = self.config.batch_size
        self.length = block_length(specs, batch)
        rows = len(self.columns["x"])
        self._draws = [
            Draws(spec, rows, batch, self.length, self.device) for spec in specs
        ]
        self._graph = None
        self.refill()

    def refill(self) -> None:
        """Draw the randomness of the next block of steps."""
        self.block_state = self.generator.get_state()
        for draws in self._draws:
            draws.refill(self.generator)
        self.cursor = 0
        if self._graph is not None:
            self._graph.rewind(self)

    def resume_block(self, state: Tensor, cursor: int) -> None:
        """Draw an earlier block again from its random state, and go on inside it."""
        self.generator.set_state(state)
        self._make_draws()
        self.cursor = min(cursor, self.length)
        self._step_tensor.fill_(self.step)

    def reload_optimisers(self, states: Mapping[str, Any]) -> None:
        """New optimisers, with an earlier state by player where there is one."""
        self._make_optimisers()
        for player, optimiser in self.optimisers.items():
            saved = states.get(player, {"state": {}})["state"]
            fresh = optimiser.state_dict()["param_groups"]
            optimiser.load_state_dict({"state": saved, "param_groups": fresh})

    # Training

    @property
    def stage_steps(self) -> int:
        """Steps of one stage of the training."""
        return max(1, self.config.steps // max(1, self.model.stages()))

    def rate(self, step: int) -> float:
        """Learning rate of a step; each stage runs through the schedule once."""
        return self.config.rate(step - self.stage * self.stage_steps, self.stage_steps)

    def train_for(self, seconds: float, max_steps: int) -> int:
        """Whole steps for about ``seconds`` of time, at most ``max_steps``.

        Returns:
            The number of steps done.

        Raises:
            Diverged: A loss was not finite.
        """
        begin = self._mark = time.perf_counter()
        done = 0
        while done < max_steps:
            self._enter_stage()
            if self.cursor >= self.length:
                self.refill()
            self._advance()
            done += 1
            if done % FLUSH_STEPS == 0:
                self.flush()
            if time.perf_counter() - begin >= seconds:
                break
        self.flush()
        return done

    def train_player(self, player: str) -> None:
        """One turn of one player alone, on fresh noise; counts as a step.

        Raises:
            Diverged: A loss was not finite.
        """
        self._mark = time.perf_counter()
        if self.cursor >= self.length:
            self.refill()
        self._pending.append(self._turn(self._turns.index(player), self.cursor))
        self.cursor += 1
        self._after_step()
        self._graph = None
        self.flush()

    def _advance(self) -> None:
        """One whole step: every player in turn."""
        if self.captured:
            if self._graph is None:
                self._graph = StepGraph(self)
            for turn in range(len(self._turns)):
                self._pair(turn, self.cursor)
            self._graph.replay()
            self.cursor += 1
            self.step += 1
            self.lookahead.after(self.step, self.config)
            return
        terms: dict[str, Tensor] = {}
        for turn in range(len(self._turns)):
            terms.update(self._turn(turn, self.cursor))
        self._pending.append(terms)
        self.cursor += 1
        self._after_step()

    def _turn(self, turn: int, i: int) -> dict[str, Tensor]:
        """One update of one player; returns its loss terms, still on the device."""
        player = self._turns[turn]
        optimiser = self.optimisers[player]
        set_rate(optimiser, self.rate(self.step) * self.model.rate_factor(player))
        self._pair(turn, i)
        index, noise = self._draws[turn].at(i)
        return self.update(player, index, noise, self._step_tensor)

    def _pair(self, turn: int, i: int) -> None:
        """Let the model put draws of a step in an order that suits its points."""
        player = self._turns[turn]
        if not self.model.couples(player):
            return
        index, noise = self._draws[turn].at(i)
        batch = self._batch(index, noise, self._step_tensor)
        for name, value in self.model.pair(player, batch).items():
            noise[name].copy_(value)

    def _batch(self, index: Tensor, noise: Mapping[str, Tensor], step: Tensor) -> Batch:
        rows = {k: v.index_select(0, index) for k, v in self.columns.items()}
        x, labels = rows.pop("x"), rows.pop("labels")
        return Batch(x, labels, noise, step, rows)

    def update(
        self, player: str, index: Tensor, noise: Mapping[str, Tensor], step: Tensor
    ) -> dict[str, Tensor]:
        """Gradient and optimiser step of one player on given rows and noise."""
        rows = {k: v.index_select(0, index) for k, v in self.columns.items()}
        x, labels = rows.pop("x"), rows.pop("labels")
        with torch.no_grad():
            batch = self.model.prepare(player, Batch(x, labels, noise, step, rows))
        terms = self.model.losses(player, batch)
        weights = self._players[player]
        torch.autograd.backward(terms["loss"], inputs=weights)
        if self.config.clip:
            torch.nn.utils.clip_grad_norm_(weights, self.config.clip)
        optimiser = self.optimisers[player]
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        prefix = f"{player}." if len(self._players) > 1 else ""
        return {prefix + name: value.detach() for name, value in terms.items()}

    def _after_step(self) -> None:
        if self.config.ema:
            # A young average forgets faster, else the first weights weigh for ever.
            decay = min(self.config.ema, (1 + self.step) / (10 + self.step))
            with torch.no_grad():
                torch._foreach_lerp_(
                    self._averages,
                    self._weights,
                    1 - decay,
                )
        self.step += 1
        self._step_tensor.fill_(self.step)
        self.lookahead.after(self.step, self.config)

    def _enter_stage(self) -> None:
        """At the border of two stages: renew the table with what was learned."""
        stage = min(self.step // self.stage_steps, self.model.stages() - 1)
        if stage <= self.stage:
            return
        self.flush()
        self.stage = stage
        learned = self.averaged()
        with torch.no_grad():
            self.columns = learned.stage_columns(
                stage, self.first_columns, self.generator
            )
        for model in (self.model, self.average):
            model.enter_stage(stage)
        self._make_optimisers()
        self._make_draws()

    # What came of it

    def averaged(self) -> GenerativeModel:
        """The model with averaged weights, or the model itself without an average."""
        if not self.config.ema:
            return self.model
        with torch.no_grad():
            for mine, theirs in zip(
                self.average.buffers(), self.model.buffers(), strict=True
            ):
                mine.copy_(theirs)
        return self.average

    def _copy_average(self) -> None:
        self.average.load_state_dict(self.model.state_dict())

    def flush(self) -> None:
        """Bring the losses of the last steps to the history; the only wait for them.

        Raises:
            Diverged: One of them is not finite.
        """
        values = self._read_losses()
        if not values and self._turns:
            return
        now = time.perf_counter()
        elapsed, self._mark = now - self._mark, now
        if not values:
            self.seconds += elapsed
            return
        n = len(next(iter(values.values())))
        steps = np.arange(self.step - n + 1, self.step + 1, dtype=np.float64)
        seconds = self.seconds + elapsed * np.arange(1, n + 1) / n
        self.seconds += elapsed
        finite = np.ones(n, dtype=bool)
        for name, value in values.items():
            player = name.split(".")[0] if len(self._players) > 1 else "model"
            self.history.term(name, player).extend(steps, seconds, value)
            finite &= np.isfinite(value)
        if not finite.all():
            bad = int(steps[np.argmin(finite)])
            raise Diverged(bad, self.rate(bad))

    def _read_losses(self) -> dict[str, np.ndarray]:
        if self._graph is not None and self._graph.waiting:
            return self._graph.read()
        names = list(self._pending[-1]) if self._pending else []
        rows = [r for r in self._pending if list(r) == names]
        self._pending = []
        return {
            name: torch.stack([r[name] for r in rows]).float().cpu().numpy()
            for name in names
        }
