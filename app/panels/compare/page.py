"""The page that compares two to four runs."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.panels.compare.column import RunColumn
from app.panels.compare.figures import best_of
from app.panels.compare.head import CompareHead
from app.panels.compare.plot_links import PlotLinks
from app.panels.compare.race_card import RaceCard
from app.panels.compare.run_plot import KeptPlot
from app.panels.compare.table_card import TableCard
from app.panels.figure_maker import FigureMaker, Subject
from app.panels.model_panel import ModelPanel
from app.panels.pages import Page
from app.session import Session
from app.session_config import data_title
from app.session_run import Run
from app.sheets import Plate
from app.theme import theme
from app.widgets.paint import painting
from app.widgets.state import State
from engine.protocol import Json, SnapshotsKept

_LOW = 520  # px of height, below which there are plots only
_CROWDED = 3  # more columns than this have one plot each
_BESIDE = (150, 185)  # px of a column beside the form, and of one in the hall
_NARROW = 300  # px of a column, below which two plots and their heads are too small
#: Heights of the columns and of what is below, by the number of runs: square plots
#: in wide columns are high.
_SHARES = ((13, 7), (13, 7), (13, 7), (10, 9), (12, 8))
_FLAT = 700  # px of height, below which squares are as high as their columns let them
_FLAT_SHARES = (13, 7)  # of at most so many runs that each has two plots
#: Widths of the curves and of the table, likewise: each run is a column there.
_TABLE_SHARES = ((3, 2), (3, 2), (3, 2), (5, 4), (1, 1))


class _Kept(BaseModel):
    """What a session's file keeps of the page; unknown entries go."""

    model_config = ConfigDict(extra="ignore")

    runs: list[str] = Field(default_factory=list)
    links: list[str] = Field(default_factory=list)
    plots: list[list[KeptPlot]] = Field(default_factory=list)
    race: list[str] = Field(default_factory=list, min_length=2, max_length=2)
    table: str = ""
    form: bool = False


class ComparePage(Page):
    """A column for each run, curves of all, a table; a form for one of them at need.

    Attributes:
        columns: The column of each run, by its id.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.columns: dict[str, RunColumn] = {}
        self.panel: ModelPanel | None = None
        self.links = PlotLinks(session, self)
        self.head = CompareHead(session)
        self.race = RaceCard(session)
        self.table = TableCard(session)
        self.figure = FigureMaker(self.head.camera, self._subject)
        self._row = QHBoxLayout()
        self._foot = QWidget()
        self._below = QHBoxLayout(self._foot)
        self._middle = QVBoxLayout()
        self._whole = QHBoxLayout()
        self._arrange()
        self._connect()
        self._state = State(self, self._restyle)

    def enter(self) -> None:
        """Compare the run on show with those that were compared before."""
        self.session.compare.enter()
        self.show_status()

    def leave(self) -> None:
        """Nothing is asked for any more."""
        self.session.compare.leave()

    def figures_now(self) -> FigureMaker:
        """Of the run, or the curves, that have the focus; else of all."""
        focused = self.focusWidget()
        for column in self.columns.values():
            if column.isAncestorOf(focused):
                return column.figure
        return self.race.figures if self.race.isAncestorOf(focused) else self.figure

    def kept(self) -> Json:
        """Which runs, links and plots, and what the cards below show."""
        compare = self.session.compare
        columns = [self.columns[run.id] for run in compare.runs]
        return {
            "runs": [run.id for run in compare.runs],
            "links": sorted(compare.links),
            "plots": [
                [place.choices().model_dump() for place in (c.left, c.right)]
                for c in columns
            ],
            "race": [self.race.axis.value(), self.race.quantity.value()],
            "table": self.table.mode.value(),
            "form": self.panel is not None and not self.panel.isHidden(),
        }

    def recall(self, kept: Json, runs: Mapping[str, Run]) -> None:
        """The runs stand side by side as they stood."""
        found = _Kept.model_validate(kept)
        known = [runs[name] for name in found.runs if name in runs]
        self.session.compare.bring_back(known, set(found.links))
        for run, plots in zip(self.session.compare.runs, found.plots, strict=False):
            column = self.columns[run.id]
            for place, choices in zip((column.left, column.right), plots, strict=False):
                place.recall(choices)
        for switch, word in zip(
            (self.race.axis, self.race.quantity, self.table.mode),
            (*found.race, found.table),
            strict=False,
        ):
            if word in switch.options:
                switch.user_choose(word)
        if found.form:
            self.open_settings()

    def show_status(self) -> None:
        """What all runs report, and which of them is best."""
        best = best_of(self.session.compare.runs)
        for column in self.columns.values():
            column.show_status(best)
        self.table.show_runs()

    def toggle_settings(self, run: Run) -> None:
        """Open the form of a run beside the columns, or close it again."""
        is_open = self.panel is not None and self.panel.isVisible()
        if self.panel is not None and is_open and run is self.session.run:
            self.panel.hide()
            return
        self.session.runs.choose(run.id)
        self.open_settings()

    def open_settings(self) -> None:
        """Show the form of the run that is chosen."""
        if self.panel is None:
            self.panel = ModelPanel(self.session)
            self.panel.installEventFilter(self)
            self.panel.set_narrow(True)
            self._whole.addWidget(self.panel)
            run = self.session.run
            if run is not None:
                self.session.desk.attach(run)  # it fills itself when a run is told
        self.panel.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The form that comes or goes leaves less or more room to the runs."""
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            self._fit_columns()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A low page is all plots."""
        super().resizeEvent(event)
        self._fit_columns()
        self._fit_height()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground."""
        with painting(self) as painter:
            painter.fillRect(self.rect(), theme.c.bg0)

    def _arrange(self) -> None:
        self._below.addWidget(self.race)
        self._below.addWidget(self.table)
        self._middle.addLayout(self._row)
        self._below.setContentsMargins(0, 0, 0, 0)
        self._middle.addWidget(self._foot)
        inside = QWidget()
        inside.setLayout(self._middle)
        self._whole.setContentsMargins(0, 0, 0, 0)
        self._whole.setSpacing(0)
        self._whole.addWidget(inside, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addLayout(self._whole, 1)

    def _connect(self) -> None:
        session = self.session
        session.compare.runs_changed.connect(self._show_runs)
        session.compare.duplicated.connect(lambda _: self.open_settings())
        session.runs.run_chosen.connect(self._repaint)
        session.runs.run_chosen.connect(self._fit_columns)
        session.runs.moved.connect(lambda _: self.show_status())
        session.reported.connect(self._on_reported)
        self.head.left.connect(self.left)
        self.head.camera.clicked.connect(lambda: self.figure.open_menu())
        for maker in (self.figure, self.race.figures):
            self._own(maker)

    def _show_runs(self) -> None:
        """A column for each run, in the order of their letters."""
        compare = self.session.compare
        for run_id in self.columns.keys() - {run.id for run in compare.runs}:
            column = self.columns.pop(run_id)
            self.links.forget(column.left)
            self.links.forget(column.right)
            self._row.removeWidget(column)
            column.hide()
            column.deleteLater()
        for index, run in enumerate(compare.runs):
            if run.id not in self.columns:
                self.columns[run.id] = self._make(run)
            column = self.columns[run.id]
            self._row.insertWidget(index, column, 1)
            column.show_letter(compare.letter(run), len(compare.runs) > 1)
        self._fit_columns()
        self._crowd()
        self._fit_axes()
        for place, share in enumerate(_TABLE_SHARES[len(compare.runs)]):
            self._below.setStretch(place, share)
        self._fit_height()
        self.show_status()

    def _fit_columns(self) -> None:
        """Beside the form stand as many runs as can be read there, the edited one too.

        All of them would lie over each other in the hall.
        """
        runs = self.session.compare.runs
        shown = runs
        if self.panel is not None and not self.panel.isHidden() and runs:
            room = self.width() - self.panel.minimumWidth() - theme.px(8)
            least = theme.px(_BESIDE[theme.look == "projector"]) + theme.px(8)
            most = max(room // least, 1)
            edited = self.session.run
            first = runs.index(edited) if edited in runs else 0
            first = max(min(first, len(runs) - most), 0)
            shown = runs[first : first + most]
        for run in runs:
            if run.id in self.columns:
                self.columns[run.id].setVisible(run in shown)
        self.head.set_shown(len(shown))

    def _fit_height(self) -> None:
        """On a small projector curves and table would leave no plot to be seen."""
        self._foot.setVisible(self.height() >= theme.px(_LOW))
        count = len(self.session.compare.runs)
        is_flat = self.height() < theme.px(_FLAT) and count <= _CROWDED
        for place, share in enumerate(_FLAT_SHARES if is_flat else _SHARES[count]):
            self._middle.setStretch(place, share)

    def _crowd(self) -> None:
        """One plot for each of many runs, of narrow ones, of two on the projector."""
        count = len(self.session.compare.runs)
        most = 1 if theme.look == "projector" else _CROWDED
        columns = [c for c in self.columns.values() if not c.isHidden()]
        least = min((c.width() for c in columns), default=0)
        is_crowded = count > most or least < theme.px(_NARROW)
        self.session.compare.set_narrow(is_crowded)
        changed = [c.set_crowded(is_crowded) for c in self.columns.values()]
        if any(changed):
            self.show_status()

    def _fit_axes(self) -> None:
        """Squares of all runs are of the same size: labels go for all, or for none."""
        columns = self.columns.values()
        shared = all(column.shows_one_space for column in columns)
        for column in columns:
            column.share_labels(shared)

    def _make(self, run: Run) -> RunColumn:
        session = self.session
        column = RunColumn(session, run)
        self.links.watch(column.left)
        self.links.watch(column.right)
        column.resized.connect(self._crowd)
        column.resized.connect(self._fit_axes)
        column.fitted.connect(self._fit_axes)
        column.chosen.connect(lambda: session.runs.choose(run.id))
        column.settings_requested.connect(lambda: self.toggle_settings(run))
        column.removed.connect(lambda: session.compare.remove(run))
        column.explore_requested.connect(lambda: self._open_alone(run))
        self._own(column.figure)
        return column

    def _own(self, maker: FigureMaker) -> None:
        """Pass on what a maker of figures says and asks for."""
        maker.noted.connect(self.noted)
        maker.size_requested.connect(lambda: self.size_requested.emit(maker))

    def _subject(self) -> Subject | None:
        """All runs side by side, a column each, over their curves."""
        compare, catalogue = self.session.compare, self.session.catalogue
        if catalogue is None or not compare.runs:
            return None
        config = compare.runs[0].config
        columns = [self.columns[run.id].cells for run in compare.runs]
        rows = [list(row) for row in zip(*columns, strict=True)]
        title = f"{len(columns)} runs on {data_title(catalogue, config)}"
        plate = Plate("comparison", title, [*rows, [self.race.cell]])
        facts = {
            compare.letter(r): r.config.model_dump(mode="json") for r in compare.runs
        }
        return Subject(plate, f"seed {config.seed}", {"runs": facts})

    def _open_alone(self, run: Run) -> None:
        self.session.runs.choose(run.id)
        self.left.emit()

    def _on_reported(self, run: Run, event: object) -> None:
        compare = self.session.compare
        is_ours = compare.is_open and run in compare.runs
        if is_ours and not isinstance(event, SnapshotsKept):
            self.show_status()

    def _repaint(self) -> None:
        for column in self.columns.values():
            column.update()

    def _restyle(self) -> None:
        gap = theme.px(8)
        self._middle.setContentsMargins(gap, gap, gap, gap)
        for layout in (self._middle, self._row, self._below):
            layout.setSpacing(gap)
        self._fit_height()
        if self.columns:
            self._fit_columns()
            self._crowd()
            self._fit_axes()
            self.show_status()
