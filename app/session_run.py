"""One run as the window knows it."""

from dataclasses import dataclass, field

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

    def begin_again(self, ready: RunReady) -> None:
        """Forget what belonged to the run before a restart."""
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
        self.status = status
        metrics = status.metrics
        if metrics and (not self.trail or self.trail[-1].step < metrics.step):
            self.trail = [*self.trail[-_SPARK_LENGTH:], metrics]
        elif metrics and self.trail[-1].step > metrics.step:
            self.trail = [m for m in self.trail if m.step < metrics.step] + [metrics]
