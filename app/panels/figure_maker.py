"""What the camera of a card does: its menu, the figures, and the words after them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QMenu

from app.panels.file_to_save import file_to_save
from app.session_notes import Notice
from app.widgets.card import Card

if TYPE_CHECKING:
    from app.plots.base import PlotView

_FORMATS = {"png": "Picture (PNG, twice the size)…", "svg": "Drawing (SVG)…"}
_FORMATS |= {"pdf": "Document (PDF)…"}


@dataclass(frozen=True)
class Subject:
    """What is drawn: the plot, words at its upper right, facts for its file."""

    plot: "PlotView"
    caption: str
    settings: Mapping[str, Any] = field(default_factory=dict)


class FigureMaker(QObject):
    """Figures of a card, as files and for the clipboard.

    Args:
        card: Its camera opens the menu.
        subject: What the card shows now; None if there is nothing to draw.
    """

    noted = Signal(object)  # Notice
    size_requested = Signal()

    def __init__(self, card: Card, subject: Callable[[], Subject | None]) -> None:
        super().__init__(card)
        self._card = card
        self._subject = subject
        card.figure_requested.connect(self._open_menu)

    @property
    def name(self) -> str:
        """Proposed name of the file, without its ending."""
        subject = self._subject()
        return subject.plot.view if subject else "figure"

    def menu(self) -> QMenu:
        """A fresh menu of what can be done with the figure."""
        menu = QMenu(self._card)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        copy = menu.addAction("Copy figure")
        copy.triggered.connect(lambda: self.copy())
        for kind, title in _FORMATS.items():
            action = menu.addAction(title)
            action.triggered.connect(lambda _=False, k=kind: self._ask_file(k))
        sized = menu.addAction("At any size…")
        sized.triggered.connect(lambda: self.size_requested.emit())
        return menu

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
        plot, caption = subject.plot, subject.caption
        try:
            if path is None:
                figures.copy_to_clipboard(plot, caption=caption)
            else:
                figures.export(
                    plot,
                    path,
                    scale,
                    size=size,
                    caption=caption,
                    settings=subject.settings,
                )
        except (OSError, ValueError) as error:
            self.noted.emit(Notice("warning", "There is no figure", str(error)))
            return
        done = "Figure copied" if path is None else "Figure saved"
        self.noted.emit(Notice("good", done, str(path) if path else ""))

    def _open_menu(self) -> None:
        camera = self._card.camera
        self.menu().popup(camera.mapToGlobal(camera.rect().bottomLeft()))

    def _ask_file(self, kind: str) -> None:
        name = f"{self.name}.{kind}"
        path = file_to_save(self._card, "Save figure", name, f"*.{kind}")
        if path:
            self.save(Path(path))
