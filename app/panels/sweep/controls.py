"""What the next sweep is: its axes, its length, its metric, and its start."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.panels.sweep.axis import LABEL, AxisControl
from app.session_sweep import Sweep
from app.session_sweep_asked import AUTOMATIC
from app.sweep_state import METRICS
from app.theme import theme
from app.widgets.button import Button
from app.widgets.form import Form
from app.widgets.label import Label
from app.widgets.section import Section
from app.widgets.state import State

_BOX = 84  # px of the number of steps
_SCHEMA = {
    "properties": {
        "steps": {
            "title": "Steps",
            "description": "Training steps of each run.",
            "type": "integer",
            "default": 1000,
            "minimum": 1,
            "maximum": 1_000_000,
            "slider": [50, 20_000],
            "scale": "log",
            "apply": "restart",
            "unit": "",
        },
        "metric": {
            "title": "Metric",
            "description": "What the runs are judged by; lower is better in all of "
            "them.",
            "type": "string",
            "enum": list(METRICS),
            "choices": METRICS,
            "default": "energy_distance",
            "apply": "restart",
        },
    }
}
_PROCESSES = (
    "Processes that train the runs; the engine is one of them. Automatic: one for each "
    "core of its computer, where that saves more time than their start takes (a few "
    "seconds, and some 300 MB each). On a GPU it is always one."
)


def _schema(most: int) -> dict[str, Any]:
    """Fields of a sweep; ``most`` processes may be asked for."""
    counts = list(range(AUTOMATIC, most + 1))
    field = {
        "title": "Processes",
        "description": _PROCESSES,
        "enum": counts,
        "choices": {str(AUTOMATIC): "automatic"},
        "default": AUTOMATIC,
        "apply": "restart",
    }
    return {"properties": _SCHEMA["properties"] | {"processes": field}}


class SweepControls(QWidget):
    """Rows, columns, steps, metric, and the button that begins or ends."""

    def __init__(self, sweep: Sweep) -> None:
        super().__init__()
        self._sweep = sweep
        self.head = Section("Sweep")
        self.rows = AxisControl(sweep, "rows", "Rows")
        self.columns = AxisControl(sweep, "columns", "Columns")
        self.form = Form()
        self._most = sweep.most_processes
        self.form.set_schema(_schema(self._most))
        self.start = Button("Start the sweep", "play-fill", kind="primary")
        self.stop = Button("Stop", "stop")
        self.note = Label(colour="text3", size=11, wraps=True)
        self._buttons = QHBoxLayout()
        self._column = QVBoxLayout(self)
        self._arrange()
        self._connect()
        self._state = State(self, self._restyle)

    def refresh(self) -> None:
        """Show what is asked for, and whether it can begin."""
        if self._most != self._sweep.most_processes:
            self._most = self._sweep.most_processes
            self.form.set_schema(_schema(self._most))
        self.rows.refresh()
        self.columns.refresh()
        self._show()

    def _show(self) -> None:
        sweep = self._sweep
        self.form.set_values(
            {
                "steps": sweep.steps,
                "metric": sweep.metric,
                "processes": min(sweep.processes, self._most),
            }
        )
        reason, count = sweep.reason_against, sweep.count
        self.head.set_hint(f"{count} runs" if count else "")
        self._switch(sweep.is_running, not reason)
        self.start.setToolTip(reason or "Train all runs of the grid")
        if reason:
            self.note.set_colour("warn")
            self.note.setText(reason)
        else:
            self.note.set_colour("text3")
            self.note.setText("The run on show rests while a sweep begins.")

    def _switch(self, running: bool, able: bool) -> None:
        """Offer to stop, or to start if that is able to; the keys go along.

        A button that is switched off hands them on, to one that resets the run.
        """
        on, off = (self.stop, self.start) if running else (self.start, self.stop)
        on.setEnabled(running or able)
        if off.hasFocus():
            off.clearFocus()
            on.setFocus(Qt.FocusReason.OtherFocusReason)
        off.setEnabled(False)

    def _arrange(self) -> None:
        self._buttons.addWidget(self.start, 1)
        self._buttons.addWidget(self.stop)
        for widget in (self.head, self.rows, self.columns, self.form):
            self._column.addWidget(widget)
        self._column.addLayout(self._buttons)
        self._column.addWidget(self.note)

    def _connect(self) -> None:
        sweep = self._sweep
        self.form.edited.connect(self._on_edited)
        self.start.clicked.connect(sweep.start)
        self.stop.clicked.connect(sweep.stop)
        for signal in (sweep.asked_changed, sweep.begun, sweep.ended):
            signal.connect(self._show)

    def _on_edited(self, name: str, value: object) -> None:
        if name == "steps" and isinstance(value, int):
            self._sweep.set_steps(value)
        elif name == "metric":
            self._sweep.set_metric(str(value))
        elif name == "processes" and isinstance(value, int):
            self._sweep.set_processes(value)

    def _restyle(self) -> None:
        self.form.set_widths(theme.px(LABEL), theme.px(_BOX))
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.px(2))
        self._buttons.setContentsMargins(0, theme.px(6), 0, theme.px(2))
        self._buttons.setSpacing(theme.px(8))
