"""Quality of the run on points that it has never seen."""

from collections.abc import Callable

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.session import Session
from app.widgets.metric_row import NO_VALUE, MetricRow
from app.widgets.numbers import format_number, in_powers
from app.widgets.section import Section
from engine.protocol import Metrics, Status

_HINT = "held-out data"
_HUGE = 1e5  # from here on a likelihood is written in powers of ten
_FLOOR_WORDS = (
    "Dashed: what two draws of the data themselves reach with as many points."
)
_OF_CLASS = "Judged by held-out points of the class that alone is drawn."
_GUIDED = (
    " Guidance {} draws another density than the one learned: these figures are of "
    "what is drawn, so points of the class where it draws nothing cost many nats."
)
_BEFORE = (
    "Measured before a setting was changed; it is measured anew after the pictures."
)
Course = Callable[[Metrics], float | None]


class MetricsSection(QWidget):
    """Likelihood, distances and modes, each with its course."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._shown: tuple[Metrics, bool] | None = None
        self.nll = MetricRow("Negative log-likelihood")
        self.energy = MetricRow("Energy distance")
        self.wasserstein = MetricRow("Sliced Wasserstein")
        self.modes = MetricRow("Modes covered")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.head = Section("Metrics", _HINT)
        column.addWidget(self.head)
        for row in (self.nll, self.energy, self.wasserstein, self.modes):
            column.addWidget(row)
        session.status_changed.connect(self._on_status)
        session.run_ready.connect(lambda _: self._clear())
        session.runs.run_chosen.connect(self._on_run)

    def _clear(self) -> None:
        self._shown = None
        self.head.set_hint(_HINT)
        for row in (self.nll, self.energy, self.wasserstein, self.modes):
            row.set_value(NO_VALUE)
            row.set_course([])
        self.modes.hide()

    def _on_run(self) -> None:
        self._clear()
        if self._session.run and self._session.run.status:
            self._on_status(self._session.run.status)

    def _on_status(self, status: Status) -> None:
        metrics, before = status.metrics, status.measured_before
        if metrics is None or (metrics, before) == self._shown:
            return
        self._shown = (metrics, before)
        judged = f"{metrics.points:,} held-out points" if metrics.points else _HINT
        if metrics.of_class:  # drawn alone, and judged
            judged = f"{metrics.points:,} of {metrics.of_class}"
        about = _OF_CLASS if metrics.of_class else ""
        if metrics.guidance is not None:
            about += _GUIDED.format(format_number(metrics.guidance))
        self.head.setToolTip(_BEFORE if before else about)
        self.nll.setToolTip(about if metrics.guidance is not None else "")
        words = "before the change" if before else judged
        self.head.set_hint(f"{words}, step {metrics.step:,}")
        self._show_nll(metrics, status.entropy)
        self._show_distance(self.energy, metrics.energy_distance, _energy)
        floor = metrics.sliced_chance or 0.0
        self._show_distance(
            self.wasserstein, metrics.sliced_wasserstein, _sliced, floor
        )
        if metrics.modes is not None:
            quality = f"{metrics.modes.high_quality:.1%} high quality"
            covered, total = metrics.modes.covered, metrics.modes.total
            self.modes.set_modes(covered, total, quality.replace("%", " %"))
            self.modes.show()

    def _show_nll(self, metrics: Metrics, entropy: float | None) -> None:
        nll = metrics.nll
        if nll is None or nll.value is None:
            self.nll.set_value(NO_VALUE, "no density")
            return
        self.nll.set_value(nats(nll.value), nll.unit, known_words(metrics))
        self.nll.set_course(self._course(_nll), entropy)

    def _show_distance(
        self, row: MetricRow, value: float | None, course: Course, floor: float = 0.0
    ) -> None:
        row.set_value(NO_VALUE if value is None else distance(value))
        row.set_course(self._course(course), floor)
        row.spark.setToolTip(_FLOOR_WORDS if floor else "")

    def _course(self, of: Course) -> list[float]:
        trail = self._session.run.trail if self._session.run else []
        return [v for v in map(of, trail) if v is not None]


def known_words(metrics: Metrics) -> str:
    """How the likelihood is known, and that it is not the learned one if so."""
    kind = metrics.nll.kind if metrics.nll else ""
    return kind if metrics.guidance is None else f"{kind}, guided"


def nats(value: float) -> str:
    """A likelihood as it is written everywhere: hundredths while they can matter."""
    text = f"{value:.2f}" if abs(value) < 100 else f"{value:,.0f}"
    if abs(value) >= _HUGE:
        return in_powers(value, 3)
    return text.replace("-", "−")


def distance(value: float) -> str:
    """Two figures, without an exponent where a good model ends up: ``0.0084``."""
    if 1e-4 <= abs(value) < 1e-2:
        return f"{value:.2g}".replace("-", "−")
    return format_number(value, 2)


def _nll(metrics: Metrics) -> float | None:
    return metrics.nll.value if metrics.nll else None


def _energy(metrics: Metrics) -> float | None:
    return metrics.energy_distance


def _sliced(metrics: Metrics) -> float | None:
    return metrics.sliced_wasserstein
