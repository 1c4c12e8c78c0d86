"""The bars of the projector mode: a title and a formula above, a caption below."""

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from app.panels.bar import Bar
from app.panels.lag import measured_at
from app.panels.status_bar import nll_words
from app.session import Session
from app.session_config import data_entry, formula_of, model_entry
from app.session_slots import SLOTS
from app.theme import theme
from app.widgets.button import Button, IconButton
from app.widgets.label import Label
from app.widgets.maths import MathsLabel, first_line

_SHOWN = 2  # plots that are large


class ProjectorTop(Bar):
    """Model, data, formula, Pause, and the way out."""

    left = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(50, "bottom", "bg0", "Projector")
        self.setParent(parent)
        self._session = session
        self.name = Label(colour="text1", size=19, weight=600)
        self.data = Label(size=15)
        self.formula = MathsLabel(size=15)
        self.play = Button("Play", "play-fill", kind="primary")
        self.close_button = IconButton("x", "Leave the projector mode (F11)")
        self.play.keep_room_for("Pause")
        self.row.addWidget(self.name)
        self.row.addWidget(self.data)
        self.row.addStretch(1)
        for part in (self.formula, self.play, self.close_button):
            self.row.addWidget(part)
        self.play.clicked.connect(lambda: session.toggle())
        self.close_button.clicked.connect(lambda: self.left.emit())
        session.desk.config_changed.connect(lambda _: self._show())
        session.runs.run_chosen.connect(self._show)
        session.status_changed.connect(lambda _: self._show_playing())
        session.reported.connect(lambda *_: self._show_playing())

    def _show(self) -> None:
        run, catalogue = self._session.run, self._session.catalogue
        if run is None or catalogue is None:
            return
        model = model_entry(catalogue, run.config.model)
        data = data_entry(catalogue, run.config.data)
        self.name.setText(model.title)
        self.data.setText(f"on {data.title[:1].lower()}{data.title[1:]}")
        formula = formula_of(model, run.config.model_settings)
        self.formula.set_formula(first_line(formula), formula)

    def _show_playing(self) -> None:
        """The button speaks for all runs that it drives."""
        playing = any(run.is_playing for run in self._session.runs.driven)
        self.play.setText("Pause" if playing else "Play")
        self.play.set_icon("pause-fill" if playing else "play-fill")


class Caption(QLineEdit):
    """A sentence for the last row, written by the person."""

    def __init__(self) -> None:
        super().__init__()
        self.setFrame(False)
        self.setPlaceholderText("Click to write a caption")
        self.setAccessibleName("Caption")
        theme.changed.connect(self._restyle)
        self._restyle()

    def sizeHint(self) -> QSize:
        """As wide as it can be."""
        return QSize(theme.px(400), theme.px(28))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Text alone: no field is drawn."""
        super().paintEvent(event)

    def _restyle(self) -> None:
        self.setFont(theme.font(15))
        palette = theme.palette()
        palette.setColor(palette.ColorRole.Base, theme.c.bg0)
        self.setPalette(palette)


class ProjectorFoot(Bar):
    """Caption at the left, step and likelihood at the right."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(44, "top", "bg0", "Caption")
        self.setParent(parent)
        self._session = session
        self._rate = 0.0  # steps/s when it last played
        self.caption = Caption()
        self.step = Label(size=13)
        self.nll = Label(size=13)
        self.row.addWidget(self.caption, 1)
        self.row.addWidget(self.step)
        self.row.addWidget(self.nll)
        session.status_changed.connect(lambda _: self._show())
        session.runs.run_chosen.connect(self._show)
        session.runs.moved.connect(lambda _: self._show())

    def _show(self) -> None:
        """Of the run and the moment on show."""
        run = self._session.run
        status = run.status if run is not None else None
        if run is None or status is None:
            self.step.setText("")
            self.nll.setText("")
            return
        self._rate = status.steps_per_second or self._rate
        at = f"at step {run.at:,}" if run.at is not None else f"step {run.step:,}"
        self.step.setText(at)
        words, then = nll_words(status), measured_at(run, self._rate)
        words = ", ".join(filter(None, (words, then)))
        self.nll.setText("" if words.startswith("–") else f"NLL {words}")


def shown_slots(session: Session) -> set[str]:
    """The slots that the projector mode shows: the first two with something to see."""
    views = {name: session.slots[name].view for name in SLOTS}
    fed = [name for name, view in views.items() if not session.reason_against(view)]
    rest = [name for name in SLOTS if name not in fed]
    return set([*fed, *rest][:_SHOWN])
