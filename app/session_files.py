"""Session files: what the window writes about itself, and how it comes back.

The engine keeps runs with their kept moments; the window adds which run is on show, the
history of each, and which view stands where.
"""

from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from PySide6.QtCore import QObject, Signal

from app.patience import Patience
from app.session import Session
from app.session_config import Group, complete
from app.session_drawing import DRAWING, Operation
from app.session_history import ConfigEdit, History
from app.session_notes import Notice
from app.session_run import Run
from app.session_saving import Saving
from engine.protocol import (
    Ack,
    Arrays,
    Close,
    OpenSession,
    RunConfig,
    SaveSession,
    SessionFileError,
    read_head,
)

ENDING = ".genplay"
ABOUT = "session file"  # what notes on writing and reading one are about
NOT_OPENED = "The session was not opened"


class _Kept(BaseModel):
    """Base of what a session file keeps; unknown entries of a newer version go."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class KeptEdit(_Kept):
    """One step of a history."""

    config: RunConfig
    text: str = ""
    at_once: bool = False


class KeptRun(_Kept):
    """A run as the window knows it; ``done`` of its edits are not undone.

    ``waiting`` are settings that only a restart brings about, with their values.
    """

    id: str
    number: int = 0
    first: RunConfig
    edits: list[KeptEdit] = Field(default_factory=list)
    done: int = 0
    waiting: dict[Group, dict[str, Any]] = Field(default_factory=dict)
    speed: float = 0.0
    at: int | None = None
    measured: dict[str, Any] = Field(default_factory=dict)


class KeptDesk(_Kept):
    """What stands where: the page on screen, what each holds, the place asked about.

    ``alone`` is the slot that fills the first page, empty if it shows all four.
    """

    views: dict[str, str] = Field(default_factory=dict)
    view_states: dict[str, dict[str, Any]] = Field(default_factory=dict)
    alone: str = ""
    page: str = ""
    pages: dict[str, dict[str, Any]] = Field(default_factory=dict)
    point: tuple[float, float] | None = None


class KeptWindow(KeptDesk):
    """All that the window keeps beside its runs."""

    shown: str
    runs: list[KeptRun] = Field(min_length=1)


class SessionFiles(QObject):
    """Saves all runs of a window into a file, and opens such files.

    Opening replaces the runs of the window; until the engine has read the file the old
    ones stay, and they stay for good if it cannot be read.

    Attributes:
        path: The file that the session was saved to or opened from last.
        saving: Files that are being written, and what waits for them.
    """

    replacing = Signal()  # the runs go now: nothing may be done to the new ones
    opened = Signal(object, object)  # KeptWindow, Run by its id in the file
    used = Signal(str)  # path of a file that was written or opened just now
    noted = Signal(object)  # Notice

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._opened = 0
        self.path = ""
        self.saving = Saving()
        self._safe: dict[str, float] = {}  # s of training by run, in a file
        self.patience = Patience(ABOUT, self)
        self.patience.noted.connect(self.noted)
        self.patience.outdated.connect(session.outdated)
        session.engine_changed.connect(self._on_engine)

    @property
    def unsaved_seconds(self) -> float:
        """Training that no file has, s."""
        runs = self._session.runs.there
        return sum(max(_seconds(r) - self._safe.get(r.id, 0.0), 0.0) for r in runs)

    @property
    def has_unsaved_drawing(self) -> bool:
        """Whether something was drawn that no file has."""
        return any(map(self._is_unsaved_drawing, self._session.runs.there))

    def _is_unsaved_drawing(self, run: Run) -> bool:
        catalogue, operations = self._session.catalogue, drawn_in(run)
        # Without an edit it is what came from a file or a command line.
        if catalogue is None or not operations or not run.history.stack.index():
            return False
        sketch = complete(catalogue, RunConfig(model=run.config.model, data=DRAWING))
        offered = sketch.data_settings.get("operations", [])
        return operations not in (offered, *self._session.kept_drawings)

    def save(self, path: str, desk: KeptDesk) -> None:
        """Write every run, its kept moments and histories into ``path``."""
        session = self._session
        if session.run is None:
            self.noted.emit(_not_saved("There is no run yet."))
            return
        if not path.endswith(ENDING):
            path += ENDING
        runs = [run for run in session.runs.there if run.applied is not None]
        window = KeptWindow(
            shown=session.run.id,
            runs=[_kept(run) for run in runs],
            **desk.model_dump(),
        )
        command = SaveSession(
            path=path,
            run_ids=[run.id for run in runs],
            window=window.model_dump(mode="json"),
        )
        safe = {run.id: _seconds(run) for run in runs}
        drawings = [drawn_in(run) for run in runs]
        if session.link.send(command, partial(self._on_saved, path, safe, drawings)):
            self.saving.begin()
            self.patience.begin("Saving the session", path)
        else:
            self.noted.emit(_not_saved("The engine is not running."))

    def open(self, path: str) -> None:
        """Bring back what a file holds."""
        self._session.outdated.emit(ABOUT)  # what was said of one before
        if self._session.runs.arriving:
            self._warn("Another one is being opened.")
            return
        try:
            _, content = read_head(Path(path))
            window = KeptWindow.model_validate(content)
        except (SessionFileError, ValidationError) as error:
            text = str(error) if isinstance(error, SessionFileError) else ""
            self._warn(text or f"{path} was not written by this window.")
            return
        if window.shown not in {run.id for run in window.runs}:
            self._warn(f"{path} is damaged: the run on show is missing.")
            return
        self._opened += 1
        prefix = f"open-{self._opened}-"
        session = self._session
        old = list(session.runs.all.values())
        new = {kept.id: self._made(kept, prefix) for kept in window.runs}
        wanted = {run.id: run.config for run in new.values()}
        session.runs.arriving += new.values()

        def on_ack(ack: Ack, arrays: Arrays) -> None:
            del arrays
            self.patience.end()
            if ack.error:
                self._forget_opening()
                self._warn(ack.error)
                return
            session.runs.arriving.clear()
            self._replace(old, new, window, path, wanted)

        if session.link.send(OpenSession(path=path, prefix=prefix), on_ack):
            self.patience.begin("Opening the session", path)
            return
        self._forget_opening()
        self._warn("The engine is not running.")

    def _forget_opening(self) -> None:
        runs = self._session.runs
        while runs.arriving:
            runs.forget(runs.arriving.pop())

    def _made(self, kept: KeptRun, prefix: str) -> Run:
        # Its history is whole before anyone listens: nothing of it is to be done now.
        history = History(kept.first, self._session.runs)
        _restore_history(history, kept)
        run = self._session.runs.adopt(prefix + kept.id, history, kept.number)
        run.speed = kept.speed
        return run

    def _replace(
        self,
        old: list[Run],
        new: dict[str, Run],
        window: KeptWindow,
        path: str,
        wanted: dict[str, RunConfig],
    ) -> None:
        """The new runs take the place of the old ones.

        Each is ``wanted`` as its file has it; the engine told what it could make of it.
        """
        session = self._session
        self.replacing.emit()
        for kept in window.runs:
            run = new[kept.id]
            if run.applied is None:
                run.applied = run.ready.config if run.ready else run.config
            run.recall_measured(kept.measured)
            run.at = kept.at if kept.at in run.snapshots else None
        session.runs.choose(new[window.shown].id)
        for run in new.values():
            if run.config.data == wanted[run.id].data == DRAWING:
                session.desk.learn_again(run, wanted[run.id].data_settings)
        for kept in window.runs:
            if kept.waiting:
                session.desk.wait_again(new[kept.id], kept.waiting)
        for run in old:
            session.link.send(Close(run_id=run.id))
            session.runs.forget(run)
        if session.run is not None and session.run.ready is not None:
            session.run_ready.emit(session.run.ready)
        if session.run is not None and session.run.status is not None:
            session.status_changed.emit(session.run.status)
        session.snapshots_changed.emit()
        session.runs.visited.emit(session.run.at if session.run else None)
        self.path = path
        self._safe = {run.id: _seconds(run) for run in new.values()}
        session.kept_drawings += map(drawn_in, new.values())
        self.opened.emit(window, new)
        self.used.emit(path)
        name = Path(path).name
        self.noted.emit(Notice("good", f"{name} is open", _count(len(new))))

    def _on_saved(
        self,
        path: str,
        safe: dict[str, float],
        drawings: list[list[Operation]],
        ack: Ack,
        arrays: Arrays,
    ) -> None:
        del arrays
        self.patience.end()
        if ack.error:
            self.noted.emit(_not_saved(ack.error))
        else:
            self.path, self._safe = path, safe
            self._session.kept_drawings = drawings
            self.used.emit(path)
            self.noted.emit(Notice("good", "Session saved", path))
        self.saving.end(not ack.error)

    def _on_engine(self, state: str) -> None:
        if state not in ("dead", "failed"):
            return
        self.patience.end()  # no answer will come
        if self.saving.give_up():
            self.noted.emit(_not_saved("The engine has stopped."))
        if self._session.runs.arriving:
            self._forget_opening()
            self._warn("The engine has stopped.")

    def _warn(self, text: str) -> None:
        self.noted.emit(Notice("warning", NOT_OPENED, text, about=ABOUT))


def _not_saved(text: str) -> Notice:
    return Notice("warning", "The session was not saved", text, about=ABOUT)


def drawn_in(run: Run) -> list[Operation]:
    """The operations of a run's drawing; none if it learns from other data."""
    if run.config.data != DRAWING:
        return []
    return list(run.config.data_settings.get("operations", []))


def _seconds(run: Run) -> float:
    return run.status.seconds if run.status else 0.0


def _count(runs: int) -> str:
    return "1 run, with its history." if runs == 1 else f"{runs} runs, with histories."


def _kept(run: Run) -> KeptRun:
    """A run and its history, as a file keeps it."""
    stack = run.history.stack
    edits = [stack.command(index) for index in range(stack.count())]
    steps = [edit for edit in edits if isinstance(edit, ConfigEdit)]
    return KeptRun(
        id=run.id,
        number=run.number,
        first=steps[0].before if steps else run.config,
        edits=[
            KeptEdit(config=e.after, text=e.text(), at_once=e.at_once) for e in steps
        ],
        done=stack.index(),
        waiting={
            group: {name: getattr(run.config, group)[name] for name in names}
            for group, names in run.waiting.items()
        },
        speed=run.speed,
        at=run.at,
        measured=run.keep_measured(),
    )


def _restore_history(history: History, kept: KeptRun) -> None:
    """The edits of a run again, and as many undone as there were."""
    for edit in kept.edits:
        history.edit(edit.config, edit.text, at_once=edit.at_once)
    while history.stack.index() > max(kept.done, 0) and history.stack.canUndo():
        history.stack.undo()
