"""Recent sessions in a menu: each with its folder, and a way to forget them."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QMenu

from app.recent_sessions import RecentSessions
from app.theme import theme

HEADING, CLEAR = "Open recent", "Clear this list"
_NAME, _FOLDER = 260, 200  # px at most


def add_recent(
    menu: QMenu,
    recent: RecentSessions,
    open_one: Callable[[str], object],
    clear: Callable[[], object],
) -> None:
    """Let a menu offer them below a heading; nothing where there are none.

    They are no menu of their own: for the arrow of each such menu Qt keeps another
    picture of 1 kB, as each has a palette of its own.
    """
    named = recent.named()
    if not named:
        return
    menu.addSeparator()
    menu.addAction(HEADING).setEnabled(False)
    fonts = menu.fontMetrics()
    for path, (name, folder) in named.items():
        # What follows a tab stands at the right, where keys stand elsewhere.
        words = f"{_label(fonts, name, _NAME)}\t{_label(fonts, folder, _FOLDER)}"
        action = menu.addAction(words)
        action.setData(path)
        action.triggered.connect(lambda _=False, p=path: open_one(p))
    action = menu.addAction(CLEAR)
    action.triggered.connect(lambda _=False: clear())


def _label(fonts: QFontMetrics, text: str, width: int) -> str:
    """A name as a menu writes it: no keys of the menu in it, and not too wide."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    middle = Qt.TextElideMode.ElideMiddle
    return fonts.elidedText(plain, middle, theme.px(width)).replace("&", "&&")
