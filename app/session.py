"""State of the window without the window: runs, settings, history, views, engine.

Panels and plots listen to a :class:`Session` and call it; it never calls them. It
knows no model by name: all it knows comes from the engine's catalogue.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import Any

from PySide6.QtCore import QObject, Signal

from app import refusals
from app import session_notes as notes
from app.session_compare import Compare
from app.session_config import can_feed, complete, model_entry
from app.session_doctor import Doctor
from app.session_jobs import Jobs
from app.session_link import EngineClient, EngineLink
from app.session_notes import Notice
from app.session_probe import PointProbe
from app.session_questions import Questions
from app.session_run import Run
from app.session_runs import Runs
from app.session_settings import LARGEST_SEED, SettingsDesk
from app.session_slots import Slots
from engine import protocol as wire
from engine.protocol import Ack, Arrays, Catalogue, RunConfig, ViewEntry

START = RunConfig(model="rectified_flow", data="eight_gaussians")
#: What to begin with, once the catalogue is known; a ValueError is a refusal.
Start = Callable[[Catalogue], RunConfig]


class Session(QObject):
    """One window's worth of state.

    Attributes:
        catalogue: What the engine offers; None until it is there.
        welcome: The engine's greeting, with its devices.
        engine_state: The client's last word about the engine.
        desk: Changes of settings.
        slots: Which view stands where, and its frames.
        runs: All runs, the one on show, and its moments.
        questions: Single points, tables, saving.
        probe: The place that was clicked, and what all runs on screen say of it.
        compare: Runs side by side.
        jobs: Long work: studies, sweeps, scripts.
        doctor: What seems wrong with the runs, and what helps.
        kept_drawings: Operations of the drawings that a file has.
    """

    catalogue_received = Signal()
    run_ready = Signal(object)  # RunReady
    data_changed = Signal()  # while the run on show goes on
    status_changed = Signal(object)  # Status
    snapshots_changed = Signal()
    reported = Signal(object, object)  # Run, its event; also of runs not on show
    noted = Signal(object)  # Notice
    outdated = Signal(str)  # what a note was about
    retitled = Signal(str, str)  # what a note is about, its title now
    engine_changed = Signal(str, str)  # state, words
    start_refused = Signal(str)

    def __init__(
        self,
        client: EngineClient,
        start: Start = lambda _: START,
        recovery: Path | None = None,
        parent: QObject | None = None,
    ) -> None:
        """Listen to ``client``, and begin with the run that ``start`` makes.

        Runs keep their recovery files under ``recovery``.
        """
        super().__init__(parent)
        self.catalogue: Catalogue | None = None
        self.welcome: wire.Welcome | None = None
        self.engine_state = "starting"
        self.kept_drawings: list[list[dict[str, Any]]] = []
        self.link = EngineLink(client, self)
        self.desk = SettingsDesk(self.link, self)
        self.slots = Slots(self.link.send, self.link.credit, self)
        self.runs = Runs(self.link, self.desk, self.slots, recovery, self)
        self.questions = Questions(self.link, self.runs, self)
        self.probe = PointProbe(self.link, self.runs, self)
        self.compare = Compare(
            self.link, self.runs, self.desk, self.reason_against, self
        )
        self.jobs = Jobs(self.link, self)
        self.doctor = Doctor(self.desk, self.runs, self, self.compare.titled, self)
        self._start = start
        self._tells_recovery = False
        self._plays_first = False
        self.slots.can_show = lambda view: not self.reason_against(view)
        self.slots.is_built = lambda: self.run is not None and self.run.is_built
        self.desk.config_changed.connect(lambda _: self.slots.suit())
        self.link.event_received.connect(self._on_event)
        self.link.state_changed.connect(self._on_state)
        self.link.restarted.connect(self._on_restarted)
        self.runs.noted.connect(self.noted)
        self.questions.noted.connect(self.noted)
        self.doctor.noted.connect(self.noted)
        self.doctor.outdated.connect(self.outdated)
        self.doctor.retitled.connect(self.retitled)
        self.runs.run_chosen.connect(self.doctor.keep_to_screen)
        self.runs.together_changed.connect(self.doctor.keep_to_screen)
        self.compare.noted.connect(self.noted)
        self.desk.refused.connect(self._on_refused)
        self.desk.taken.connect(lambda: self.outdated.emit(notes.REFUSED))
        self.desk.recovered.connect(self._on_recovered)

    @property
    def run(self) -> Run | None:
        """The run on show; None until the catalogue is there."""
        return self.runs.run

    def start(self) -> None:
        """Start the engine; call from the main thread."""
        self.link.start()

    def stop(self) -> None:
        """End the engine and forget the recovery files: this was on purpose."""
        self.link.stop()
        self.runs.forget_recovery()

    # ---- control of the run on show

    def play(self) -> None:
        """Train; a snapshot on show gives way to the living run.

        Before there is a run, the first one will.
        """
        self._plays_first = self.run is None
        self.runs.return_live()
        able = [each for each in self.runs.driven if each.can_play]
        for each in able:
            self._send(wire.Play(run_id=each.id))
        run = self.run
        if able or run is None:
            return
        if run.failed is not None:
            self._note_failure(run, run.failed)
        elif run.status:
            extend = partial(self.extend, run)
            note = notes.of_complete(run.status.steps, extend)
            self.noted.emit(self._named(run, note))

    def go_on(self, run: Run) -> None:
        """Train one run, whatever is on screen."""
        self._send(wire.Play(run_id=run.id))

    def pause(self) -> None:
        """Stop after the step in hand."""
        for run in self.runs.driven:
            self._send(wire.Pause(run_id=run.id))

    def toggle(self) -> None:
        """Play or pause."""
        if any(run.is_playing for run in self.runs.driven):
            self.pause()
        else:
            self.play()

    def step_once(self, count: int = 1, player: str = "") -> None:
        """Train a few steps, then pause; ``player`` lets one player move alone."""
        self.runs.return_live()
        for run in self.runs.driven:
            if not player or player in self._players(run):
                self._send(wire.StepOnce(run_id=run.id, count=count, player=player))

    def reset(self) -> None:
        """Back to step 0 and the same initial weights."""
        self.runs.return_live()
        for run in self.runs.driven:
            self._reset(run)

    def begin_anew(self) -> None:
        """Play the run on show from step 0; runs beside it go on as they are."""
        self.runs.return_live()
        run = self.run
        if run is not None:
            self._reset(run)
            self._send(wire.Play(run_id=run.id))

    def new_seed(self) -> None:
        """Begin again with random numbers never seen before."""
        self.desk.set_seed(SystemRandom().randrange(LARGEST_SEED))

    def set_speed(self, steps_per_second: float) -> None:
        """Upper limit of the training speed; 0 for as fast as possible."""
        for run in self.runs.driven:
            run.speed = steps_per_second
            self._send(wire.SetSpeed(run_id=run.id, steps_per_second=steps_per_second))

    def extend(self, run: Run) -> None:
        """Ask for as many steps again in a run, which is on show then, and go on."""
        if run is not self.run:
            self.runs.choose(run.id)
        if run.status:
            self.desk.edit("training", "steps", 2 * run.status.steps)
            self._send(wire.Play(run_id=run.id))

    def draw_again(self) -> None:
        """Other noise for everything drawn at random, at the moment on show."""
        places = [self.slots]
        if self.compare.is_open:
            places = list(self.compare.slots.values())
        for slots in places:
            for name in sorted(slots.shown):
                entry = self.view_entry(slots[name].view)
                if entry and "seed" in entry.settings.get("properties", {}):
                    slots.draw_again(name)

    def set_paused(self, paused: bool) -> None:
        """Let the engine draw nothing while nobody looks."""
        self.slots.set_paused(paused)
        self.compare.set_paused(paused)

    # ---- the catalogue

    def view_entry(self, name: str) -> ViewEntry | None:
        """The catalogue's entry of a view; None if there is none."""
        views = self.catalogue.views if self.catalogue else []
        return next((view for view in views if view.name == name), None)

    def reason_against(self, view: str, run: Run | None = None) -> str:
        """Why a run's model, else the one on show, cannot feed a view; empty if it can.

        One sentence for a person.
        """
        entry, run = self.view_entry(view), run or self.run
        if entry is None or run is None or self.catalogue is None:
            return "The engine is not there yet."
        model = model_entry(self.catalogue, run.config.model)
        if can_feed(entry, model):
            return ""
        return entry.empty or f"{model.title} cannot feed this view."

    # ---- inside

    def _players(self, run: Run) -> list[str]:
        catalogue = self.catalogue
        return model_entry(catalogue, run.config.model).players if catalogue else []

    def _send(self, command: wire.Command) -> None:
        def on_ack(ack: Ack, arrays: Arrays) -> None:
            del arrays
            if ack.error:
                self._warn(refusals.of_command(command), ack.error)

        self.link.send(command, on_ack)

    def _on_refused(self, title: str, text: str) -> None:
        self.noted.emit(Notice("warning", title, text, about=notes.REFUSED))

    def _warn(self, title: str, text: str) -> None:
        self.noted.emit(Notice("warning", title, text))

    def _on_event(self, event: object, arrays: Arrays) -> None:
        if isinstance(event, wire.Frame):
            self.slots.receive(event, arrays)
            self.compare.receive(event, arrays)
        elif isinstance(event, wire.JobNews):
            self.jobs.receive(event, arrays)
        elif isinstance(event, wire.Welcome):
            self._on_welcome(event)
        elif isinstance(event, wire.Note):
            self.noted.emit(Notice(event.severity, event.title, event.text))
        else:
            run = self.runs.all.get(getattr(event, "run_id", ""))
            if run is not None:
                self._on_run_event(run, event)

    def _on_run_event(self, run: Run, event: object) -> None:
        on_show = run is self.run
        if isinstance(event, wire.Status):
            run.take_status(event)
            self.probe.keep_up(run)
            if on_show and self._tells_recovery:
                self._tells_recovery = False
                self.noted.emit(notes.of_recovery(event.step))
            if on_show:
                self.status_changed.emit(event)
        elif isinstance(event, wire.RunReady):
            run.begin_again(event)
            self.desk.adopt(run, event.config)
            self.doctor.forget(run.id)
            self.outdated.emit(notes.failure_of(run.id))
            self.compare.take_ready(run, event)
            self.probe.ask_again(run)
            if on_show:
                self._on_ready(event)
        elif isinstance(event, wire.SnapshotsKept):
            run.snapshots, run.snapshot_bytes = event.steps, event.bytes
            if on_show:
                self.snapshots_changed.emit()
        elif isinstance(event, wire.DataChanged):
            run.take_data(event)
            if on_show:
                self.data_changed.emit()
        elif isinstance(event, wire.SettingChanged):
            run.changes.append(event)
            if on_show:
                self.snapshots_changed.emit()
        elif isinstance(event, wire.Diagnosis):
            self.doctor.receive(event)
        elif isinstance(event, wire.Failed):
            run.failed = event
            self._note_failure(run, event)
        self.reported.emit(run, event)

    def _on_ready(self, event: wire.RunReady) -> None:
        self.slots.forget_frames()
        if self.slots.at is not None:
            self.slots.visit(None)
            self.runs.visited.emit(None)
        else:
            self.slots.subscribe_all()
        self.run_ready.emit(event)
        self.snapshots_changed.emit()

    def _on_welcome(self, welcome: wire.Welcome) -> None:
        self.welcome = welcome
        self.catalogue = self.desk.catalogue = welcome.catalogue
        self.catalogue_received.emit()
        if self.run is None:
            try:
                config = complete(welcome.catalogue, self._start(welcome.catalogue))
            except ValueError as error:
                self.start_refused.emit(str(error))
                return
            self.runs.choose(self.runs.make(config).id)
            if self._plays_first:
                self.play()

    def _reset(self, run: Run) -> None:
        run.failed = None
        run.measured = {}
        run.trail = []
        run.changes = []
        self._send(wire.Reset(run_id=run.id))

    def _note_failure(self, run: Run, failed: wire.Failed) -> None:
        step = failed.last_good_step
        back = partial(self._reset, run)
        if step is not None:
            back = partial(self.runs.restore, step, run)
        self.noted.emit(self._named(run, notes.of_failure(failed, back)))

    def _named(self, run: Run, note: Notice) -> Notice:
        return replace(note, title=self.compare.titled(run, note.title))

    def _on_state(self, state: str, text: str) -> None:
        self.engine_state = state
        self.engine_changed.emit(state, text)
        if state in ("dead", "failed"):
            self.link.forget_answers()
            self.questions.forget()
            self.probe.forget()
            self.jobs.forget("The engine has stopped.")
            action = "Start it again" if state == "failed" else ""
            do = self.start if state == "failed" else None
            title = "The engine has stopped"
            self.noted.emit(Notice("warning", title, text, action, do))

    def _on_restarted(self) -> None:
        for run in self.runs.all.values():
            run.is_lost = True
        for run in self.runs.shown:
            self.desk.recover(run)
            if run.speed:
                command = wire.SetSpeed(run_id=run.id, steps_per_second=run.speed)
                self._send(command)
        self.slots.subscribe_all()

    def _on_recovered(self, found: bool) -> None:
        if found:
            self._tells_recovery = True  # with the next status, which knows the step
        else:
            self.noted.emit(notes.of_recovery(None))
