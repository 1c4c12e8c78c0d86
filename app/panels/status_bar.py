"""The line at the bottom: where the run is, how fast, how good, how the engine is."""

from PySide6.QtWidgets import QWidget

from app.panels.bar import Bar
from app.panels.metrics_section import known_words, nats
from app.session import Session
from app.theme import theme
from app.widgets.label import Label
from app.widgets.numbers import format_number, rate_number
from app.widgets.paint import text_width
from engine.protocol import Status

_STATES = {
    "starting": "engine starting",
    "ready": "engine running",
    "slow": "engine busy",
    "stuck": "engine does not answer",
    "dead": "engine stopped, restarting",
    "failed": "engine stopped",
    "stopped": "engine stopped",
}
# The longest text of each part: nothing moves while a run plays.
_PARTS = {
    "step": ("step", "8,888,888"),
    "speed": ("", "88,888 steps/s"),
    "loss": ("loss", "−8.888e−5"),
    "nll": ("NLL", "−8.88e88 nats (estimate, guided)"),
    "views": ("views", "100.0 % of time"),
}


class StatusBar(Bar):
    """Words and figures in fixed places."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(26, "top", "bg0", "Status")
        self.setParent(parent)
        self._session = session
        self.values: dict[str, Label] = {}
        for key, (word, _) in _PARTS.items():
            if word:
                self.row.addWidget(Label(word, colour="text3"))
            value = Label("–", colour="text1", weight=500)
            self.values[key] = value
            self.row.addWidget(value)
        self.row.addStretch(1)
        self.parameters = Label(colour="text3")
        self.seed = Label(colour="text3")
        self.engine = Label("● engine starting", colour="text3")
        for label in (self.parameters, self.seed, self.engine):
            self.row.addWidget(label)
        session.status_changed.connect(self._on_status)
        session.run_ready.connect(lambda _: self._on_run())
        session.runs.run_chosen.connect(self._on_run)
        session.engine_changed.connect(self._on_engine)
        self._restyle()

    def _on_run(self) -> None:
        run = self._session.run
        if run is None:
            return
        self.seed.setText(f"seed {run.config.seed}")
        if run.status is None:
            for label in self.values.values():
                label.setText("–")
        else:
            self._on_status(run.status)

    def _on_status(self, status: Status) -> None:
        show = self.values
        show["step"].setText(f"{status.step:,}")
        playing = status.state == "playing"
        rate = f"{rate_number(status.steps_per_second)} steps/s"
        show["speed"].setText(rate if playing else status.state)
        losses = [v for v in status.losses.values() if v is not None]
        show["loss"].setText(format_number(losses[0], 4) if losses else "–")
        names = [f"{n} {format_number(v, 4)}" for n, v in status.losses.items() if v]
        show["loss"].setToolTip("\n".join(names))
        show["nll"].setText(nll_words(status))
        share = f"{100 * status.view_share:.1f} % of time"
        show["views"].setText(share if status.view_share else "–")
        if status.parameters:
            self.parameters.setText(f"{status.parameters:,} weights")

    def _on_engine(self, state: str, text: str) -> None:
        self.engine.setText(f"● {_STATES.get(state, state)}")
        good = state in ("ready", "slow")
        self.engine.set_colour("accent" if good else "warn")
        if state == "starting":
            self.engine.set_colour("text3")
        self.engine.setToolTip(text)

    def _restyle(self) -> None:
        super()._restyle()
        for key, label in getattr(self, "values", {}).items():
            label.setFixedWidth(text_width(_PARTS[key][1], 12, 500) + theme.px(4))


def nll_words(status: Status) -> str:
    """Likelihood with its unit and how it is known, e.g. 1.21 nats (exact)."""
    metrics = status.metrics
    nll = metrics.nll if metrics else None
    if metrics is None or nll is None or nll.value is None:
        return "–"
    known = "before" if status.measured_before else known_words(metrics)
    return f"{nats(nll.value)} nats ({known})"
