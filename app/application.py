"""Start to end of the program: the window first, then plots, then the engine."""

import argparse
import logging
import shutil
import sys
from functools import partial
from importlib.resources import files
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from app import preferences as prefs
from app.__main__ import parser
from app.collector import Collector
from app.placing import place
from app.screenshot import Photographer
from app.session import Session
from app.session_notes import Notice
from app.start import BadRequest, data_named, requested
from app.theme import theme
from app.window import Window
from engine.client import Client
from engine.protocol import Catalogue, RunConfig

_LOG = logging.getLogger(__name__)
_ONCE = Qt.ConnectionType.SingleShotConnection
_TURNS = 40  # of the event loop, for the self-test of the Qt binding
_WHILES = 3  # in each of which a faulty one loses references


def run(options: argparse.Namespace) -> int:
    """Open the window that ``options`` ask for; the exit status."""
    try:
        data, data_settings = data_named(options.data)
    except BadRequest as error:
        sys.stderr.write(f"{error}\n")
        return 2
    wanted = RunConfig(
        model=options.model,
        data=data,
        data_settings=data_settings,
        seed=options.seed,
    )
    file = None if options.screenshot else prefs.preferences_file()
    kept = prefs.Preferences()
    options.is_first = is_first_start(options, file)
    if file is not None and not options.reset_settings:
        kept = prefs.load(file)
    if options.theme in ("dark", "light"):
        kept.look = options.theme
    program = Program(options, wanted, kept, file)
    program.window.asks_to_save = not options.screenshot
    return program.run()


def is_first_start(options: argparse.Namespace, file: Path | None) -> bool:
    """Whether nothing is remembered, and nobody asks for anything in particular."""
    if file is None or file.exists():
        return False
    plain = parser().parse_args([])
    names = ("model", "data", "settings", "seed", "theme", "open")
    return all(getattr(options, n) == getattr(plain, n) for n in names)


class Program(QObject):
    """The application, its window and its engine.

    Args:
        options: The command line.
        wanted: The run to begin with, as far as it can be known before the engine.
        kept: Preferences.
        file: Where preferences are written at the end; None for nowhere.
    """

    def __init__(
        self,
        options: argparse.Namespace,
        wanted: RunConfig,
        kept: prefs.Preferences,
        file: Path | None,
    ) -> None:
        self.app = QApplication.instance() or QApplication(sys.argv[:1])
        super().__init__()
        self._options = options
        self._wanted = wanted
        self._file = file
        self._exit = 0
        self._recovery = prefs.recovery_folder()
        self._collector = Collector(self)
        if isinstance(self.app, QApplication):
            self.app.setApplicationName(prefs.APP_NAME)
            self.app.setApplicationDisplayName("Generative Playground")
            self.app.setWindowIcon(QIcon(str(files("assets") / "icons/genplay.svg")))
            theme.apply(self.app)
        self.session = Session(Client(), self._start_config, self._recovery)
        self.window = Window(self.session, kept)
        self.window.files.recent.file = file
        self.session.start_refused.connect(self._on_bad_request)

    def run(self) -> int:
        """Show the window and run until it is closed; the exit status."""
        sys.excepthook = self._on_exception
        self._place()
        if self._options.theme == "projector":
            self.window.toggle_projector(full_screen=not self._options.size)
        self.window.show()
        self.app.processEvents()  # the frame is on screen before pyqtgraph is loaded
        QTimer.singleShot(0, self._go_on)
        self.app.exec()
        self._collector.stop()
        if self._file is not None:
            kept = self.window.preferences
            kept.recent = self.window.files.recent.paths
            prefs.save(self._file, kept)
        shutil.rmtree(self._recovery, ignore_errors=True)
        return self._exit

    def _go_on(self) -> None:
        self.window.wall.build()
        if self._loses_references():
            title = "This version of PySide6 is faulty"
            text = (
                "The window may end at any moment: install PySide6-Essentials 6.11.3."
            )
            self.window.show_notice(Notice("warning", title, text))
        self.session.start()
        if self._options.open:
            self.session.run_ready.connect(self._open_session, _ONCE)
        if getattr(self._options, "is_first", False):
            self.window.pages.show_page("presets")
        if self._options.screenshot:
            photographer = Photographer(
                self.window, self._options.screenshot, self._options.steps
            )
            photographer.finished.connect(self._on_photographed)
            photographer.start()

    def _open_session(self) -> None:
        """Once the first run is there, the session takes its place."""
        path = str(self._options.open.resolve())
        QTimer.singleShot(0, lambda: self.window.files.sessions.open(path))

    def _start_config(self, catalogue: Catalogue) -> RunConfig:
        return requested(catalogue, self._wanted, self._options.settings)

    def _place(self) -> None:
        rooms = [screen.availableGeometry() for screen in QApplication.screens()]
        place(self.window, self._options.size, rooms, bool(self._options.screenshot))

    def _on_bad_request(self, text: str) -> None:
        sys.stderr.write(f"{text}\n")
        self._exit = 2
        self.window.close()

    def _on_photographed(self, error: str) -> None:
        if error:
            sys.stderr.write(f"{error}\n")
            self._exit = 1
        self.window.close()

    def _on_exception(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        """A fault in one part of the window is told and logged; the rest lives."""
        if issubclass(kind, KeyboardInterrupt):
            self.window.asks_to_save = False
            self.window.close()
            return
        _LOG.error("A part of the window failed", exc_info=(kind, error, trace))
        notice = Notice("warning", "A part of the window failed", f"{error}")
        QTimer.singleShot(0, partial(self.window.show_notice, notice))

    def _loses_references(self) -> bool:
        """Whether this Qt binding loses references to None: Python then aborts soon.

        PySide6 6.12.0 does, by more than one at each turn of the event loop.
        """
        return all(self._lost_in_a_while() for _ in range(_WHILES))

    def _lost_in_a_while(self) -> bool:
        """Whether many are gone; once that may be of objects that were done with."""
        before = sys.getrefcount(None)
        for _ in range(_TURNS):
            self.app.processEvents()
        return before - sys.getrefcount(None) > _TURNS // 2
