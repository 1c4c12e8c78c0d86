"""Known faults of the runs, as the engine names them, and their remedies."""

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from app.session_config import GROUPS, Group
from app.session_notes import Notice
from app.session_run import Run
from engine.protocol import Diagnosis, Finding, Json, Remedy


class Desk(Protocol):
    """Who changes settings of the run on show."""

    def edit_groups(self, values: dict[Group, Json], text: str) -> None:
        """Change settings of several groups in one step of the history."""

    def restart(self) -> None:
        """Begin again with everything that waits."""


class Doctor(QObject):
    """Keeps what seems wrong with each run, and applies what helps.

    A fault is told in a note when it first shows in a run; it stays listed as long as
    the engine finds it, and the note leaves with it, or with the run it speaks of.

    Attributes:
        findings: Present faults by run id.
    """

    findings_changed = Signal(str)  # run id
    noted = Signal(object)  # Notice
    outdated = Signal(str)  # what a note was about

    def __init__(
        self,
        desk: Desk,
        restore: Callable[[int], None],
        on_show: Callable[[], Run | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.findings: dict[str, list[Finding]] = {}
        self._told: dict[str, set[str]] = {}
        self._noted: set[tuple[str, str]] = set()  # run id and fault
        self._desk = desk
        self._restore = restore
        self._on_show = on_show

    def receive(self, event: Diagnosis) -> None:
        """Take a diagnosis from the engine."""
        self.findings[event.run_id] = event.findings
        told = self._told.setdefault(event.run_id, set())
        run = self._on_show()
        for finding in event.findings:
            if finding.name not in told and run is not None and run.id == event.run_id:
                told.add(finding.name)
                self._noted.add((run.id, finding.name))
                self.noted.emit(self._note(finding, _about(run.id, finding.name)))
        self._take_back(event.run_id, {finding.name for finding in event.findings})
        self.findings_changed.emit(event.run_id)

    def forget(self, run_id: str) -> None:
        """The run begins again: what was wrong with it is over."""
        self._told.pop(run_id, None)
        self._take_back(run_id, set())
        if self.findings.pop(run_id, []):
            self.findings_changed.emit(run_id)

    def cure(self, title: str, remedy: Remedy) -> None:
        """Apply a remedy to the run on show; undo takes its settings back.

        Settings that only a restart brings about restart the run. Should the fault show
        again, it is told again.
        """
        run = self._on_show()
        if run is None:
            return
        self._told.pop(run.id, None)
        if remedy.restore is not None:
            self._restore(remedy.restore)
        values: dict[Group, Json] = {
            group: remedy.changes[group] for group in GROUPS if group in remedy.changes
        }
        self._desk.edit_groups(values, f"remedy for {title[:1].lower()}{title[1:]}")
        if run.waiting:
            self._desk.restart()

    def show_run(self, run_id: str) -> None:
        """This run is on show now: notes on others would offer it their remedies."""
        for other in {name for name, _ in self._noted} - {run_id}:
            self._take_back(other, set())

    def _take_back(self, run_id: str, present: set[str]) -> None:
        over = {(r, n) for r, n in self._noted if r == run_id and n not in present}
        self._noted -= over
        for run, name in sorted(over):
            self.outdated.emit(_about(run, name))

    def _note(self, finding: Finding, about: str) -> Notice:
        if not finding.remedies:
            return Notice("warning", finding.title, finding.text, about=about)
        best = finding.remedies[0]
        return Notice(
            "warning",
            finding.title,
            finding.text,
            best.title,
            lambda: self.cure(finding.title, best),
            about,
        )


def _about(run_id: str, name: str) -> str:
    return f"{run_id}:{name}"
