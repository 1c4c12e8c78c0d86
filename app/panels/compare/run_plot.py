"""One plot of a run in a comparison: no card, no rail, the marks of the probe."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLayout, QStackedLayout, QWidget

from app.plots.base import PlotView
from app.plots.catalogue import make_plot
from app.plots.square import Square
from app.session import Session
from app.session_run import Run
from app.theme import theme
from engine.protocol import Arrays, Frame


class RunPlot(QWidget):
    """Shows the view of one place of a run; plots are kept once they were made.

    Attributes:
        name: The place, as the session calls it.
        plot: The plot on show.
    """

    drawn = Signal()
    plot_changed = Signal()
    time_scrubbed = Signal(float)
    probed = Signal(str, list)

    def __init__(self, session: Session, run: Run, name: str, has_axis: bool) -> None:
        super().__init__()
        self.name = name
        self.run = run
        self._session = session
        self._has_axis = has_axis
        self._slots = session.compare.slots[run.id]
        self._plots: dict[str, PlotView] = {}
        self._stack = QStackedLayout(self)
        # Squares give way: the words of an empty plot must not widen a column.
        self._stack.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self.setMinimumSize(theme.px(80), theme.px(80))
        self.plot = self._shown()
        self._slots.frame_received.connect(self._on_frame)
        self._slots.view_changed.connect(self._on_view)
        session.questions.probe_answered.connect(self._on_answer)
        session.probe.changed.connect(self._on_probe)
        self._want_companions()
        self.refresh()

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

    def set_axis(self, shown: bool) -> None:
        """Labels at the left, or none beside a plot of the same limits."""
        self._has_axis = shown
        for plot in self._plots.values():
            self._dress(plot)

    def _shown(self) -> PlotView:
        view = self._slots[self.name].view
        if view not in self._plots:
            self._plots[view] = self._make(view)
        plot = self._plots[view]
        self._stack.setCurrentWidget(plot)
        return plot

    def _make(self, view: str) -> PlotView:
        plot = make_plot(view)
        slots, name = self._slots, self.name
        self._dress(plot)
        plot.settings_edited.connect(lambda s: slots.set_settings(name, s))
        plot.companions_changed.connect(self._want_companions)
        plot.move_wished.connect(lambda player: self._session.step_once(1, player))
        plot.time_scrubbed.connect(self.time_scrubbed)
        plot.probed.connect(self.probed)
        plot.asked.connect(self._session.probe.ask)
        self._stack.addWidget(plot)
        return plot

    def _dress(self, plot: PlotView) -> None:
        if isinstance(plot.paper, Square):
            plot.paper.has_rail = False
            plot.paper.has_left_axis = self._has_axis
            plot.paper.caption = plot.title
            plot.paper.refresh()

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
            self.plot.show_frame(frame.meta, arrays)
            self.drawn.emit()
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
