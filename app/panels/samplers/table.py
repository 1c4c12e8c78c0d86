"""The numbers of a study, a line for each trial."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.session_bench_kept import Trial
from app.theme import theme
from app.widgets.paint import LEFT, RIGHT, box, draw_text, painting
from app.widgets.state import State

_ROW = 24
_COLUMNS = (
    ("Sampler", 0.18),
    ("Steps", 0.13),
    ("Evaluations", 0.11),
    ("Energy dist.", 0.11),
    ("To the ODE", 0.10),
    ("To exact ODE", 0.12),
    ("Detour", 0.07),
    ("Straightness", 0.10),
    ("Turning", 0.08),
)

Cells = tuple[str, ...]


class TrialTable(QWidget):
    """Rows can be chosen by click or arrow keys; the best value is in bold.

    Attributes:
        keys: Trials on show, in order.
    """

    picked = Signal(object)  # key of a trial

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.keys: list[tuple[str, float]] = []
        self._cells: list[Cells] = []
        self._selected: set[tuple[str, float]] = set()
        self._best: tuple[str, float] | None = None
        self._cursor = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Trials")
        self._state = State(self)

    def show_trials(
        self,
        trials: Sequence[tuple[Trial, Cells]],
        selected: Sequence[tuple[str, float]],
        best: tuple[str, float] | None,
    ) -> None:
        """Show these trials with their cells, a text for each column."""
        self.keys = [trial.key for trial, _ in trials]
        self._cells = [cells for _, cells in trials]
        self._selected, self._best = set(selected), best
        self.setAccessibleDescription(
            "; ".join(", ".join(cells) for cells in self._cells)
        )
        self.updateGeometry()
        self.update()

    def text(self) -> str:
        """The table as lines of tab-separated cells."""
        head = "\t".join(name for name, _ in _COLUMNS)
        return "\n".join([head, *("\t".join(cells) for cells in self._cells)])

    def sizeHint(self) -> QSize:
        """Head and a line for each trial."""
        return QSize(theme.px(500), theme.px(_ROW) * (1 + len(self.keys)))

    def minimumSizeHint(self) -> QSize:
        """As high as its lines; may be narrow."""
        return QSize(theme.px(200), self.sizeHint().height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the line under the pointer."""
        self._pick(int(event.position().y() // theme.px(_ROW)) - 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move, Return chooses."""
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        if step is not None and self.keys:
            self._cursor = min(max(self._cursor + step, 0), len(self.keys) - 1)
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._pick(self._cursor)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Head, lines, what is selected."""
        c, row = theme.c, theme.px(_ROW)
        with painting(self) as painter:
            self._paint_cells(painter, 0, tuple(n for n, _ in _COLUMNS), "head")
            for index, cells in enumerate(self._cells):
                key = self.keys[index]
                line = QRectF(0, row * (index + 1), self.width(), row)
                if key in self._selected:
                    box(painter, line, 4, c.accent_bg)
                if self._state.ring and index == self._cursor:
                    box(painter, line, 4, None, c.accent)
                style = "best" if key == self._best else "plain"
                self._paint_cells(painter, index + 1, cells, style)

    def _paint_cells(
        self, painter: QPainter, line: int, cells: Cells, style: str
    ) -> None:
        px, c = theme.px, theme.c
        ink = {"head": c.text3, "best": c.accent, "plain": c.text1}[style]
        weight = 600 if style == "best" else 400
        left = float(px(8))
        for index, (cell, (_, share)) in enumerate(zip(cells, _COLUMNS, strict=True)):
            wide = share * (self.width() - px(16))
            where = QRectF(left, px(_ROW) * line, wide - px(6), px(_ROW))
            align = LEFT if index == 0 else RIGHT
            size = 11 if style == "head" else 12
            draw_text(painter, where, cell, ink, size, weight, align)
            left += wide

    def _pick(self, index: int) -> None:
        if 0 <= index < len(self.keys):
            self._cursor = index
            self.picked.emit(self.keys[index])
