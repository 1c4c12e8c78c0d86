"""Every message between window and engine, typed, and how it looks on the wire.

A message on the wire is a multipart: a JSON header, then one raw little-endian buffer
per array. Two channels carry them: *control* (acknowledged, ordered, never dropped) and
*frames* (the window grants a credit per slot, the engine answers with one frame). No
pickle, no code. Free of torch and of Qt.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

PROTOCOL_VERSION = 1
MAX_ARRAYS = 64
MAX_BYTES = 256 * 2**20
DTYPES = ("<f4", "<f8", "<i4", "<i8", "|u1", "|b1")

Arrays = dict[str, NDArray[Any]]
Json = dict[str, Any]
RunState = Literal["paused", "playing", "complete", "failed"]
Severity = Literal["info", "good", "warning"]


class ProtocolError(ValueError):
    """Bytes that are no message of this protocol."""


class Message(BaseModel):
    """Base of all messages: frozen, unknown fields forbidden."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RunConfig(Message):
    """All that decides a run. Settings are checked by the engine against its schemas.

    An empty ``sampler`` means the model's own default. ``device`` is auto, cpu, cuda or
    mps. ``data`` is a name of the catalogue; a table on disk is ``csv`` with its path
    among ``data_settings``.
    """

    model: str
    data: str
    model_settings: Json = Field(default_factory=dict)
    data_settings: Json = Field(default_factory=dict)
    training: Json = Field(default_factory=dict)
    sampler: str = ""
    sampler_settings: Json = Field(default_factory=dict)
    seed: int = Field(0, ge=0, le=2**31 - 1)
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"


# ---- the catalogue


class ModelEntry(Message):
    """A model as the window knows it; ``settings`` is a JSON schema."""

    name: str
    title: str
    family: str
    paper: str
    arxiv: str
    formula: str
    summary: str
    settings: Json
    training_defaults: Json
    capabilities: list[str]
    samplers: list[str] = Field(description="Names of usable samplers, default first")
    sampler_defaults: Json
    players: list[str]


class DataEntry(Message):
    """A data set; ``thumbnail`` holds some 300 points, x and y in turn, data units."""

    name: str
    title: str
    description: str
    settings: Json
    thumbnail: list[float]
    thumbnail_labels: list[int]
    exact_density: bool


class SamplerEntry(Message):
    """A sampler with the JSON schema of its settings."""

    name: str
    title: str
    description: str
    settings: Json
    order: int
    stochastic: bool


class ViewEntry(Message):
    """A view; it can show a model that has all of one of the groups in ``needs``."""

    name: str
    title: str
    description: str
    settings: Json
    needs: list[list[str]]
    empty: str = Field(description="What to say to a model that cannot feed the view")


class Catalogue(Message):
    """Everything that the engine offers."""

    models: list[ModelEntry]
    data: list[DataEntry]
    samplers: list[SamplerEntry]
    views: list[ViewEntry]
    training: Json = Field(description="JSON schema of the training settings")


# ---- commands: window to engine, control channel


class Command(Message):
    """Base of commands; the engine answers each with one ``Ack`` of the same ``id``."""

    id: int = Field(0, ge=0)


class Hello(Command):
    """First message of a window."""

    kind: Literal["hello"] = "hello"
    protocol: int = PROTOCOL_VERSION
    version: str = ""


class Configure(Command):
    """Make a run, or give it other settings.

    Live settings apply from the next step. Where a changed setting needs a restart, the
    run begins again if ``restart`` is set; otherwise the answer is an error that names
    the setting, and nothing changes. ``autosave`` is a folder for the run's recovery
    file. ``resume`` is the folder of an earlier recovery file to continue from, paused.
    """

    kind: Literal["configure"] = "configure"
    run_id: str
    config: RunConfig
    restart: bool = False
    autosave: str = ""
    resume: str = ""


class Play(Command):
    """Train until paused or until the set number of steps."""

    kind: Literal["play"] = "play"
    run_id: str


class Pause(Command):
    """Stop after the step in hand."""

    kind: Literal["pause"] = "pause"
    run_id: str


class StepOnce(Command):
    """Train ``count`` steps, then pause; ``player`` lets one player move alone."""

    kind: Literal["step_once"] = "step_once"
    run_id: str
    count: int = Field(1, ge=1, le=100_000)
    player: str = ""


class Reset(Command):
    """Back to step 0 and the same initial weights; paused."""

    kind: Literal["reset"] = "reset"
    run_id: str


class SetSpeed(Command):
    """Upper limit of training speed; 0 means as fast as the machine can."""

    kind: Literal["set_speed"] = "set_speed"
    run_id: str
    steps_per_second: float = Field(0, ge=0)


class Close(Command):
    """End a run and forget it."""

    kind: Literal["close"] = "close"
    run_id: str


class Subscribe(Command):
    """Show a view in a slot of the window from now on; replaces what was there.

    ``at`` is the step of a kept snapshot, or None for the living run.
    """

    kind: Literal["subscribe"] = "subscribe"
    run_id: str
    slot: str
    view: str
    settings: Json = Field(default_factory=dict)
    at: int | None = None


class Unsubscribe(Command):
    """Compute nothing for this slot any more."""

    kind: Literal["unsubscribe"] = "unsubscribe"
    slot: str


class Probe(Command):
    """A question about single points, answered at once in the ``Ack``'s arrays.

    ``points`` are in data units, for ``decode`` latent codes. ``log_prob`` answers
    ``learned`` (n,) and, where known, ``truth`` (n,); ``decode`` answers ``x`` (n, 2);
    ``encode`` answers ``z``; ``path`` takes starts at t = 0 and answers ``times`` (k,)
    and ``x`` (k, n, 2); ``nearest`` answers the nearest training points ``x``.
    """

    kind: Literal["probe"] = "probe"
    run_id: str
    what: Literal["log_prob", "decode", "encode", "path", "nearest", "critic"]
    points: list[list[float]]
    at: int | None = None


class Restore(Command):
    """Go back to a kept snapshot: weights, optimiser and random state; paused."""

    kind: Literal["restore"] = "restore"
    run_id: str
    step: int = Field(ge=0)


class Branch(Command):
    """Make a new run that continues from a kept snapshot of another."""

    kind: Literal["branch"] = "branch"
    run_id: str
    new_run_id: str
    step: int = Field(ge=0)


class Save(Command):
    """Write the run directory (run.json, metrics, weights, samples)."""

    kind: Literal["save"] = "save"
    run_id: str
    folder: str


class Open(Command):
    """Read a run directory as a new, paused run; the result has its config."""

    kind: Literal["open"] = "open"
    run_id: str
    folder: str


class InspectTable(Command):
    """Look into a CSV file; the ``Ack``'s result has columns, rows and dialect."""

    kind: Literal["inspect_table"] = "inspect_table"
    path: str


class Ping(Command):
    """Are you there?"""

    kind: Literal["ping"] = "ping"


class Shutdown(Command):
    """End the engine."""

    kind: Literal["shutdown"] = "shutdown"


class Credit(Message):
    """One frame of this slot may be sent (frames channel)."""

    kind: Literal["credit"] = "credit"
    slot: str


AnyCommand = Annotated[
    Hello
    | Configure
    | Play
    | Pause
    | StepOnce
    | Reset
    | SetSpeed
    | Close
    | Subscribe
    | Unsubscribe
    | Probe
    | Restore
    | Branch
    | Save
    | Open
    | InspectTable
    | Ping
    | Shutdown,
    Field(discriminator="kind"),
]

# ---- events: engine to window


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
    nll: Nll | None = None
    energy_distance: float | None = None
    sliced_wasserstein: float | None = None
    modes: ModeCount | None = None


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
    entropy: float | None = Field(None, description="Entropy of the data, nats")
    view_share: float = Field(0, ge=0, le=1, description="Share of time in views")
    device: str = "cpu"
    parameters: int = 0
    stage: int = 0
    stages: int = 1


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


class Note(Message):
    """Something a person should know, in plain words."""

    kind: Literal["note"] = "note"
    severity: Severity
    title: str
    text: str = ""
    run_id: str = ""


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


AnyEvent = Annotated[
    Ack
    | Welcome
    | Status
    | RunReady
    | SnapshotsKept
    | SettingChanged
    | Note
    | Finished
    | Failed
    | Frame,
    Field(discriminator="kind"),
]

_COMMANDS: TypeAdapter[Any] = TypeAdapter(AnyCommand | Credit)
_EVENTS: TypeAdapter[Any] = TypeAdapter(AnyEvent)


# ---- the wire


def encode(
    message: Message, arrays: Mapping[str, NDArray[Any]] | None = None
) -> list[bytes]:
    """Parts of a multipart message; arrays become little-endian and contiguous."""
    buffers: list[bytes] = []
    specs: list[Json] = []
    for name, array in (arrays or {}).items():
        plain = np.ascontiguousarray(array)
        if plain.dtype.byteorder == ">":
            plain = plain.astype(plain.dtype.newbyteorder("<"))
        if plain.dtype.str not in DTYPES:
            raise ProtocolError(f"Array {name!r} has dtype {plain.dtype.str}.")
        specs.append({"name": name, "dtype": plain.dtype.str, "shape": array.shape})
        buffers.append(plain.tobytes())
    header = {"message": message.model_dump(mode="json"), "arrays": specs}
    return [json.dumps(header, allow_nan=False).encode(), *buffers]


def decode_command(parts: Sequence[bytes]) -> tuple[Any, Arrays]:
    """A command or credit and its arrays.

    Raises:
        ProtocolError: The bytes are no command of this protocol.
    """
    return _decode(parts, _COMMANDS)


def decode_event(parts: Sequence[bytes]) -> tuple[Any, Arrays]:
    """An event and its arrays, read-only views of the bytes.

    Raises:
        ProtocolError: The bytes are no event of this protocol.
    """
    return _decode(parts, _EVENTS)


def _decode(parts: Sequence[bytes], adapter: TypeAdapter[Any]) -> tuple[Any, Arrays]:
    if not parts:
        raise ProtocolError("An empty message.")
    if sum(len(p) for p in parts) > MAX_BYTES:
        raise ProtocolError(f"A message over {MAX_BYTES} bytes.")
    try:
        header = json.loads(parts[0])
        message = adapter.validate_python(header["message"])
        specs = header["arrays"]
    except (ValueError, KeyError, TypeError, RecursionError, ValidationError) as error:
        raise ProtocolError(f"Not a message of this protocol: {error}") from error
    if not isinstance(specs, list) or len(specs) != len(parts) - 1:
        raise ProtocolError("Header and buffers do not match.")
    if len(specs) > MAX_ARRAYS:
        raise ProtocolError(f"More than {MAX_ARRAYS} arrays.")
    return message, dict(_array(s, b) for s, b in zip(specs, parts[1:], strict=True))


def _array(spec: Any, buffer: bytes) -> tuple[str, NDArray[Any]]:
    try:
        name, dtype, shape = spec["name"], spec["dtype"], spec["shape"]
        good = (
            isinstance(name, str)
            and dtype in DTYPES
            and len(shape) <= 4
            and all(type(n) is int and 0 <= n <= MAX_BYTES for n in shape)
            and math.prod(shape) * np.dtype(dtype).itemsize == len(buffer)
        )
    except (KeyError, TypeError) as error:
        raise ProtocolError("A broken description of an array.") from error
    if not good:
        raise ProtocolError(f"Array {name!r} does not fit its buffer.")
    return name, np.frombuffer(buffer, dtype=dtype).reshape(shape)
