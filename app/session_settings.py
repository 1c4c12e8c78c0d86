"""Every change of a setting on its way to the engine, and what has to wait.

Live settings go at once. Settings that need a restart wait for the button, unless
nothing was trained yet; another model, data set or seed begins again at once. One
configuration is under way at a time, and the newest follows it: a slider drag never
piles up work.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app import refusals
from app.session_config import (
    Group,
    complete,
    data_entry,
    model_entry,
    restarts_at_once,
    schema_of,
    waits_for_restart,
    without,
)
from app.session_link import EngineLink
from app.session_run import Run
from engine.protocol import Ack, Arrays, Catalogue, Configure, RunConfig

_SAVED = "run.json"  # without it a folder holds no run
LARGEST_SEED = 2**31 - 1  # what every random generator of the engine takes


class SettingsDesk(QObject):
    """Edits the configuration of the run on show and keeps the engine in step."""

    config_changed = Signal(object)  # RunConfig
    waiting_changed = Signal(object)  # dict of group to names
    refused = Signal(str, str)  # what, why
    taken = Signal()  # something other than before
    recovered = Signal(bool)  # whether the recovery file could be read

    def __init__(self, link: EngineLink, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.catalogue: Catalogue | None = None
        self._link = link
        self._run: Run | None = None
        self._under_way: set[str] = set()
        self._again: dict[str, bool] = {}
        self._sent: dict[str, RunConfig] = {}

    @property
    def is_busy(self) -> bool:
        """Whether an answer of the engine is still awaited."""
        return bool(self._under_way)

    def watch(self, run: Run) -> None:
        """Bring whatever changes in this run to the engine."""
        run.history.config_changed.connect(partial(self._on_config, run))

    def attach(self, run: Run) -> None:
        """Edit this run from now on."""
        self._run = run
        self.config_changed.emit(run.config)
        self._tell_waiting(run)

    def edit(self, group: Group, name: str, value: Any) -> None:
        """Change one setting of the run on show."""
        run, catalogue = self._need()
        changed = getattr(run.config, group) | {name: value}
        after = run.config.model_copy(update={group: changed})
        field = schema_of(catalogue, after, group).get("properties", {}).get(name, {})
        run.history.edit(after, field.get("title", name), f"{group}.{name}")

    def edit_group(
        self, group: Group, values: dict[str, Any], text: str, gesture: str = ""
    ) -> None:
        """Change several settings in one step of the history."""
        self.edit_groups({group: values}, text, gesture)

    def edit_groups(
        self, values: dict[Group, dict[str, Any]], text: str, gesture: str = ""
    ) -> None:
        """Change settings of several groups in one step of the history.

        So is all that belongs to one ``gesture``, such as a stroke of a brush.
        """
        run, _ = self._need()
        update: dict[str, Any] = {
            group: getattr(run.config, group) | new for group, new in values.items()
        }
        after = run.config.model_copy(update=update)
        run.history.edit(after, text, gesture=gesture)

    def take(self, config: RunConfig, text: str) -> bool:
        """Begin a whole configuration at once; whether it differs from the present."""
        run, catalogue = self._need()
        after = complete(catalogue, config)
        if after == run.config:
            return False
        run.history.edit(after, text, at_once=True)
        return True

    def choose_model(self, name: str) -> None:
        """Train another model on the same data; begins again at once."""
        run, catalogue = self._need()
        update = {"model": name, "model_settings": {}, "training": {}}
        update |= {"sampler": "", "sampler_settings": {}}
        after = complete(catalogue, run.config.model_copy(update=update))
        title = model_entry(catalogue, name).title
        run.history.edit(after, f"model {title}", at_once=True)

    def choose_data(self, name: str, settings: dict[str, Any] | None = None) -> None:
        """Train on other data; begins again at once."""
        run, catalogue = self._need()
        update = {"data": name, "data_settings": settings or {}}
        after = complete(catalogue, run.config.model_copy(update=update))
        title = data_entry(catalogue, name).title
        run.history.edit(after, f"data {title}", at_once=True)

    def choose_sampler(self, name: str) -> None:
        """Draw samples with another solver."""
        run, catalogue = self._need()
        update = {"sampler": name, "sampler_settings": {}}
        after = complete(catalogue, run.config.model_copy(update=update))
        run.history.edit(after, "sampler")

    def set_seed(self, seed: int) -> None:
        """Begin again with other random numbers."""
        run, _ = self._need()
        seed = min(max(seed, 0), LARGEST_SEED)
        after = run.config.model_copy(update={"seed": seed})
        run.history.edit(after, "seed", at_once=True)

    def set_device(self, device: str) -> None:
        """Begin again on another device."""
        run, _ = self._need()
        after = run.config.model_copy(update={"device": device})
        run.history.edit(after, f"device {device}", at_once=True)

    def restart(self, run: Run | None = None) -> None:
        """Begin again with everything that waits."""
        self._configure(run or self._need()[0], restart=True)

    def recover(self, run: Run) -> None:
        """Bring a run to a new engine: its recovery file, or from the start."""
        found = bool(run.recovery) and (Path(run.recovery) / _SAVED).is_file()
        self._under_way.discard(run.id)
        self._again.pop(run.id, None)
        run.is_lost = False
        config, run.applied = run.applied or run.config, None
        if not found:
            self.recovered.emit(False)
        self._send(run, config, resume=run.recovery if found else "")

    def configure(self, run: Run) -> None:
        """Make a run in the engine, from the start."""
        self._configure(run)

    def wait_again(self, run: Run, values: Mapping[Group, Mapping[str, Any]]) -> None:
        """These settings wait for a restart, as they did when the run was kept."""
        update: dict[str, Any] = {}
        for group, wanted in values.items():
            update[group] = getattr(run.config, group) | wanted
            run.waiting[group] = set(wanted)
        run.history.config = run.config.model_copy(update=update)
        if run is self._run:
            self.config_changed.emit(run.config)
        self._tell_waiting(run)

    def learn_again(self, run: Run, wanted: Mapping[str, Any]) -> None:
        """These are the data that were wanted when the run was kept.

        The engine keeps those that it can learn from: of a drawing that was cleared,
        the points from before.
        """
        if wanted == run.config.data_settings:
            return
        update = {"data_settings": dict(wanted)}
        run.history.config = run.config.model_copy(update=update)
        if run is self._run:
            self.config_changed.emit(run.config)
        self._configure(run)

    def adopt(self, run: Run, config: RunConfig) -> None:
        """The engine built a run: ``config`` is what it made of the one sent."""
        sent = self._sent.pop(run.id, None)
        run.applied = config
        if sent is None or run.config == sent:
            run.history.config = config
        if run is self._run:
            self.config_changed.emit(run.config)

    def _need(self) -> tuple[Run, Catalogue]:
        if self._run is None or self.catalogue is None:
            raise RuntimeError("Nothing can be set before the engine is there.")
        return self._run, self.catalogue

    def _on_config(self, run: Run, config: RunConfig, at_once: bool) -> None:
        if run is self._run:
            self.config_changed.emit(config)
        self._configure(run, restart=at_once)

    def _configure(self, run: Run, restart: bool = False) -> None:
        if run.id in self._under_way:
            self._again[run.id] = restart or self._again.get(run.id, False)
            return
        config, restart = self._due(run, restart)
        if run.applied is not None and config == run.applied:
            return
        self._send(run, config, restart)

    def _send(
        self, run: Run, config: RunConfig, restart: bool = False, resume: str = ""
    ) -> None:
        self._under_way.add(run.id)
        self._sent[run.id] = config
        command = Configure(
            run_id=run.id,
            config=config,
            restart=restart,
            autosave=run.recovery,
            resume=resume,
        )

        def on_ack(ack: Ack, arrays: Arrays) -> None:
            del arrays
            self._on_configured(run, resume, ack.error)

        if not self._link.send(command, on_ack):
            self._under_way.discard(run.id)

    def _due(self, run: Run, restart: bool) -> tuple[RunConfig, bool]:
        """What may be sent now, and whether it begins again."""
        catalogue = self._need()[1]
        run.waiting = {}
        if run.applied is None:
            return run.config, False
        if restart or restarts_at_once(run.applied, run.config):
            self._tell_waiting(run)
            return run.config, True
        waiting = waits_for_restart(catalogue, run.applied, run.config)
        if waiting and run.step == 0 and not run.is_playing:
            self._tell_waiting(run)
            return run.config, True  # nothing was trained: nothing can be lost
        run.waiting = waiting
        self._tell_waiting(run)
        return without(run.applied, run.config, waiting), False

    def _on_configured(self, run: Run, resume: str, error: str) -> None:
        self._under_way.discard(run.id)
        again = self._again.pop(run.id, None)
        sent = self._sent.pop(run.id, None)
        if resume:
            self.recovered.emit(not error)
            if error:
                self._configure(run)
                return
        if error:
            self.refused.emit(self._what_was_refused(run, sent), error)
            if run.applied is not None:
                run.history.refuse(run.applied)
            return
        if sent != run.applied:
            self.taken.emit()
        if sent is not None:  # else the engine has told what it made of it
            run.applied = sent
        if again is not None:
            self._configure(run, restart=again)

    def _what_was_refused(self, run: Run, sent: RunConfig | None) -> str:
        return refusals.of_config(self._need()[1], run.applied, sent or run.config)

    def _tell_waiting(self, run: Run) -> None:
        if run is self._run:
            self.waiting_changed.emit(run.waiting)
