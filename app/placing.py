"""Where the window stands, and how large, when it opens."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize

if TYPE_CHECKING:
    from app.window import Window

_USUAL = QSize(1440, 900)
_FRAME = QSize(2, 32)  # what the desktop puts round a window, about


def place(
    window: "Window",
    size: tuple[int, int] | None,
    rooms: Sequence[QRect],
    is_picture: bool = False,
) -> None:
    """Give the window a size that was asked for, the last one, or the usual one.

    Args:
        window: It is not on screen yet.
        size: What was asked for, px; nobody can work below the window's minimum.
        rooms: Where windows may stand, the first screen first.
        is_picture: Whether it is opened for a picture only, which may be small.
    """
    kept = window.preferences
    if is_picture:
        window.setMinimumSize(1, 1)
    if size:
        window.resize(*size)
        return
    last = QRect(*kept.geometry) if len(kept.geometry) == 4 else QRect()
    seen = [room for room in rooms if not last.isEmpty() and room.intersects(last)]
    if seen:
        last.setSize(_bounded(last.size(), seen))
        window.setGeometry(last)
    else:
        window.resize(_bounded(_USUAL, rooms))
    if kept.maximised:
        window.showMaximized()


def _bounded(size: QSize, rooms: Sequence[QRect]) -> QSize:
    """No larger than the first screen, or its lower end could not be reached."""
    return size.boundedTo(rooms[0].size() - _FRAME) if rooms else size
