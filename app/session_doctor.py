"""Known faults of the runs, as the engine names them, and their remedies."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from app.session_config import GROUPS, Group
from app.session_notes import Notice
from app.session_run import Run
from engine.protocol import Diagnosis, Finding, Json, Remedy, RunState


class Desk(Protocol):
    """Who changes settings of the run on show."""

    def edit_groups(self, values: dict[Group, Json], text: str) -> None:
        """Change settings of several groups in one step of the history."""

    def restart(self) -> None:
        """Begin again with everything that waits."""


class Shown(Protocol):
    """The runs of the window, and which of them are on screen."""

    run: Run | None

    @property
    def shown(self) -> Sequence[Run]:
        """The runs on screen."""

    def choose(self, run_id: str) -> None:
        """Show another run."""

    def restore(self, step: int, run: Run | None = None) -> None:
        """Take a run back to a kept moment."""


class Hand(Protocol):
    """Who lets runs train."""

    def go_on(self, run: Run) -> None:
        """Train a run on."""

    def extend(self, run: Run) -> None:
        """Ask for as many steps again, and train on."""


_TRIED = "The remedy is set; the next look at the run tells whether it helps."
#: A title, and whose it is where several runs are on screen.
Titled = Callable[[Run, str], str]


class Doctor(QObject):
    """Keeps what seems wrong with each run, and applies what helps.

    A fault is told in a note when it first shows in a run on screen; it stays listed as
    long as the engine finds it, and the note leaves with it, or with the run it speaks
    of. Among several runs a note says which one it means.

    Attributes:
        findings: Present faults by run id.
    """

    findings_changed = Signal(str)  # run id
    noted = Signal(object)  # Notice
    outdated = Signal(str)  # what a note was about
    retitled = Signal(str, str)  # what a note is about, its title now

    def __init__(
        self,
        desk: Desk,
        runs: Shown,
        hand: Hand,
        titled: Titled,
        parent: QObject | None = None,
    ) -> None:
        """Cure runs at ``desk``; ``titled`` puts before a title whose it is."""
        super().__init__(parent)
        self.findings: dict[str, list[Finding]] = {}
        self._told: dict[str, set[str]] = {}
        # Of a run's id and its fault: title, also as it is told.
        self._notes: dict[tuple[str, str], tuple[str, str]] = {}
        self._desk = desk
        self._runs = runs
        self._hand = hand
        self._titled = titled

    def receive(self, event: Diagnosis) -> None:
        """Take a diagnosis from the engine."""
        self.findings[event.run_id] = list(event.findings)
        told = self._told.setdefault(event.run_id, set())
        run = self._on_screen().get(event.run_id)
        for finding in event.findings:
            if finding.name not in told and run is not None:
                told.add(finding.name)
                self._tell(run, finding)
        self._take_back(event.run_id, {finding.name for finding in event.findings})
        self.findings_changed.emit(event.run_id)

    def forget(self, run_id: str) -> None:
        """The run begins again: what was wrong with it is over."""
        self._told.pop(run_id, None)
        self._take_back(run_id, set())
        if self.findings.pop(run_id, []):
            self.findings_changed.emit(run_id)

    def cure(self, run: Run, title: str, remedy: Remedy) -> None:
        """Apply a remedy to a run, which then is on show; undo takes settings back.

        Settings that only a restart brings about restart the run. It trains on
        afterwards, unless a person has paused it. Notes on the run leave: what they
        offer is for the settings before. Should a fault show again, it is told again.
        """
        state = run.status.state if run.status else "paused"
        if run is not self._runs.run:
            self._runs.choose(run.id)
        self._told.pop(run.id, None)
        self._take_back(run.id, set())
        self._await_verdict(run.id, title, remedy)
        if remedy.restore is not None:
            self._runs.restore(remedy.restore, run)
        values: dict[Group, Json] = {
            group: remedy.changes[group] for group in GROUPS if group in remedy.changes
        }
        self._desk.edit_groups(values, f"remedy for {title[:1].lower()}{title[1:]}")
        if is_anew := bool(run.waiting):
            self._desk.restart()
        if state == "playing" and remedy.restore is None:
            return
        if remedy.restore is not None or is_anew:
            self._go_on(run, state, remedy.restore or 0)
        elif state == "complete" and values.keys() - {"sampler_settings"}:
            self._offer_steps(run)

    def _await_verdict(self, run_id: str, title: str, tried: Remedy) -> None:
        """Until the engine has looked again nobody knows whether a remedy helps."""
        found = self.findings.get(run_id, [])
        for place, each in enumerate(found):
            if each.title == title and tried in each.remedies:
                left = [remedy for remedy in each.remedies if remedy != tried]
                told = {"text": _TRIED, "remedies": left}
                found[place] = each.model_copy(update=told)
                self.findings_changed.emit(run_id)

    def bring(self, run: Run, missing: str, remedy: Json) -> None:
        """Bring about what a picture of a run lacks, as :meth:`cure` does."""
        self.cure(run, missing, Remedy.model_validate(remedy))

    def _go_on(self, run: Run, state: RunState, step: int) -> None:
        """Train on from a step, or say that a paused run waits there."""
        if state != "paused":
            self._hand.go_on(run)
            return
        title = self._titled(run, f"The remedy is set, at step {step:,}")
        text = "The run was paused and is so still: Play trains on from there."
        play = partial(self._hand.go_on, run)
        self.noted.emit(Notice("good", title, text, action="Play", do=play))

    def _offer_steps(self, run: Run) -> None:
        """What is set now works in further steps, of which there are none."""
        title = self._titled(run, "The remedy is set")
        steps = run.status.steps if run.status else 0
        text = f"All {steps:,} steps are done: it works in further ones only."
        more = partial(self._hand.extend, run)
        action = f"Train {steps:,} more"
        self.noted.emit(Notice("good", title, text, action=action, do=more))

    def keep_to_screen(self) -> None:
        """Other runs are on screen now, or have other letters; notes follow."""
        shown = self._on_screen()
        for run_id in {name for name, _ in self._notes} - shown.keys():
            self._take_back(run_id, set())
        for (run_id, name), (plain, title) in list(self._notes.items()):
            now = self._titled(shown[run_id], plain)
            if now != title:
                self._notes[run_id, name] = (plain, now)
                self.retitled.emit(_about(run_id, name), now)

    def _on_screen(self) -> dict[str, Run]:
        return {run.id: run for run in self._runs.shown}

    def _take_back(self, run_id: str, present: set[str]) -> None:
        over = {n for r, n in self._notes if r == run_id and n not in present}
        for name in sorted(over):
            del self._notes[run_id, name]
            self.outdated.emit(_about(run_id, name))

    def _tell(self, run: Run, finding: Finding) -> None:
        title, about = self._titled(run, finding.title), _about(run.id, finding.name)
        self._notes[run.id, finding.name] = (finding.title, title)
        note = Notice("warning", title, finding.text, about=about)
        if finding.remedies:
            best = finding.remedies[0]
            cure = partial(self.cure, run, finding.title, best)
            note = replace(note, action=best.title, do=cure)
        self.noted.emit(note)


def _about(run_id: str, name: str) -> str:
    return f"{run_id}:{name}"
