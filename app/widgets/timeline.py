"""The history of a run: snapshots, changed settings, playhead, back to live."""

from bisect import bisect_left
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.theme import theme
from app.widgets.button import Button, IconButton
from app.widgets.label import Label
from app.widgets.live_button import LiveButton
from app.widgets.paint import CENTRE, box, draw_text, painting, ring, text_width
from app.widgets.state import State
from app.widgets.track import Track

_REPLAY = "Replay the training (F5)"


class HistoryTrack(Track):
    """Steps of a run; the playhead stops at kept snapshots only."""

    def __init__(self) -> None:
        super().__init__("History of the run, step")
        self.snapshots: list[int] = []
        self.changes: list[tuple[int, str]] = []
        self.setRange(0, 1)
        self.key_target = self._by_snapshots
        self.state = State(self, self._restyle)

    def nearest(self, step: int) -> int:
        """The kept snapshot nearest to ``step``; ``step`` itself if none is kept."""
        place = bisect_left(self.snapshots, step)
        around = self.snapshots[max(place - 1, 0) : place + 1]
        return min(around, key=lambda kept: abs(kept - step), default=step)

    def value_at(self, x: float) -> int:
        """The end of the line, else the snapshot nearest to a point."""
        step = super().value_at(x)
        return step if step >= self.maximum() else self.nearest(step)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Line, ticks, diamonds with names, playhead, ring."""
        c, middle = theme.c, self.height() / 2 + theme.px(4)
        now = self.place(self.value())
        with painting(self) as painter:
            line = self.line(theme.px(4), middle)
            box(painter, line, 2, c.bg4)
            done = QRectF(line)
            done.setRight(now)
            box(painter, done, 2, c.accent)
            self._draw_snapshots(painter, middle)
            self._draw_changes(painter, middle)
            painter.setBrush(c.knob)
            centre = QPointF(now, middle)
            painter.drawEllipse(centre, theme.px(7), theme.px(7))
            if self.state.ring:
                half = theme.px(10)
                area = QRectF(now - half, middle - half, 2 * half, 2 * half)
                ring(painter, area, 10)

    def _draw_snapshots(self, painter: QPainter, middle: float) -> None:
        top, width, last = middle + theme.px(8), theme.px(1), -10.0
        for step in self.snapshots:
            x = self.place(step)
            if x - last >= 2:  # closer ticks would run together
                tick = QRectF(x - width / 2, top, width, theme.px(4))
                painter.fillRect(tick, theme.c.text4)
                last = x

    def _draw_changes(self, painter: QPainter, middle: float) -> None:
        c, half, free = theme.c, theme.px(5), 0.0
        for step, name in self.changes:
            x = self.place(step)
            corners = [(0, -half), (half, 0), (0, half), (-half, 0)]
            diamond = QPolygonF([QPointF(x + a, middle + b) for a, b in corners])
            painter.setPen(c.bg0)
            painter.setBrush(c.text1)
            painter.drawPolygon(diamond)
            width = text_width(name, 11)
            left = min(max(x - width / 2, 0), self.width() - width)
            if left >= free:  # a name that would cover another stays in the tooltip
                area = QRectF(left, 0, width + 1, middle - theme.px(8))
                draw_text(painter, area, name, c.text2, 11, align=CENTRE)
                free = left + width + theme.px(6)
        painter.setPen(c.bg0)

    def _by_snapshots(self, step: int, count: int) -> int:
        stops = [*self.snapshots, self.maximum()]
        here = bisect_left(stops, step)
        if count < 0 or stops[min(here, len(stops) - 1)] == step:
            here += count
        return stops[min(max(here, 0), len(stops) - 1)]

    def _restyle(self) -> None:
        self.edge = theme.px(10)
        self.setFixedHeight(theme.px(52))


class Timeline(QWidget):
    """``scrubbed`` carries the step of a kept snapshot; signals are the hand's only."""

    scrubbed = Signal(int)
    returned_live = Signal()
    branch_requested = Signal()
    replay_requested = Signal()
    redraw_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_live, self._last_step = True, 0
        self.replay = IconButton("film-strip", _REPLAY)
        self._title = Label("History", colour="text1", size=13, weight=600)
        self._info = Label(colour="text3", size=11)
        self.track = HistoryTrack()
        self.live = LiveButton()
        self._step = Label("step 0", colour="text1", size=13, weight=600)
        self.redraw = IconButton("dice-five", "Draw the samples again (N)")
        self.branch = Button("Branch here", "git-branch")
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._title)
        self._row.addWidget(self._info)
        self._row.addWidget(self.replay)
        self._row.addWidget(self.track, 1)
        self._row.addWidget(self.live)
        self._row.addWidget(self._step)
        self._row.addWidget(self.redraw)
        self._row.addWidget(self.branch)
        self.track.moved.connect(self._on_moved)
        self.live.clicked.connect(self._on_live)
        self.branch.clicked.connect(self.branch_requested)
        self.replay.clicked.connect(self.replay_requested)
        self.redraw.clicked.connect(self.redraw_requested)
        self._state = State(self, self._restyle)
        self._write()

    def set_history(
        self,
        snapshots: Sequence[int],
        changes: Sequence[tuple[int, str]],
        last_step: int,
    ) -> None:
        """Show kept snapshots (steps, rising), changes (step, name) and the length."""
        self.track.snapshots = list(snapshots)
        self.track.changes = list(changes)
        self.track.blockSignals(True)
        self.track.setMaximum(max(last_step, 1))
        self.track.blockSignals(False)
        lines = [f"step {step:,}: {name}" for step, name in changes]
        self.track.setToolTip("\n".join(lines))
        self._last_step = last_step
        if self._is_live:
            self.track.set_quietly(last_step)
        self.track.update()
        self._write()

    def set_info(self, text: str) -> None:
        """A few words beside the title, e.g. ``38 snapshots, 212 MB``."""
        self._info.setText(text)

    def set_replaying(self, replays: bool) -> None:
        """Show whether the training is being replayed."""
        if replays:
            self.replay.set_icon("stop", "Stop the replay (F5)")
        else:
            self.replay.set_icon("film-strip", _REPLAY)

    def set_playhead(self, step: int) -> None:
        """Show a step silently."""
        self.track.set_quietly(step)
        self._write()

    def set_live(self, live: bool) -> None:
        """Show silently whether the newest state is seen."""
        self._is_live = live
        if live:
            self.track.set_quietly(self._last_step)
        self._write()

    @property
    def is_live(self) -> bool:
        """Whether the newest state is seen."""
        return self._is_live

    def _on_moved(self, step: int) -> None:
        if step >= self.track.maximum():
            self._on_live()
            return
        self._is_live = False
        self._write()
        self.scrubbed.emit(step)

    def _on_live(self) -> None:
        self.set_live(True)
        self.returned_live.emit()

    def _write(self) -> None:
        step = self.track.value()
        self._step.setText(f"step {step:,}")
        self.live.set_live(self._is_live)
        words = f"step {step:,}, {'live' if self._is_live else 'in the past'}"
        self.track.setAccessibleDescription(words)

    def _restyle(self) -> None:
        px = theme.px
        self._row.setContentsMargins(px(16), 0, px(12), 0)
        self._row.setSpacing(px(10))
        self._info.setFixedWidth(text_width("888 snapshots, 888 MB", 11) + px(4))
        self._step.setFixedWidth(text_width("step 8,888,888", 13, 600))
        self.setFixedHeight(px(52))
