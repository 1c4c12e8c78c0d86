"""What seems wrong with the run on show, and one click against it."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.session import Session
from app.session_run import Run
from app.widgets.button import LinkButton
from app.widgets.label import Label
from app.widgets.section import Section
from engine.protocol import Finding

_SOUND = "No known fault shows in this run."


class DiagnosisSection(QWidget):
    """Each fault with its sentence and its remedies.

    Attributes:
        buttons: The remedies on show, by their titles.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._doctor = session.doctor
        self._rows: list[QWidget] = []
        self.buttons: dict[str, LinkButton] = {}
        self.head = Section("Diagnosis")
        self.sound = Label(_SOUND, colour="text3", wraps=True)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._column.addWidget(self.head)
        self._column.addWidget(self.sound)
        self._doctor.findings_changed.connect(lambda _: self._show())
        session.runs.run_chosen.connect(self._show)

    def _show(self) -> None:
        run = self._session.run
        findings = self._doctor.findings.get(run.id, []) if run else []
        for row in self._rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows, self.buttons = [], {}
        if run is not None:
            for finding in findings:
                self._add(run, finding)
        self.sound.setVisible(not findings)
        self.head.set_hint(f"{len(findings)} found" if findings else "")

    def _add(self, run: Run, finding: Finding) -> None:
        self._put(Label(finding.title, colour="warn", weight=600))
        self._put(Label(finding.text, wraps=True))
        for remedy in finding.remedies:
            button = LinkButton(remedy.title)
            cure = partial(self._doctor.cure, run, finding.title, remedy)
            button.clicked.connect(lambda _=False, do=cure: do())
            self.buttons[remedy.title] = button
            self._put(button)
            self._column.setAlignment(button, Qt.AlignmentFlag.AlignLeft)

    def _put(self, widget: QWidget) -> None:
        self._column.addWidget(widget)
        self._rows.append(widget)
