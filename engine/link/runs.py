"""A run as the engine keeps it: its experiment, its state, and its pace."""

import json
import time
from collections.abc import Callable
from pathlib import Path

from engine.experiment import Experiment
from engine.link.album import Album
from engine.link.budget import ShareMeter, TimeBudget
from engine.link.failure import CommandError
from engine.metrics.effort import Effort
from engine.models.inside import drawn_class
from engine.protocol import Finding, Metrics, RunConfig, RunState, Subscribe
from engine.views.base import Cancelled, Picture

#: Seconds between two recovery files while playing; they may cost 2 % of the time.
_SAVE_EVERY = 5.0
_SAVE_SHARE = 0.02
#: Seconds between two measurements while playing, and their share of the time.
_MEASURE_EVERY = 2.0
_MEASURE_SHARE = 0.02
#: A course needs points: so many measurements come sooner, of fewer points each.
_EARLY = 6
_EARLY_EVERY = 1.5
_EARLY_SHARE = 0.08
#: Share of the time that the search for known faults may take while playing.
_DIAGNOSE_SHARE = 0.01
#: A diagnosis counts as no dearer, s: else a slow machine would hear of a fault late.
_MOST_COST = 0.3
#: Seconds of training for which a run is young.
_YOUNG = 10.0
_OF_METRICS = frozenset({"curves"})
_EARLY_POINTS, _QUICK_POINTS, _FULL_POINTS = 200, 500, 2000


class Run:
    """One run. Its thread is the engine's main thread.

    ``version`` changes whenever pictures of the same step would look different.
    """

    def __init__(self, run_id: str, experiment: Experiment) -> None:
        self.run_id = run_id
        self.state: RunState = "paused"
        self.version = 0
        #: Measurements of a standing run: only pictures of metrics show them.
        self._measurements = 0
        self.autosave = ""
        self.metrics: Metrics | None = None
        self.effort = Effort(0, 0)
        self.chance: float | None = None
        self.findings: list[Finding] = []
        self.used = 0.0
        self._album = Album()
        self._speed = 0.0
        self._goal: int | None = None
        self._save_budget = TimeBudget(_SAVE_SHARE)
        self.replace(experiment)

    def replace(self, experiment: Experiment) -> None:
        """Begin again with another experiment, in the same state."""
        self.experiment = experiment
        #: Version, step and points of what was measured last; None if nothing was.
        self._measured: tuple[int, int, int] | None = None
        self._measured_of: object = None
        self._early = _EARLY
        self._metrics_budget = TimeBudget(_EARLY_SHARE)
        self._diagnosed: tuple[int, int, int] | None = None
        self._diagnosis_budget = TimeBudget(_DIAGNOSE_SHARE)
        self.findings = []
        self._saved: tuple[int, int] | None = None
        self._measured_at = self._saved_at = time.monotonic()
        self.metrics = None
        self.chance = None
        self.forget_views()
        self._chance_of: int | None = None
        self._effort_of: object = None
        self.changed()

    def forget_views(self) -> None:
        """Another training begins: what went into views was of the one before."""
        self._views = ShareMeter()
        self._in_views = 0.0
        self._views_read: float | None = None

    def changed(self) -> None:
        """Something other than training has changed what views show."""
        self.version += 1
        self._aim()

    def version_of(self, view: str) -> int:
        """Changes whenever pictures of this view would, at the same step."""
        return self.version + (self._measurements if view in _OF_METRICS else 0)

    # ---- playing

    @property
    def playing(self) -> bool:
        """Whether it trains now."""
        return self.state == "playing"

    @property
    def step(self) -> int:
        """Finished steps."""
        return self.experiment.step

    @property
    def young(self) -> bool:
        """Whether its training has just begun, so that every picture shows news."""
        return self.experiment.seconds < _YOUNG

    def play(self, count: int | None = None) -> None:
        """Train up to the set number of steps, or ``count`` steps.

        Raises:
            CommandError: It has failed, or it is complete.
        """
        if self.state == "failed":
            raise CommandError(
                "This run has failed: go back to a kept moment, or reset it."
            )
        if self.step >= self.experiment.steps:
            self.state = "complete"
            raise CommandError(
                f"The run is complete at step {self.step:,}: raise Steps to go on."
            )
        self.state = "playing"
        self._goal = None if count is None else self.step + count
        self._aim()

    def pause(self) -> None:
        """Train no further; a complete or failed run stays what it is."""
        if self.playing:
            self.state = "paused"
        self._goal = None

    def fail(self) -> None:
        """It cannot go on; what was kept can still be seen."""
        self.state, self._goal = "failed", None
        self.changed()

    def set_speed(self, steps_per_second: float) -> None:
        """Limit the speed; 0 is no limit."""
        self._speed = steps_per_second
        self._aim()

    def _aim(self) -> None:
        """The speed limit counts from here and now."""
        self._anchor = (time.monotonic(), self.experiment.step)

    def wait(self, now: float) -> float:
        """Seconds until the speed limit allows the next step."""
        if self._speed == 0:
            return 0.0
        since, step = self._anchor
        return max(0.0, since + (self.step - step + 1) / self._speed - now)

    def _allowed(self, now: float) -> int:
        left = self._last_step - self.step
        if self._speed == 0:
            return left
        since, step = self._anchor
        late = int((now - since) * self._speed + 1e-6) - (self.step - step)
        if late > max(2.0, 0.2 * self._speed):
            # The machine cannot follow: forget the backlog instead of rushing later.
            self._aim()
            late = 1
        return min(left, late)

    @property
    def _last_step(self) -> int:
        if self._goal is None:
            return self.experiment.steps
        return min(self._goal, self.experiment.steps)

    def train(self, seconds: float) -> None:
        """Train one slice, and note an end.

        Raises:
            Diverged: The loss is not finite.
        """
        begin = time.monotonic()
        allowed = self._allowed(begin)
        if allowed > 0:
            self.experiment.train_for(seconds, allowed)
        self.used += time.monotonic() - begin
        if self.step >= self._last_step:
            self._goal = None
            self.state = "complete" if self.step >= self.experiment.steps else "paused"

    # ---- pictures and measurements

    def picture(
        self, wish: Subscribe, quality: float, tick: Callable[[], None]
    ) -> Picture:
        """What a view shows; of kept moments the last pictures are remembered."""
        settings = json.dumps(wish.settings, sort_keys=True)
        key = (self.version_of(wish.view), wish.view, settings, wish.at, quality)
        found = self._album.get(key) if wish.at is not None else None
        if found is None:
            found = self.experiment.picture(
                wish.view, wish.settings, wish.at, quality, tick
            )
            if wish.at is not None:
                self._album.put(key, found)
        return found

    @property
    def entropy(self) -> float | None:
        """Entropy of what the run should draw, nats; None where unknown."""
        return self.experiment.judged().source.entropy()

    def measuring_due(self, now: float, alone: bool = True) -> bool:
        """Whether the quality should be measured now.

        ``alone``: no other run trains that a full measurement would hold up.
        """
        if self.state == "failed":
            return False
        if self._measured and self._measured[:2] == (self.version, self.step):
            coarse = self._measured[2] < _FULL_POINTS
            return coarse and alone and not self.playing
        pause = _EARLY_EVERY if self._early else _MEASURE_EVERY
        late = now - self._measured_at >= pause
        return not self.playing or (late and now >= self._metrics_budget.due)

    @property
    def hardly_known(self) -> bool:
        """Whether it was never measured, or only in the first half of its steps."""
        return self.metrics is None or self.metrics.step < self.step / 2

    @property
    def measured_before(self) -> bool:
        """Whether what was measured would be another at the same step now."""
        return self.metrics is not None and self._measured_of != self._judged_settings()

    def _judged_settings(self) -> object:
        """Settings that the quality depends on without another step."""
        config = self.experiment.config
        return (config.model_settings, config.sampler, config.sampler_settings)

    def skip_measuring(self) -> None:
        """Measure this moment no more: it cannot be done."""
        self._measured = (self.version, self.step, _FULL_POINTS)
        self._measured_at = time.monotonic()

    def measure(self, tick: Callable[[], None], alone: bool = True) -> None:
        """Measure: coarsely while this or another run plays, fully otherwise."""
        self._measure_once(tick)
        begin = time.monotonic()
        early = self.playing and self._early > 0
        quick = _EARLY_POINTS if early else _QUICK_POINTS
        points = quick if self.playing or not alone else _FULL_POINTS
        settings = self._judged_settings()
        self.metrics = self.experiment.measure(points, tick)
        self._measured_of = settings
        self._measured_at = time.monotonic()
        self._early -= early
        self._metrics_budget.share = _EARLY_SHARE if self._early else _MEASURE_SHARE
        if self.playing:
            self._metrics_budget.spend(self._measured_at, self._measured_at - begin)
        else:  # it holds nobody up; but the curves have a new point without a step
            self._measurements += 1
        self._measured = (self.version, self.step, points)

    def _measure_once(self, tick: Callable[[], None]) -> None:
        """What does not change with every step: the floor of the distance, the cost."""
        label = drawn_class(self.experiment.trainer.model)
        if self.chance is None or label != self._chance_of:
            self.chance = self.experiment.chance(tick)
            self._chance_of = label
        config = self.experiment.config
        if config != self._effort_of:
            self.effort = self.experiment.effort(tick)
            self._effort_of = config

    def diagnosis_due(self, now: float) -> bool:
        """Whether a new measurement should be searched for known faults."""
        if self.metrics is None or self._diagnosed == self._measured:
            return False
        return not self.playing or now >= self._diagnosis_budget.due

    def diagnose(self, tick: Callable[[], None]) -> None:
        """Search the newest state for known faults."""
        assert self.metrics is not None
        begin = time.monotonic()
        # Noted first: what cannot be judged must not be tried again and again.
        self._diagnosed = self._measured
        try:
            self.findings = self.experiment.diagnose(self.metrics, tick)
        except Cancelled:  # somebody had to be served: it is not judged yet
            self._diagnosed = None
            raise
        end = time.monotonic()
        self._diagnosis_budget.spend(end, min(end - begin, _MOST_COST))

    def viewed(self, seconds: float) -> None:
        """So much time went into a view while it played."""
        self._in_views += seconds

    def share_of_views(self, now: float) -> float:
        """Share of the recent playing time that went into views."""
        if self.playing and self._views_read is not None:
            self._views.add(self._in_views, now - self._views_read)
        self._in_views = 0.0
        self._views_read = now if self.playing else None
        return self._views.share

    # ---- recovery

    @property
    def worth_saving(self) -> bool:
        """Whether a recovery file is wanted and would hold anything learned."""
        return bool(self.autosave) and self.step > 0

    def saving_due(self, now: float) -> bool:
        """Whether the recovery file should be written now."""
        here = (self.version, self.step)
        if not self.worth_saving or self._saved == here:
            return False
        late = now - self._saved_at >= _SAVE_EVERY
        return not self.playing or (late and now >= self._save_budget.due)

    def save_recovery(self) -> None:
        """Write the recovery file.

        Raises:
            OSError: The folder cannot be written.
        """
        begin = time.monotonic()
        # Noted first: a disk that is full must not be tried again and again.
        self._saved = (self.version, self.step)
        self._saved_at = begin
        self.experiment.save_recovery(Path(self.autosave))
        self._saved_at = time.monotonic()
        self._save_budget.spend(self._saved_at, self._saved_at - begin)


def recovered(folder: str, config: RunConfig) -> Experiment | None:
    """The run of a recovery file, if it is a run of that configuration."""
    if not (Path(folder) / "run.json").is_file():
        return None
    experiment = Experiment.recover(folder)
    if experiment.requires_restart(config):
        return None
    experiment.configure(config)
    return experiment
