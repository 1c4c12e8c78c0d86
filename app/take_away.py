"""Taking a run away: as code, command, JSON and BibTeX, or as tables on disk."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from app.panels.file_to_save import file_to_save
from app.panels.samples_sheet import SamplesSheet
from app.session import Session
from app.session_notes import Notice, grouped
from engine.protocol import Arrays, JobNews

JOB = "take_away"
_WHOLE = "Curves are of the whole training."
_CHANGED = "Settings changed during this run: it holds the present ones."


@dataclass(frozen=True)
class Way:
    """One way to take a run away.

    ``suffix`` is the ending of the file that it is written to; without one the text
    goes to the clipboard.
    """

    action: str
    title: str
    what: str
    done: str
    suffix: str = ""


WAYS = (
    Way("copy_code", "Copy as code", "code", "Script copied"),
    Way("save_script", "Save script…", "code", "Script saved", "py"),
    Way("copy_command", "Copy as command", "command", "Command copied"),
    Way("copy_json", "Copy as JSON", "json", "Settings copied as JSON"),
    Way("cite", "Cite this setup", "cite", "BibTeX copied"),
    Way("save_samples", "Save samples…", "samples", "Samples saved", "csv"),
    Way("save_curves", "Save curves…", "curves", "Curves saved", "csv"),
)


def _about(way: Way) -> str:
    """What a note on one that takes long is about; over when it has ended."""
    return f"take away:{way.action}"


class TakeAway(QObject):
    """Asks the engine for what is taken away, and says when it is there."""

    noted = Signal(object)  # Notice
    #: After this time a person is told that it takes longer, and how to stop it.
    patience_ms = 1000

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._window = window
        self.points = 2000

    def menu(self) -> QMenu:
        """A fresh menu of all ways."""
        menu = QMenu("Take away", self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for way in WAYS:
            action = menu.addAction(way.title)
            action.triggered.connect(lambda _=False, w=way: self.take(w))
        return menu

    def take(self, way: Way) -> None:
        """Go one way; asks for a number and a file where it needs them."""
        if self._session.run is None:
            self.noted.emit(Notice("info", "There is no run yet", "Play one first."))
        elif way.what == "samples":
            sheet = SamplesSheet(self.points, self._window)
            sheet.accepted_points.connect(lambda n: self._take_samples(way, n))
            sheet.open()
        elif way.suffix:
            self._take_file(way, {})
        else:
            self.fetch(way, {})

    def fetch(self, way: Way, settings: dict[str, Any]) -> None:
        """Let the engine make it, without asking the person anything."""
        run = self._session.run
        if run is None:
            return
        found: dict[str, Any] = {}
        # An engine that is busy says nothing: its news are no clock.
        wait = QTimer(self)
        wait.setSingleShot(True)
        wait.timeout.connect(lambda: self._tell_of_wait(way, lambda: handle.cancel()))

        def on_news(news: JobNews, arrays: Arrays) -> None:
            del arrays
            if news.result:
                found.update(news.result)
            if news.result or news.ended:
                wait.stop()
            if news.ended:
                wait.deleteLater()
                self._session.outdated.emit(_about(way))
                if news.error != "cancelled":
                    self._end(way, found, news.error)

        wait.start(self.patience_ms)
        at = -1 if run.at is None else run.at
        asked = {"what": way.what, "at": at, **settings}
        handle = self._session.jobs.start(JOB, run.id, asked, on_news)

    def _take_samples(self, way: Way, points: int) -> None:
        self.points = points
        self._take_file(way, {"points": points})

    def _take_file(self, way: Way, settings: dict[str, Any]) -> None:
        run = self._session.run
        model = run.config.model if run else "run"
        name = {"code": f"{model}.py"}.get(way.what, f"{model}_{way.what}.csv")
        title = way.title.rstrip("…")
        path = file_to_save(self._window, title, name, f"*.{way.suffix}")
        if path:
            self.fetch(way, {**settings, "file": path})

    def _tell_of_wait(self, way: Way, cancel: Callable[[], None]) -> None:
        text = "The run goes on meanwhile."
        if way.what == "samples":
            text = f"{grouped(self.points)} points; the run goes on meanwhile."
        title = f"{way.title.rstrip('…')}: under way"
        self.noted.emit(Notice("info", title, text, "Stop", cancel, _about(way)))

    def _end(self, way: Way, found: dict[str, Any], error: str) -> None:
        if error or not {"text", "file"} & set(found):
            title = f"{way.title.rstrip('…')} did not work"
            self.noted.emit(Notice("warning", title, error))
            return
        if "text" in found:
            QGuiApplication.clipboard().setText(str(found["text"]))
        self.noted.emit(Notice("good", way.done, self._words(way, found)))

    def _words(self, way: Way, found: dict[str, Any]) -> str:
        """What was taken, and what a person should know of it."""
        parts = []
        if found.get("points"):
            parts.append(f"{grouped(found['points'])} points")
        if "file" in found:
            parts.append(str(found["file"]))
            if found.get("beside"):
                parts.append(f"with {', '.join(found['beside'])} beside it")
        elif way.what == "code":
            parts.append(f"{grouped(found['lines'])} lines of Python")
        elif way.what == "cite":
            parts.append(f"{found['works']} works")
        elif way.what == "command":
            parts.append(str(found["text"]).strip())
        words = ", ".join(parts)
        if found.get("changed") and way.what in ("code", "command", "json"):
            words = f"{words}. {_CHANGED}" if words else _CHANGED
        run = self._session.run
        if way.what == "curves" and run is not None and run.at is not None:
            words = f"{words}. {_WHOLE}"
        return words
