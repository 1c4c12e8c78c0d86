"""One run as the window knows it."""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from app.session_config import Group
from app.session_history import History
from engine.protocol import (
    DataChanged,
    Failed,
    Metrics,
    RunConfig,
    RunReady,
    SettingChanged,
    Status,
)

_SPARK_LENGTH = 200
#: Beside metrics, what the engine measures of a run when it has the time.
_MEASURED = ("chance", "evaluations_per_step", "evaluations_per_sample")


@dataclass
class Run:
    """State of a run: what is wanted, what the engine has applied, what it reports.

    Attributes:
        applied: Configuration that the engine runs now; None until it answered.
        waiting: Settings whose change waits for a restart.
        is_lost: Whether the engine that knew it has died.
        has_too_few: Whether its newest data are too few, so that it learns from those
            before.
        at: Step of the snapshot on show, None for the living run.
        trail: Metrics in the order they came, for the spark lines.
        measured: What a file says was measured; nothing once the engine has done so.
    """

    id: str
    number: int
    history: History
    recovery: str
    applied: RunConfig | None = None
    waiting: dict[Group, set[str]] = field(default_factory=dict)
    ready: RunReady | None = None
    status: Status | None = None
    failed: Failed | None = None
    snapshots: list[int] = field(default_factory=list)
    snapshot_bytes: int = 0
    changes: list[SettingChanged] = field(default_factory=list)
    trail: list[Metrics] = field(default_factory=list)
    at: int | None = None
    is_lost: bool = False
    has_too_few: bool = False
    speed: float = 0.0
    measured: dict[str, Any] = field(default_factory=dict)

    @property
    def config(self) -> RunConfig:
        """The configuration that the person wants."""
        return self.history.config

    @property
    def is_built(self) -> bool:
        """Whether the engine has built the model that is wanted."""
        return self.applied is not None and self.applied.model == self.config.model

    @property
    def step(self) -> int:
        """Steps trained."""
        return self.status.step if self.status else 0

    @property
    def is_playing(self) -> bool:
        """Whether it trains now."""
        return self.status is not None and self.status.state == "playing"

    @property
    def can_play(self) -> bool:
        """Whether it has steps left and nothing has stopped it."""
        is_complete = self.status is not None and self.status.state == "complete"
        return self.failed is None and not is_complete

    def take_data(self, event: DataChanged) -> None:
        """Its data were edited; all else goes on."""
        if self.ready is not None:
            facts = event.model_dump(exclude={"kind", "run_id", "too_few"})
            self.ready = self.ready.model_copy(update=facts)
        self.has_too_few = event.too_few

    def keep_measured(self) -> dict[str, Any]:
        """What was measured so far, for a file."""
        status = self.status
        facts = {n: getattr(status, n) for n in _MEASURED} if status else {}
        return {"trail": [m.model_dump(mode="json") for m in self.trail], **facts}

    def recall_measured(self, kept: dict[str, Any]) -> None:
        """Measured before a file was written; it stands until it is measured anew."""
        with suppress(ValidationError):  # of a version that measured something else
            trail = [Metrics.model_validate(m) for m in kept.get("trail", [])]
            self.trail = [m for m in trail if m.step <= self.step]
        if self.trail and self.status is not None:
            facts = {n: kept[n] for n in _MEASURED if kept.get(n)}
            self.measured = {**facts, "metrics": self.trail[-1]}
            self.take_status(self.status)

    def begin_again(self, ready: RunReady) -> None:
        """Forget what belonged to the run before a restart."""
        self.measured = {}
        self.ready = ready
        self.has_too_few = False
        self.status = None
        self.failed = None
        self.snapshots = []
        self.snapshot_bytes = 0
        self.changes = []
        self.trail = []
        self.at = None

    def take_status(self, status: Status) -> None:
        """Keep the newest report, and a trail of its metrics."""
        if status.metrics is not None:
            self.measured = {}
        elif self.measured and self.measured["metrics"].step <= status.step:
            status = status.model_copy(update=self.measured)
        self.status = status
        metrics = status.metrics
        if metrics and (not self.trail or self.trail[-1].step < metrics.step):
            self.trail = [*self.trail[-_SPARK_LENGTH:], metrics]
        elif metrics and self.trail[-1].step > metrics.step:
            self.trail = [m for m in self.trail if m.step < metrics.step] + [metrics]
