"""One run of a sweep: how it stands, how good it is, and whether it is in trouble."""

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.experiment import Experiment
from engine.protocol import Json
from engine.training.trainer import Diverged
from engine.views.base import number

CellState = Literal["learning", "settled", "unstable", "diverged", "stopped", "lost"]

#: Points of a spark line.
SPARK = 60
#: Steps, or a share of all, before a cell can be unstable.
_EARLY, _EARLY_SHARE = 500, 0.1
#: A loss this share of its fall above its lowest is on its way up again.
_RISE = 0.25
#: Mean jumps from point to point of the spark line that a rise has to exceed.
_NOISE = 3.0
#: A metric this many times its best, and this far above it, has got worse.
_WORSE, _WORSE_BY = 2.0, 0.02
#: A metric still falls while its newest value is this share of the one before, which
#: is the one at this share of its course.
_FALLING, _RECENT = 0.9, 0.6


class Cell:
    """A run of a sweep with what was found out about it.

    Attributes:
        examined: Step of the newest examination, -1 before the first.
        trail: Metric at each examination, the newest last; None where undefined.
    """

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.examined = -1
        self.trail: list[float | None] = []
        self.diverged_at: int | None = None
        self.is_stopped = False

    @property
    def is_training(self) -> bool:
        """Whether it still takes part."""
        return not self.is_stopped and self.diverged_at is None

    @property
    def metric(self) -> float | None:
        """The newest metric."""
        return self.trail[-1] if self.trail else None

    def give_up(self, error: Diverged) -> None:
        """Its loss is no number any more: back to its last good moment, for good."""
        self.experiment.fall_back(error)
        self.diverged_at = error.step
        self.examined = -1

    def note(self, metric: float | None) -> None:
        """Remember an examination at this step."""
        self.examined = self.experiment.step
        self.trail.append(metric)

    def state(self) -> CellState:
        """How it is doing, in one word."""
        if self.diverged_at is not None:
            return "diverged"
        if self.is_stopped:
            return "stopped"
        if self._draws_nothing() or (self._has_begun() and self._is_unstable()):
            return "unstable"
        return "learning" if self._improves() else "settled"

    def facts(self, index: int) -> Json:
        """What the window is told of it, JSON-able."""
        losses = self.experiment.latest_losses()
        metric = self.metric
        return {
            "cell": index,
            "step": self.experiment.step,
            "state": self.state(),
            "metric": None if metric is None else number(metric),
            "losses": {name: number(value) for name, value in losses.items()},
            "diverged_at": self.diverged_at,
        }

    def spark(self) -> NDArray[np.float32]:
        """The course of the first loss in ``SPARK`` means; NaN where there is none."""
        values = self._loss()
        found = np.full(SPARK, np.nan, dtype=np.float32)
        if len(values):
            parts = np.array_split(values, min(SPARK, len(values)))
            found[: len(parts)] = [part.mean() for part in parts]
        return found

    def _loss(self) -> NDArray[np.float32]:
        series = next(iter(self.experiment.history.terms.values()), None)
        values = series.arrays()[2] if series else np.empty(0, np.float32)
        return values[np.isfinite(values)]

    def _has_begun(self) -> bool:
        """Whether enough was trained to judge: many losses climb at first."""
        series = next(iter(self.experiment.history.terms.values()), None)
        if series is None or not len(series):
            return False
        last = float(series.arrays()[0][-1])
        return last >= min(_EARLY, _EARLY_SHARE * self.experiment.steps)

    def _is_unstable(self) -> bool:
        return self._rises() or (self._is_worse() and not self._falls())

    def _rises(self) -> bool:
        """Whether the loss of a lone player climbs back a good part of its fall."""
        spark = self.spark()
        known = spark[np.isfinite(spark)]
        if len(known) < 10 or len(self.experiment.trainer.model.players()) > 1:
            return False
        smooth = np.convolve(known, np.full(5, 0.2), "valid")
        fall, rise = smooth[0] - smooth.min(), smooth[-1] - smooth.min()
        chance = np.abs(np.diff(known)).mean()
        return bool(rise > max(_RISE * fall, _NOISE * chance))

    def _falls(self) -> bool:
        """Whether the loss of a lone player is as low as it ever was.

        A network that has learned little may draw worse than one that knows nothing.
        """
        if len(self.experiment.trainer.model.players()) > 1:
            return False
        known = self.spark()[np.isfinite(self.spark())]
        if len(known) < 10 or self.trail[-1] is None:
            return False
        last, chance = known[-5:].mean(), np.abs(np.diff(known)).mean()
        return bool(last < known[:5].mean() and last - known.min() < _NOISE * chance)

    def _draws_nothing(self) -> bool:
        """Whether its samples are no numbers any more."""
        known = any(metric is not None for metric in self.trail)
        return known and self.trail[-1] is None

    def _is_worse(self) -> bool:
        known = [m for m in self.trail if m is not None and math.isfinite(m)]
        if len(known) < 2:
            return False
        best = min(known)
        return known[-1] - best > max(_WORSE_BY, (_WORSE - 1) * abs(best))

    def _improves(self) -> bool:
        known = [m for m in self.trail if m is not None]
        if len(known) < 3:
            return True
        before = known[int(_RECENT * len(known))]
        return before - known[-1] > (1 - _FALLING) * abs(before)
