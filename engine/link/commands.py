"""What each command does. The engine's main thread obeys one at a time."""

import os
import platform
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

import engine
from engine import registry
from engine.data.csv_reader import inspect
from engine.experiment import Experiment
from engine.lab.base import OnItsWay
from engine.link import failure
from engine.link.catalogue import catalogue
from engine.link.desk import JobDesk
from engine.link.failure import CommandError
from engine.link.hub import Hub
from engine.link.inbox import Inbox, Letter
from engine.link.probe import probe
from engine.link.reports import Reporter
from engine.link.runs import Run, recovered
from engine.link.slots import Slots
from engine.link.version import mismatch
from engine.models.base import capabilities
from engine.protocol import (
    PROTOCOL_VERSION,
    Ack,
    Arrays,
    Branch,
    CancelJob,
    Close,
    Configure,
    Hello,
    InspectTable,
    Json,
    Open,
    OpenSession,
    Pause,
    Play,
    Probe,
    Reset,
    Restore,
    RunConfig,
    Save,
    SaveSession,
    SetSpeed,
    Shutdown,
    StartJob,
    StepOnce,
    Subscribe,
    TakeRun,
    TellJob,
    Unsubscribe,
    Welcome,
)
from engine.settings import checked
from engine.training.class_limits import brought_in
from engine.training.session_file import open_session, save_session
from engine.training.setup import available_devices, make_data
from engine.training.threads import cores

Result = tuple[Json, Arrays]
Act = Callable[[Any], Result | None]
_NOTHING: Result = ({}, {})


class Commands:
    """Obeys commands on the runs and slots of an engine."""

    def __init__(
        self, hub: Hub, inbox: Inbox, reporter: Reporter, slots: Slots
    ) -> None:
        self.runs: dict[str, Run] = {}
        self.desk = JobDesk(hub, self.runs)
        self._hub = hub
        self._inbox = inbox
        self._later: list[Letter] = []
        self._reporter = reporter
        self._slots = slots

    def obey(self, letter: Letter) -> None:
        """Do what a letter says and answer it; nothing it asks for ends the engine."""
        command: Any = letter.command
        act: Act = getattr(self, f"_{command.kind}")
        error, result, arrays = "", *_NOTHING
        try:
            result, arrays = act(command) or _NOTHING
        except OnItsWay:
            self._later.append(letter)
            return
        except Exception as problem:  # noqa: BLE001 - the border between programs
            error = failure.sentence(problem)
        run = self.runs.get(getattr(command, "run_id", ""))
        if run is not None and not isinstance(command, Subscribe | Probe):
            # Before the answer: who waits for that then knows the new state.
            self._reporter.status(run)
        self._hub.send(
            Ack(id=command.id, error=error, result=result), arrays, to=letter.sender
        )

    def try_again(self) -> None:
        """Obey what had to wait for something that is on its way."""
        letters, self._later = self._later, []
        for letter in letters:
            self.obey(letter)

    def run(self, run_id: str) -> Run:
        """The run of that name.

        Raises:
            CommandError: There is none.
        """
        if run_id not in self.runs:
            raise CommandError(f"There is no run {run_id!r}.")
        return self.runs[run_id]

    # ---- the window

    def _hello(self, command: Hello) -> None:
        if command.protocol != PROTOCOL_VERSION:
            raise CommandError(mismatch(PROTOCOL_VERSION, command.protocol))
        cuda = torch.cuda.is_available()
        welcome = Welcome(
            protocol=PROTOCOL_VERSION,
            version=engine.__version__,
            catalogue=catalogue(),
            devices=available_devices(),
            device_name=torch.cuda.get_device_name() if cuda else platform.machine(),
            threads=torch.get_num_threads(),
            cores=cores(),
            pid=os.getpid(),
        )
        self._hub.send(welcome)

    def _shutdown(self, command: Shutdown) -> None:
        del command
        self._inbox.stop()

    def _inspect_table(self, command: InspectTable) -> Result:
        return asdict(inspect(command.path)), {}

    # ---- runs

    def _configure(self, command: Configure) -> None:
        run = self.runs.get(command.run_id)
        if command.resume:
            experiment = recovered(command.resume, command.config)
            self._begin(command.run_id, experiment or self._made(command))
        elif run is None:
            self._begin(command.run_id, self._made(command))
        else:
            self._change(run, command)
        if command.autosave:
            self.runs[command.run_id].autosave = command.autosave

    @staticmethod
    def _made(command: Configure) -> Experiment:
        return Experiment.from_config(command.config)

    def _made_anew(self, run: Run, config: RunConfig) -> Experiment:
        """Another experiment; of other data it draws no class that they do not have."""
        old = run.experiment.config
        is_same = old.data_settings | config.data_settings == old.data_settings
        if is_same and config.data == old.data:
            return Experiment.from_config(config)
        data = make_data(config)
        kind = registry.model(config.model).Config
        config, lowered = brought_in(kind, config, data)
        self._tell_lowered(run.run_id, lowered, data.title)
        return Experiment.from_config(config, data)

    def _tell_lowered(self, run_id: str, titles: list[str], data: str) -> None:
        for title in titles:
            text = f"It named a class that is not in {data}: it is 0 again."
            self._reporter.note("info", title, text, run_id)

    def _begin(self, run_id: str, experiment: Experiment) -> None:
        run = self.runs.get(run_id)
        if run is None:
            run = self.runs[run_id] = Run(run_id, experiment)
        else:
            run.replace(experiment)
            self._slots.forget_moments(run_id, experiment.snapshots)
            if run.state in ("failed", "complete"):
                run.state = "paused"
        self._reporter.ready(run)

    def _change(self, run: Run, command: Configure) -> None:
        names = run.experiment.requires_restart(command.config)
        if names and not command.restart:
            raise CommandError(f"A change of {', '.join(names)} needs a restart.")
        if command.restart:
            self._begin(run.run_id, self._made_anew(run, command.config))
            return
        before, data = run.experiment.config, run.experiment.data
        for change in run.experiment.configure(command.config):
            self._reporter.setting_changed(run, change)
        if run.experiment.config != before:
            run.changed()
        if run.experiment.data is not data:
            self._reporter.data_changed(run)
        if run.state in ("complete", "paused"):
            is_done = run.step >= run.experiment.steps
            run.state = "complete" if is_done else "paused"

    def _play(self, command: Play) -> None:
        run = self.run(command.run_id)
        least = [r.used for r in self.runs.values() if r.playing]
        run.play()
        # A newcomer shares time from now on; it does not catch up on the past.
        run.used = max([run.used, min(least)]) if least else run.used

    def _pause(self, command: Pause) -> None:
        self.run(command.run_id).pause()

    def _step_once(self, command: StepOnce) -> None:
        run = self.run(command.run_id)
        if not command.player:
            run.play(command.count)
            return
        players = list(run.experiment.trainer.model.players())
        if command.player not in players:
            raise CommandError(
                f"There is no player {command.player!r}; choose one of: "
                f"{', '.join(players)}."
            )
        run.pause()
        for _ in range(command.count):
            run.experiment.train_player(command.player)
        run.changed()

    def _reset(self, command: Reset) -> None:
        run = self.run(command.run_id)
        ended, data = run.state == "failed", run.experiment.data
        run.experiment.reset()
        self._slots.forget_moments(run.run_id, run.experiment.snapshots)
        run.state, run.metrics = "paused", None
        run.forget_views()
        run.changed()
        if run.experiment.data is not data:
            self._reporter.data_changed(run)
        if ended:
            self._reporter.ready(run)

    def _set_speed(self, command: SetSpeed) -> None:
        self.run(command.run_id).set_speed(command.steps_per_second)

    def _close(self, command: Close) -> None:
        run = self.run(command.run_id)
        del self.runs[command.run_id]
        self._slots.forget_run(command.run_id)
        self._reporter.finished(run)

    def _restore(self, command: Restore) -> None:
        run = self.run(command.run_id)
        ended = run.state == "failed"
        run.experiment.restore(command.step)
        run.state, run.metrics = "paused", None
        run.changed()
        if run.findings:  # they were those of a later moment
            run.findings = []
            self._reporter.diagnosis(run)
        if ended:
            self._reporter.ready(run)

    def _branch(self, command: Branch) -> None:
        parent = self.run(command.run_id)
        self._refuse_taken(command.new_run_id)
        self._begin(command.new_run_id, parent.experiment.branch(command.step))
        self._reporter.status(self.runs[command.new_run_id])

    def _save(self, command: Save) -> Result:
        folder = self.run(command.run_id).experiment.save(command.folder)
        return {"folder": str(folder)}, {}

    def _open(self, command: Open) -> Result:
        self._refuse_taken(command.run_id)
        experiment = Experiment.load(Path(command.folder))
        self._begin(command.run_id, experiment)
        self._tell_lowered(command.run_id, experiment.lowered, experiment.data.title)
        return {"config": experiment.config.model_dump(mode="json")}, {}

    def _save_session(self, command: SaveSession) -> None:
        runs = {name: self.run(name).experiment for name in command.run_ids}
        save_session(Path(command.path), runs, command.window, self._tick)

    def _open_session(self, command: OpenSession) -> None:
        found, _ = open_session(Path(command.path), self._tick)
        for name in found:
            self._refuse_taken(command.prefix + name)
        for name, experiment in found.items():
            self._begin(command.prefix + name, experiment)
            lowered, title = experiment.lowered, experiment.data.title
            self._tell_lowered(command.prefix + name, lowered, title)
            self._reporter.status(self.runs[command.prefix + name])

    def _tick(self) -> None:
        """In the midst of a large file: quick commands, and no more of it at the end.

        Raises:
            CommandError: The engine has to end: half a file would be left else.
        """
        self.desk.let_through()
        if self._inbox.stopping:
            raise CommandError("The engine was told to end.")

    def _refuse_taken(self, run_id: str) -> None:
        if run_id in self.runs:
            raise CommandError(f"There already is a run {run_id!r}.")

    # ---- jobs

    def _start_job(self, command: StartJob) -> None:
        self.desk.start(command)

    def _cancel_job(self, command: CancelJob) -> None:
        self.desk.cancel(command.job_id)

    def _tell_job(self, command: TellJob) -> Result:
        return self.desk.tell(command.job_id, command.words), {}

    def _take_run(self, command: TakeRun) -> None:
        self._refuse_taken(command.new_run_id)
        experiment = self.desk.give(command.job_id, command.item)
        self._begin(command.new_run_id, experiment)
        self._reporter.status(self.runs[command.new_run_id])

    # ---- views

    def _subscribe(self, command: Subscribe) -> None:
        run = self.run(command.run_id)
        kind = registry.view(command.view)
        checked(kind.Config, command.settings, kind.title)
        can = capabilities(run.experiment.trainer.model)
        if not kind.can_show(can):
            raise CommandError(kind.empty)
        if command.at is not None and command.at not in run.experiment.snapshots:
            raise CommandError(f"Step {command.at:,} is not kept any more.")
        self._slots.subscribe(command)

    def _unsubscribe(self, command: Unsubscribe) -> None:
        self._slots.unsubscribe(command.slot)

    def _probe(self, command: Probe) -> Result:
        made = self.run(command.run_id).experiment
        fitted = made.fitted(command.at)
        facts, arrays = probe(fitted, made.data, command, made.config.seed)
        return facts | {"step": made.step if command.at is None else command.at}, arrays
