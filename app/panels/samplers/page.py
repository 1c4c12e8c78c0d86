"""The page of the sampler bench: quality against cost, and paths over each other."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.panels.figure_maker import FigureMaker, Subject
from app.panels.frame import Rule, SidePanel, ThinBar
from app.panels.pages import Page
from app.panels.samplers.choices import SamplerChoices
from app.panels.samplers.table import Cells, TrialTable
from app.plots.bench_chart import BenchChart, Series
from app.plots.bench_figure import BenchFigure, ChartFigure, PathsFigure
from app.plots.bench_paths import BenchPaths, PathSet
from app.plots.film import Film
from app.plots.read_out import ReadOut
from app.plots.ticks import significant
from app.session import Session
from app.session_bench import SamplerBench
from app.session_bench_kept import Trial
from app.session_config import limited, model_entry, run_title, schema_of
from app.session_run import Run
from app.theme import theme
from app.widgets.button import Button
from app.widgets.card import Card
from app.widgets.choice import Choice
from app.widgets.form import Form
from app.widgets.label import Label
from app.widgets.progress import Progress
from app.widgets.section import Section
from engine.protocol import Json

_LOW = 480  # px; a lower page has no room for a table under its plots
_LEAST = 1e-3  # what stands for chance where it is not known
_VALUES = {
    "energy_distance": ("Quality", "energy distance to the data, lower is better"),
    "error_network": ("Error", "distance to the network's own ODE, std of the data"),
    "error_exact": ("To exact", "distance to the exact ODE, std of the data"),
    "detour": ("Detour", "length of the paths over the direct way, 1 is straight"),
    "straightness": (
        "Straightness",
        "deviation from the straight way at even pace, squared, 0 is straight",
    ),
    "turning": ("Turning", "angle that a path turns through, degrees"),
}
_NONE_HERE = "This model draws its samples in one go: there is no sampler to choose."
_NO_MIXTURE = "Known only for data that are a mixture of Gaussians."
_LATER = "It is measured when all trials are there."
_GUIDANCE = ("label", "guidance", "guide_from", "guide_to")


class SamplersPage(Page):
    """Chart, paths and table on the left, what is tried on the right."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.bench = SamplerBench(session, self)
        self._value = "energy_distance"
        self.title = Label("Samplers", colour="text1", size=15, weight=600)
        self.about = Label()
        self.progress = Progress("Study")
        self.again = Button("Run again", "arrow-counter-clockwise", kind="quiet")
        self.copy = Button("Copy table", "copy", kind="quiet")
        self.done = Button("Close", "x", kind="quiet")
        self.switch = Choice({k: v[0] for k, v in _VALUES.items()}, "What is compared")
        self.chart = BenchChart()
        self.read_out = ReadOut("Point at a mark to read it; click to see its paths.")
        self.paths = BenchPaths()
        self.film = Film()
        self.film.turn.hide()  # samplers run from noise to data
        self.table = TrialTable()
        self.choices = SamplerChoices(self.bench)
        self.guidance = Form()
        self._guidance_schema: Json = {}
        self.guide_head = Section("Guidance")
        self.side = SidePanel("right", (316, 292), "Sampler choices")
        self.figures: dict[str, FigureMaker] = {}
        self._arrange()
        self._connect()

    def enter(self) -> None:
        """Begin the study of the run on show."""
        self.bench.open()
        self.choices.refresh()
        self._fit_look()
        self._show_guidance()
        self._show()

    def leave(self) -> None:
        """Compute nothing any more."""
        self.bench.close()

    def figures_now(self) -> FigureMaker:
        """Of the plot that has the focus, else of the chart."""
        on_paths = self.paths.isAncestorOf(self.focusWidget())
        return self.figures[PathsFigure.view if on_paths else ChartFigure.view]

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Plots first."""
        super().resizeEvent(event)
        self._fit_height()

    def kept(self) -> Json:
        """What is tried, and what is compared."""
        return {"bench": self.bench.choices(), "value": self._value}

    def recall(self, kept: Json, runs: Mapping[str, Run]) -> None:
        """Try again what was tried; the study itself begins when the page opens."""
        del runs
        self.bench.take_choices(kept.get("bench", {}))
        extent = {"most_steps": self.bench.most_steps, "points": self.bench.points}
        self.choices.extent.set_values(extent)
        if kept.get("value") in _VALUES:
            self._value = str(kept["value"])
            self.switch.set_value(self._value)

    # ---- inside

    def _arrange(self) -> None:
        px = theme.px
        head = QHBoxLayout()
        head.setContentsMargins(px(15), px(4), px(12), px(4))
        parts: list[QWidget] = [self.title, self.about, self.progress]
        for part in parts:
            head.addWidget(part)
        head.addStretch(1)
        head.setStretchFactor(self.progress, 1)
        for button in (self.again, self.copy, self.done):
            head.addWidget(button)
        plots = QHBoxLayout()
        plots.setSpacing(px(8))
        plots.addWidget(self._card("Quality against cost", self.chart), 3)
        plots.addWidget(self._card("Paths", self.paths), 2)
        area = QScrollArea()
        area.setVerticalScrollBar(ThinBar())
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(self.table)
        area.viewport().setAutoFillBackground(False)
        self.table.setAutoFillBackground(False)
        left = QVBoxLayout()
        left.setContentsMargins(px(8), 0, px(8), px(8))
        left.setSpacing(px(8))
        left.addLayout(head)
        left.addLayout(plots, 3)
        self.trials = self._card("Trials", area)
        left.addWidget(self.trials, 2)
        column = self.side.column
        for widget in (self.choices, Rule(), self.guide_head, self.guidance):
            column.addWidget(widget)
        column.addStretch(1)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(left, 1)
        whole.addWidget(self.side)

    def _card(self, title: str, body: QWidget) -> Card:
        card = Card(title)
        card.maximise.hide()
        if body is self.chart:
            card.add_header_widget(self.switch)
            card.set_strip(self.read_out)
            self._make_figures(card, ChartFigure(self.chart))
        elif body is self.paths:
            card.set_strip(self.film)
            self._make_figures(card, PathsFigure(self.paths))
        else:
            card.camera.hide()
        card.set_body(body)
        return card

    def _make_figures(self, card: Card, figure: BenchFigure) -> None:
        """Let the camera of a card draw this."""

        def subject() -> Subject:
            run, catalogue = self.session.run, self.session.catalogue
            if run is None or catalogue is None:
                return Subject(figure, "")
            words = f"{run_title(catalogue, run.config)}, step {self.bench.step:,}"
            return Subject(figure, words, {"run": run.config.model_dump(mode="json")})

        maker = FigureMaker(card.camera, subject)
        card.figure_requested.connect(maker.open_menu)
        maker.noted.connect(self.noted)
        maker.size_requested.connect(lambda: self.size_requested.emit(maker))
        self.figures[figure.view] = maker

    def _connect(self) -> None:
        bench = self.bench
        bench.changed.connect(self._show)
        bench.choices_changed.connect(self._show)
        self.again.clicked.connect(lambda: bench.begin_anew())
        self.copy.clicked.connect(self._copy)
        self.done.clicked.connect(self.left)
        self.switch.chosen.connect(self._on_value)
        self.chart.pointed_at.connect(self._on_pointed)
        self.chart.picked.connect(self._on_picked)
        self.table.picked.connect(bench.select)
        self.film.moved.connect(self.paths.set_time)
        self.guidance.edited.connect(
            lambda n, v: self.session.desk.edit("model_settings", n, v)
        )
        self.session.desk.config_changed.connect(lambda _: self._show_guidance())
        theme.changed.connect(self._recolour)

    def _show(self) -> None:
        self._show_head()
        lines = self._series()
        floor = self.bench.floor if self._value == "energy_distance" else None
        words = _NONE_HERE if not self.bench.samplers() else "The study is beginning."
        if self.bench.trials and not any(line.values for line in lines):
            if self._value.startswith("error") and self.bench.is_busy:
                words = _LATER
            elif self._value == "error_exact":
                words = _NO_MIXTURE
        words = self.bench.error or words
        shown = [line for line in lines if line.values]
        marks = [self._mark_of(key) for key in self.bench.selected]
        self.chart.show_series(
            shown,
            floor,
            _VALUES[self._value][1],
            words,
            [mark for mark in marks if mark is not None],
        )
        self._show_paths()
        self._show_table()

    def _show_head(self) -> None:
        run, catalogue = self.session.run, self.session.catalogue
        if run is not None and catalogue is not None:
            title = model_entry(catalogue, run.config.model).title
            words = f"{title}, run {run.number}, step {self.bench.step:,}"
            self.about.setText(words)
            self.about.keep_whole()
        self.progress.setVisible(self.bench.is_busy)
        self.progress.set_progress(self.bench.share)

    def _trials(self, sampler: str, value: str) -> list[Trial]:
        """Trials of a sampler that have this value, the cheapest first."""
        found = [
            t
            for t in self.bench.trials
            if t.sampler == sampler and t.facts.get(value) is not None
        ]
        return sorted(found, key=lambda t: float(t.facts["evaluations"]))

    def _series(self) -> list[Series]:
        lines = []
        for rank, entry in enumerate(self.bench.samplers()):
            trials = self._trials(entry.name, self._value)
            if entry.name in self.bench.chosen:
                costs = tuple(float(t.facts["evaluations"]) for t in trials)
                values = tuple(self._drawn(t.facts[self._value]) for t in trials)
                lines.append(Series(entry.name, entry.title, rank, costs, values))
        return lines

    def _drawn(self, value: float) -> float:
        """Where a value stands on a logarithmic axis.

        A distance far below what chance explains, or by chance negative, means no more
        than that: it stands at a tenth of chance.
        """
        if self._value != "energy_distance":
            return float(value)
        return max(float(value), (self.bench.floor or _LEAST) / 10)

    def _mark_of(self, key: tuple[str, float]) -> tuple[str, int] | None:
        keys = [t.key for t in self._trials(key[0], self._value)]
        return (key[0], keys.index(key)) if key in keys else None

    def _show_paths(self) -> None:
        run = self.session.run
        ranks = {line.name: line for line in self._series()}
        sets = []
        for key in self.bench.selected:
            trial = self.bench.trial(key)
            if trial is not None and trial.sampler in ranks:
                line = ranks[trial.sampler]
                look = (line.title, trial.amount, line.token, line.symbol)
                sets.append(PathSet(*look, trial.times, trial.x))
        if run is not None and run.ready is not None:
            self.paths.show_paths(sets, run.ready.limits)

    def _show_table(self) -> None:
        ranks = {s.name: rank for rank, s in enumerate(self.bench.samplers())}
        trials = sorted(
            self.bench.trials,
            key=lambda t: (ranks.get(t.sampler, 0), t.facts["evaluations"]),
        )
        rated = [t for t in trials if t.facts.get("energy_distance") is not None]
        best = min(rated, key=lambda t: t.facts["energy_distance"], default=None)
        self.table.show_trials(
            [(trial, _cells(trial)) for trial in trials],
            self.bench.selected,
            best.key if best else None,
        )

    def _show_guidance(self) -> None:
        run, catalogue = self.session.run, self.session.catalogue
        fields: dict[str, Any] = {}
        if run is not None and catalogue is not None:
            classes = run.ready.classes if run.ready else 0
            schema = schema_of(catalogue, run.config, "model_settings")
            schema = limited(schema, classes)
            known = schema.get("properties", {})
            settings = run.config.model_settings
            fields = {
                name: {**known[name], "group": ""}
                for name in _GUIDANCE
                if name in known and _acts(known[name], settings)
            }
            schema = {**schema, "properties": fields}
            if schema != self._guidance_schema:  # else a slider would go in mid-drag
                self._guidance_schema = schema
                self.guidance.set_schema(schema)
            self.guidance.set_values(run.config.model_settings)
        self.guide_head.setVisible(bool(fields))

    def _on_value(self, value: object) -> None:
        self._value = str(value)
        self._show()

    def _on_pointed(self, found: tuple[str, int] | None) -> None:
        if found is None:
            self.read_out.set_parts([])
            return
        trial = self._trials(found[0], self._value)[found[1]]
        value = float(trial.facts[self._value])
        self.read_out.set_parts(
            [
                (str(trial.facts["title"]), trial.amount),
                ("evaluations", f"{trial.facts['evaluations']:,}"),
                (_VALUES[self._value][0].lower(), significant(value)),
            ]
        )

    def _on_picked(self, sampler: str, index: int) -> None:
        self.bench.select(self._trials(sampler, self._value)[index].key)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.table.text())

    def _fit_look(self) -> None:
        """In the hall there is room for what is seen, not for what is chosen."""
        self.progress.setMaximumWidth(theme.px(220))
        self.switch.setFixedWidth(self.switch.sizeHint().width())
        self._fit_height()
        self.side.setVisible(theme.look != "projector")

    def _fit_height(self) -> None:
        """Where a table would leave no room for the plots it goes."""
        self.trials.setVisible(self.height() >= theme.px(_LOW))

    def _recolour(self) -> None:
        self._fit_look()
        self.paths.recolour()
        self._show()


def _cells(trial: Trial) -> Cells:
    facts = trial.facts

    def number(name: str, digits: int = 2) -> str:
        value = facts.get(name)
        return "–" if value is None else significant(float(value), digits)

    return (
        str(facts["title"]),
        trial.amount,
        f"{facts['evaluations']:,}",
        number("energy_distance"),
        number("error_network"),
        number("error_exact"),
        number("detour", 3),
        number("straightness"),
        number("turning", 3) + ("°" if facts.get("turning") is not None else ""),
    )


def _acts(field: dict[str, Any], settings: dict[str, Any]) -> bool:
    """Whether settings that stand elsewhere let this one have an effect."""
    conditions: dict[str, list[Any]] = field.get("shown_if") or {}
    elsewhere = {n: v for n, v in conditions.items() if n not in _GUIDANCE}
    return all(settings.get(name) in wanted for name, wanted in elsewhere.items())
