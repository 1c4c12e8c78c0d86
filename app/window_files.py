"""What the window opens and saves: tables, runs, sessions, films, dropped files."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.film_desk import FilmDesk
from app.panels.data_panel import DataPanel
from app.panels.file_to_save import file_to_save
from app.panels.pages import EXPLORE, PAGES, Pages
from app.panels.plot_wall import PlotWall
from app.panels.table_choice import TABLE, TableSheet
from app.pictures import is_picture
from app.recent_sessions import RecentSessions, short_folder
from app.session import Session
from app.session_drawing import NOT_ADDED, is_drawing
from app.session_files import (
    ABOUT,
    ENDING,
    NOT_OPENED,
    KeptDesk,
    KeptWindow,
    SessionFiles,
)
from app.session_film import TrainingFilm
from app.session_notes import Notice
from app.session_run import Run
from app.session_slots import SLOTS
from engine.protocol import RunReady

if TYPE_CHECKING:
    from collections.abc import Callable

_SESSIONS = f"Sessions (*{ENDING})"
_NO_TIMES = (
    "Let one of the plots show trajectories, chains, layers or what carries the data."
)
_TABLE = "table file"  # what notes on reading one are about
_FILMS = "Films (*.gif *.webp)"
_TABLES = "Tables (*.csv *.tsv *.txt *.dat);;All files (*)"


class WindowFiles(QObject):
    """Asks for file names and hands them to whoever reads or writes.

    Args:
        session: State of the window.
        wall: The four plots.
        pages: All pages; one of them may take a dropped file.
        data: The panel that offers the columns of a table.
        film: The training as it can be replayed.
        recent: Sessions that are offered again.
        parent: The widget over which dialogs stand.

    Attributes:
        recent: Sessions that were saved or opened lately.
        sessions: Saves and opens ``*.genplay``.
        films: Saves GIF and WebP.
        may_replace: Whether a session may take the place of this one now; else it may
            do so later, by what it is given.
    """

    noted = Signal(object)  # Notice

    def __init__(
        self,
        session: Session,
        wall: PlotWall,
        pages: Pages,
        data: DataPanel,
        film: TrainingFilm,
        recent: RecentSessions,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._wall = wall
        self._pages = pages
        self._data = data
        self._film = film
        self.recent = recent
        self._over = parent
        self._table_asked = ""
        self.may_replace: Callable[[Callable[[], object]], bool] = lambda _: True
        self.sessions = SessionFiles(session, self)
        self.films = FilmDesk(session, film, self)
        session.run_ready.connect(self._on_ready)
        session.questions.table_inspected.connect(self._on_table)
        data.table_requested.connect(self.ask_table)
        # A comparison on screen would give the new runs the data of the old ones.
        self.sessions.replacing.connect(lambda: pages.show_page(EXPLORE))
        self.sessions.opened.connect(self._on_opened)
        self.sessions.used.connect(recent.add)
        for desk in (self.sessions, self.films, film):
            desk.noted.connect(self.noted)

    def ask_table(self) -> None:
        """Let the person choose a CSV file."""
        title = "Open a table"
        path, _ = QFileDialog.getOpenFileName(self._over, title, "", _TABLES)
        if path:
            self.open_table(path)

    def open_table(self, path: str) -> None:
        """Look into a file, then let the person choose its columns."""
        self._table_asked = path
        self._session.questions.inspect_table(path)

    def save_run(self) -> None:
        """Write the run directory where the person says."""
        title = "Save run in an empty folder"
        folder = QFileDialog.getExistingDirectory(self._over, title)
        if folder:
            self._session.questions.save_run(folder)

    def save_session(self) -> bool:
        """Write all runs with their kept moments and histories into one file.

        Returns:
            Whether a file was named.
        """
        start, title = self.sessions.path or f"lab{ENDING}", "Save session"
        path = file_to_save(self._over, title, start, _SESSIONS)
        if path:
            self.write_session(path)
        return bool(path)

    def write_session(self, path: str) -> None:
        """Write the session into a file of that name."""
        cards, slots = self._wall.cards.items(), self._session.slots
        desk = KeptDesk(
            views={name: card.slot.view for name, card in cards},
            view_states={name: card.choices() for name, card in cards},
            alone=next(iter(slots.shown)) if len(slots.shown) == 1 else "",
            page=self._pages.current_name,
            pages=self._pages.kept(),
            point=self._session.probe.point,
        )
        self.sessions.save(path, desk)

    def ask_session(self) -> None:
        """Let the person choose a session file."""
        title = "Open session"
        path, _ = QFileDialog.getOpenFileName(self._over, title, "", _SESSIONS)
        if path:
            self.open_session(path)

    def open_session(self, path: str) -> None:
        """Let a session take the place of this one, unless that is not wanted."""
        if self.may_replace(partial(self.sessions.open, path)):
            self.sessions.open(path)

    def open_recent(self, path: str) -> None:
        """Open a session of the list; one that is gone leaves the list."""
        try:
            Path(path).stat()
        except (FileNotFoundError, NotADirectoryError):
            self.recent.remove(path)
            folder = short_folder(Path(path).parent)
            words = f"{Path(path).name} is no longer in {folder} and left the list."
            self.noted.emit(Notice("warning", NOT_OPENED, words, about=ABOUT))
            return
        except OSError:  # whoever opens it says what is wrong
            pass
        self.open_session(path)

    def clear_recent(self) -> None:
        """Forget which sessions there were; their files stay."""
        self.recent.clear()
        words = "The files themselves stay where they are."
        self.noted.emit(Notice("info", "The list of recent sessions is empty", words))

    def save_training_film(self) -> None:
        """Write the training, as the current plot shows it, as GIF or WebP."""
        card = self._wall.current()
        plot = card.plot
        if plot is None or not self._film.is_possible():
            return
        path = self._film_path("training")
        if path:
            self.films.save_training(plot, path, card.name)

    def save_path_film(self) -> None:
        """Write points on their way, to data or along chains, as GIF or WebP.

        It is the current plot, or the first on show that has the times for it.
        """
        plots = [card.plot for card in (self._wall.current(), *self._wall.shown())]
        able = [p for p in plots if p is not None and p.has_all_times and p.has_frame]
        if not able:
            title, text = "No points are on their way here", _NO_TIMES
            self.noted.emit(Notice("info", title, text))
            return
        path = self._film_path("paths")
        if path:
            self.films.save_paths(able[0], path)

    def take(self, path: str) -> None:
        """Open what was dropped: a session, a picture to draw, a drawing or a table."""
        if path.lower().endswith(ENDING):
            self.open_session(path)
            return
        for what in (_TABLE, NOT_ADDED):  # it was said of another file
            self._session.outdated.emit(what)
        if is_picture(path) or is_drawing(path):
            # What cannot be read is no reason to leave the page on screen.
            if self._pages.page("draw").take_file(path):
                self._pages.show_page("draw")
        elif not self._pages.take_file(path):
            self.open_table(path)

    def recall_views(
        self, views: dict[str, str], states: dict[str, dict[str, Any]]
    ) -> None:
        """Put remembered views back into their places."""
        for name, view in views.items():
            if name in SLOTS:
                self._wall.cards[name].recall(view, states.get(name, {}))

    # ---- inside

    def _film_path(self, name: str) -> str:
        start = f"{name}.gif"
        return file_to_save(self._over, "Save film", start, _FILMS)

    def _on_opened(self, kept: KeptWindow, runs: dict[str, Run]) -> None:
        """A session is open: everything stands where it stood."""
        self.recall_views(kept.views, kept.view_states)
        self._session.slots.maximise(kept.alone if kept.alone in SLOTS else "")
        self._pages.recall(kept.pages, runs)
        if kept.page in PAGES:
            self._pages.show_page(kept.page)
        if kept.point is None:
            self._session.probe.clear()
        else:
            self._session.probe.ask(*kept.point)

    def _on_ready(self, ready: RunReady) -> None:
        path = str(ready.config.data_settings.get("file", ""))
        if ready.config.data == TABLE and path not in self._data.columns:
            self._session.questions.inspect_table(path)

    def _on_table(self, path: str, result: dict[str, Any], error: str) -> None:
        self._session.outdated.emit(_TABLE)  # what was said of one before
        if error:
            title = f"{Path(path).name} cannot be read"
            self.noted.emit(Notice("warning", title, error, about=_TABLE))
            return
        self._data.set_columns(path, [str(c) for c in result.get("columns", [])])
        if path == self._table_asked:
            self._table_asked = ""
            sheet = TableSheet(path, result, self._over)
            sheet.accepted_columns.connect(self._on_columns)
            sheet.open()

    def _on_columns(self, path: str, settings: dict[str, object]) -> None:
        del path
        self._session.desk.choose_data(TABLE, settings)
