"""One of the four places for a plot: its card, and the plot that is in it now.

Plots are made when first shown and kept: a view that comes back is as it was left.
pyqtgraph is imported with the first of them, after the window is on screen.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QPoint, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QWidget

from app.panels.figure_maker import FigureMaker, Subject
from app.panels.head_buttons import HeadButtons
from app.panels.slot_step import SlotStep
from app.panels.view_sheet import ViewSheet, tunable
from app.plots.catalogue import PLOTS, make_plot
from app.session import Session
from app.session_config import run_title
from app.session_slots import Slot
from app.theme import theme
from app.widgets.card import Card
from app.widgets.switch import Switch
from engine.protocol import Arrays, Frame, Status

if TYPE_CHECKING:
    from app.plots.base import PlotView
    from app.widgets.chip import ChipKind

_WAITING = ("Nothing to show yet", "The engine is getting ready.")
_COMING = ("Nothing to show yet", "The first picture is coming.")
_MOMENT = 600  # ms in which the picture of a run that has ended may stand for the next


class PlotSlot(Card):
    """A card whose title is a menu of views.

    Attributes:
        plot: The plot on show; None until :meth:`build`.
        states: Choices of the person for each view, to be remembered.
        figures: Saves and copies what is on show.
    """

    time_scrubbed = Signal(float)
    noted = Signal(object)
    size_requested = Signal()

    def __init__(
        self, session: Session, name: str, parent: QWidget | None = None
    ) -> None:
        super().__init__("", parent)
        self.name = name
        self.plot: PlotView | None = None
        self.states: dict[str, dict[str, Any]] = {}
        self._session = session
        self._plots: dict[str, PlotView] = {}
        self._heads: dict[str, QWidget] = {}
        self._buttons = HeadButtons(self.header, self.camera, self.maximise)
        self.tune, self.more = self._buttons.tune, self._buttons.more
        self.sheet = ViewSheet(self)
        self.figures = FigureMaker(self.camera, self._subject)
        self._ground = QLabel()
        self._is_stale = False
        self._step = SlotStep(session)
        self._way_out = ""
        self._frame: Frame | None = None
        self._extras: dict[str, Frame] = {}
        self._overdue = QTimer(self, singleShot=True, interval=_MOMENT)
        self._overdue.timeout.connect(self._forget_picture)
        self.set_body(self._ground)
        self._show_title()
        self._connect()

    @property
    def slot(self) -> Slot:
        """What the session knows of this place."""
        return self._session.slots[self.name]

    def build(self) -> None:
        """Put the plot in; call once the window is on screen."""
        self._show_view()

    def choices(self) -> dict[str, Any]:
        """What the person chose here, by view: to be remembered."""
        if self.plot is not None:
            self.states[self.plot.view] = self.plot.view_state()
        return {"plots": self.states, "settings": self.slot.settings}

    def recall(self, view: str, choices: dict[str, Any]) -> None:
        """Take remembered choices back; what makes no sense any more is left."""
        self.states = {k: v for k, v in choices.get("plots", {}).items() if k in PLOTS}
        self.slot.settings.update(
            {k: v for k, v in choices.get("settings", {}).items() if k in PLOTS}
        )
        if view in PLOTS:
            self._session.slots.choose(self.name, view)

    def set_time(self, t: float) -> None:
        """Show the time that another plot was scrubbed to."""
        if self.plot is not None:
            self.plot.set_time(t)

    @property
    def shows_full_frame(self) -> bool:
        """Whether the frames on show have full quality, or none can come."""
        if self._session.reason_against(self.slot.view):
            return True
        return all(frame is not None and frame.full for frame in self._frames())

    def shows_step(self, step: int) -> bool:
        """Whether all that is on show, if anything is, was made at this step."""
        return all(frame.step == step for frame in self._frames() if frame is not None)

    def open_settings(self) -> None:
        """The form of the view's settings, below the head of the card."""
        if self.plot is not None and self._has_settings():
            corner = self.mapToGlobal(QPoint(self.width(), theme.px(38)))
            values = self.slot.wanted()[1]
            self.sheet.open_at(corner, self._title(), self._tunable(), values)

    def copy_figure(self) -> None:
        """Put the figure, twice its size, into the clipboard."""
        self.figures.copy()

    def save_figure(
        self, path: Path, size: tuple[int, int] | None = None, scale: float = 2.0
    ) -> None:
        """Write the figure as :meth:`FigureMaker.save` does."""
        self.figures.save(path, size, scale)

    def _subject(self) -> Subject | None:
        """What a figure of this place shows."""
        if self.plot is None:
            return None
        run = self._session.run
        settings = run.config.model_dump(mode="json") if run else {}
        return Subject(self.plot, self._caption(), {"run": settings})

    def _caption(self) -> str:
        """What a figure shows, once it is away from its run."""
        run, catalogue = self._session.run, self._session.catalogue
        if run is None or catalogue is None or self._frame is None:
            return ""
        return f"{run_title(catalogue, run.config)}, step {self._frame.step:,}"

    def refresh(self) -> None:
        """Show what is known of the view now: its frame, or why there is none."""
        if self.plot is None:
            return
        reason = self._session.reason_against(self.slot.view)
        if self._session.catalogue is None:
            self.plot.show_empty(*_WAITING)
        elif reason:
            self._frame = None
            self.plot.show_empty(f"No {self._title().lower()} here", reason)
            self._offer(self._other_view())
        elif self.slot.frame is not None:
            self._on_frame(self.name, *self.slot.frame)
        elif not self.plot.has_frame:
            self.plot.show_empty(*_COMING)
        else:  # of what was here before; a gap of a moment would only flicker
            self._step.is_old = True
            self._overdue.start()
        self._show_controls(self.plot.has_frame)
        self._show_lag()
        self._show_chips()

    def set_stale(self, stale: bool) -> None:
        """Mark the last picture of an engine that is gone."""
        self._is_stale = stale
        self._show_chips()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Room for title, chips and switches first."""
        super().resizeEvent(event)
        self._fit_head()
        self._put_step(inside=False)

    def event(self, event: QEvent) -> bool:
        """Words of the head have changed: what fits beside them is found out anew."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit_head()
            is_full = self.header.minimumSize().width() > self.width()
            if is_full and self._step.said:
                self._put_step(inside=True)
        return done

    def _fit_head(self) -> None:
        self._buttons.fit(self.width(), self._switches_here(), self._has_settings())

    def _switches_here(self) -> list[Switch]:
        """Switches in the head, of the plot on show."""
        if self.plot is None or self._heads[self.plot.view].isHidden():
            return []
        widgets = self.plot.header_widgets()
        return [w for w in widgets if isinstance(w, Switch) and not w.isHidden()]

    def more_menu(self) -> QMenu:
        """A fresh menu of what the head has no room for."""
        menu = self.figures.menu()
        return self._buttons.menu(menu, self._has_settings(), self.open_settings)

    def _open_more(self) -> None:
        corner = self.more.rect().bottomLeft()
        self.more_menu().popup(self.more.mapToGlobal(corner))

    def _tunable(self) -> dict[str, Any]:
        entry = self._session.view_entry(self.slot.view)
        if entry is None or self.plot is None:
            return {}
        return tunable(entry.settings, self.plot.own_settings)

    def _has_settings(self) -> bool:
        return bool(self._tunable().get("properties"))

    def _connect(self) -> None:
        session = self._session
        session.slots.frame_received.connect(self._on_frame)
        session.slots.view_changed.connect(self._on_view_changed)
        session.questions.probe_answered.connect(self._on_answer)
        session.probe.changed.connect(lambda _: self._show_point())
        session.catalogue_received.connect(self._show_title)
        session.catalogue_received.connect(self.refresh)
        session.run_ready.connect(lambda _: self.refresh())
        session.status_changed.connect(self._on_status)
        session.runs.run_chosen.connect(self.refresh)
        session.runs.visited.connect(lambda _: self._show_chips())
        self.content_chosen.connect(lambda v: session.slots.choose(self.name, v))
        self.figure_requested.connect(self.figures.open_menu)
        self.figures.noted.connect(self.noted)
        self.figures.size_requested.connect(self.size_requested)
        self.tune.clicked.connect(self.open_settings)
        self.more.clicked.connect(self._open_more)
        self.sheet.edited.connect(self._on_settings)

    def _forget_picture(self) -> None:
        """No picture of its own has come: the old one would pass for the run's."""
        if self.plot is None or self.slot.frame is not None or self._is_stale:
            return
        self._frame, self._step.is_old = None, False
        self.plot.show_empty(*_COMING)
        self._show_controls(False)
        self._show_lag()
        self._show_chips()

    def _frames(self) -> list[Frame | None]:
        """Frames on show: the plot's own, then those of its companions."""
        suffixes = self.slot.companions
        return [self._frame, *(self._extras.get(suffix) for suffix in suffixes)]

    def _other_view(self) -> str:
        """A view that the model can feed and that stands nowhere yet."""
        slots = self._session.slots.slots.values()
        taken = {slot.view for slot in slots}
        free = [v for v in PLOTS if v not in taken]
        return next((v for v in free if not self._session.reason_against(v)), "")

    def _offer(self, view: str) -> None:
        """The way out of an empty place: one button that shows another view."""
        entry = self._session.view_entry(view)
        if self.plot is None or entry is None:
            return
        self._way_out = view
        self.plot.empty.button.setText(f"Show {entry.title.lower()}")
        self.plot.empty.button.show()

    def _show_controls(self, shown: bool) -> None:
        """Switches and strip are of no use without a picture."""
        if self.plot is None:
            return
        self._heads[self.plot.view].setVisible(shown)
        if self.strip is not None:
            self.strip.setVisible(shown)

    def _title(self) -> str:
        entry = self._session.view_entry(self.slot.view)
        return entry.title if entry else self.slot.view.replace("_", " ").capitalize()

    def _show_title(self) -> None:
        catalogue = self._session.catalogue
        self.set_title(self._title())
        self.title.set_short(self.plot.short if self.plot is not None else "")
        if catalogue is not None:
            titles = {v.name: v.title for v in catalogue.views if v.name in PLOTS}
            self.set_choices(titles, self.slot.view)

    def _on_view_changed(self, name: str) -> None:
        if name == self.name and self.plot is not None:
            self._show_view()

    def _show_view(self) -> None:
        view = self.slot.view
        if self.plot is not None:
            self.states[self.plot.view] = self.plot.view_state()
        if view not in self._plots:
            self._make(view)
        for other, head in self._heads.items():
            head.setVisible(other == view)
        self.plot = self._plots[view]
        self._frame, self._step.is_old = None, False
        self._step.is_inside = False
        self._extras = {}
        self._show_title()
        self.set_body(self.plot)
        self.set_strip(self.plot.strip())
        self._on_companions()
        self.refresh()
        self._show_point()

    def _make(self, view: str) -> None:
        plot = make_plot(view)
        plot.set_view_state(self.states.get(view, {}))
        plot.settings_edited.connect(self._on_settings)
        plot.probed.connect(self._on_probed)
        plot.move_wished.connect(lambda player: self._session.step_once(1, player))
        plot.asked.connect(self._session.probe.ask)
        plot.chips_changed.connect(self._show_chips)
        plot.time_scrubbed.connect(self.time_scrubbed)
        plot.companions_changed.connect(self._on_companions)
        plot.remedy_wished.connect(self._on_remedy)
        plot.empty.action_chosen.connect(self._on_other_view)
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in plot.header_widgets():
            row.addWidget(widget)
        self.add_header_widget(head)
        self._heads[view] = head
        self._plots[view] = plot

    def _on_other_view(self) -> None:
        """Where there is no frame the button under the words offers another view."""
        if self.plot is not None and not self.plot.has_frame:
            self._session.slots.choose(self.name, self._way_out)

    def _on_remedy(self, missing: str, remedy: dict[str, Any]) -> None:
        if self._session.run is not None:
            self._session.doctor.bring(self._session.run, missing, remedy)

    def _on_settings(self, settings: dict[str, Any]) -> None:
        self._session.slots.set_settings(self.name, settings)

    def _on_companions(self) -> None:
        if self.plot is not None:
            self._session.slots.set_companions(self.name, self.plot.companions())

    def _on_probed(self, what: str, points: list[Any]) -> None:
        self._session.questions.probe(self.name, what, points)

    def _follow(self, frame: Frame) -> None:
        """What was dragged here is asked about again, of the moment now on show."""
        run, plot = self._session.run, self.plot
        if run is not None and plot is not None:
            self._session.questions.follow(self.name, plot.drag_asks, run, frame.step)

    def _show_point(self) -> None:
        run, probe = self._session.run, self._session.probe
        if self.plot is not None and run is not None:
            answer = probe.answers.get(run.id)
            self.plot.show_point(probe.point, answer.arrays if answer else {})

    def _on_answer(self, slot: str, what: str, arrays: Arrays) -> None:
        if slot == self.name and self.plot is not None:
            self.plot.show_probe(what, arrays)

    def _on_frame(self, name: str, frame: Frame, arrays: Arrays) -> None:
        place, _, suffix = name.partition(".")
        if place != self.name or self.plot is None:
            return
        if suffix:
            self.plot.show_companion(suffix, frame.meta, arrays)
            self._extras[suffix] = frame
        else:
            if not self.plot.has_frame:
                self._show_controls(True)
            self.plot.show_frame(frame.meta, arrays)
            self._frame = frame
            self._step.is_old = False
            self._show_lag()
            if self._step_words() != self._step.said:
                self._show_chips()
            if self._is_stale:
                self.set_stale(False)
            self._follow(frame)
        self._session.slots.drawn(name)

    def _on_status(self, status: Status) -> None:
        self._step.played(status.steps_per_second)
        self._show_lag()

    def _show_lag(self) -> None:
        """Where the living run has left the picture behind, say which step that is."""
        if self._step.lags_anew(self._frame):
            self._show_chips()

    def _show_chips(self) -> None:
        chips: list[tuple[str, ChipKind]] = []
        step = self._step.said = self._step_words()
        if self.plot is not None:
            known: list[Any] = self.plot.chips()
            chips = [(chip.text, chip.kind) for chip in known]
            self.plot.paper.set_late(step if self._step.is_inside else "")
        if step and not self._step.is_inside:
            chips.append((step, "plain"))
        if self._is_stale and self._frame is not None:
            chips.append(("stale", "warning"))
        self.set_chips(chips)

    def _step_words(self) -> str:
        is_whole = self.plot is not None and self.plot.shows_whole_training
        return self._step.words(self._frame, is_whole)

    def _put_step(self, inside: bool) -> None:
        """Say the step over the picture where the head would cut it: as in Compare.

        It goes back into the head with another size or view only, else it would go to
        and fro with its digits.
        """
        if inside != self._step.is_inside:
            self._step.is_inside = inside
            self._show_chips()
