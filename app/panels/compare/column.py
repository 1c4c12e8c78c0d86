"""One run of a comparison: its letter and name, its plots, its time, its figures."""

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtGui import QMouseEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.panels.compare.figures import RunFigures
from app.panels.compare.run_plot import RunPlot
from app.panels.compare.strips import Strips
from app.panels.figure_maker import FigureMaker, Subject
from app.session import Session
from app.session_compare import LEFT, RIGHT
from app.session_config import model_entry, run_title
from app.session_run import Run
from app.sheets import Cell, Plate
from app.theme import theme
from app.widgets.button import IconButton
from app.widgets.chip import Chip
from app.widgets.label import Label
from app.widgets.numbers import rate_number
from app.widgets.paint import box, painting
from app.widgets.run_badge import RunBadge
from app.widgets.state import State

_LEAST = 150  # px
_LABELS = 26  # px that labels at the left of a square take


class RunColumn(QWidget):
    """A card for a run; a click into its head makes it the one that is edited."""

    chosen = Signal()
    settings_requested = Signal()
    explore_requested = Signal()
    removed = Signal()
    resized = Signal()
    fitted = Signal()  # other limits may be on show

    def __init__(self, session: Session, run: Run) -> None:
        super().__init__()
        self.run = run
        self._session = session
        self._is_crowded = False
        self.badge = RunBadge()
        self.name = Label(colour="text1", size=15, weight=600)
        self.kind = Chip("")
        self.fault = Chip("", "warning")
        self.pace = Label(colour="text3", size=11)
        self.settings = IconButton(
            "sliders-horizontal", "Settings of this run", size=24
        )
        self.camera = IconButton("camera", "Save or copy a figure of this run", size=24)
        self.explore = IconButton("arrows-out-simple", "Open this run alone", size=24)
        self.remove = IconButton("x", "Remove from the comparison", size=24)
        self.left = RunPlot(session, run, f"{run.id}:{LEFT}", has_axis=True)
        self.right = RunPlot(session, run, f"{run.id}:{RIGHT}", has_axis=False)
        self.strips = Strips()
        self.figures = RunFigures()
        self.figure = FigureMaker(self.camera, self._subject)
        self.head = QHBoxLayout()
        self._plots = QHBoxLayout()
        self._column = QVBoxLayout(self)
        self._arrange()
        self._connect()
        self._state = State(self, self._restyle)

    @property
    def cells(self) -> list[Cell]:
        """Its plots as parts of a figure, named by letter and model."""
        places = [p for p in (self.left, self.right) if not p.isHidden()]
        name = f"{self.badge.letter} {self.name.text()}"
        return [replace(p.cell, caption=f"{name}, {p.cell.caption}") for p in places]

    def show_letter(self, letter: str, can_leave: bool) -> None:
        """Take the place in the comparison that the run has now."""
        self.badge.set_letter(letter)
        self.remove.setEnabled(can_leave)
        why = "" if can_leave else "The last run stays"
        self.remove.setToolTip(why or "Remove from the comparison")
        self.setAccessibleName(f"Run {letter}")

    def set_crowded(self, crowded: bool) -> bool:
        """One plot alone, where many runs share the width: the one that all have.

        The head says less then: the figures below tell how the density is known.

        Returns:
            Whether that is a change.
        """
        if crowded == self._is_crowded:
            return False
        self._is_crowded = crowded
        self.right.setVisible(not crowded)
        self.figures.set_crowded(crowded)
        self._show_strips()
        self._show_kind()
        self._fit_head()
        return True

    def show_status(self, best: dict[str, float]) -> None:
        """Name, pace, fault and figures, as the run reports them."""
        run, catalogue = self.run, self._session.catalogue
        if catalogue is not None:
            entry = model_entry(catalogue, run.config.model)
            self.name.setText(entry.title)
            self.name.set_short(entry.short)
        status = run.status
        rate = status.steps_per_second if status else 0.0
        at = f"at step {run.at:,}" if run.at is not None else f"step {run.step:,}"
        pace = f", {rate_number(rate)} /s" if run.is_playing and rate else ""
        self.pace.setText(at + pace)
        self._show_fault()
        self._fit_head()
        self.figures.show_run(run, best)
        for place in (self.left, self.right):
            place.show_lag()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A card; the run that is edited has a rim in the accent."""
        is_chosen = self._session.run is self.run
        rim = theme.c.accent if is_chosen else theme.c.edge
        with painting(self) as painter:
            box(painter, self.rect().toRectF(), 8, theme.c.bg1, rim)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Plots and words as they have room."""
        super().resizeEvent(event)
        self.resized.emit()
        self._fit_head()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Edit this run."""
        event.accept()
        self.chosen.emit()

    def _arrange(self) -> None:
        words: list[QWidget] = [self.badge, self.name, self.kind, self.fault]
        for word in words:
            self.head.addWidget(word)
        self.head.addStretch(1)
        ends: list[QWidget] = [self.pace, self.settings, self.camera]
        ends += [self.explore, self.remove]
        for end in ends:
            self.head.addWidget(end)
        self._plots.addWidget(self.left, 1)
        self._plots.addWidget(self.right, 1)
        self._column.setSpacing(0)
        self._column.addLayout(self.head)
        self._column.addLayout(self._plots, 1)
        self._column.addWidget(self.strips)
        self._column.addWidget(self.figures)
        self.kind.hide()  # until a picture says how its density is known
        self._show_strips()

    def _connect(self) -> None:
        self.settings.clicked.connect(lambda: self.settings_requested.emit())
        self.camera.clicked.connect(lambda: self.figure.open_menu())
        self.explore.clicked.connect(lambda: self.explore_requested.emit())
        self.remove.clicked.connect(lambda: self.removed.emit())
        for place in (self.left, self.right):
            place.plot_changed.connect(self._show_strips)
            place.drawn.connect(self._show_kind)
            place.drawn.connect(self.fitted)
            place.plot_changed.connect(self.fitted)

    def _show_fault(self) -> None:
        """The gravest that is wrong: it cannot go on, it waits, it learns badly."""
        run = self.run
        found = self._session.doctor.findings.get(run.id, [])
        words, why = "", ""
        if run.failed:
            words, why = "failed", run.failed.reason
        elif run.waiting:
            words = "waits" if self._is_crowded else "restart waits"
        elif found:
            name = (
                "" if self._is_crowded else " fault" if len(found) == 1 else " faults"
            )
            words = f"{len(found)}{name}"
            why = "\n".join(f"{fault.title}. {fault.text}" for fault in found)
        self.fault.set_chip(words, "warning")
        self.fault.setToolTip(why)
        self.fault.setVisible(bool(words))

    def _subject(self) -> Subject:
        """All that is drawn of the run, as one picture."""
        run, catalogue = self.run, self._session.catalogue
        title = run_title(catalogue, run.config) if catalogue else ""
        words = f"seed {run.config.seed}"
        plate = Plate("run", title, [self.cells])
        return Subject(plate, words, {"run": run.config.model_dump(mode="json")})

    def _show_kind(self) -> None:
        """How the density is known, from whichever plot says so."""
        known = [chip for p in (self.left, self.right) for chip in p.plot.chips()]
        self.kind.setVisible(bool(known) and not self._is_crowded)
        if known:
            self.kind.set_chip(known[0].text, known[0].kind)
            self.kind.setToolTip(known[0].note)

    def _fit_head(self) -> None:
        """Buttons that keys or a click stand in for go before the name is cut.

        In the hall they are gone: it reads the name instead. A step of which some
        digits are cut would be another one: it is said in whole or not at all.
        """
        gap, least = self.head.spacing(), self.name.least_width() + 1
        words: list[QWidget] = [self.badge, self.kind, self.fault]
        shown = [w for w in words if not w.isHidden()] + [self.settings, self.remove]
        margins = self.head.contentsMargins()
        room = self.width() - margins.left() - margins.right() - 2 * gap
        room -= sum(w.sizeHint().width() + gap for w in shown)
        self.name.setMinimumWidth(max(min(least, room), 0))
        room -= least
        for button in (self.explore, self.camera):
            wide = button.sizeHint().width() + gap
            fits = theme.look != "projector" and room >= wide
            button.setVisible(fits)
            room -= wide if fits else 0
        fits = room >= self.pace.natural_width() + 1
        self.pace.setVisible(fits and not self._is_crowded)

    @property
    def shows_one_space(self) -> bool:
        """Whether both plots have the same limits, so that labels of one serve both."""
        places = (self.left, self.right)
        homes = [[pane.home for pane in p.plot.paper.panes[:1]] for p in places]
        return homes[0] == homes[1]

    def share_labels(self, shared: bool) -> None:
        """Labels at the left of both squares, or of one.

        The squares are of the same size, although only one may have labels.
        """
        self.right.set_axis(not shared)
        half = self.width() // 2
        more = theme.px(_LABELS) // 2 if shared else 0
        self._plots.setStretch(0, half + more)
        self._plots.setStretch(1, half - more)

    def _show_strips(self) -> None:
        """Those of the right plot first: it moves, the left one mostly stands."""
        places = [self.left] if self.right.isHidden() else [self.right, self.left]
        self.strips.show_plots([place.plot for place in places])

    def _restyle(self) -> None:
        px = theme.px
        self.head.setContentsMargins(px(10), px(6), px(6), px(4))
        self.head.setSpacing(px(5))
        self._fit_head()
        self._plots.setContentsMargins(px(4), 0, px(4), 0)
        self._plots.setSpacing(px(2))
        self._column.setContentsMargins(1, 1, 1, 1)
        self.setMinimumWidth(px(_LEAST))  # what is inside has no say: all are as wide
