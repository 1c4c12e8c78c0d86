"""State of the sampler bench: what is tried on the run on show, and what came out."""

from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from PySide6.QtCore import QObject, QTimer, Signal

from app.session import Session
from app.session_bench_kept import Ground, KeptTrials, Trial
from app.session_config import defaults, model_entry
from app.session_run import Run
from engine.protocol import Arrays, JobNews, Json, SamplerEntry

if TYPE_CHECKING:
    from app.session_jobs import JobHandle

JOB = "sampler_study"
_REST = 250  # ms after a change, in which others are waited for
_PATIENCE = 8  # rests that a study has, while a hand drags, until it shows something
_LEAST_STEPS, _MOST_STEPS = 2, 64
_POINTS = 1000
_FEW_STEPS = 16  # of the trial that is selected by itself


class _Choices(BaseModel):
    """Choices as a session's file keeps them; unknown entries go."""

    model_config = ConfigDict(extra="ignore")

    chosen: list[str] = Field(default_factory=list)
    settings: dict[str, dict[str, Any]] = Field(default_factory=dict)
    most_steps: int = Field(_MOST_STEPS, ge=_LEAST_STEPS, le=256)
    points: int = Field(_POINTS, ge=100, le=5000)
    selected: list[tuple[str, float]] = Field(default_factory=list)


class SamplerBench(QObject):
    """Begins the study anew whenever something changes; the newest wish wins.

    Attributes:
        chosen: Names of the samplers to try, in the catalogue's order.
        settings: Settings by sampler, beside the number of steps.
        floor: Energy distance that two draws of the data have by chance.
        step: Step of the network that is studied, which may train on meanwhile.
        selected: Keys of the trials whose paths are on show, at most two.
        share: How much of the study is done.
        error: Why the last study ended early; empty if it did not.
    """

    changed = Signal()  # results, progress
    choices_changed = Signal()  # samplers, settings, selection

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._job: JobHandle | None = None
        self._is_open = False
        self.chosen: list[str] = []
        self.settings: dict[str, dict[str, Any]] = {}
        self.most_steps = _MOST_STEPS
        self.points = _POINTS
        self._kept = KeptTrials()
        self.floor: float | None = None
        self.step = 0
        self.selected: list[tuple[str, float]] = []
        self.share = 0.0
        self.error = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_REST)
        self._timer.timeout.connect(self._on_rest)
        self._rests = 0
        self._has_shown = False
        session.desk.config_changed.connect(lambda _: self.ask_again())
        session.runs.visited.connect(lambda _: self.ask_again())
        session.run_ready.connect(lambda _: self._on_ready())

    # ---- the page's side

    def open(self) -> None:
        """The page comes on screen."""
        self._is_open = True
        self._choose_usual()
        self.begin()

    def close(self) -> None:
        """The page goes: nothing is computed for it any more."""
        self._is_open = False
        self._timer.stop()
        self._cancel()

    @property
    def trials(self) -> list[Trial]:
        """Results so far, in the order they came."""
        return self._kept.trials

    @property
    def is_busy(self) -> bool:
        """Whether the engine is at work on it."""
        return self._job is not None

    def samplers(self) -> list[SamplerEntry]:
        """All that the model on show can be sampled with."""
        catalogue, run = self._session.catalogue, self._session.run
        if catalogue is None or run is None:
            return []
        names = model_entry(catalogue, run.config.model).samplers
        return [s for s in catalogue.samplers if s.name in names]

    def usual(self) -> list[str]:
        """The model's own sampler, and those without noise of a known order."""
        entries = self.samplers()
        run = self._session.run
        own = run.config.sampler if run is not None else ""
        return [
            s.name
            for s in entries
            if s.name == own or (s.order > 0 and not s.stochastic)
        ]

    def extras(self, sampler: str) -> dict[str, Any]:
        """Schema of a sampler's settings beside the number of steps."""
        entry = next((s for s in self.samplers() if s.name == sampler), None)
        if entry is None:
            return {}
        fields: dict[str, Any] = entry.settings.get("properties", {})
        tried = ("steps", "rtol", "atol")
        kept = {n: {**f, "group": ""} for n, f in fields.items() if n not in tried}
        return {**entry.settings, "properties": kept}

    def values(self, sampler: str) -> dict[str, Any]:
        """Settings of a sampler as they are now."""
        return defaults(self.extras(sampler)) | self.settings.get(sampler, {})

    def toggle(self, sampler: str) -> None:
        """Try a sampler, or try it no more."""
        wanted = set(self.chosen) ^ {sampler}
        self.chosen = [s.name for s in self.samplers() if s.name in wanted]
        if sampler not in self.chosen:
            self._kept.drop(sampler)
            self.selected = [key for key in self.selected if key[0] != sampler]
        self.choices_changed.emit()
        self.ask_again()

    def set_setting(self, sampler: str, name: str, value: Any) -> None:
        """Change a setting of one sampler."""
        self.settings.setdefault(sampler, {})[name] = value
        self.ask_again()

    def set_extent(self, most_steps: int, points: int) -> None:
        """How far the number of steps goes, and how many points are drawn."""
        self.most_steps, self.points = most_steps, points
        self.ask_again()

    def select(self, key: tuple[str, float]) -> None:
        """Show the paths of a trial beside those of the one selected before."""
        if key in self.selected:
            self.selected.remove(key)
        else:
            self.selected = [*self.selected[-1:], key]
        self.choices_changed.emit()

    def choices(self) -> Json:
        """What is tried and which paths are on show, for a session's file."""
        return {
            "chosen": self.chosen,
            "settings": self.settings,
            "most_steps": self.most_steps,
            "points": self.points,
            "selected": [list(key) for key in self.selected],
        }

    def take_choices(self, kept: Json) -> None:
        """Take kept choices back; unknown samplers are left out when it begins."""
        found = _Choices.model_validate(kept)
        self.chosen, self.settings = found.chosen, found.settings
        self.most_steps, self.points = found.most_steps, found.points
        self.selected = [(name, steps) for name, steps in found.selected[-2:]]
        self.choices_changed.emit()

    def trial(self, key: tuple[str, float]) -> Trial | None:
        """A trial by its key; None if it has not come yet."""
        return next((t for t in self.trials if t.key == key), None)

    # ---- the engine's side

    def ask_again(self) -> None:
        """Begin anew soon: while a hand drags, the picture follows it."""
        if self._is_open and not self._timer.isActive():
            self._rests = 0
            self._timer.start()

    def _on_rest(self) -> None:
        """A study that has shown nothing yet may show its first trial before it goes.

        Else a machine that is slower than the hand would show none until it rests.
        """
        self._rests += 1
        if self.is_busy and not self._has_shown and self._rests < _PATIENCE:
            self._timer.start()
        else:
            self.begin()

    def _on_ready(self) -> None:
        if self._is_open:  # it may have been opened before there was a run
            self._choose_usual()
        self._kept.forget()
        self.ask_again()

    def _choose_usual(self) -> None:
        if not self.chosen:
            self.chosen = self.usual()
            self.choices_changed.emit()

    def begin_anew(self) -> None:
        """Begin the study now, with other trials for all."""
        self._kept.forget()
        self.begin()

    def begin(self) -> None:
        """Begin the study now; what is known already is not tried again."""
        self._timer.stop()
        self._cancel()
        run = self._session.run
        self.share, self.error, self._has_shown = 0.0, "", False
        if run is not None:
            self.step = run.step if run.at is None else run.at
            names = {s.name for s in self.samplers()}
            self._ask(run, [name for name in self.chosen if name in names])
        self.changed.emit()

    def _ask(self, run: Run, chosen: list[str]) -> None:
        """Ask the engine for the trials that are missing."""
        steps = self._steps()
        ground = Ground(run.id, run.config, self.step, tuple(steps), self.points)
        wanted = {name: self.settings.get(name, {}) for name in chosen}
        missing = self._kept.missing(ground, wanted, self.selected)
        settings = {
            "samplers": missing,
            "steps": steps,
            "settings": {n: wanted[n] for n in missing if wanted[n]},
            "points": self.points,
            "first": [list(key) for key in self.selected if key[0] in missing],
            "at": run.at,
        }
        if missing:
            self._job = self._session.jobs.start(JOB, run.id, settings, self._on_news)

    def _steps(self) -> list[int]:
        steps = [_LEAST_STEPS]
        while 2 * steps[-1] <= self.most_steps:
            steps.append(2 * steps[-1])
        return steps

    def _cancel(self) -> None:
        job, self._job = self._job, None
        if job is not None:
            job.cancel()

    def _on_news(self, news: JobNews, arrays: Arrays) -> None:
        job = self._job
        if job is None or news.job_id != job.job_id:
            return  # of a study that was given up
        self.share = news.share
        kind = news.result.get("kind")
        if kind == "floor":
            self.floor = news.result.get("energy_distance")
            self.step = int(news.result["step"])
            self._kept.stands_on(self.step)
        elif kind == "trial":
            self._take(news.result, arrays)
            self._has_shown = True
        elif kind == "errors":
            facts = news.result
            errors = {n: v for n, v in facts.items() if n.startswith("error_")}
            self._kept.take_errors(str(facts["sampler"]), float(facts["steps"]), errors)
        if news.ended:
            self._job = None
            self.error = news.error
            self._kept.end(not news.error)
        self.changed.emit()

    def _take(self, facts: dict[str, Any], arrays: Arrays) -> None:
        trial = Trial(
            str(facts["sampler"]),
            float(facts["steps"]),
            facts,
            np.asarray(arrays["times"]),
            np.asarray(arrays["x"]),
        )
        self._kept.take(trial)
        shown = {name for name, _ in self.selected}
        if (
            len(self.selected) < 2
            and trial.steps == _FEW_STEPS
            and trial.sampler not in shown
        ):
            self.selected.append(trial.key)
            self.choices_changed.emit()
