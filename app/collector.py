"""Garbage is collected in the thread of the window only.

Python collects wherever it allocates, also in the thread that reads from the engine; a
widget that dies there ends the process.
"""

import gc

from PySide6.QtCore import QObject, QTimer

_EVERY = 1000  # ms
_ALL_EVERY = 20  # young garbage each time, all of it once in so many


class Collector(QObject):
    """Takes over from Python's own collector until :meth:`stop`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._count = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY)
        self._timer.timeout.connect(self.collect)
        gc.disable()
        self._timer.start()

    def collect(self) -> None:
        """Collect a little, or now and then all."""
        self._count += 1
        gc.collect(2 if self._count % _ALL_EVERY == 0 else 1)

    def stop(self) -> None:
        """Leave it to Python again."""
        self._timer.stop()
        gc.enable()
