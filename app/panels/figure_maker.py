"""What a camera does: its menu, figures and numbers, and the words after them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QMenu, QWidget

from app.panels.file_to_save import file_to_save
from app.session_notes import Notice

if TYPE_CHECKING:
    from app.plots.base import PlotView, Table
    from app.sheets import Plate

_FORMATS = {"png": "Picture (PNG, twice the size)…", "svg": "Drawing (SVG)…"}
_FORMATS |= {"pdf": "Document (PDF)…"}


@dataclass(frozen=True)
class Subject:
    """What is drawn: a plot or several, words at its upper right, facts for its file.

    ``title`` stands for the plot's own where it is not empty.
    """

    plot: "PlotView | Plate"
    caption: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""


class FigureMaker(QObject):
    """Figures and numbers of a plot, as files and for the clipboard.

    Args:
        camera: Under which the menu opens.
        subject: What is shown now; None if there is nothing to draw.
    """

    noted = Signal(object)  # Notice
    size_requested = Signal()

    def __init__(self, camera: QWidget, subject: Callable[[], Subject | None]) -> None:
        super().__init__(camera)
        self._camera = camera
        self._subject = subject

    @property
    def name(self) -> str:
        """Proposed name of the file, without its ending."""
        subject = self._subject()
        return subject.plot.view if subject else "figure"

    def menu(self) -> QMenu:
        """A fresh menu of what can be done with the figure."""
        menu = QMenu(self._camera)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        copy = menu.addAction("Copy figure")
        copy.triggered.connect(lambda: self.copy())
        for kind, title in _FORMATS.items():
            action = menu.addAction(title)
            action.triggered.connect(lambda _=False, k=kind: self._ask_file(k))
        sized = menu.addAction("At any size…")
        sized.triggered.connect(lambda: self.size_requested.emit())
        if self._tables():
            numbers = menu.addAction("Numbers (CSV)…")
            numbers.triggered.connect(lambda: self._ask_table())
        return menu

    def open_menu(self) -> None:
        """Offer all of it under the camera, or where that would be."""
        camera = self._camera
        place = camera if camera.isVisible() else camera.parentWidget()
        corner = place.rect().bottomLeft() if place is camera else QPoint()
        self.menu().popup((place or camera).mapToGlobal(corner))

    def copy(self) -> None:
        """Put the figure, twice its size, into the clipboard."""
        self._make(None)

    def save(
        self, path: Path, size: tuple[int, int] | None = None, scale: float = 2.0
    ) -> None:
        """Write the figure; the ending of ``path`` decides the format.

        Args:
            path: Where to.
            size: Width and height in pixels of the screen; as it is there if None.
            scale: Pixels of a PNG for each of those.
        """
        self._make(path, size, scale)

    def save_table(self, path: Path) -> None:
        """Write the numbers behind the plot as CSV, one file for each kind of row."""
        from app.tables import write_tables

        try:
            written = write_tables(path, self._tables())
        except OSError as error:
            self.noted.emit(Notice("warning", "There is no table", _why(error)))
            return
        beside = ", ".join(each.name for each in written[1:])
        words = f"{path}, with {beside} beside it" if beside else str(path)
        subject = self._subject()
        note = subject.plot.numbers_note() if subject is not None else ""
        words = f"{words}. {note}" if note else words
        self.noted.emit(Notice("good", "Numbers saved", words))

    def _tables(self) -> "Mapping[str, Table]":
        subject = self._subject()
        has_any = subject is not None and subject.plot.has_frame
        return subject.plot.tables() if subject is not None and has_any else {}

    def _make(
        self,
        path: Path | None,
        size: tuple[int, int] | None = None,
        scale: float = 2.0,
    ) -> None:
        from app import figures  # brings pyqtgraph

        subject = self._subject()
        if subject is None:
            return
        plot, caption, title = subject.plot, subject.caption, subject.title
        try:
            if path is None:
                figures.copy_to_clipboard(plot, caption=caption, title=title)
            else:
                figures.export(
                    plot,
                    path,
                    scale,
                    size=size,
                    caption=caption,
                    title=title,
                    settings=subject.settings,
                )
        except (OSError, ValueError) as error:
            self.noted.emit(Notice("warning", "There is no figure", _why(error)))
            return
        done = "Figure copied" if path is None else "Figure saved"
        self.noted.emit(Notice("good", done, str(path) if path else ""))

    def _ask_file(self, kind: str) -> None:
        name = f"{self.name}.{kind}"
        path = file_to_save(self._camera, "Save figure", name, f"*.{kind}")
        if path:
            self.save(Path(path))

    def _ask_table(self) -> None:
        from app.tables import table_files

        tables = self._tables()
        path = file_to_save(
            self._camera,
            "Save numbers",
            f"{self.name}.csv",
            "*.csv",
            beside=lambda named: table_files(named, tables)[1:],
        )
        if path:
            self.save_table(Path(path))


def _why(error: Exception) -> str:
    """What went wrong with which file, without the number that Python gives it."""
    words = getattr(error, "strerror", None)
    return f"{getattr(error, 'filename', '')}: {words}." if words else str(error)
