"""The page of the wall: a sweep over one or two settings as a grid of live runs."""

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.panels.frame import Rule, SidePanel
from app.panels.pages import Page
from app.panels.sweep.controls import SweepControls
from app.panels.sweep.grid import CellGrid
from app.panels.sweep.selected import SelectedCard
from app.plots.heat_map import HeatMap
from app.plots.thumb import CONTENTS
from app.session import Session
from app.session_config import Json, model_entry
from app.session_run import Run
from app.session_sweep import NOT_THERE, Sweep
from app.sweep_state import Progress
from app.theme import theme
from app.widgets.button import Button
from app.widgets.empty_state import EmptyState
from app.widgets.label import Label
from app.widgets.paint import painting
from app.widgets.progress import Progress as ProgressBar
from app.widgets.section import Section
from app.widgets.state import State
from app.widgets.switch import Switch

_NARROW = 1360  # px of the window below which the panel is smaller
_BAR, _SHORT_BAR = 236, 104  # px of the progress
_NAME = 120  # px that the first name of the settings takes
_NO_LATENT = "This model has no latent space."
#: Words of each phase, and the same where there is little room.
_PHASES = {
    "build": ("Making the runs", "Making runs"),
    "arrange": ("Trying which of them train faster together", "Timing them"),
    "end": ("A last look", ""),
}


class SweepPage(Page):
    """Head and wall at the left; what is swept and what came of it at the right."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.sweep = Sweep(session, self)
        self._to_compare: int | None = None
        self.title = Label("Sweep", colour="text1", size=15, weight=600)
        self.about = Label()
        self.progress = ProgressBar("")
        self.switch = Switch(CONTENTS, "Thumbnails")
        self.slow_half = Button("Stop the slow half", "scissors", kind="quiet")
        self.slow_half.setToolTip(
            "Train the worse half no more, once each run has been judged"
        )
        self.grid = CellGrid(self.sweep)
        self.empty = EmptyState(
            "No sweep yet",
            "Choose one or two settings at the right: each pair of values becomes a "
            "run, and all train together.",
            "Start the sweep",
        )
        self.foot = Label(colour="text3", size=11)
        self.controls = SweepControls(self.sweep)
        self.heat_head = Section("Energy distance", "lower is better")
        self.heat = HeatMap()
        self.card = SelectedCard(self.sweep)
        self.side = SidePanel("right", (316, 292), "Sweep settings")
        self._head, self._left = QHBoxLayout(), QVBoxLayout()
        self._arrange()
        self._connect()
        self._state = State(self, self._restyle)
        self._on_begun()

    def enter(self) -> None:
        """Offer the settings of the run on show."""
        self.sweep.refresh()
        self.controls.refresh()

    def kept(self) -> Json:
        """The sweep, and which pictures the wall shows of it."""
        return {**self.sweep.kept(), "content": self.switch.value()}

    def recall(self, kept: Json, runs: Mapping[str, Run]) -> None:
        """Show the sweep again."""
        del runs
        self.sweep.recall(kept)
        content = kept.get("content")
        if content in CONTENTS:
            self.switch.user_choose(content)
            self._offer_latent()

    def renew(self) -> None:
        """A sweep of runs that are gone is not shown."""
        self.sweep.recall({})

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground of the wall."""
        with painting(self) as painter:
            painter.fillRect(self.rect(), theme.c.bg0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A smaller panel in a narrow window."""
        self.side.set_narrow(self.width() < _NARROW * theme.text_scale)
        self._fit_head()
        super().resizeEvent(event)

    # ---- what the sweep tells

    def _on_begun(self) -> None:
        plan = self.sweep.plan
        shown: list[QWidget] = [self.grid, self.switch, self.slow_half, self.progress]
        for widget in (*shown, self.heat_head, self.heat):
            widget.setVisible(plan is not None)
        if plan is not None and self.empty.button.hasFocus():
            self.controls.stop.setFocus(Qt.FocusReason.OtherFocusReason)
        self.empty.setVisible(plan is None)
        self.card.refresh()
        if plan is None:
            return
        self.about.setText(plan.words)
        self._fit_head()
        rows = [plan.rows.words(v) for v in plan.row_values] if plan.rows else [""]
        columns = [""]
        if plan.columns is not None:
            columns = [plan.columns.words(v) for v in plan.column_values]
        self.heat.set_grid(rows, columns)
        self._offer_latent()
        self._on_progress()

    def _offer_latent(self) -> None:
        catalogue, plan = self.session.catalogue, self.sweep.plan
        if catalogue is None or plan is None:
            return
        model = model_entry(catalogue, plan.config.model)
        has_latent = "latent" in model.capabilities
        self.switch.set_option_enabled("latent", has_latent, _NO_LATENT)
        if not has_latent and self.switch.value() == "latent":
            self.switch.user_choose("density")

    def _on_progress(self) -> None:
        told, plan = self.sweep.progress, self.sweep.plan
        if plan is None:
            return
        self.heat_head.set_title(self.sweep.metric_words)
        steps = f"{told.step:,} of {plan.steps:,} steps", f"step {told.step:,}"
        words, short = _PHASES.get(told.phase, steps)
        if told.phase == "ended":
            words, short = _ended_words(told, plan.steps), "Ended"
        self.progress.set_name(words, short)
        left = told.seconds_left if told.phase == "train" else None
        self.progress.set_progress(told.share, left)
        if told.phase == "ended" and not self.sweep.has_runs:
            self.foot.setText(f"{plan.count} runs  ·  {NOT_THERE}")
            self.foot.setToolTip("")
        self.slow_half.setEnabled(told.phase == "train" and self.sweep.can_halve)
        if told.speed:
            ways = f": {told.ways}" if told.ways else ""
            words = f"{plan.count} runs{ways}  ·  {told.speed:,.0f} steps/s together"
            share = f"  ·  pictures {100 * told.exam_share:.1f} % of time"
            self.foot.setText(words + share)
            self.foot.set_short(words)
            self.foot.setToolTip(told.why)

    def _on_cell(self, index: int) -> None:
        cell = self.sweep.cells[index]
        # Of a run that diverged it is that of its last sound step: it ranks nowhere.
        self.heat.set_value(index, None if cell.state == "diverged" else cell.metric)
        self._show_marks()

    def _show_marks(self) -> None:
        lit = self.sweep.hovered
        if lit is None:
            lit = self.sweep.selected
        self.heat.set_marks(lit, self.sweep.best)

    # ---- what the hand does

    def _open(self, index: int) -> None:
        if self.sweep.awaited is None:
            self._to_compare = None
            self.sweep.open_cell(index)

    def _compare(self, index: int) -> None:
        if self.sweep.awaited is None:
            self._to_compare = index
            self.sweep.open_cell(index)

    def _on_opened(self, run: Run) -> None:
        del run
        wants_compare, self._to_compare = self._to_compare is not None, None
        if wants_compare:
            self.wanted.emit("compare")
        else:
            self.left.emit()

    # ---- inside

    def _arrange(self) -> None:
        for part in (self.title, self.about, self.progress):
            self._head.addWidget(part)
        self._head.addStretch(1)
        self._head.addWidget(self.switch)
        self._head.addWidget(self.slow_half)
        self._left.addLayout(self._head)
        self._left.addWidget(self.grid, 1)
        self._left.addWidget(self.empty, 1)
        self._left.addWidget(self.foot)
        column = self.side.column
        parts: list[QWidget] = [self.controls, Rule(), self.heat_head, self.heat]
        for widget in (*parts, self.card.figures):
            column.addWidget(widget)
        column.addStretch(1)
        self.side.set_foot(self.card)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(self._left, 1)
        whole.addWidget(self.side)

    def _connect(self) -> None:
        sweep = self.sweep
        self.switch.chosen.connect(self.grid.set_content)
        self.slow_half.clicked.connect(sweep.stop_slow_half)
        self.empty.action_chosen.connect(sweep.start)
        self.grid.open_requested.connect(self._open)
        self.card.open_requested.connect(self._open)
        self.card.compare_requested.connect(self._compare)
        self.heat.chosen.connect(sweep.select)
        self.heat.pointed.connect(sweep.hover)
        sweep.begun.connect(self._on_begun)
        sweep.progressed.connect(self._on_progress)
        sweep.cell_changed.connect(self._on_cell)
        sweep.selected_changed.connect(self._show_marks)
        sweep.selected_changed.connect(self._show_card)
        sweep.hovered_changed.connect(self._show_marks)
        sweep.noted.connect(self.noted)
        sweep.opened.connect(self._on_opened)

    def _show_card(self) -> None:
        """The figures of a cell that was picked may be below the fold."""
        if self.sweep.selected is not None:
            self.side.scroll_to(self.card.figures)

    def _fit_head(self) -> None:
        """Where room is short the bar is short, and an icon stands for its words.

        The settings, which the form beside repeats, go before no name is left of them.
        """
        px, gaps = theme.px, 5 * self._head.spacing()
        self.slow_half.set_shown(word=True, hint=False)
        parts = self.title.width() + self.switch.natural_width + gaps + px(27)
        free = self.width() - self.side.maximumWidth() - parts
        is_short = free < px(_BAR) + self.slow_half.sizeHint().width()
        self.slow_half.set_shown(word=not is_short, hint=False)
        spare = free - px(_BAR) - self.slow_half.sizeHint().width()
        self.about.setVisible(spare >= min(self.about.natural_width(), px(_NAME)))
        self.progress.setFixedWidth(px(_SHORT_BAR if is_short else _BAR))

    def _restyle(self) -> None:
        px = theme.px
        self._head.setContentsMargins(px(15), px(6), px(12), px(2))
        self._head.setSpacing(px(10))
        self._left.setContentsMargins(0, 0, 0, px(4))
        self._left.setSpacing(px(2))
        self.title.setFixedWidth(self.title.natural_width() + px(2))
        self._fit_head()
        self.foot.setContentsMargins(px(15), 0, 0, px(2))


def _ended_words(told: Progress, steps: int) -> str:
    """Where a sweep came to its end: all cells at one step, or between two."""
    if told.least >= steps:
        return "Ended"
    if told.least == told.step:
        return f"Ended at step {told.step:,}"
    return f"Ended between steps {told.least:,} and {told.step:,}"
