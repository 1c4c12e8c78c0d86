"""What a person asks of the next sweep: settings on its axes, their values, steps."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from PySide6.QtCore import QObject, Signal

from app.session import Session
from app.sweep_kept import Value
from app.sweep_state import METRICS
from app.sweep_values import MOST_CELLS, Sweepable, suggested, sweepables

AxisName = Literal["rows", "columns"]
#: Key of an axis without a setting.
NONE = ""
#: As many processes as the engine finds good.
AUTOMATIC = 0


class _Asked(BaseModel):
    """What was asked for, as a file has it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    keys: dict[AxisName, str]
    values: dict[AxisName, list[Value]]
    steps: int = Field(ge=1)
    metric: str
    processes: int = Field(ge=0)

    @model_validator(mode="after")
    def _has_both(self) -> Self:
        if not set(self.keys) == set(self.values) == {"rows", "columns"}:
            raise ValueError("Rows and columns.")
        return self


class AskedSweep(QObject):
    """The form of the page, which follows the run on show.

    Attributes:
        keys: Key of the setting on each axis; empty for none.
        values: Values on each axis.
        steps: Steps of each cell.
        metric: What cells are judged by.
        processes: In how many they train.
    """

    asked_changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.keys: dict[AxisName, str] = {"rows": NONE, "columns": NONE}
        self.values: dict[AxisName, list[Any]] = {"rows": [], "columns": []}
        self.steps = 1000
        self.metric = "energy_distance"
        self.processes = AUTOMATIC
        self._session = session
        self._model = ""

    @property
    def offered(self) -> list[Sweepable]:
        """Settings of the run on show that can be swept, and then have an effect."""
        run, catalogue = self._session.run, self._session.catalogue
        if run is None or catalogue is None:
            return []
        swept = set(self.keys.values())
        classes = run.ready.classes if run.ready else 0
        known = sweepables(catalogue, run.config, classes)
        return [s for s in known if s.needs <= swept]

    def setting(self, axis: AxisName) -> Sweepable | None:
        """The setting on an axis; None if there is none."""
        return next((s for s in self.offered if s.key == self.keys[axis]), None)

    def refresh(self) -> None:
        """Follow the run on show: another model has other settings."""
        run = self._session.run
        known = {s.key for s in self.offered}
        if run is None or not known:
            return
        lost = any(key and key not in known for key in self.keys.values())
        if lost or run.config.model != self._model:
            self._model = run.config.model
            self._propose()
        self.asked_changed.emit()

    def set_axis(self, axis: AxisName, key: str) -> None:
        """Sweep another setting on an axis, with values that suit it."""
        other: AxisName = "columns" if axis == "rows" else "rows"
        if key and key == self.keys[other]:
            self.keys[other], self.values[other] = self.keys[axis], self.values[axis]
        self.keys[axis] = key
        setting = self.setting(axis)
        self.values[axis] = suggested(setting) if setting else []
        if self.setting(other) is None:  # it had an effect only with the one before
            self.keys[other], self.values[other] = NONE, []
        self.asked_changed.emit()

    def set_values(self, axis: AxisName, values: list[Any]) -> None:
        """Give a setting these values."""
        self.values[axis] = list(values)
        self.asked_changed.emit()

    def set_steps(self, steps: int) -> None:
        """Train each cell so many steps."""
        self.steps = steps
        self.asked_changed.emit()

    def set_processes(self, processes: int) -> None:
        """Train in so many processes; ``AUTOMATIC`` leaves it to the engine."""
        self.processes = processes
        self.asked_changed.emit()

    @property
    def most_processes(self) -> int:
        """Processes that may be asked for: as many as the engine has cores."""
        welcome = self._session.welcome
        return welcome.cores if welcome is not None else 1

    def set_metric(self, metric: str) -> None:
        """Judge by another metric, from the next sweep on."""
        self.metric = metric
        self.asked_changed.emit()

    @property
    def count(self) -> int:
        """Cells that the next sweep would have."""
        sizes = [len(v) for axis, v in self.values.items() if self.keys[axis]]
        if not sizes:
            return 0
        return sizes[0] * (sizes[1] if len(sizes) > 1 else 1)

    @property
    def reason_against(self) -> str:
        """Why the sweep cannot begin, in a sentence; empty if it can."""
        if not self.count:
            return "Choose a setting for the rows or the columns."
        if self.count > MOST_CELLS:
            return f"At most {MOST_CELLS} runs; these values make {self.count}."
        return ""

    # ---- with a session

    def kept_asked(self) -> dict[str, Any]:
        """All of it; JSON-able."""
        return {
            "keys": self.keys,
            "values": self.values,
            "steps": self.steps,
            "metric": self.metric,
            "processes": self.processes,
        }

    def recall_asked(self, asked: object) -> None:
        """Ask for the same again, as far as the run on show has it."""
        try:
            kept = _Asked.model_validate(asked)
        except ValidationError:
            return
        known = {NONE, *(s.key for s in self.offered)}
        run = self._session.run
        if run is not None and set(kept.keys.values()) <= known:
            self._model = run.config.model
            self.keys, self.values = dict(kept.keys), dict(kept.values)
        self.steps, self.processes = kept.steps, kept.processes
        if kept.metric in METRICS:
            self.metric = kept.metric
        self.asked_changed.emit()

    def _propose(self) -> None:
        """Learning rate against the model's first real number."""
        offered = self.offered
        numbers = [
            s
            for s in offered
            if s.group == "model_settings" and s.schema.get("type") == "number"
        ]
        rates = [s for s in offered if s.group == "training" and _is_log(s)]
        self.keys = {"rows": NONE, "columns": NONE}
        for axis, found in (("rows", rates), ("columns", numbers)):
            key = found[0].key if found else "seed"
            self.set_axis(axis, key)  # type: ignore[arg-type]


def _is_log(setting: Sweepable) -> bool:
    is_number = setting.schema.get("type") == "number"
    return is_number and setting.schema.get("scale") == "log"
