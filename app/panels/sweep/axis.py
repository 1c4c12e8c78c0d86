"""Which setting an axis of the wall sweeps, and the values that it takes."""

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.session_sweep import Sweep
from app.session_sweep_asked import NONE, AxisName
from app.sweep_values import Sweepable, heading, read_values, suggested, written
from app.theme import theme
from app.widgets.button import IconButton
from app.widgets.choice import Choice
from app.widgets.label import Label
from app.widgets.list_box import ListBox
from app.widgets.state import State

LABEL = 62  # px of the words before the controls


class AxisControl(QWidget):
    """A choice of settings, and below it a line of values."""

    def __init__(self, sweep: Sweep, axis: AxisName, title: str) -> None:
        super().__init__()
        self._sweep = sweep
        self._axis = axis
        self._offered: dict[object, str] = {}
        self.label = Label(title)
        self.choice = Choice({}, f"Setting of the {axis}")
        self.values_label = Label("Values")
        self.values = ListBox(f"Values of the {axis}")
        self.suggest = IconButton("arrow-counter-clockwise", "Suggest values", size=24)
        self.note = Label(colour="warn", size=11, wraps=True)
        self.note.hide()
        self._first, self._second = QHBoxLayout(), QHBoxLayout()
        self._column = QVBoxLayout(self)
        self._arrange()
        self.choice.chosen.connect(self._on_chosen)
        self.values.edited.connect(self._on_values)
        self.suggest.clicked.connect(self._on_suggest)
        sweep.asked_changed.connect(self.refresh)
        self._state = State(self, self._restyle)

    def refresh(self) -> None:
        """Show what is asked for."""
        offered: dict[object, str] = {NONE: "none"}
        for setting in self._sweep.offered:
            group = heading(setting)
            offered[setting.key] = f"{setting.title}  ·  {group}" if group else "Seed"
        if offered != self._offered:
            self._offered = offered
            self.choice.set_options(offered)
        key = self._sweep.keys[self._axis]
        if key in offered:
            self.choice.set_value(key)
        self._show_values(self._sweep.setting(self._axis))

    def _show_values(self, setting: Sweepable | None) -> None:
        self.values.setEnabled(setting is not None)
        self.suggest.setEnabled(setting is not None)
        values = self._sweep.values[self._axis]
        self.values.set_list(written(setting, values) if setting else "")
        if not self.values.error:
            self._say("")

    def _on_chosen(self, key: object) -> None:
        self.values.set_error("")
        self._sweep.set_axis(self._axis, str(key))

    def _on_values(self, text: str) -> None:
        setting = self._sweep.setting(self._axis)
        if setting is None:
            return
        try:
            values = read_values(setting, text)
        except ValueError as error:
            self.values.set_error(str(error))
            self._say(str(error))
            return
        self.values.set_error("")
        self._sweep.set_values(self._axis, values)

    def _on_suggest(self) -> None:
        setting = self._sweep.setting(self._axis)
        if setting is not None:
            self.values.setModified(False)
            self.values.set_error("")
            self._sweep.set_values(self._axis, suggested(setting))

    def _say(self, text: str) -> None:
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def _arrange(self) -> None:
        self._first.addWidget(self.label)
        self._first.addWidget(self.choice, 1)
        self._second.addWidget(self.values_label)
        self._second.addWidget(self.values, 1)
        self._second.addWidget(self.suggest)
        for part in (self._first, self._second):
            self._column.addLayout(part)
        self._column.addWidget(self.note)

    def _restyle(self) -> None:
        px = theme.px
        self._column.setContentsMargins(0, px(2), 0, px(4))
        self._column.setSpacing(px(4))
        for label in (self.label, self.values_label):
            label.setFixedWidth(px(LABEL))
        for row in (self._first, self._second):
            row.setSpacing(px(4))
