"""The time of a path from noise to data: play button, track, read-out."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Signal
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.theme import theme
from app.widgets.button import IconButton
from app.widgets.label import Label
from app.widgets.paint import box, painting, text_width
from app.widgets.state import State
from app.widgets.track import Track

_TICKS = 1000


class ScrubTrack(Track):
    """Time 0 ... 1 in thousandths, graded as the paths are."""

    def __init__(self) -> None:
        super().__init__("Time from noise to data")
        self.setRange(0, _TICKS)
        self.key_target = lambda value, count: value + 10 * count
        self.state = State(self, self._restyle)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Track, travelled part, ticks at tenths, knob, ring."""
        c, middle = theme.c, self.height() / 2
        now = self.place(self.value())
        with painting(self) as painter:
            line = self.line(theme.px(4), middle)
            box(painter, line, 2, c.bg4)
            done = QRectF(line)
            done.setRight(now)
            grades = QLinearGradient(line.topLeft(), line.topRight())
            for index, colour in enumerate(c.path):
                grades.setColorAt(index / (len(c.path) - 1), colour)
            painter.setBrush(grades)
            painter.drawRoundedRect(done, theme.px(2), theme.px(2))
            self._draw_ticks(painter, middle)
            centre = QPointF(now, middle)
            if self.state.ring:
                painter.setBrush(c.accent)
                painter.drawEllipse(centre, theme.px(10), theme.px(10))
                painter.setBrush(c.bg1)
                painter.drawEllipse(centre, theme.px(8), theme.px(8))
            painter.setBrush(QColor("#FFFFFF") if c.is_dark else QColor("#000000"))
            radius = theme.px(6) + self.state.hover * theme.px(1)
            painter.drawEllipse(centre, radius, radius)

    def _draw_ticks(self, painter: QPainter, middle: float) -> None:
        width = theme.px(1)
        for tenth in range(11):
            x = self.place(tenth * _TICKS / 10) - width / 2
            height = theme.px(4 if tenth % 5 else 6)
            tick = QRectF(x, middle + theme.px(6), width, height)
            painter.fillRect(tick, theme.c.text4)

    def _restyle(self) -> None:
        self.edge = theme.px(10)
        self.setFixedHeight(theme.px(28))


class Scrubber(QWidget):
    """``moved`` carries t in [0, 1], ``play_toggled`` the wish; by hand only."""

    moved = Signal(float)
    play_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_playing, self._way = False, "from noise to data"
        self._written: Callable[[float], str] = lambda t: f"t = {t:.2f}"
        self._longest = "t = 0.00"
        self.play = IconButton("play-fill", "Play from noise to data", filled=True)
        self.track = ScrubTrack()
        self._noise = Label("noise", colour="latent_text")
        self._data = Label("data", colour="samples_text")
        self._time = Label(colour="text1", weight=600)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.play)
        self._row.addWidget(self._noise)
        self._row.addWidget(self.track, 1)
        self._row.addWidget(self._data)
        self._row.addWidget(self._time)
        self.play.clicked.connect(self._on_play)
        self.track.moved.connect(self._on_moved)
        self._state = State(self, self._restyle)
        self.set_time(1.0)

    def time(self) -> float:
        """t, from 0 (noise) to 1 (data)."""
        return self.track.value() / _TICKS

    def set_time(self, t: float) -> None:
        """Show a time silently."""
        self.track.set_quietly(round(t * _TICKS))
        self._write()

    def set_playing(self, playing: bool) -> None:
        """Show silently whether time runs."""
        self._is_playing = playing
        icon = "pause-fill" if playing else "play-fill"
        name = "Pause" if playing else f"Play {self._way}"
        self.play.set_icon(icon, name)

    def set_writer(self, written: Callable[[float], str], longest: str) -> None:
        """Write the time in other words; ``longest`` of them sets the room."""
        self._written, self._longest = written, longest
        self._restyle()
        self._write()

    def set_end_words(self, first: str, last: str) -> None:
        """Other words for the ends, e.g. prior and sample."""
        self._noise.setText(first)
        self._data.setText(last)
        self._way = f"from {first} to {last}"
        self.track.setAccessibleName(f"Time {self._way}")
        self.set_playing(self._is_playing)

    def words(self) -> tuple[str, str]:
        """What the ends are called."""
        return self._noise.text(), self._data.text()

    def _on_play(self) -> None:
        self.set_playing(not self._is_playing)
        self.play_toggled.emit(self._is_playing)

    def _on_moved(self) -> None:
        self._write()
        self.moved.emit(self.time())

    def _write(self) -> None:
        self._time.setText(self._written(self.time()))
        self.track.setAccessibleDescription(self._time.text())

    def _restyle(self) -> None:
        px = theme.px
        self._row.setContentsMargins(px(8), 0, px(12), 0)
        self._row.setSpacing(px(6))
        self._time.setFixedWidth(text_width(self._longest, 12, 600) + px(4))
        self.setFixedHeight(px(36))
