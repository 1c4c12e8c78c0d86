"""Experiment: one run = configuration + data + model + trainer. The Python API.

from engine import Experiment

run = Experiment("vae", "two_moons", seed=1)
run.train(2000)
print(run.measure())
points = run.sample(1000)
"""

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine import registry
from engine.data.load import Data
from engine.data.one_class import one_class
from engine.diagnosis.diagnose import diagnose
from engine.metrics.chance import chance_distance, chance_sliced
from engine.metrics.effort import Effort, effort_per_sample, effort_per_step
from engine.metrics.report import measure
from engine.models.base import GenerativeModel
from engine.models.fitted import Fitted
from engine.models.inside import drawn_class
from engine.protocol import Finding, Metrics, RunConfig
from engine.sampling.base import Sampler
from engine.settings import SettingError, checked
from engine.training import checkpoint, setup, snapshots
from engine.training.class_limits import check_classes
from engine.training.config import TrainingConfig
from engine.training.edited import begun_again, edited
from engine.training.history import EDITED, Change, History
from engine.training.snapshots import Snapshot, SnapshotStore
from engine.training.threads import measured_threads
from engine.training.trainer import Diverged, Trainer
from engine.views.base import Moment, Picture

Tick = Callable[[], None]

#: A loss this many times above the smallest seen so far is on its way to infinity.
EXPLODED = 100.0

#: Steps between two marks of edited data, at least.
_STROKE = 100


def _no_tick() -> None:
    """Nothing to obey between two chunks."""


class Experiment:
    """A run: trains, draws samples, measures itself, goes back to kept moments.

    Args:
        model: A name of ``genplay list models``.
        data: A name of ``genplay list data``, or the path of a CSV file.
        model_settings: Settings of the model; the rest keep their defaults.
        data_settings: Settings of the data.
        training: Settings of the training loop.
        sampler: A name of ``genplay list samplers``; empty for the model's own.
        sampler_settings: Settings of the sampler.
        seed: Decides data, initial weights and every draw.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.

    Raises:
        SettingError: A setting is unknown or outside its limits.
        UnknownNameError: No such model, data set or sampler.
        DataError: The data cannot be read.
    """

    def __init__(
        self,
        model: str,
        data: str,
        *,
        model_settings: Mapping[str, Any] | None = None,
        data_settings: Mapping[str, Any] | None = None,
        training: Mapping[str, Any] | None = None,
        sampler: str = "",
        sampler_settings: Mapping[str, Any] | None = None,
        seed: int = 0,
        device: str = "auto",
    ) -> None:
        config = RunConfig.model_validate(
            {
                "model": model,
                "data": data,
                "model_settings": dict(model_settings or {}),
                "data_settings": dict(data_settings or {}),
                "training": dict(training or {}),
                "sampler": sampler,
                "sampler_settings": dict(sampler_settings or {}),
                "seed": seed,
                "device": device,
            }
        )
        self._build(config, None)

    @classmethod
    def from_config(cls, config: RunConfig, data: Data | None = None) -> "Experiment":
        """The run of a configuration; ``data`` may hand over data already loaded."""
        experiment = cls.__new__(cls)
        experiment._build(config, data)
        return experiment

    def _build(self, config: RunConfig, data: Data | None) -> None:
        self._parts = setup.parts(config)
        self.device = setup.device_of(config.device)
        self.data = data if data is not None else setup.make_data(config)
        check_classes(self._parts, self.data)
        self.config = setup.written_out(config, self._parts, self.data)
        #: Titles of settings that named a class the data of a file do not have.
        self.lowered: list[str] = []
        self._store = SnapshotStore()
        self._visits: dict[int, GenerativeModel] = {}
        self._floors: tuple[Data, dict[int, float | None]] = (self.data, {})
        self._judged: tuple[Data, int | None, Data] = (self.data, None, self.data)
        self._threads = 0
        self._start()

    def _start(self) -> None:
        """Initial weights and an empty history, the same for the same seed."""
        seed = self.config.seed
        model = setup.make_model(self._parts, self.data, seed).to(self.device)
        self.trainer = Trainer(
            model,
            setup.columns_of(self.data, model, seed),
            self._parts.training,
            setup.seed_for(seed, "training"),
        )
        self._store.cut(-1)
        self._visits.clear()
        self._keep()

    # How it stands

    @property
    def step(self) -> int:
        """Finished training steps."""
        return self.trainer.step

    @property
    def steps(self) -> int:
        """Steps at which the training is complete."""
        return self._parts.training.steps

    @property
    def seconds(self) -> float:
        """Time spent training, s."""
        return self.trainer.seconds

    @property
    def history(self) -> History:
        """Losses, metrics and changed settings over the training."""
        return self.trainer.history

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return sum(p.numel() for p in self.trainer.model.parameters())

    @property
    def stage(self) -> int:
        """Stage of the training, from 0."""
        return self.trainer.stage

    @property
    def stages(self) -> int:
        """Stages that the training has."""
        return self.trainer.model.stages()

    def latest_losses(self) -> dict[str, float]:
        """Each loss term at the newest step."""
        found = {k: s.last() for k, s in self.history.terms.items()}
        return {k: v for k, v in found.items() if v is not None}

    # Training

    def train(self, steps: int | None = None) -> "Experiment":
        """Train ``steps`` steps; by default up to the set number of steps.

        Raises:
            Diverged: The loss is not finite; the run is back at its last good moment.
        """
        left = max(0, self.steps - self.step) if steps is None else steps
        while left > 0:
            left -= self.train_for(float("inf"), left)
        return self

    def train_for(self, seconds: float, max_steps: int) -> int:
        """Whole steps for about ``seconds``, at most ``max_steps``; returns how many.

        Raises:
            Diverged: The loss is not finite; the run is back at its last good moment.
        """
        self._use_threads()
        done = 0
        budget = seconds
        try:
            while done < max_steps and budget > 0:
                before = self.trainer.seconds
                until = self._store.next_step(self.step) - self.step
                done += self.trainer.train_for(budget, min(until, max_steps - done))
                budget -= self.trainer.seconds - before
                last = self._store.last()
                if last is None or self.step >= self._store.next_step(last.step):
                    self._keep()
        except Diverged as error:
            self.fall_back(error)
            raise
        return done

    def train_player(self, player: str) -> None:
        """One turn of one player alone.

        Raises:
            Diverged: The loss is not finite; the run is back at its last good moment.
        """
        self._use_threads()
        try:
            self.trainer.train_player(player)
        except Diverged as error:
            self.fall_back(error)
            raise

    def fall_back(self, error: Diverged) -> None:
        """To the newest snapshot from before the loss exploded."""
        steps = [s for s in self._store.steps if s < error.step]
        good = next(s for s in reversed(steps) if s == 0 or self._sane(s))
        error.last_good_step = good
        self.restore(good)

    def _sane(self, step: int) -> bool:
        """Whether the weights of a step are numbers, and so were their losses."""
        for series in self.history.terms.values():
            steps, _, values = series.arrays()
            seen = np.abs(values[steps <= step + 1])
            if len(seen) and not seen[-1] <= EXPLODED * (1 + seen.min()):
                return False
        return snapshots.finite(self._store[step])

    def _use_threads(self) -> None:
        if self.device.type != "cpu":
            return
        wanted = self._parts.training.threads
        if not wanted and not self._threads:
            self._threads = measured_threads(self._measuring_work())
        if torch.get_num_threads() != (wanted or self._threads):
            torch.set_num_threads(wanted or self._threads)

    def _measuring_work(self) -> Callable[[], object]:
        """A gradient like a step's, on a copy of the run, so that nothing moves."""
        still = self._parts.training.model_copy(update={"learning_rate": 1e-9})
        trainer = Trainer(
            copy.deepcopy(self.trainer.model),
            self.trainer.first_columns,
            still,
            seed=0,
        )
        return lambda: trainer.train_for(0.0, 1)

    def reset(self) -> None:
        """Back to step 0 and the same initial weights."""
        self.data = begun_again(self.data)
        self._start()

    # Settings

    def requires_restart(self, config: RunConfig) -> list[str]:
        """Names of the settings in which ``config`` differs and that need a new run.

        Raises:
            SettingError: A setting is unknown or outside its limits.
        """
        found = setup.parts(config)
        new = setup.written_out(config, found, self.data)
        names = [
            name
            for name in ("model", "data", "seed", "device")
            if getattr(config, name) != getattr(self.config, name)
        ]
        if "model" not in names:
            names += self._not_live(
                self._parts.model.Config, self.config.model_settings, new.model_settings
            )
        if "data" not in names:
            wanted = checked(
                type(self.data.config), config.data_settings, "the data"
            ).model_dump()
            names += self._not_live(
                type(self.data.config), self.config.data_settings, wanted
            )
        return names + self._not_live(
            TrainingConfig, self.config.training, new.training
        )

    @staticmethod
    def _not_live(
        kind: type[Any], old: Mapping[str, Any], new: Mapping[str, Any]
    ) -> list[str]:
        changed = setup.differing(old, new)
        return [c[0] for c in changed if setup.needs_restart(kind, [c])]

    def configure(self, config: RunConfig) -> list[Change]:
        """Apply a configuration that differs in live settings only.

        Returns:
            The changes, each now a mark in the history.

        Raises:
            SettingError: A setting is unknown or outside its limits.
            ValueError: A setting needs a restart.
        """
        if names := self.requires_restart(config):
            raise ValueError(f"A change of {', '.join(names)} needs a restart.")
        old = self.config
        found = setup.parts(config)
        data = edited(self.data, config)
        check_classes(found, data)
        self._parts = found
        self.config = setup.written_out(config, found, data)
        self.trainer.configure(found.training, found.model_config)
        self._visits.clear()
        edits = self._learn_from(data)
        changed = setup.differing(old.model_settings, self.config.model_settings)
        changed += setup.differing(old.training, self.config.training)
        return edits + [self.trainer.record_change(*c) for c in changed]

    def _learn_from(self, data: Data) -> list[Change]:
        """Take edited data; before the first step that is a run from the start."""
        old, self.data = self.data, data
        if data.train is old.train:
            return []
        if self.step == 0:
            self.data = begun_again(data)
            self._start()
            return []
        self.trainer.replace_table(
            setup.columns_of(data, self.trainer.model, self.config.seed)
        )
        return self._record_edit(len(old.train.x), len(data.train.x))

    def _record_edit(self, before: int, after: int) -> list[Change]:
        """Mark an edit of the data; the mark that a stroke has just left goes on."""
        changes = self.history.changes
        marks = [i for i, change in enumerate(changes) if change.name == EDITED]
        last = changes[marks[-1]] if marks else None
        if last is not None and self.step - last.step < max(_STROKE, self.step // 20):
            changes[marks[-1]] = replace(last, new=after)
            return []
        return [self.trainer.record_change(EDITED, before, after)]

    # Kept moments

    @property
    def snapshots(self) -> list[int]:
        """Steps that can be visited."""
        return self._store.steps

    @property
    def snapshot_bytes(self) -> int:
        """Memory of the kept moments."""
        return self._store.bytes

    def _keep(self) -> None:
        self._store.add(snapshots.take(self.trainer))

    def keep(self) -> None:
        """Keep this very moment, whatever the schedule says."""
        if self.step not in self._store:
            self._keep()

    def kept(self, step: int) -> Snapshot:
        """A kept moment itself.

        Raises:
            KeyError: No such moment is kept.
        """
        return self._snapshot(step)

    def keep_also(self, snapshot: Snapshot) -> None:
        """Keep a moment of this run that was kept before, e.g. in a file."""
        if snapshot.step not in self._store and snapshot.step <= self.step:
            self._store.add(snapshot)

    def restore(self, step: int) -> None:
        """Go back to a kept moment; later ones are forgotten.

        Raises:
            KeyError: No such moment is kept.
        """
        self._put_back(self._snapshot(step))
        self._store.cut(step)
        self._visits = {k: v for k, v in self._visits.items() if k <= step}

    def _put_back(self, snapshot: Snapshot) -> None:
        snapshots.put_back(self.trainer, snapshot)

    def branch(self, step: int) -> "Experiment":
        """A new run that continues from a kept moment of this one.

        Raises:
            KeyError: No such moment is kept.
        """
        snapshot = self._snapshot(step)
        other = Experiment.from_config(self.config, self.data)
        other._store = self._store.copy()
        other._store.cut(step)
        other.trainer.history = self.history.copy()
        other.trainer.is_edited = self.trainer.is_edited
        other._put_back(snapshot)
        return other

    def _snapshot(self, step: int) -> Snapshot:
        if step not in self._store:
            known = ", ".join(map(str, self._store.steps[-5:]))
            raise KeyError(f"Step {step} is not kept; the newest kept are: {known}.")
        return self._store[step]

    # What it shows

    def model_at(self, at: int | None = None) -> GenerativeModel:
        """The model with averaged weights, now or at a kept step."""
        if at is None:
            return self.trainer.averaged()
        if at not in self._visits:
            snapshot = self._snapshot(at)
            model = copy.deepcopy(self.trainer.model)
            ema = self._parts.training.ema
            model.load_state_dict(snapshot.average if ema else snapshot.model)
            self._visits = {at: model}
        return self._visits[at]

    def sampler(self) -> Sampler | None:
        """The sampler with its settings, None for models that need none."""
        if self._parts.sampler is None:
            return None
        assert self._parts.sampler_config is not None
        return self._parts.sampler(self._parts.sampler_config)

    def fitted(self, at: int | None = None, tick: Tick = _no_tick) -> Fitted:
        """The model in data units, now or at a kept step."""
        return Fitted(self.model_at(at), self.data.scaling, self.sampler(), tick)

    def sample(self, n: int, seed: int = 0) -> Tensor:
        """Draw points (n, 2) in data units."""
        return self.fitted().sample(n, seed)

    def log_prob(self, x: Tensor) -> Tensor:
        """Log-density (n,) in nats at points (n, 2) in data units."""
        return self.fitted().log_prob(x, seed=0)

    def moment(
        self, quality: float = 1.0, at: int | None = None, tick: Tick = _no_tick
    ) -> Moment:
        """The run at one step, as views see it."""
        return Moment(
            fitted=self.fitted(at, tick),
            data=self.data,
            history=self.history,
            step=self.step if at is None else at,
            seed=self.config.seed,
            quality=quality,
            tick=tick,
            learner=self._learner(at, tick),
            learning_rate=float(self._parts.training.learning_rate),
            table=self._table(at),
        )

    def _table(self, at: int | None) -> Mapping[str, Tensor]:
        """What training draws from; each stage that made a table has kept it."""
        if at is None:
            return self.trainer.columns
        return self._snapshot(at).columns or self.trainer.first_columns

    def _learner(self, at: int | None, tick: Tick) -> Fitted | None:
        """The model as it learns; None where nothing is averaged or players differ.

        Only games are looked at move by move, which an average would hide.
        """
        if not self._parts.training.ema or len(self.trainer.model.players()) < 2:
            return None
        model = self.trainer.model
        if at is not None:
            model = copy.deepcopy(model)
            model.load_state_dict(self._snapshot(at).model)
        return Fitted(model, self.data.scaling, self.sampler(), tick)

    def picture(
        self,
        view: str,
        settings: Mapping[str, Any] | None = None,
        at: int | None = None,
        quality: float = 1.0,
        tick: Tick = _no_tick,
    ) -> Picture:
        """What a view shows of this run.

        Raises:
            UnknownNameError: No such view.
            SettingError: The model cannot feed the view, or a setting is impossible.
        """
        kind = registry.view(view)
        config = checked(kind.Config, dict(settings or {}), kind.title)
        moment = self.moment(quality, at, tick)
        if not kind(config).can_show(moment.fitted.capabilities):
            name = self._parts.model.card.title
            raise SettingError(f"{name} has no {kind.title.lower()}: {kind.empty}")
        return kind(config).compute(moment)

    def judged(self) -> Data:
        """What the run is judged by: its data, or the class that alone is drawn."""
        label = drawn_class(self.trainer.model)
        if self._judged[0] is not self.data or self._judged[1] != label:
            self._judged = (self.data, label, one_class(self.data, label))
        return self._judged[2]

    def measure(
        self, points: int = 2000, tick: Tick = _no_tick, record: bool = True
    ) -> Metrics:
        """Quality on held-out data, with ``points`` of them and as many samples.

        Where one class alone is drawn, on held-out data of that class.
        """
        found = measure(
            self.fitted(tick=tick), self.judged(), self.step, points, self.config.seed
        )
        found = found.model_copy(
            update={"sliced_chance": self._sliced_chance(found.points, tick)}
        )
        if record:
            self._record(found)
        return found

    def diagnose(
        self, metrics: Metrics | None = None, tick: Tick = _no_tick
    ) -> list[Finding]:
        """Known faults of this run now, with remedies; usually none.

        ``metrics`` may hand over a measurement of this very step.
        """
        return diagnose(self, metrics or self.measure(500, tick, record=False), tick)

    def _sliced_chance(self, points: int, tick: Tick) -> float | None:
        """Measured once per data and number of points: it costs more than the rest."""
        data = self.judged()
        if self._floors[0] is not data:
            self._floors = (data, {})
        known = self._floors[1]
        if points not in known:
            known[points] = chance_sliced(data, points, self.config.seed, tick)
        return known[points]

    def _record(self, found: Metrics) -> None:
        values = {
            "energy_distance": found.energy_distance,
            "sliced_wasserstein": found.sliced_wasserstein,
            "nll": found.nll.value if found.nll else None,
            "modes": found.modes.covered if found.modes else None,
        }
        if found.nll:
            self.history.density_kind = found.nll.kind
        self.history.sliced_chance = found.sliced_chance
        for name, value in values.items():
            if value is not None:
                self.history.metric(name).append(self.step, self.seconds, value)

    def effort(self, tick: Tick = _no_tick) -> Effort:
        """What a training step and a sample cost in evaluations of the network."""
        per_sample = effort_per_sample(self.fitted(tick=tick))
        tick()
        return Effort(effort_per_step(self.trainer), per_sample)

    def chance(self, tick: Tick = _no_tick) -> float | None:
        """Energy distance that two draws of the data have by chance."""
        return chance_distance(self.judged(), self.config.seed, tick)

    # On disk

    def save(self, folder: str | Path, samples: int = 2000) -> Path:
        """Write the run directory: run.json, metrics, weights, samples.

        Raises:
            OSError: The folder cannot be written.
        """
        return checkpoint.save(self, Path(folder), samples)

    @classmethod
    def load(cls, folder: str | Path, device: str = "auto") -> "Experiment":
        """Read a run directory; the run can be trained on.

        Raises:
            CheckpointError: In one sentence, what is wrong with it.
        """
        return checkpoint.load(cls, Path(folder), device)

    def save_recovery(self, folder: str | Path) -> None:
        """Write all that a new engine needs to go on from here."""
        checkpoint.save(self, Path(folder), samples=0)

    @classmethod
    def recover(cls, folder: str | Path) -> "Experiment":
        """The run that :meth:`save_recovery` wrote.

        Raises:
            CheckpointError: In one sentence, what is wrong with it.
        """
        return checkpoint.load(cls, Path(folder), "auto")
