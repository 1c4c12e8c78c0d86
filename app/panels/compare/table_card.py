"""The table of a comparison: settings that differ, all of them, metrics, one place."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from app.panels.compare.rows import metric_rows, place_rows, setting_rows
from app.panels.frame import ThinBar
from app.panels.probe_words import place_words
from app.session import Session
from app.session_config import model_entry
from app.session_notes import Notice
from app.widgets.button import IconButton
from app.widgets.card import Card
from app.widgets.run_table import RunTable, TableRow
from app.widgets.switch import Switch

_MODES = {
    "differing": "Differing",
    "all": "All",
    "metrics": "Metrics",
    "place": "Probe",
}
_TITLES = {
    "differing": "Settings",
    "all": "Settings",
    "metrics": "Metrics",
    "place": "One place",
}
_NO_PLACE = "Click into a plot to ask all runs about a place."
_ALONE = "A second run shows here what differs: Add a run."


class TableCard(Card):
    """A column for each run; a click into a plot brings what they say of the place."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._session = session
        self.mode = Switch(_MODES, "What the table shows")
        self.copy = IconButton("copy", "Copy the table as text")
        self.table = RunTable()
        self.camera.hide()
        self.maximise.hide()
        self.add_header_widget(self.mode)
        self.add_header_widget(self.copy)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setVerticalScrollBar(ThinBar())
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(self.table)
        area.viewport().setAutoFillBackground(False)
        self.table.setAutoFillBackground(False)
        self.set_body(area)
        self.mode.chosen.connect(lambda _: self.show_runs())
        self.copy.clicked.connect(lambda: self.copy_text())
        session.probe.changed.connect(self._on_probe)
        session.compare.runs_changed.connect(self.show_runs)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A narrow card has its switch folded."""
        super().resizeEvent(event)
        self.fold_switches()

    def show_runs(self) -> None:
        """Fill the table with what is known now."""
        compare, catalogue = self._session.compare, self._session.catalogue
        if catalogue is None:
            return
        runs, mode = compare.runs, self.mode.value()
        point = self._session.probe.point
        rows: list[TableRow] = []
        if mode == "metrics":
            rows = metric_rows(runs)
        elif mode == "place" and point is not None:
            # In the head it would be cut, and a copied table would not have it.
            name, where = place_words(point).split(" = ")
            answers = self._session.probe.answers
            rows = [TableRow(name, (where,) * len(runs)), *place_rows(runs, answers)]
        elif mode != "place":
            rows = setting_rows(runs, catalogue, mode == "differing")
        entries = [model_entry(catalogue, run.config.model) for run in runs]
        letters = [compare.letter(run) for run in runs]
        names = [(n, e.title) for n, e in zip(letters, entries, strict=True)]
        if not rows:
            words = _NO_PLACE if mode == "place" else self._why_same()
            rows = [TableRow(words, ())]
        self.set_title(_TITLES[mode])
        self.table.set_table(names, rows, {e.title: e.short for e in entries})

    def _why_same(self) -> str:
        """Nothing differs: what makes a comparison of equal runs."""
        compare, run = self._session.compare, self._session.run
        if run is None or run not in compare.runs or len(compare.runs) == 1:
            return _ALONE
        return f"None yet: change a setting of {compare.letter(run)}."

    def copy_text(self) -> None:
        """Put the table into the clipboard, cells parted by tabs."""
        QGuiApplication.clipboard().setText(self.table.text())
        self._session.noted.emit(Notice("good", "Table copied"))

    def _on_probe(self, run_id: str) -> None:
        compare = self._session.compare
        if not run_id and compare.is_open and self._session.probe.point is not None:
            self.mode.set_value("place")
        if self.mode.value() == "place":
            self.show_runs()
