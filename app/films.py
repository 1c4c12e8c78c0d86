"""Moving figures: GIF and WebP files of a training, or of the way from noise to data.

Pictures are drawn one at a time between events, so the window stays alive; the file is
written by a thread of its own, whole or not at all.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread
from typing import Any

from PIL import Image
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from app import figures
from app.film_colours import in_few_colours
from app.film_rooms import FilmRooms, Picture
from app.plots.base import PlotView
from engine.part_file import replacing

FORMATS = (".gif", ".webp")
FRAMES, PAUSE = 80, 12  # pictures of a film, and of its last one standing still
FRAME_MS = 50
_SCALE = 1.5
_WATCH_MS = 50


class FilmWriter(QObject):
    """Draws the pictures of one film and writes it.

    ``finished`` carries the path and one sentence about what went wrong, or nothing.

    Args:
        plot: What is filmed.
        show: Brings the plot to a position from 0 to 1.
        path: Where to; its ending decides the format.
        caption: Gives the words at the upper right of the picture on show.
        pictures: All that the film goes through, where their axes may differ.

    Raises:
        ValueError: The ending is neither .gif nor .webp.
    """

    finished = Signal(str, str)
    advanced = Signal(float)

    def __init__(
        self,
        plot: PlotView,
        show: Callable[[float], None],
        path: Path,
        caption: Callable[[], str] = str,
        parent: QObject | None = None,
        pictures: Sequence[Picture] = (),
    ) -> None:
        super().__init__(parent)
        if path.suffix.lower() not in FORMATS:
            raise ValueError(f"No film format {path.suffix!r}: use .gif or .webp.")
        self._plot = plot
        self._show = show
        self._path = path
        self._caption = caption
        self._rooms = FilmRooms(plot, pictures)
        self._pictures: list[Image.Image] = []
        self._size: tuple[int, int] | None = None
        self._error = ""
        self._thread: Thread | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._draw)
        # The thread itself tells Qt nothing: its end is looked for.
        self._watch = QTimer(self)
        self._watch.setInterval(_WATCH_MS)
        self._watch.timeout.connect(self._look)

    def start(self) -> None:
        """Begin; the event loop must run."""
        self._timer.start()

    def cancel(self) -> bool:
        """Write nothing; whether that is still possible."""
        if not self._timer.isActive():
            return False
        self._timer.stop()
        self._pictures.clear()
        self._let_go()
        return True

    def _let_go(self) -> None:
        """Forget what may belong to the parent.

        Held by its dying child alone, a parent would die within it and delete it twice.
        """
        self._show, self._caption = lambda _: None, str
        self._rooms.release()

    def _draw(self) -> None:
        if self._rooms.try_next():
            return
        index = len(self._pictures)
        self._show(index / (FRAMES - 1))
        try:
            self._pictures.append(self._picture())
        except ValueError as error:
            self.cancel()
            self.finished.emit(str(self._path), str(error))
            return
        self.advanced.emit((index + 1) / FRAMES)
        if index + 1 == FRAMES:
            self._timer.stop()
            self._rooms.release()
            pictures, self._pictures = self._pictures, []
            self._thread = Thread(target=self._write, args=(pictures,), daemon=True)
            self._thread.start()
            self._watch.start()

    def _picture(self) -> Image.Image:
        image = figures.picture(self._plot, _SCALE, caption=self._caption())
        found = as_pillow(image)
        self._size = self._size or found.size
        return found if found.size == self._size else found.resize(self._size)

    def _write(self, pictures: list[Image.Image]) -> None:
        try:
            write_film(self._path, pictures)
        except (OSError, ValueError) as error:
            words = getattr(error, "strerror", None) or str(error)
            self._error = f"{self._path}: {words}."

    def _look(self) -> None:
        if self._thread is not None and not self._thread.is_alive():
            self._watch.stop()
            self._thread = None
            self._let_go()
            self.finished.emit(str(self._path), self._error)


def write_film(path: Path, pictures: list[Image.Image]) -> None:
    """Write pictures of one size as an endless film whose last one stands a while.

    Raises:
        OSError: The file cannot be written; an old one is untouched.
    """
    times = [FRAME_MS] * (len(pictures) - 1) + [FRAME_MS * PAUSE]
    with replacing(path) as file:
        if path.suffix.lower() == ".gif":
            reduced = [in_few_colours(picture) for picture in pictures]
            _save(file, reduced, times, format="GIF", optimize=False, disposal=1)
        else:
            _save(file, pictures, times, format="WEBP", quality=85, method=2)


def _save(file: Any, pictures: list[Image.Image], times: list[int], **how: Any) -> None:
    pictures[0].save(
        file,
        save_all=True,
        append_images=pictures[1:],
        duration=times,
        loop=0,
        **how,
    )


def as_pillow(image: QImage) -> Image.Image:
    """A picture of Qt as one of Pillow, without transparency."""
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    size = (plain.width(), plain.height())
    return Image.frombytes(
        "RGB", size, bytes(plain.constBits()), "raw", "RGB", plain.bytesPerLine()
    )
