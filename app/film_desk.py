"""Saves films: the training of a run, or the way of its points from noise to data."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.session import Session
from app.session_config import run_title
from app.session_film import TrainingFilm
from app.session_notes import Notice

if TYPE_CHECKING:
    from app.film_rooms import Picture
    from app.films import FilmWriter
    from app.plots.base import PlotView


class FilmDesk(QObject):
    """One film at a time; a second wish is refused in words.

    Args:
        session: State of the window.
        film: The training as it can be replayed.
    """

    noted = Signal(object)  # Notice
    advanced = Signal(float)  # share of the pictures that are drawn

    def __init__(
        self, session: Session, film: TrainingFilm, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._film = film
        self._writer: FilmWriter | None = None
        self._waiting: Callable[[], None] | None = None
        self._films_training = False
        self._moment = ""
        film.changed.connect(self._on_film)

    def save_training(self, plot: "PlotView", path: str, slot: str) -> None:
        """Write the training as this plot, in its slot, shows it."""
        if not self._is_free():
            return
        if self._film.hold():
            self._waiting = lambda: self._write_training(plot, path, slot)
            self._on_film()

    def save_paths(self, plot: "PlotView", path: str) -> None:
        """Write what this plot shows from its first moment to its last."""
        if self._is_free():
            meta, arrays = plot.meta, plot.arrays

            def show(t: float) -> None:
                if plot.has_frame and plot.arrays is not arrays:
                    plot.show_frame(meta, arrays)  # one picture was on its way
                plot.show_moment(t)
                self._moment = plot.moment_words(t)

            # Newer pictures of a run that trains would come in between.
            self._session.slots.set_paused(True)
            self._write(plot, show, path, self._caption_at)

    def _write_training(self, plot: "PlotView", path: str, slot: str) -> None:
        self._films_training = True
        pictures = self._film.pictures_of(slot)
        self._write(plot, self._film.show, path, self._caption_then, pictures)

    def _is_free(self) -> bool:
        if self._writer is None and self._waiting is None:
            return True
        text = "It will be there in a moment."
        self.noted.emit(Notice("info", "A film is being made already", text))
        return False

    def _on_film(self) -> None:
        if self._waiting is not None and self._film.is_whole:
            begin, self._waiting = self._waiting, None
            begin()
        elif self._waiting is not None and not self._film.is_running:
            self._waiting = None  # it was stopped, and has said why
        elif self._films_training and not self._film.is_running:
            self._give_up()

    def _give_up(self) -> None:
        """The film left the screen while it was drawn: what follows is another."""
        if self._writer is not None and self._writer.cancel():
            self._on_finished("", "")
            text = "The replay was left before the film was drawn."
            self.noted.emit(Notice("info", "No film was saved", text))

    def _write(
        self,
        plot: "PlotView",
        show: Callable[[float], None],
        path: str,
        caption: Callable[[], str],
        pictures: "Sequence[Picture]" = (),
    ) -> None:
        from app.films import FilmWriter  # brings pyqtgraph and Pillow

        file = Path(path)
        if not file.suffix:
            file = file.with_suffix(".gif")
        try:
            writer = FilmWriter(plot, show, file, caption, self, pictures)
        except ValueError as error:
            self._on_finished(path, str(error))
            return
        self._writer = writer
        writer.finished.connect(self._on_finished)
        writer.advanced.connect(self.advanced)
        writer.start()

    def _caption(self) -> str:
        run, catalogue = self._session.run, self._session.catalogue
        if run is None or catalogue is None:
            return ""
        return run_title(catalogue, run.config)

    def _caption_at(self) -> str:
        """The same with the moment that is on show, between noise and data."""
        return f"{self._caption()}, {self._moment}"

    def _caption_then(self) -> str:
        """The same with the moment of the training that is on show."""
        return f"{self._caption()}, step {self._film.step:,}"

    def _on_finished(self, path: str, error: str) -> None:
        if self._writer is not None:
            self._writer.deleteLater()
            self._writer = None
        self._films_training = False
        if error or not path:
            self.advanced.emit(1.0)  # of a film that was left nothing more is drawn
        self._film.stop()
        self._session.slots.set_paused(False)
        if error:
            self.noted.emit(Notice("warning", "There is no film", error))
        elif path:
            self.noted.emit(Notice("good", "Film saved", path))
