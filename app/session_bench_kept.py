"""Trials of samplers at hand, and which of them a new wish needs anew."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import NDArray

from engine.protocol import RunConfig

Settings = dict[str, Any]


@dataclass(frozen=True)
class Trial:
    """One sampler with one number of steps.

    ``facts`` are the engine's numbers; ``times`` (k,) and ``x`` (k, n, 2) some paths.
    """

    sampler: str
    steps: float
    facts: dict[str, Any]
    times: NDArray[Any]
    x: NDArray[Any]

    @property
    def key(self) -> tuple[str, float]:
        """What tells it from other trials of a study."""
        return self.sampler, self.steps

    @property
    def amount(self) -> str:
        """Steps, or the tolerance of a solver that chooses its steps."""
        if self.steps < 1:
            return f"tolerance {self.steps:g}"
        return f"{self.steps:.0f} steps"


@dataclass(frozen=True)
class Ground:
    """What all trials of a study have in common: other ground, other trials."""

    run_id: str
    config: RunConfig
    step: int
    steps: tuple[int, ...]
    points: int

    def is_dragged_from(self, other: "Ground | None") -> bool:
        """Whether only settings of the model differ, as while a slider is dragged."""
        if other is None or other.config.model_settings == self.config.model_settings:
            return False
        same = {"model_settings": self.config.model_settings}
        moved = other.config.model_copy(update=same)
        return replace(other, config=moved, step=self.step) == self


class KeptTrials:
    """Trials by key; a new one takes the place of the old one at once.

    So a slider that changes one sampler costs its trials only, and their marks move
    instead of going and coming back. With a setting of the model, like guidance, those
    on show move: they come first. All others go, since guided ones cost twice as much
    and would stand elsewhere.
    """

    def __init__(self) -> None:
        self.trials: list[Trial] = []
        self._ground: Ground | None = None
        self._asked: dict[str, Settings] = {}
        # New trials of which nothing more comes, since a sampler was asked for.
        self._fresh: dict[str, set[float]] = {}
        self._whole: set[str] = set()

    def missing(
        self,
        ground: Ground,
        wanted: Mapping[str, Settings],
        shown: Sequence[tuple[str, float]],
    ) -> list[str]:
        """Samplers that have to be tried, now asked with the settings in ``wanted``.

        Trials that are of no use any more go; ``shown`` are the keys of those on show.
        """
        if ground != self._ground:
            stay = shown if ground.is_dragged_from(self._ground) else ()
            self.trials = [t for t in self.trials if t.key in stay]
            self._whole, self._fresh, self._asked = set(), {}, {}
            self._ground = ground
        every = len(ground.steps)
        known = {
            name
            for name, settings in wanted.items()
            if self._asked.get(name) == settings
            and (name in self._whole or len(self._fresh.get(name, ())) == every)
        }
        missing = [name for name in wanted if name not in known]
        self.trials = [t for t in self.trials if t.sampler in wanted]
        self._whole = known
        for name in missing:
            self._asked[name] = copy.deepcopy(wanted[name])
            self._fresh[name] = set()
        return missing

    def take(self, trial: Trial) -> None:
        """A new trial has come."""
        self.trials = [t for t in self.trials if t.key != trial.key]
        self.trials.append(trial)
        if trial.facts["stochastic"]:
            self._fresh.setdefault(trial.sampler, set()).add(trial.steps)

    def take_errors(self, sampler: str, steps: float, errors: Settings) -> None:
        """Errors of a trial that has come before."""
        self.trials = [
            replace(t, facts=t.facts | errors) if t.key == (sampler, steps) else t
            for t in self.trials
        ]
        self._fresh.setdefault(sampler, set()).add(steps)

    def end(self, is_good: bool) -> None:
        """All that were asked for are there; or some will never come."""
        if is_good:
            self._whole = set(self._asked)
        else:
            self.trials = [t for t in self.trials if t.sampler in self._whole]

    def stands_on(self, step: int) -> None:
        """The study is of this step: a run that trains was a little further."""
        if self._ground is not None:
            self._ground = replace(self._ground, step=step)

    def drop(self, sampler: str) -> None:
        """A sampler is tried no more."""
        self.trials = [t for t in self.trials if t.sampler != sampler]
        self._asked.pop(sampler, None)
        self._whole.discard(sampler)

    def forget(self) -> None:
        """Everything has to be tried anew."""
        self._ground = None
