"""The chosen cell of the wall: its figures, and the ways to go on with it.

The ways stand where they are always seen, the figures where there is room for them.
"""

from PySide6.QtCore import Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.plots.tile import ALARMING, STATES, short
from app.session_sweep import NOT_THERE, Sweep
from app.sweep_state import WallCell
from app.theme import theme
from app.widgets.button import Button
from app.widgets.chip import Chip, ChipKind
from app.widgets.label import Label
from app.widgets.numbers import format_number
from app.widgets.paint import box, painting
from app.widgets.state import State

_FIGURES = 4  # beside the metric and the step
_SHORT = {"kl": "KL", "elbo": "ELBO"}


class RunFigures(QWidget):
    """Names and values in two columns."""

    def __init__(self) -> None:
        super().__init__()
        self.pairs: list[tuple[Label, Label]] = []
        self._grid = QGridLayout(self)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, 1)
        self._state = State(self, self._restyle)

    def show_lines(self, lines: list[tuple[str, str]]) -> None:
        """Show these and no others."""
        while len(self.pairs) < len(lines):
            name, value = Label(colour="text3"), Label(colour="text1", size=13)
            row, column = divmod(len(self.pairs), 2)
            self._grid.addWidget(name, 2 * row, column)
            self._grid.addWidget(value, 2 * row + 1, column)
            self.pairs.append((name, value))
        for place, (name, value) in enumerate(self.pairs):
            shown = place < len(lines)
            name.setVisible(shown)
            value.setVisible(shown)
            if shown:
                name.setText(lines[place][0])
                value.setText(lines[place][1])

    def _restyle(self) -> None:
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(0)
        self._grid.setHorizontalSpacing(theme.px(8))


class SelectedCard(QWidget):
    """The name of the cell and what can be done with it.

    Signals carry its number.

    Attributes:
        figures: What is known of it; a widget by itself, that stands elsewhere.
    """

    open_requested = Signal(int)
    compare_requested = Signal(int)

    def __init__(self, sweep: Sweep) -> None:
        super().__init__()
        self._sweep = sweep
        self.figures = RunFigures()
        self.head = Label("Best run", colour="text3")
        self.chip = Chip("best", "exact")
        self.title = Label(colour="text1", size=13, weight=600, wraps=True)
        self.trouble = Label(colour="warn", size=11, wraps=True)
        self.open = Button("Open this run", "arrow-right", kind="primary")
        self.compare = Button("Compare")
        self._top, self._buttons = QHBoxLayout(), QHBoxLayout()
        self._column = QVBoxLayout(self)
        self._arrange()
        self.open.clicked.connect(lambda: self.open_requested.emit(sweep.shown))
        self.compare.clicked.connect(lambda: self.compare_requested.emit(sweep.shown))
        for signal in (sweep.begun, sweep.selected_changed, sweep.ended):
            signal.connect(self.refresh)
        sweep.awaited_changed.connect(self.refresh)
        sweep.cell_changed.connect(lambda _: self.refresh())
        self._state = State(self, self._restyle)

    def refresh(self) -> None:
        """Show the cell that is chosen, or else the best one."""
        sweep = self._sweep
        index, plan = sweep.shown, sweep.plan
        known = index is not None and plan is not None
        self.setVisible(known)
        self.figures.setVisible(known)
        if index is None or plan is None:
            return
        cell, is_best = sweep.cells[index], index == sweep.best
        self.head.setText("Best run" if sweep.selected is None else "Selected run")
        self.title.setText(plan.name_of(index))
        self._show_chip(cell, is_best)
        judged = sweep.metric_words
        lines = [(judged.removeprefix("Held-out "), short(cell.metric))]
        lines += [("Step", f"{cell.step:,}")]
        if cell.diverged_at is not None:
            lines += [("Diverged at", f"step {cell.diverged_at:,}")]
        losses = [(n, v) for n, v in cell.losses.items() if term_words(n) != judged]
        for name, value in losses[:_FIGURES]:
            words = "–" if value is None else format_number(value, 4)
            lines.append((term_words(name), words))
        self.figures.show_lines(lines)

    def _show_chip(self, cell: WallCell, is_best: bool) -> None:
        kind: ChipKind = "warning" if cell.state in ALARMING else "plain"
        word = STATES.get(cell.state, cell.state)
        if is_best and kind != "warning":
            kind, word = "exact", "best"
        self.chip.setVisible(bool(word))
        self.chip.set_chip(word, kind)
        self.chip.setToolTip(cell.trouble)
        self.trouble.setText(cell.trouble)
        self.trouble.setVisible(bool(cell.trouble))
        self._show_buttons(cell)

    def _show_buttons(self, cell: WallCell) -> None:
        """While a run comes, maybe from another process, no second one is asked for."""
        waits = self._sweep.awaited is not None
        there = self._sweep.has_runs
        word = "Open this run" if there else "Train it again"
        self.open.setText("Opening…" if waits else word)
        tip = "The process that trains it hands it over at its next pause"
        self.open.setToolTip(tip if waits else "" if there else NOT_THERE)
        self.compare.setToolTip("" if there else NOT_THERE)
        for button in (self.open, self.compare):
            button.setEnabled(not cell.trouble and not waits)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A raised card."""
        with painting(self) as painter:
            box(painter, self.rect().toRectF(), 8, theme.c.bg2, theme.c.edge)

    def _arrange(self) -> None:
        self._top.addWidget(self.head)
        self._top.addStretch(1)
        self._top.addWidget(self.chip)
        self._buttons.addWidget(self.open, 1)
        self._buttons.addWidget(self.compare)
        self._column.addLayout(self._top)
        self._column.addWidget(self.title)
        self._column.addWidget(self.trouble)
        self._column.addLayout(self._buttons)

    def _restyle(self) -> None:
        px = theme.px
        self._column.setContentsMargins(px(12), px(6), px(12), px(10))
        self._column.setSpacing(px(4))
        self._buttons.setContentsMargins(0, px(4), 0, 0)
        self._buttons.setSpacing(px(8))


def term_words(name: str) -> str:
    """A term of a loss as words: ``discriminator.real`` is ``Discriminator real``."""
    words = _SHORT.get(name, name.replace("_", " ").replace(".", " "))
    return words[:1].upper() + words[1:]
