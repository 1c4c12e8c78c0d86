"""The pages of the window: what stands between its bars.

The first page explores one run with four plots. Others are listed in :data:`PAGES`;
they are made when first opened.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from pydantic import ValidationError
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.session import Session
from app.session_run import Run
from app.session_slots import SLOTS
from engine.protocol import Json

if TYPE_CHECKING:
    from app.panels.figure_maker import FigureMaker

EXPLORE = "explore"


@dataclass(frozen=True)
class PageEntry:
    """A page: its words, its icon and key, and ``module:Class`` of its widget.

    ``is_wide`` pages take the room of the side panels as well.
    """

    title: str
    sentence: str
    icon: str
    where: str
    keys: tuple[str, ...] = ()
    is_wide: bool = True


#: Pages beside the first one, in the order of the top bar.
PAGES: dict[str, PageEntry] = {
    "presets": PageEntry(
        "Presets",
        "Twelve things worth seeing, one click each.",
        "sparkle",
        "app.panels.presets.page:PresetsPage",
        ("Ctrl+Shift+G",),
    ),
    "compare": PageEntry(
        "Compare runs",
        "Two to four runs side by side, on the same data and seed.",
        "columns",
        "app.panels.compare.page:ComparePage",
        ("Ctrl+Shift+D",),
    ),
    "draw": PageEntry(
        "Draw data",
        "Draw points of your own while the run learns from them.",
        "paint-brush",
        "app.panels.draw_page:DrawPage",
        ("D",),
    ),
    "samplers": PageEntry(
        "Compare samplers",
        "Many samplers on one trained network: quality against cost.",
        "path",
        "app.panels.samplers.page:SamplersPage",
        ("Ctrl+Shift+B",),
    ),
    "sweep": PageEntry(
        "Sweep settings",
        "A grid of runs over one or two settings, trained together.",
        "squares-four",
        "app.panels.sweep.page:SweepPage",
        ("Ctrl+Shift+W",),
    ),
}


class Page(QWidget):
    """One page. It asks the engine for nothing while it is not on screen."""

    noted = Signal(object)  # Notice
    left = Signal()  # back to the first page
    wanted = Signal(str)  # another page, by its name
    size_requested = Signal(object)  # FigureMaker whose figure gets a size

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def enter(self) -> None:
        """It comes on screen: ask for what it shows."""

    def leave(self) -> None:
        """It goes off screen: ask for nothing more."""

    def figures_now(self) -> "FigureMaker | None":
        """Figures of what is looked at; None if the page has none."""
        return None

    def kept(self) -> Json:
        """Choices of the person here, for a session's file; JSON-able."""
        return {}

    def recall(self, kept: Json, runs: Mapping[str, Run]) -> None:
        """Take kept choices back; ``runs`` by their ids in the file.

        What makes no sense any more is left as it is.
        """
        del kept, runs

    def renew(self) -> None:
        """Another session has come, and it keeps nothing of this page."""

    def take_file(self, path: str) -> bool:
        """A file was dropped while it is on screen; whether it is of use here."""
        del path
        return False


class Pages(QStackedWidget):
    """Shows one page at a time.

    Attributes:
        current_name: Name of the page on screen.
    """

    page_changed = Signal(str)
    noted = Signal(object)
    size_requested = Signal(object)

    def __init__(self, session: Session, explore: QWidget) -> None:
        super().__init__()
        self.current_name = EXPLORE
        self._session = session
        self._made: dict[str, Page] = {}
        self._explore = explore
        self.addWidget(explore)

    def show_page(self, name: str) -> None:
        """Bring a page on screen; one that is there already stays.

        Raises:
            KeyError: There is no such page.
        """
        if name == self.current_name:
            return
        target = None if name == EXPLORE else self.page(name)
        if self.current_name == EXPLORE:
            self._session.slots.show_only(set())
        else:
            self._made[self.current_name].leave()
        self.current_name = name
        release_focus(self)
        self.setCurrentWidget(self._explore if target is None else target)
        if target is None:
            self._session.slots.show_only(set(SLOTS))
        else:
            target.enter()
        self.page_changed.emit(name)

    def figures_now(self) -> "FigureMaker | None":
        """Figures of the page on screen, if it is not the first and has any."""
        made = self._made.get(self.current_name)
        return made.figures_now() if made is not None else None

    def take_file(self, path: str) -> bool:
        """Give a dropped file to the page on screen; whether it had a use for it."""
        made = self._made.get(self.current_name)
        return made is not None and made.take_file(path)

    def kept(self) -> dict[str, Json]:
        """What each page that was opened has to keep, by its name."""
        found = {name: page.kept() for name, page in self._made.items()}
        return {name: kept for name, kept in found.items() if kept}

    def recall(self, kept: Mapping[str, Json], runs: Mapping[str, Run]) -> None:
        """Give the pages back what they kept; ``runs`` by their ids in the file."""
        for name in PAGES.keys() & kept.keys():
            with suppress(ValidationError):  # damaged, or of another version
                self.page(name).recall(kept[name], runs)
        for name in PAGES.keys() & self._made.keys() - kept.keys():
            self.page(name).renew()

    def toggle_page(self, name: str) -> None:
        """Bring a page on screen, or go back to the first one."""
        self.show_page(EXPLORE if name == self.current_name else name)

    def page(self, name: str) -> Page:
        """A page, made if need be.

        Raises:
            KeyError: There is no such page.
        """
        if name not in self._made:
            module, _, attribute = PAGES[name].where.partition(":")
            page: Page = getattr(import_module(module), attribute)(self._session)
            page.noted.connect(self.noted)
            page.size_requested.connect(self.size_requested)
            page.left.connect(lambda: self.show_page(EXPLORE))
            page.wanted.connect(self.show_page)
            self._made[name] = page
            self.addWidget(page)
        return self._made[name]


def release_focus(widget: QWidget) -> None:
    """Give the focus to the window if it is in a widget that is about to be hidden.

    Qt would pass it on to the next button, and show a ring there.
    """
    focused = widget.window().focusWidget()
    if widget.isAncestorOf(focused):
        widget.window().setFocus(Qt.FocusReason.OtherFocusReason)
