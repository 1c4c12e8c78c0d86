"""Makes the pictures of the presets: what each shows after ten seconds of play.

Each is taken twice, on dark and on white paper: three squares beside each other.

    python tests/make_presets.py [NAME ...]

The engine's own processor time counts, so that a busy machine makes the same pictures.
Run it after a change of a model's defaults or of a view.
"""

import sys
import time
from pathlib import Path

import psutil
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from app import preferences as prefs
from app.__main__ import parser
from app.application import Program
from app.presets import Preset, presets
from app.theme import theme
from engine.protocol import RunConfig

FOLDER = Path(__file__).parents[1] / "assets" / "presets"
SECONDS, SETTLE = 10.0, 4.0  # of the engine's work, and of waiting for full pictures
SIZE, SIDE, GAP, SQUARES = "1500x1000", 260, 4, 3
LOOKS = {"dark": "", "light": "-light"}  # and the ends of the file names
NO_SQUARE = ("curves", "elbo")


class Photographer:
    """Plays one preset after another in one window."""

    def __init__(self, wanted: list[Preset]) -> None:
        options = parser().parse_args(["--size", SIZE, "--theme", "dark"])
        start = RunConfig(model="oracle", data="two_moons")
        self.program = Program(options, start, prefs.Preferences(), None)
        self.window = self.program.window
        self.left = wanted
        self.now: Preset | None = None
        self.since = self.begun = 0.0
        self.timer = QTimer()
        self.timer.timeout.connect(self.look)
        self.timer.start(200)

    def look(self) -> None:
        run = self.window.session.run
        if run is None or run.status is None:
            return
        if self.now is None:
            self.begin()
        elif run.config.model != self.now.config.model or run.step == 0:
            self.begun = self.worked()
        elif run.is_playing:
            self.since = time.monotonic()
            if self.worked() - self.begun > SECONDS:
                self.window.session.pause()
        elif time.monotonic() - self.since > SETTLE and self.shows(run.step):
            for look, end in LOOKS.items():
                theme.set_look(look)
                QApplication.processEvents()
                self.shoot(end)
            theme.set_look("dark")
            self.now = None

    def worked(self) -> float:
        """Processor time of the engine, s."""
        times = [child.cpu_times() for child in psutil.Process().children()]
        return sum(each.user + each.system for each in times)

    def shows(self, step: int) -> bool:
        """Whether all pictures are full ones of this step."""
        cards = [self.window.wall.cards[name] for name in self.names()]
        return all(c.shows_full_frame and c.shows_step(step) for c in cards)

    def names(self) -> list[str]:
        """The places whose plots are squares."""
        assert self.now is not None
        named = zip("abcd", self.now.views, strict=True)
        return [n for n, view in named if view not in NO_SQUARE][:SQUARES]

    def begin(self) -> None:
        if not self.left:
            self.timer.stop()
            self.window.close()
            return
        self.now = self.left.pop(0)
        self.window.search.choose(f"preset:{self.now.name}")

    def shoot(self, end: str) -> None:
        assert self.now is not None
        parts = [self.pane(name) for name in self.names()]
        width = SQUARES * (SIDE + GAP) - GAP
        picture = QImage(width, SIDE, QImage.Format.Format_RGB32)
        picture.fill(QColor(theme.c.well))
        painter = QPainter(picture)
        for index, part in enumerate(parts):
            painter.drawImage(index * (SIDE + GAP), 0, part)
        painter.end()
        picture.save(str(FOLDER / f"{self.now.name}{end}.png"))

    def pane(self, name: str) -> QImage:
        """The first pane of a plot, scaled to a square."""
        plot = self.window.wall.cards[name].plot
        assert plot is not None
        area = plot.paper.panes[0].geometry().toRect()
        return (
            plot.paper.grab(area)
            .toImage()
            .scaled(
                SIDE,
                SIDE,
                Qt.AspectRatioMode.IgnoreAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
        )


if __name__ == "__main__":
    names = sys.argv[1:]
    photographer = Photographer([p for p in presets() if not names or p.name in names])
    status = photographer.program.run()
    QApplication.processEvents()
    sys.exit(status)
