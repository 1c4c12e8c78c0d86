"""Saves figures at the size that a person asks for, and remembers it."""

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.panels.figure_maker import FigureMaker
from app.panels.figure_sheet import FigureSheet, FigureSize
from app.panels.file_to_save import file_to_save
from app.preferences import Preferences


class FigureSaver(QObject):
    """Asks for size and file of a plot's figure.

    Args:
        preferences: Where the last size is kept.
        window: Over which the questions stand.
    """

    def __init__(self, preferences: Preferences, window: QWidget) -> None:
        super().__init__(window)
        self._preferences = preferences
        self._window = window

    def ask(self, figures: FigureMaker) -> None:
        """Open the sheet for the plot of a card."""
        size = FigureSize.recalled(self._preferences.figure)
        sheet = FigureSheet("Save figure at any size", size, self._window)
        sheet.accepted_size.connect(lambda chosen: self._save(figures, chosen))
        sheet.open()

    def _save(self, figures: FigureMaker, size: FigureSize) -> None:
        self._preferences.figure = size.kept()
        name = f"{figures.name}.{size.kind}"
        path = file_to_save(self._window, "Save figure", name, f"*.{size.kind}")
        if path:
            figures.save(Path(path), size.pixels, size.scale)
