"""Events: from the engine to the window."""

from typing import Any, Literal

from pydantic import Field

from engine.protocol.catalogue import Catalogue
from engine.protocol.message import Json, Message, RunConfig, RunState, Severity


class Ack(Message):
    """Answer to the command ``id``; ``error`` is one plain sentence, empty if done."""

    kind: Literal["ack"] = "ack"
    id: int
    error: str = ""
    result: Json = Field(default_factory=dict)


class Welcome(Message):
    """Answer to a good hello, before its ``Ack``."""

    kind: Literal["welcome"] = "welcome"
    protocol: int
    version: str
    catalogue: Catalogue
    devices: list[str] = Field(description='E.g. ["cpu", "cuda"]')
    device_name: str = ""
    threads: int = 1
    cores: int = Field(1, ge=1, description="Cores that the engine may use")
    pid: int


class Nll(Message):
    """Held-out negative log-likelihood in nats per point, and how it is known."""

    value: float | None
    kind: Literal["exact", "bound", "estimate"]
    unit: Literal["nats/point"] = "nats/point"
    error: float = 0.0


class ModeCount(Message):
    """Modes covered of all, and the share of samples of high quality."""

    covered: int
    total: int
    high_quality: float


class Metrics(Message):
    """Quality of a run on held-out data at ``step``; None where it does not apply."""

    step: int
    points: int = Field(0, ge=0, description="Held-out points judged; 0 if not told")
    nll: Nll | None = None
    energy_distance: float | None = None
    sliced_wasserstein: float | None = None
    sliced_chance: float | None = Field(
        None, description="The same of two draws of the data, each of as many points"
    )
    modes: ModeCount | None = None
    of_class: str = Field(
        "", description="Class that alone is drawn, and judged; empty for all the data"
    )
    guidance: float | None = Field(
        None, description="Weight of that class, where it is not as learned"
    )


class Status(Message):
    """How a run is doing; at most ten a second."""

    kind: Literal["status"] = "status"
    run_id: str
    state: RunState
    step: int = Field(ge=0)
    steps: int = Field(ge=0, description="Steps at which the training is complete")
    seconds: float = Field(ge=0, description="Time spent training, s")
    steps_per_second: float = Field(ge=0)
    losses: dict[str, float | None] = Field(default_factory=dict)
    metrics: Metrics | None = None
    measured_before: bool = Field(
        False, description="Settings have changed since the metrics were measured"
    )
    entropy: float | None = Field(None, description="Entropy of the data, nats")
    view_share: float = Field(0, ge=0, le=1, description="Share of time in views")
    device: str = "cpu"
    parameters: int = 0
    stage: int = 0
    stages: int = 1
    chance: float | None = Field(
        None, description="95 % of two draws of 500 data are this near, energy distance"
    )
    evaluations_per_step: int = Field(
        0, ge=0, description="Passes through the network per step and point of a batch"
    )
    evaluations_per_sample: int = Field(
        0, ge=0, description="Passes through the network per sample; 0 if not counted"
    )


class RunReady(Message):
    """A run was built or built anew; what the window may want to know about it."""

    kind: Literal["run_ready"] = "run_ready"
    run_id: str
    config: RunConfig = Field(description="With every default written out")
    columns: tuple[str, str]
    limits: tuple[float, float, float, float] = Field(description="x and y, data units")
    notes: list[str] = Field(description="E.g. rows left out")
    scaling: tuple[float, float, float, float] = Field(
        description="Mean x, mean y, std x, std y of the standardisation"
    )
    classes: int = 0
    class_names: list[str] = Field(default_factory=list)
    points: int = 0


class SnapshotsKept(Message):
    """The moments of a run that can be visited."""

    kind: Literal["snapshots_kept"] = "snapshots_kept"
    run_id: str
    steps: list[int]
    bytes: int


class SettingChanged(Message):
    """A live setting took effect; the curves carry the same mark."""

    kind: Literal["setting_changed"] = "setting_changed"
    run_id: str
    step: int
    name: str
    old: Any
    new: Any


class DataChanged(Message):
    """The points of a run were edited while it goes on; fields as in ``RunReady``.

    ``too_few``: the newest points are too few to learn from, these are those before.
    """

    kind: Literal["data_changed"] = "data_changed"
    run_id: str
    limits: tuple[float, float, float, float]
    notes: list[str]
    scaling: tuple[float, float, float, float]
    classes: int = 0
    class_names: list[str] = Field(default_factory=list)
    points: int = 0
    too_few: bool = False


class Note(Message):
    """Something a person should know, in plain words."""

    kind: Literal["note"] = "note"
    severity: Severity
    title: str
    text: str = ""
    run_id: str = ""


class JobNews(Message):
    """A piece of the result of long work, with arrays; the last one says ``ended``.

    ``error`` is one sentence if the work came to a bad end, ``cancelled`` if the
    window had it cancelled.
    """

    kind: Literal["job_news"] = "job_news"
    job_id: str
    what: str
    share: float = Field(ge=0, le=1)
    result: Json = Field(default_factory=dict)
    ended: bool = False
    error: str = ""


class Remedy(Message):
    """One click against a fault.

    ``restore`` is a kept moment to go back to first; ``changes`` are settings by group
    (``model_settings``, ``training``, ``sampler_settings``).
    """

    title: str
    changes: dict[str, Json] = Field(default_factory=dict)
    restore: int | None = None


class Finding(Message):
    """A known fault of a run, in plain words, with its remedies, the best first."""

    name: str
    title: str
    text: str
    remedies: list[Remedy] = Field(default_factory=list)


class Diagnosis(Message):
    """What seems wrong with a run at ``step``; empty when nothing does any more."""

    kind: Literal["diagnosis"] = "diagnosis"
    run_id: str
    step: int
    findings: list[Finding] = Field(default_factory=list)


class Finished(Message):
    """A run was ended on request; nothing follows for this ``run_id``."""

    kind: Literal["finished"] = "finished"
    run_id: str
    step: int


class Failed(Message):
    """A run cannot go on; its last good snapshot is kept until it is closed."""

    kind: Literal["failed"] = "failed"
    run_id: str
    step: int
    reason: str
    advice: str = ""
    last_good_step: int | None = None


class Frame(Message):
    """One picture's worth of arrays for a slot (frames channel)."""

    kind: Literal["frame"] = "frame"
    run_id: str
    slot: str
    view: str
    step: int
    live: bool = True
    full: bool = Field(False, description="Computed at full quality")
    seconds: float = Field(0, description="What it cost the engine, s")
    meta: Json = Field(default_factory=dict)
