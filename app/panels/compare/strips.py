"""What stands under the plots of a run: their clocks, and what the pointer reads."""

from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from app.plots.base import PlotView
from app.plots.read_out import ReadOut
from app.theme import theme
from app.widgets.state import State

_STRIP = 36  # px of a line


class Strips(QWidget):
    """A line for each plot that has controls; values are written over the first.

    Nothing changes its size while a pointer moves: a read-out takes the place of the
    clock, which nobody can reach at that moment, and gives it back.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plots: list[PlotView] = []
        self._rest: QWidget | None = None
        self._first = QWidget()
        self._stack = QStackedLayout(self._first)
        self._others: list[QWidget] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self._first)
        self._state = State(self, self._restyle)

    def show_plots(self, plots: list[PlotView]) -> None:
        """Take the strips of these plots, the most important plot first."""
        for plot in self._plots:
            plot.hovered.disconnect(self._on_hovered)
        mine = self._plots = list(plots)
        for plot in plots:
            plot.hovered.connect(self._on_hovered)
        strips = [s for s in (plot.strip() for plot in plots) if s is not None]
        tools = [strip for strip in strips if not isinstance(strip, ReadOut)]
        self._rest = next(iter(tools or strips), None)
        self._clear()
        for strip in strips:
            if strip in tools[1:]:
                self._others.append(strip)
                self._column.addWidget(strip)
                strip.show()
            else:
                self._stack.addWidget(strip)
            if self._plots is not mine:
                return  # it has resized the column, which has others shown since
        self._go_to(self._rest)
        self._restyle()

    @property
    def shown(self) -> QWidget | None:
        """The strip in the first line now."""
        return self._stack.currentWidget()

    def _clear(self) -> None:
        for strip in self._others:
            self._column.removeWidget(strip)
            strip.hide()
        self._others = []
        while (item := self._stack.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()

    def _on_hovered(self, parts: list[tuple[str, str]]) -> None:
        plot = self.sender()
        strip = plot.strip() if isinstance(plot, PlotView) else None
        if isinstance(strip, ReadOut):
            self._go_to(strip if parts else self._rest)

    def _go_to(self, strip: QWidget | None) -> None:
        if strip is not None:
            self._stack.setCurrentWidget(strip)

    def _restyle(self) -> None:
        self._first.setFixedHeight(_height(self._rest))
        for strip in self._others:
            strip.setFixedHeight(_height(strip))


def _height(strip: QWidget | None) -> int:
    lines = float(strip.property("lines") or 1) if strip is not None else 1.0
    return round(theme.px(_STRIP) * lines)
