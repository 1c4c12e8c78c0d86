"""What is known about the one point that was clicked."""

from math import isfinite

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.session import Session
from app.widgets.label import Label
from app.widgets.section import Section
from engine.protocol import Arrays

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_NOTHING = "Click into the density to read it at a point."


class ProbeSection(QWidget):
    """Densities at a point, the latent code it has, the nearest training point."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._point = (0.0, 0.0)
        self.head = Section("Probe")
        self.hint = Label(_NOTHING, colour="text3", wraps=True)
        self.values: dict[str, Label] = {}
        self._rows: dict[str, QWidget] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._column.addWidget(self.head)
        self._column.addWidget(self.hint)
        session.questions.probe_answered.connect(self._on_answer)
        session.run_ready.connect(lambda _: self.clear())

    def ask(self, slot: str, x: float, y: float) -> None:
        """Look at another point; each question has its own answer."""
        self.clear()
        self._point = (x, y)
        self.head.set_hint(f"x = ({_number(x)}, {_number(y)})")
        run, catalogue = self._session.run, self._session.catalogue
        if run is None or catalogue is None:
            return
        for what in ("encode", "nearest"):
            self._session.questions.probe(slot, what, [[x, y]])

    def clear(self) -> None:
        """Forget the point."""
        for row in self._rows.values():
            row.hide()
        self.head.set_hint("")
        self.hint.show()

    def _on_answer(self, slot: str, what: str, arrays: Arrays) -> None:
        del slot
        if what == "log_prob":
            for key, title in (
                ("learned", "log p, learned"),
                ("truth", "log p, true"),
            ):
                if key in arrays and arrays[key].size == 1:
                    self._show(title, f"{_number(float(arrays[key][0]))} nats")
        elif what == "encode" and arrays.get("z") is not None and arrays["z"].size:
            z = arrays["z"].reshape(-1)[:2]
            inside = ", ".join(_number(float(v)) for v in z)
            self._show("comes from z", f"({inside})")
        elif what == "nearest" and "x" in arrays and arrays["x"].size == 2:
            x, y = (float(v) for v in arrays["x"].reshape(-1))
            away = ((x - self._point[0]) ** 2 + (y - self._point[1]) ** 2) ** 0.5
            self._show("nearest data", f"({_number(x)}, {_number(y)}), {away:.2f} away")

    def _show(self, title: str, text: str) -> None:
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
        self.hint.hide()


def _number(value: float) -> str:
    if not isfinite(value):
        return "−∞" if value < 0 else "∞"
    return f"{value:.2f}".replace("-", "−")
