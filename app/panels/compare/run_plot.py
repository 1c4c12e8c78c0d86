"""One plot of a run in a comparison: its line of choices, the marks of the probe."""

from typing import Any

from pydantic import BaseModel
from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QLayout, QStackedLayout, QVBoxLayout, QWidget

from app.panels.compare.plot_head import PlotHead
from app.panels.lag import late_words
from app.panels.view_sheet import ViewSheet, tunable
from app.plots.base import PlotView
from app.plots.catalogue import PLOTS, make_plot
from app.plots.square import Square
from app.session import Session
from app.session_run import Run
from app.sheets import Cell
from app.theme import theme
from engine.protocol import Arrays, Frame


class KeptPlot(BaseModel):
    """What a session's file keeps of a plot: view, states and settings by view."""

    view: str
    plots: dict[str, dict[str, Any]]
    settings: dict[str, dict[str, Any]]


class _Stack(QStackedLayout):
    """Is as high as its column has room, whatever the words of an empty plot want."""

    def hasHeightForWidth(self) -> bool:
        """Else columns would grow at the cost of the curves below."""
        return False


class RunPlot(QWidget):
    """Shows the view of one place of a run; plots are kept once they were made.

    ``view_chosen``, ``switched`` and ``tuned`` tell what the hand has chosen here, so
    that other runs may follow; it holds here already.

    Attributes:
        name: The place, as the session calls it.
        plot: The plot on show.
        head: The line over it.
    """

    drawn = Signal()
    plot_changed = Signal()
    time_scrubbed = Signal(float)
    probed = Signal(str, list)
    view_chosen = Signal(str)
    switched = Signal(str)
    tuned = Signal(dict)

    def __init__(self, session: Session, run: Run, name: str, has_axis: bool) -> None:
        super().__init__()
        self.name = name
        self.run = run
        self._session = session
        self._has_axis = has_axis
        self._slots = session.compare.slots[run.id]
        self._plots: dict[str, PlotView] = {}
        self._states: dict[str, dict[str, Any]] = {}
        self._steps: dict[PlotView, int] = {}  # of which each plot shows a picture
        self._rate = 0.0  # steps/s when the run last played
        self.head = PlotHead()
        self.sheet = ViewSheet(self)
        self._ground = QWidget()
        self._stack = _Stack(self._ground)
        # Squares give way: the words of an empty plot must not widen a column.
        self._stack.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self._ground.setMinimumSize(theme.px(80), theme.px(80))
        self._arrange()
        self.plot = self._shown()
        self._connect()
        self._want_companions()
        self.refresh()

    @property
    def cell(self) -> Cell:
        """What it is as a part of a figure, without the name of its run."""
        step = self._steps.get(self.plot, self.run.step)
        return Cell(self.plot, f"step {step:,}")

    def refresh(self) -> None:
        """Show what is known of the view now: its frame, or why there is none."""
        slot = self._slots[self.name]
        reason = self._session.reason_against(slot.view, self.run)
        if reason:
            self.plot.show_empty(f"No {self.plot.title.lower()} here", reason)
        elif slot.frame is not None:
            self._on_frame(self.name, *slot.frame)
        elif not self.plot.has_frame:
            words = "The first picture is coming."
            self.plot.show_empty("Nothing to show yet", words)
        self._show_point()
        self.show_views()
        self.show_lag()

    def show_lag(self) -> None:
        """Where the living run has left the picture behind, say which step that is."""
        status = self.run.status
        self._rate = (status.steps_per_second if status else 0.0) or self._rate
        shown = self._steps.get(self.plot) if self.plot.has_frame else None
        self.plot.paper.set_late(late_words(shown, self.run, self._rate))

    def set_axis(self, shown: bool) -> None:
        """Labels at the left, or none beside a plot of the same limits."""
        if shown != self._has_axis:
            self._has_axis = shown
            for plot in self._plots.values():
                self._dress(plot)

    def show_views(self) -> None:
        """Offer the views that the run can feed."""
        session, view = self._session, self._slots[self.name].view
        entries = {name: session.view_entry(name) for name in PLOTS}
        titles = {
            name: entry.title
            for name, entry in entries.items()
            if entry is not None
            and (name == view or not session.reason_against(name, self.run))
        }
        self.head.show_views(titles, view)
        self.head.tune.setEnabled(bool(self._tunable().get("properties")))

    def choose(self, view: str) -> None:
        """Show another view, if the run can feed it; silently."""
        if not self._session.reason_against(view, self.run):
            self._slots.choose(self.name, view)

    def tune(self, settings: dict[str, Any]) -> None:
        """Change settings of the view, silently."""
        self._slots.set_settings(self.name, settings)

    def open_settings(self) -> None:
        """The form of the view's settings, under its button."""
        slot, button = self._slots[self.name], self.head.tune
        corner = button.mapToGlobal(QPoint(button.width(), button.height() + 2))
        title = self.head.view.text()
        self.sheet.open_at(corner, title, self._tunable(), slot.wanted()[1])

    def choices(self) -> KeptPlot:
        """What the person chose here: to be kept with a session."""
        self._states |= {v: plot.view_state() for v, plot in self._plots.items()}
        slot = self._slots[self.name]
        return KeptPlot(view=slot.view, plots=self._states, settings=slot.settings)

    def recall(self, kept: KeptPlot) -> None:
        """Take kept choices back; what makes no sense any more is left."""
        self._states = {k: v for k, v in kept.plots.items() if k in PLOTS}
        slot = self._slots[self.name]
        slot.settings.update({k: v for k, v in kept.settings.items() if k in PLOTS})
        for view, plot in self._plots.items():
            plot.set_view_state(self._states.get(view, {}))
        if kept.view in PLOTS:
            self.choose(kept.view)

    # ---- inside

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self._ground, 1)

    def _connect(self) -> None:
        session = self._session
        self._slots.frame_received.connect(self._on_frame)
        self._slots.view_changed.connect(self._on_view)
        session.questions.probe_answered.connect(self._on_answer)
        session.probe.changed.connect(self._on_probe)
        self.head.view_chosen.connect(self._on_view_chosen)
        self.head.switched.connect(self.switched)
        self.head.settings_requested.connect(self.open_settings)
        self.sheet.edited.connect(self._on_tuned)

    def _shown(self) -> PlotView:
        view = self._slots[self.name].view
        if view not in self._plots:
            self._plots[view] = self._make(view)
        plot = self._plots[view]
        self._stack.setCurrentWidget(plot)
        self.head.take(plot)
        return plot

    def _make(self, view: str) -> PlotView:
        plot = make_plot(view)
        session, slots, name = self._session, self._slots, self.name
        self._dress(plot)
        plot.set_view_state(self._states.get(view, {}))
        plot.settings_edited.connect(lambda s: slots.set_settings(name, s))
        plot.companions_changed.connect(self._want_companions)
        plot.move_wished.connect(lambda player: self._session.step_once(1, player))
        plot.time_scrubbed.connect(self.time_scrubbed)
        plot.probed.connect(self.probed)
        plot.asked.connect(self._session.probe.ask)
        plot.remedy_wished.connect(
            lambda missing, remedy: session.doctor.bring(self.run, missing, remedy)
        )
        self._stack.addWidget(plot)
        return plot

    def _dress(self, plot: PlotView) -> None:
        if isinstance(plot.paper, Square):
            plot.paper.has_rail = False
            plot.paper.has_left_axis = self._has_axis
            plot.paper.refresh()

    def _tunable(self) -> dict[str, Any]:
        entry = self._session.view_entry(self._slots[self.name].view)
        return tunable(entry.settings if entry else {}, self.plot.own_settings)

    def _on_view_chosen(self, view: str) -> None:
        self.choose(view)
        self.view_chosen.emit(view)

    def _on_tuned(self, settings: dict[str, Any]) -> None:
        self.tune(settings)
        self.tuned.emit(settings)

    def _on_view(self, name: str) -> None:
        if name == self.name:
            self.plot = self._shown()
            self._want_companions()
            self.refresh()
            self.plot_changed.emit()

    def _want_companions(self) -> None:
        self._slots.set_companions(self.name, self.plot.companions())

    def _on_frame(self, name: str, frame: Frame, arrays: Arrays) -> None:
        place, _, suffix = name.partition(".")
        if place != self.name:
            return
        if suffix:
            self.plot.show_companion(suffix, frame.meta, arrays)
        else:
            self._steps[self.plot] = frame.step
            self.plot.show_frame(frame.meta, arrays)
            self.show_lag()
            self.head.fit()
            self.drawn.emit()
            asks = self.plot.drag_asks
            self._session.questions.follow(name, asks, self.run, frame.step)
        self._slots.drawn(name)

    def _on_answer(self, slot: str, what: str, arrays: Arrays) -> None:
        if slot == self.name:
            self.plot.show_probe(what, arrays)

    def _on_probe(self, run_id: str) -> None:
        if run_id in ("", self.run.id):
            self._show_point()

    def _show_point(self) -> None:
        probe = self._session.probe
        answer = probe.answers.get(self.run.id)
        self.plot.show_point(probe.point, answer.arrays if answer else {})
