"""Curves of all runs in one plot: which quantity, over which axis."""

from typing import TYPE_CHECKING

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app.panels.compare.course import AXES, OVER, QUANTITIES, Entrant, race_frame
from app.panels.figure_maker import FigureMaker, Subject
from app.plots.race import RacePlot
from app.session import Session
from app.session_compare import CURVES
from app.session_config import data_title, model_entry
from app.session_run import Run
from app.sheets import Cell
from app.theme import theme
from app.widgets.card import Card
from app.widgets.switch import Switch
from engine.protocol import Arrays, Frame

if TYPE_CHECKING:
    from app.session_slots import Slots


_WIDE = 760  # px of width in which all words have room


class RaceCard(Card):
    """Takes the curves of each run as they come and draws one quantity of all."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._session = session
        self._curves: dict[str, Arrays] = {}
        self._watched: dict[str, Slots] = {}
        self.plot = RacePlot()
        self.axis = Switch(AXES, "Horizontal axis")
        words = {name: quantity.word for name, quantity in QUANTITIES.items()}
        self.quantity = Switch(words, "Quantity")
        self.maximise.hide()
        self.figures = FigureMaker(self.camera, self._subject)
        self.add_header_widget(self.axis)
        self.add_header_widget(self.quantity)
        self.set_body(self.plot)
        self.axis.chosen.connect(lambda _: self._on_chosen())
        self.quantity.chosen.connect(lambda _: self._on_chosen())
        self.figure_requested.connect(self.figures.open_menu)
        session.compare.runs_changed.connect(self.show_runs)
        self.show_runs()

    def show_runs(self) -> None:
        """Follow the runs that are compared now, under their letters of now."""
        known = self._session.compare.slots
        for run_id, slots in known.items():
            if self._watched.get(run_id) is not slots:
                slots.frame_received.connect(self._on_frame)
        self._watched = dict(known)
        self._curves = {r: found for r, found in self._curves.items() if r in known}
        self._draw()

    @property
    def cell(self) -> Cell:
        """The curves as a part of a figure."""
        quantity = QUANTITIES[self.quantity.value()]
        words = f"{quantity.remark}, {OVER[self.axis.value()]}"
        return Cell(self.plot, words, quantity.heading)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Switches before words: a narrow card says less."""
        super().resizeEvent(event)
        self._show_words()
        self.fold_switches()

    def _subject(self) -> Subject:
        runs, catalogue = self._session.compare.runs, self._session.catalogue
        words = OVER[self.axis.value()]
        if runs and catalogue is not None:
            config = runs[0].config
            data = data_title(catalogue, config)
            words = f"{data}, seed {config.seed}, {words}"
        compare = self._session.compare
        facts = {compare.letter(r): r.config.model_dump(mode="json") for r in runs}
        return Subject(self.plot, words, {"runs": facts}, self.cell.title)

    def _show_words(self) -> None:
        quantity = QUANTITIES[self.quantity.value()]
        wide = self.width() >= theme.px(_WIDE)
        self.set_title(quantity.heading if wide else quantity.word)
        self.set_chips([(quantity.remark, "plain")] if wide else [])

    def _on_chosen(self) -> None:
        self._draw()
        self.plot.reset_view()

    def _on_frame(self, name: str, frame: Frame, arrays: Arrays) -> None:
        if name.endswith(f":{CURVES}"):
            self._curves[frame.run_id] = arrays
            self._draw()
            slots = self._session.compare.slots.get(frame.run_id)
            if slots is not None:
                slots.drawn(name)

    def _draw(self) -> None:
        self._show_words()
        entrants = [self._entrant(run) for run in self._session.compare.runs]
        meta, arrays = race_frame(entrants, self.quantity.value(), self.axis.value())
        self.plot.show_frame(meta, arrays)

    def _entrant(self, run: Run) -> Entrant:
        compare, catalogue = self._session.compare, self._session.catalogue
        entry = model_entry(catalogue, run.config.model) if catalogue else None
        names = (entry.title, entry.short) if entry else ("", "")
        curves = self._curves.get(run.id, {})
        return Entrant(compare.letter(run), *names, run, curves)
