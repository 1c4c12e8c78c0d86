"""The runs of a window, which one is on show, and which of its moments."""

import shutil
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoGroup

from app.session_history import History
from app.session_link import EngineLink
from app.session_notes import Notice
from app.session_run import Run
from app.session_settings import SettingsDesk
from app.session_slots import Slots
from engine.protocol import Ack, Arrays, Branch, Pause, Restore, RunConfig, TakeRun


class Runs(QObject):
    """One run is on show; others stay in the engine, paused, but for a comparison.

    Attributes:
        run: The run on show; None until the catalogue is there. In a comparison, the
            one that is edited.
        all: Every run by its id.
        arriving: Runs of a session that is still being read: nobody can choose them.
        together: The runs of a comparison on screen; else empty.
        plays_together: Whether these play, step and reset as one.
        visits_together: Whether these go through time as one.
        undo_group: Undo and redo of the run on show.
    """

    run_chosen = Signal()
    visited = Signal(object)  # step or None
    moved = Signal(object)  # Run that shows another of its moments
    together_changed = Signal()
    forgotten = Signal(object)  # Run that this window does not have any more
    noted = Signal(object)  # Notice

    def __init__(
        self,
        link: EngineLink,
        desk: SettingsDesk,
        slots: Slots,
        recovery: Path | None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.run: Run | None = None
        self.all: dict[str, Run] = {}
        self.arriving: list[Run] = []
        self.together: list[Run] = []
        self.plays_together = self.visits_together = True
        self.undo_group = QUndoGroup(self)
        self._made = 0
        self._link = link
        self._desk = desk
        self._slots = slots
        self._recovery = recovery

    def make(self, config: RunConfig) -> Run:
        """A run that the engine does not know yet."""
        return self.adopt(f"run-{self._made + 1}", History(config, self))

    def adopt(self, name: str, history: History, number: int = 0) -> Run:
        """A run with a history already, under an id and, if it had one, a number."""
        self._made += 1
        folder = str(self._recovery / name) if self._recovery else ""
        free = max((run.number for run in self.all.values()), default=0) + 1
        run = Run(name, number or free, history, folder)
        self.all[name] = run
        self.undo_group.addStack(run.history.stack)
        self._desk.watch(run)
        return run

    @property
    def there(self) -> list[Run]:
        """The runs that can be chosen."""
        return [run for run in self.all.values() if run not in self.arriving]

    @property
    def shown(self) -> list[Run]:
        """The runs on screen."""
        return self.together or ([self.run] if self.run else [])

    @property
    def driven(self) -> list[Run]:
        """The runs that play, step and reset together."""
        alone = [self.run] if self.run else []
        return self.shown if self.plays_together else alone

    def set_together(self, runs: list[Run]) -> None:
        """These runs are compared on screen; none if it is one alone."""
        self.together = list(runs)
        self.together_changed.emit()

    def choose(self, run_id: str) -> None:
        """Show another run of this window; the one before is paused."""
        old = self.run
        if old and old.is_playing and old.id != run_id and old not in self.together:
            self._link.send(Pause(run_id=old.id))
        run = self.run = self.all[run_id]
        self.undo_group.setActiveStack(run.history.stack)
        self._slots.run_id = run_id
        self._slots.at = run.at
        self._desk.attach(run)
        self.run_chosen.emit()
        if run.is_lost:
            self._desk.recover(run)
        elif run.applied is None:
            self._desk.configure(run)
        self._slots.subscribe_all()

    def visit(self, step: int) -> None:
        """Show every plot at the kept snapshot nearest to ``step``."""
        for run in self._visitors():
            if run.snapshots:
                nearest = min(run.snapshots, key=lambda kept: abs(kept - step))
                self._show(run, nearest)

    def return_live(self) -> None:
        """Show the living run again."""
        for run in self._visitors():
            self._show(run, None)

    def _visitors(self) -> list[Run]:
        alone = [self.run] if self.run else []
        return self.shown if self.visits_together else alone

    def restore(self, step: int, run: Run | None = None) -> None:
        """Take a run itself, else the one on show, back to a kept snapshot, paused."""
        run = run or self.run
        if run is None:
            return

        def on_ack(ack: Ack, arrays: Arrays) -> None:
            del arrays
            if ack.error:
                self.noted.emit(Notice("warning", "No way back", ack.error))
            else:
                run.failed = None
                run.changes = [c for c in run.changes if c.step <= step]

        self.return_live()
        self._link.send(Restore(run_id=run.id, step=step), on_ack)

    def branch(self) -> None:
        """Go on in a new run from the snapshot on show, or from the newest one."""
        old = self.run
        if old is None or not old.snapshots:
            return
        step = old.snapshots[-1] if old.at is None else old.at
        self.return_live()
        new = self.make(old.config)
        new.applied = old.applied

        def on_ack(ack: Ack, arrays: Arrays) -> None:
            del arrays
            if ack.error:
                self.forget(new)
                self.noted.emit(Notice("warning", "No branch was made", ack.error))
                return
            self.choose(new.id)
            text = f"It goes on from step {step:,} of run {old.number}."
            self.noted.emit(Notice("good", f"Run {new.number} is a branch", text))

        command = Branch(run_id=old.id, new_run_id=new.id, step=step)
        self._link.send(command, on_ack)

    def take(
        self,
        job_id: str,
        item: int,
        config: RunConfig,
        words: str,
        on_done: Callable[[Run | None], None],
    ) -> None:
        """Make a run of something that long work has trained, and show it.

        ``on_done`` gets the run, or None if there is none.
        """
        new = self.make(config)
        new.applied = config

        def on_ack(ack: Ack, arrays: Arrays) -> None:
            del arrays
            if ack.error:
                self.forget(new)
                self.noted.emit(Notice("warning", "No run was made", ack.error))
                on_done(None)
                return
            self.choose(new.id)
            self.noted.emit(Notice("good", f"Run {new.number} is open", words))
            on_done(new)

        command = TakeRun(job_id=job_id, item=item, new_run_id=new.id)
        if not self._link.send(command, on_ack):
            self.forget(new)
            on_done(None)

    def forget_recovery(self) -> None:
        """Remove the recovery files: the window was closed on purpose."""
        for run in self.all.values():
            if run.recovery:
                shutil.rmtree(run.recovery, ignore_errors=True)

    def forget(self, run: Run) -> None:
        """Take a run out of this window; the engine is told by others."""
        self.forgotten.emit(run)
        self.undo_group.removeStack(run.history.stack)
        del self.all[run.id]

    def _show(self, run: Run, step: int | None) -> None:
        if step == run.at:
            return
        run.at = step
        if run is self.run:
            self._slots.visit(step)
            self.visited.emit(step)
        self.moved.emit(run)
