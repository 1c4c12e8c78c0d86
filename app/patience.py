"""A word about work of the engine that takes longer than a moment."""

from PySide6.QtCore import QObject, QTimer, Signal

from app.session_notes import Notice

_MOMENT = 1000  # ms that nobody minds to wait without a word


class Patience(QObject):
    """Says that something is under way, and takes that back when it has ended.

    Args:
        about: What its notes are about.
        parent: Owner.
    """

    noted = Signal(object)  # Notice
    outdated = Signal(str)  # what a note was about

    def __init__(self, about: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._about, self._title, self._text = about, "", ""
        self._timer = QTimer(self, singleShot=True, interval=_MOMENT)
        self._timer.timeout.connect(self._tell)

    def begin(self, title: str, text: str) -> None:
        """Something begins; in a moment these words will say so."""
        self._title, self._text = title, text
        self._timer.start()

    def end(self) -> None:
        """It is done, or will never be."""
        self._timer.stop()
        self.outdated.emit(self._about)

    def _tell(self) -> None:
        self.noted.emit(Notice("info", self._title, self._text, about=self._about))
