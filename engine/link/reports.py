"""What the engine tells of a run: ready, status, kept moments, end."""

import math
import time
from collections.abc import Mapping

from engine.link.failure import Trouble
from engine.link.hub import Hub
from engine.link.runs import Run
from engine.protocol import (
    DataChanged,
    Diagnosis,
    Failed,
    Finished,
    Metrics,
    Note,
    RunReady,
    SettingChanged,
    Severity,
    SnapshotsKept,
    Status,
)
from engine.training.history import Change

#: Seconds between two statuses of a playing run.
STATUS_EVERY = 0.1
#: Seconds over which the shown speed is averaged.
_SPEED_MEMORY = 1.0


class Speedometer:
    """Steps per second over the recent past."""

    def __init__(self) -> None:
        self._last: tuple[float, int] | None = None
        self._value = 0.0

    def read(self, playing: bool, step: int, now: float) -> float:
        """The speed; 0 while the run stands."""
        last, self._last = self._last, (now, step)
        if not playing:
            self._last, self._value = None, 0.0
        elif last is not None and now > last[0] and step >= last[1]:
            speed = (step - last[1]) / (now - last[0])
            keep = math.exp((last[0] - now) / _SPEED_MEMORY) if self._value else 0.0
            self._value = keep * self._value + (1 - keep) * speed
        return self._value


class Reporter:
    """Writes the events of the runs; knows what was told last."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._told: dict[str, float] = {}
        self._snapshots: dict[str, list[int]] = {}
        self._speeds: dict[str, Speedometer] = {}

    def ready(self, run: Run) -> None:
        """A run was built, or built anew; and what was changed in it before."""
        data = run.experiment.data
        mean, std = data.scaling.mean.tolist(), data.scaling.std.tolist()
        self._snapshots.pop(run.run_id, None)
        self._hub.send(
            RunReady(
                run_id=run.run_id,
                config=run.experiment.config,
                columns=data.columns,
                limits=data.limits,
                notes=[*data.notes, *data.remarks],
                scaling=(mean[0], mean[1], std[0], std[1]),
                classes=data.classes,
                class_names=list(data.source.class_names),
                points=len(data.train.x),
            )
        )
        for change in run.experiment.history.changes:
            self.setting_changed(run, change)

    def data_changed(self, run: Run) -> None:
        """The points of a run are others, or there is something to say of them."""
        data = run.experiment.data
        mean, std = data.scaling.mean.tolist(), data.scaling.std.tolist()
        self._hub.send(
            DataChanged(
                run_id=run.run_id,
                limits=data.limits,
                notes=[*data.notes, *data.remarks],
                scaling=(mean[0], mean[1], std[0], std[1]),
                classes=data.classes,
                class_names=list(data.source.class_names),
                points=len(data.train.x),
                too_few=data.too_few,
            )
        )

    def tell(self, runs: Mapping[str, Run]) -> None:
        """A status of each playing run, at most ten a second."""
        now = time.monotonic()
        for run in runs.values():
            if run.playing and now - self._told.get(run.run_id, 0.0) >= STATUS_EVERY:
                self.status(run)

    def status(self, run: Run) -> None:
        """How a run is doing now."""
        now, made = time.monotonic(), run.experiment
        self._told[run.run_id] = now
        speed = self._speeds.setdefault(run.run_id, Speedometer())
        losses = made.latest_losses()
        self._hub.send(
            Status(
                run_id=run.run_id,
                state=run.state,
                step=made.step,
                steps=made.steps,
                seconds=made.seconds,
                steps_per_second=speed.read(run.playing, made.step, now),
                losses={k: v if math.isfinite(v) else None for k, v in losses.items()},
                metrics=_finite(run.metrics) if run.metrics else None,
                measured_before=run.measured_before,
                entropy=run.entropy,
                view_share=run.share_of_views(now),
                device=str(made.device),
                parameters=made.parameters,
                stage=made.stage,
                stages=made.stages,
                chance=run.chance,
                evaluations_per_step=run.effort.per_step,
                evaluations_per_sample=run.effort.per_sample,
            )
        )
        self._tell_snapshots(run)

    def _tell_snapshots(self, run: Run) -> None:
        steps = run.experiment.snapshots
        if self._snapshots.get(run.run_id) != steps:
            self._snapshots[run.run_id] = list(steps)
            size = run.experiment.snapshot_bytes
            self._hub.send(SnapshotsKept(run_id=run.run_id, steps=steps, bytes=size))

    def setting_changed(self, run: Run, change: Change) -> None:
        """A live setting took effect."""
        self._hub.send(
            SettingChanged(
                run_id=run.run_id,
                step=change.step,
                name=change.name,
                old=change.old,
                new=change.new,
            )
        )

    def note(self, severity: Severity, title: str, text: str, run_id: str = "") -> None:
        """Something a person should know."""
        self._hub.send(Note(severity=severity, title=title, text=text, run_id=run_id))

    def failed(self, run: Run, what: Trouble) -> None:
        """A run cannot go on."""
        self._hub.send(
            Failed(
                run_id=run.run_id,
                step=run.step,
                reason=what.reason,
                advice=what.advice,
                last_good_step=what.last_good_step,
            )
        )

    def diagnosis(self, run: Run) -> None:
        """What seems wrong with a run now."""
        self._hub.send(
            Diagnosis(run_id=run.run_id, step=run.step, findings=run.findings)
        )

    def finished(self, run: Run) -> None:
        """A run was ended on request; one that failed has had its end."""
        if run.state != "failed":
            self._hub.send(Finished(run_id=run.run_id, step=run.step))
        for table in (self._told, self._snapshots, self._speeds):
            table.pop(run.run_id, None)


def _finite(found: Metrics) -> Metrics:
    """The same without what is no number: the wire knows neither NaN nor infinity."""
    update: dict[str, object] = {
        name: None
        for name in ("energy_distance", "sliced_wasserstein")
        if (value := getattr(found, name)) is not None and not math.isfinite(value)
    }
    nll = found.nll
    if nll is not None and not math.isfinite((nll.value or 0.0) + nll.error):
        update["nll"] = nll.model_copy(update={"value": None, "error": 0.0})
    return found.model_copy(update=update)
