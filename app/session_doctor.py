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
    the engine finds it.

    Attributes:
        findings: Present faults by run id.
    """

    findings_changed = Signal(str)  # run id
    noted = Signal(object)  # Notice

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
                self.noted.emit(self._note(finding))
        self.findings_changed.emit(event.run_id)

    def forget(self, run_id: str) -> None:
        """The run begins again: what was wrong with it is over."""
        self._told.pop(run_id, None)
        if self.findings.pop(run_id, []):
            self.findings_changed.emit(run_id)

    def cure(self, title: str, remedy: Remedy) -> None:
        """Apply a remedy to the run on show; undo takes its settings back.

        Settings that only a restart brings about restart the run.
        """
        run = self._on_show()
        if run is None:
            return
        if remedy.restore is not None:
            self._restore(remedy.restore)
        values: dict[Group, Json] = {
            group: remedy.changes[group] for group in GROUPS if group in remedy.changes
        }
        self._desk.edit_groups(values, f"remedy for {title[:1].lower()}{title[1:]}")
        if run.waiting:
            self._desk.restart()

    def _note(self, finding: Finding) -> Notice:
        if not finding.remedies:
            return Notice("warning", finding.title, finding.text)
        best = finding.remedies[0]
        return Notice(
            "warning",
            finding.title,
            finding.text,
            best.title,
            lambda: self.cure(finding.title, best),
        )
