"""Commands: from the window to the engine, on the control channel."""

from typing import Literal

from pydantic import Field

from engine.protocol.message import PROTOCOL_VERSION, Json, Message, RunConfig


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
    ``encode`` answers ``z``, and of a model with a list of codes the number ``code``
    (n,) of the nearest, from 1; its result says by ``is_map`` whether ``decode`` leads
    back exactly; ``path`` takes starts at t = 0 and answers ``times`` (k,)
    and ``x`` (k, n, 2), with the ``evaluations`` (1,) of the network that a path cost;
    ``nearest`` answers the nearest training points ``x`` and their ``distance``.
    ``score`` answers the gradient of log p ``score`` (n, 2), per data unit.
    ``path_back`` answers the path that ends at each point, with ``times`` rising from
    0. ``point`` answers all of this that the model is able to tell: ``learned``,
    ``truth``, ``score``, ``critic``, ``z``, ``nearest``, ``distance``, ``times`` and
    ``path``; its result has the ``kind`` of the density. ``data`` takes no points and
    answers those of the data set, ``x`` (n, 2) with ``labels`` (n,). Every result has
    the ``step`` that it holds for.
    ``quick`` takes a path in few steps of the sampler, for a hand that moves.
    """

    kind: Literal["probe"] = "probe"
    run_id: str
    what: Literal[
        "log_prob",
        "decode",
        "encode",
        "path",
        "nearest",
        "critic",
        "score",
        "path_back",
        "point",
        "data",
    ]
    points: list[list[float]]
    at: int | None = None
    quick: bool = False


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


class SaveSession(Command):
    """Write runs with all their kept moments into one file.

    ``window`` is kept beside them, unread.
    """

    kind: Literal["save_session"] = "save_session"
    path: str
    run_ids: list[str]
    window: Json = Field(default_factory=dict)


class OpenSession(Command):
    """Read a session file: its runs appear, paused, as ``prefix`` and their old name.

    What the window has kept there it reads itself, with ``read_head``.
    """

    kind: Literal["open_session"] = "open_session"
    path: str
    prefix: str


class InspectTable(Command):
    """Look into a CSV file; the ``Ack``'s result has columns, rows and dialect."""

    kind: Literal["inspect_table"] = "inspect_table"
    path: str


class StartJob(Command):
    """Begin long work; its results come as ``JobNews`` under the same ``job_id``.

    ``what`` is a name of the engine's list of jobs, ``run_id`` the run that it is
    about, or empty.
    """

    kind: Literal["start_job"] = "start_job"
    job_id: str
    what: str
    run_id: str = ""
    settings: Json = Field(default_factory=dict)


class CancelJob(Command):
    """Let go of long work; its last news says that it was cancelled."""

    kind: Literal["cancel_job"] = "cancel_job"
    job_id: str


class TellJob(Command):
    """Say something to long work in hand; what it understands is its own affair."""

    kind: Literal["tell_job"] = "tell_job"
    job_id: str
    words: Json = Field(default_factory=dict)


class TakeRun(Command):
    """Make a run of something that long work has trained; paused, and independent.

    Work that has ended still gives its runs until it is cancelled. ``item`` counts
    what it has, e.g. the cells of a sweep.
    """

    kind: Literal["take_run"] = "take_run"
    job_id: str
    item: int = Field(ge=0)
    new_run_id: str


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
