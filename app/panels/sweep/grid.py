"""The wall itself: a tile for each cell, with the values of rows and columns."""

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from app.plots.tile import Tile
from app.session_sweep import Sweep
from app.sweep_state import Plan, WallCell
from app.theme import theme
from app.widgets.label import Label
from app.widgets.paint import CENTRE, RIGHT, text_width
from app.widgets.state import State

#: Percentile of the data's density that is drawn brightest.
_BRIGHTEST = 92
_MOVES = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class CellGrid(QWidget):
    """Arrow keys move the choice, Return opens the chosen cell."""

    open_requested = Signal(int)

    def __init__(self, sweep: Sweep) -> None:
        super().__init__()
        self.tiles: list[Tile] = []
        self.content = "density"
        self._sweep = sweep
        self._headings: list[Label] = []
        self._titles: dict[Label, tuple[str, str]] = {}  # name with value, or value
        self._grid = QGridLayout(self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Runs of the sweep")
        self._state = State(self, self._restyle)
        sweep.begun.connect(self.rebuild)
        sweep.cell_changed.connect(self._show_cell)
        sweep.progressed.connect(self._show_opening)
        sweep.selected_changed.connect(self.show_marks)
        sweep.hovered_changed.connect(self.show_marks)

    def set_content(self, content: str) -> None:
        """Show another kind of thumbnail."""
        self.content = content
        for tile in self.tiles:
            tile.content = content
            tile.update()

    def rebuild(self) -> None:
        """Another sweep: its rows, columns and cells, all empty."""
        for widget in (*self.tiles, *self._headings):
            self._grid.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self.tiles, self._headings, self._titles = [], [], {}
        plan = self._sweep.plan
        if plan is not None:
            self._fill(plan)
        self._restyle()

    def show_marks(self) -> None:
        """Mark the best, the chosen and the pointed-at cell."""
        sweep = self._sweep
        best = sweep.best
        for i, tile in enumerate(self.tiles):
            tile.set_marks(i == best, i == sweep.selected, i == sweep.hovered)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Names over the columns where they have room."""
        super().resizeEvent(event)
        self._fit_titles()

    def _fit_titles(self) -> None:
        """Where one name would be cut, all columns say their values alone."""
        plan = self._sweep.plan
        if plan is None or not self.tiles:
            return
        gaps = self._grid.spacing() * plan.shape[1] + 2 * theme.px(12)
        room = self.width() - gaps - self._grid.columnMinimumWidth(0)
        wide = max(
            (text_width(w, 12, 600) for w, _ in self._titles.values()), default=0
        )
        is_short = wide > room / plan.shape[1]
        for label, (whole, value) in self._titles.items():
            label.setText(value if is_short else whole)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the choice, or open it."""
        key, sweep = Qt.Key(event.key()), self._sweep
        if key in _MOVES and sweep.plan is not None:
            rows, columns = sweep.plan.shape
            row, column = divmod(sweep.shown or 0, columns)
            down, right = _MOVES[key]
            row = min(max(row + down, 0), rows - 1)
            column = min(max(column + right, 0), columns - 1)
            sweep.select(row * columns + column)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.tiles:
            self.open_requested.emit(sweep.shown or 0)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The choice is seen where keys would move it."""
        if self.tiles and self._sweep.selected is None:
            self._sweep.select(self._sweep.shown or 0)
        super().focusInEvent(event)

    def _fill(self, plan: Plan) -> None:
        rows, columns = plan.shape
        for row in range(rows):
            if plan.rows is not None:
                self._head(plan.rows.words(plan.row_values[row]), row + 1, 0)
        for column in range(columns):
            if plan.columns is not None:
                words = plan.columns.words(plan.column_values[column])
                title = f"{plan.columns.title} = {words}"
                self._head(title if columns < 5 else words, 0, column + 1, words)
        if plan.rows is not None:
            corner = Label(plan.rows.title, colour="text3", size=11)
            corner.setAlignment(RIGHT)
            self._grid.addWidget(corner, 0, 0)
            self._headings.append(corner)
        for index in range(plan.count):
            self._add_tile(index, plan)

    def _head(self, words: str, row: int, column: int, value: str = "") -> None:
        """Words over a column or beside a row; the value alone where they are cut."""
        label = Label(words, colour="text1", size=12, weight=600)
        if value:
            self._titles[label] = (words, value)
        label.setAlignment(RIGHT if column == 0 else CENTRE)
        self._headings.append(label)
        self._grid.addWidget(label, row, column)

    def _add_tile(self, index: int, plan: Plan) -> None:
        tile = Tile(index)
        tile.content = self.content
        tile.set_words(plan.name_of(index))
        tile.chosen.connect(self._sweep.select)
        tile.opened.connect(self.open_requested)
        tile.entered.connect(self._sweep.hover)
        tile.left.connect(lambda: self._sweep.hover(None))
        row, column = divmod(index, plan.shape[1])
        self._grid.addWidget(tile, row + 1, column + 1)
        self.tiles.append(tile)

    def _show_opening(self) -> None:
        sweep = self._sweep
        if not sweep.opening or not self.tiles:
            return
        if self.tiles[0].thumb.limits == sweep.limits:
            return
        truth = sweep.opening["data_density"]
        peak = float(np.percentile(truth[truth > 0], _BRIGHTEST))
        for tile in self.tiles:
            tile.thumb.limits, tile.thumb.peak = sweep.limits, peak
            tile.thumb.data = sweep.opening["data"]

    def _show_cell(self, index: int) -> None:
        cell, tile = self._sweep.cells[index], self.tiles[index]
        tile.thumb.arrays = cell.arrays
        tile.show_cell(cell.metric, cell.state, detail(cell))
        self.show_marks()

    def _restyle(self) -> None:
        px, plan = theme.px, self._sweep.plan
        self._grid.setContentsMargins(px(12), px(4), px(12), px(8))
        self._grid.setSpacing(px(8))
        if plan is None:
            return
        words = [plan.rows.words(v) for v in plan.row_values] if plan.rows else []
        words += [plan.rows.title] if plan.rows else []
        widest = max((text_width(w, 12, 600) for w in words), default=0)
        wide = min(widest, px(96)) + px(2)
        self._grid.setColumnMinimumWidth(0, wide)
        for label in self._headings:
            if label.alignment() == RIGHT:
                label.setFixedWidth(wide)
        self._fit_titles()
        rows, columns = plan.shape
        for row in range(1, 8 * 8):
            self._grid.setRowStretch(row, 1 if row <= rows else 0)
            self._grid.setColumnStretch(row, 1 if row <= columns else 0)


def detail(cell: WallCell) -> str:
    """One more figure of a run: the first part of its loss, or the loss."""
    parts = [(k, v) for k, v in cell.losses.items() if v is not None]
    named = [p for p in parts if p[0] == "kl"] or [
        p for p in parts if p[0].rpartition(".")[2] == "loss"
    ]
    if not named:
        return ""
    name, value = (named or parts)[0]
    word = "KL" if name == "kl" else "loss"
    return f"{word} {value:.2f}".replace("-", "−")
