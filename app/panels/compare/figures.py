"""The line of figures under the plots of a run: how good, and at what cost."""

from collections.abc import Sequence
from math import inf

from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.panels.lag import measured_at
from app.panels.metrics_section import distance, nats
from app.session_run import Run
from app.theme import theme
from app.widgets.label import Label
from app.widgets.paint import painting
from app.widgets.state import State

NONE = "–"
_LEAST_OF_THREE = 220  # px of width for three figures
_GAPS = 10  # px between and beside the words of a line
_NAMES = ("Energy distance", "NLL", "Evals per sample")
_SHORT = ("Distance", "NLL, nats", "Evals")
_SHORTEST = {"Distance": "Dist.", "NLL, nats": "NLL"}
_KINDS = {"estimate": "est."}
_CHANCE_POINTS = 500  # of which the engine tells the distance by chance
_SHARES = (4, 4, 3)  # of the width
_CROWDED_SHARES = (5, 4, 3)  # of four runs: a step stands behind the first name


class FigureCell(QWidget):
    """A name, and the word ``best`` where it is, over a value with its unit.

    Where the name has no room beside ``best`` its short form stands there. The step
    that it was measured at is said behind the name, or where there is no room, behind
    the value.
    """

    def __init__(self) -> None:
        super().__init__()
        self.name = Label(colour="text3", size=11)
        self.value = Label(NONE, colour="text1", size=15, weight=500)
        self.unit = Label(colour="text3", size=11)
        self.best = Label(colour="accent", size=11, weight=600)
        self._names: Sequence[str] = ("",)
        self._unit = self._then = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for pair in ((self.name, self.best), (self.value, self.unit)):
            line = QHBoxLayout()
            line.setSpacing(4)
            for label in pair:
                line.addWidget(label)
            line.addStretch(1)
            column.addLayout(line)

    def set_figure(
        self,
        names: Sequence[str],
        value: str,
        unit: str,
        is_best: bool,
        then: str = "",
    ) -> None:
        """Show a value under the longest name with room; the best of all says so.

        ``then`` are the words for the step it was measured at, if they are needed.
        """
        self._names, self._then = names, then if value != NONE else ""
        self._unit = unit if value != NONE else ""
        self.value.setText(value)
        self.value.keep_whole()
        self.value.set_colour("accent" if is_best else "text1")
        self.best.setText("best" if is_best else "")
        self.setToolTip(f"Measured at {self._then}." if self._then else "")
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The long name where it has room."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """The longest words that have room."""
        short = self._names[-1]
        end = f", {self._then}" if self._then else ""
        room = self.width() - _GAPS - self.best.natural_width()
        least = _SHORTEST.get(short, short) if self.best.text() else short
        for name in (*(name + end for name in self._names), short, least):
            self.name.setText(name)
            if self.name.natural_width() <= room:
                break
        self.unit.setText(self._unit)
        if end and not name.endswith(end):
            self.unit.setText(", ".join(filter(None, (self._unit, self._then))))
            room = self.width() - _GAPS - self.value.natural_width()
            if self.unit.natural_width() > room:
                self.unit.setText(self._unit)


class RunFigures(QWidget):
    """Energy distance, likelihood, evaluations per sample."""

    def __init__(self) -> None:
        super().__init__()
        self.distance = FigureCell()
        self.nll = FigureCell()
        self.cost = FigureCell()
        self._is_crowded = False
        self._rate = 0.0  # steps/s when the run last played
        self._row = QHBoxLayout(self)
        for cell, share in zip(self._cells, _SHARES, strict=True):
            self._row.addWidget(cell, share)
        self._state = State(self, self._restyle)

    @property
    def _cells(self) -> tuple[FigureCell, ...]:
        return self.distance, self.nll, self.cost

    def set_crowded(self, crowded: bool) -> None:
        """Shorter names, from the next figures on."""
        self._is_crowded = crowded
        self._share()

    def show_run(self, run: Run, best: dict[str, float]) -> None:
        """The figures of a run; ``best`` are the best of all runs by their names."""
        names = _SHORT if self._is_crowded else _NAMES
        found, kind = figures_of(run), nll_kind(run)
        far, nll, cost = (found.get(n) for n in ("distance", "nll", "cost"))

        def is_best(name: str) -> bool:
            return name in best and found.get(name, inf) <= best[name]

        self._rate = (run.status.steps_per_second if run.status else 0.0) or self._rate
        then = measured_at(run, self._rate)
        text = NONE if far is None else distance(far)
        both = (names[0], _SHORT[0])
        self.distance.set_figure(both, text, "", is_best("distance"), then)
        text = NONE if nll is None else nats(nll)
        sure = kind != "estimate"
        long = (f"{names[1]}, {kind}{guided_words(run)}", f"{names[1]}, {kind}")
        nll_names = () if self._is_crowded or not kind else long
        unit = _KINDS.get(kind, kind) if self._is_crowded else "nats"
        if judged := class_of(run):
            unit += f", {judged}"
        best_nll = sure and is_best("nll")
        self.nll.set_figure((*nll_names, names[1]), text, unit, best_nll, then)
        text = NONE if cost is None else f"{cost:,.0f}"
        self.cost.set_figure((names[2], _SHORT[2]), text, "", is_best("cost"))

    def paintEvent(self, event: QPaintEvent) -> None:
        """A hairline above."""
        with painting(self) as painter:
            painter.fillRect(0, 0, self.width(), 1, theme.c.edge)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """What a sample costs goes where else all would be cut: four runs in a hall."""
        super().resizeEvent(event)
        self._fit_cost()

    def _fit_cost(self) -> None:
        self.cost.setVisible(self.width() >= theme.px(_LEAST_OF_THREE))

    def _share(self) -> None:
        """In the hall no step has room: all the names have it."""
        is_tight = self._is_crowded and theme.look != "projector"
        for place, share in enumerate(_CROWDED_SHARES if is_tight else _SHARES):
            self._row.setStretch(place, share)

    def _restyle(self) -> None:
        px = theme.px
        self._share()
        self._fit_cost()
        self._row.setContentsMargins(px(10), px(5), px(6), px(5))
        self._row.setSpacing(px(4))
        self.setFixedHeight(px(48))


def nll_kind(run: Run) -> str:
    """How a run's likelihood is known; empty if it is not."""
    metrics = run.status.metrics if run.status else None
    return metrics.nll.kind if metrics and metrics.nll else ""


def guided_words(run: Run) -> str:
    """That its density is another than the learned one; empty if it is not."""
    metrics = run.status.metrics if run.status else None
    return ", guided" if metrics and metrics.guidance is not None else ""


def class_of(run: Run) -> str:
    """The class that a run alone draws and is judged by; empty for all the data."""
    return run.status.metrics.of_class if run.status and run.status.metrics else ""


def figures_of(run: Run) -> dict[str, float]:
    """What is known of a run, lower being better."""
    status = run.status
    metrics = status.metrics if status else None
    nll = metrics.nll.value if metrics and metrics.nll else None
    known = {
        "distance": metrics.energy_distance if metrics else None,
        "nll": nll,
        "cost": status.evaluations_per_sample or None if status else None,
    }
    return {name: float(v) for name, v in known.items() if v is not None}


def best_of(runs: list[Run]) -> dict[str, float]:
    """The best of each figure, where at least two runs have it.

    An estimated likelihood cannot be the best: it may be wrong in either direction.
    Runs that are judged by different classes cannot be ranked. All distances are as
    good that draws of the data have by chance, of as many points as were measured at
    best.
    """
    best: dict[str, float] = {}
    for name in ("distance", "nll", "cost"):
        able = [r for r in runs if name in figures_of(r)]
        if len(able) < 2 or (name != "cost" and len(set(map(class_of, able))) > 1):
            continue
        sure = [r for r in able if name != "nll" or nll_kind(r) != "estimate"]
        if sure:
            best[name] = min(figures_of(run)[name] for run in sure)
    if "distance" in best:
        chance = min(filter(None, map(chance_of, runs)), default=0.0)
        best["distance"] = max(best["distance"], chance)
    return best


def chance_of(run: Run) -> float:
    """The distance that as many points of the data as were measured have by chance."""
    status = run.status
    points = status.metrics.points if status and status.metrics else 0
    known = status.chance if status else None
    return _CHANCE_POINTS * (known or 0.0) / points if points else 0.0
