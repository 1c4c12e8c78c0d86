"""What the run on show knows about the one point that was clicked."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.panels.probe_words import place_words, probe_words
from app.session import Session
from app.widgets.button import IconButton
from app.widgets.label import Label
from app.widgets.section import Section

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_NOTHING = "Click into a plot to ask about a place."
_RESTS = "It answers again when the replay has ended."


class ProbeSection(QWidget):
    """Density, score, critic, code and nearest data of a place, as far as known.

    ``answered`` says that a place was chosen and its first figures stand here.
    """

    answered = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._place = session.probe.point  # of which figures have stood here
        self.head = Section("Probe")
        self.forget = IconButton("x", "Look at no place", size=24)
        self.head.add_hint_widget(self.forget)
        self.forget.hide()
        self.hint = Label(_NOTHING, colour="text3", wraps=True)
        self.values: dict[str, Label] = {}
        self._rows: dict[str, QWidget] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._column.addWidget(self.head)
        self._column.addWidget(self.hint)
        self.forget.clicked.connect(lambda: session.probe.clear())
        session.probe.changed.connect(lambda _: self._show())
        session.runs.run_chosen.connect(self._show)

    def _show(self) -> None:
        run, probe = self._session.run, self._session.probe
        answer = probe.answers.get(run.id) if run else None
        found = probe_words(answer).items() if answer else ()
        words = {title: text for title, text in found if text}
        self.head.set_hint(place_words(probe.point) if probe.point else "")
        self.forget.setVisible(probe.point is not None)
        self.hint.setText(_RESTS if probe.rests else _NOTHING)
        self.hint.setVisible(not words)
        for title in self._rows.keys() - words.keys():
            self._rows[title].hide()
        for title, text in words.items():
            self._write(title, text)
        if probe.point is None or words:
            is_new = probe.point not in (None, self._place)
            self._place = probe.point
            if is_new:
                self.answered.emit()

    def _write(self, title: str, text: str) -> None:
        if title not in self._rows:
            row = QWidget()
            line = QHBoxLayout(row)
            line.setContentsMargins(0, 0, 0, 0)
            value = Label(colour="text1", weight=500)
            value.setAlignment(_RIGHT)
            line.addWidget(Label(title))
            line.addWidget(value, 1)
            self.values[title] = value
            self._rows[title] = row
            self._column.addWidget(row)
        self.values[title].setText(text)
        self._rows[title].show()
