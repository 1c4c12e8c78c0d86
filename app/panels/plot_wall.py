"""The four plots: two by two, or some of them with all the room."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from app.panels.pages import release_focus
from app.panels.plot_slot import PlotSlot
from app.session import Session
from app.session_slots import SLOTS
from app.theme import theme
from app.widgets.state import State

_LEAST = 300  # px, of a card


class PlotWall(QWidget):
    """Shows the slots that the session says are seen, and links their time."""

    noted = Signal(object)
    size_requested = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.cards = {name: PlotSlot(session, name) for name in SLOTS}
        self._grid = QGridLayout(self)
        for index, card in enumerate(self.cards.values()):
            self._grid.addWidget(card, index // 2, index % 2)
            card.maximise_toggled.connect(
                lambda on, name=card.name: session.slots.maximise(name if on else "")
            )
            card.time_scrubbed.connect(
                lambda t, name=card.name: self._link_time(name, t)
            )
            card.noted.connect(self.noted)
            card.size_requested.connect(
                lambda c=card: self.size_requested.emit(c.figures)
            )
        for line in (0, 1):
            self._grid.setRowStretch(line, 1)
            self._grid.setColumnStretch(line, 1)
        session.slots.shown_changed.connect(self._show)
        session.engine_changed.connect(self._on_engine)
        self.setAccessibleName("Plots")
        self._state = State(self, self._restyle)

    def build(self) -> None:
        """Make the plots of all slots; imports pyqtgraph."""
        for card in self.cards.values():
            card.build()

    def shown(self) -> list[PlotSlot]:
        """The cards that are seen, in their order."""
        return [self.cards[n] for n in SLOTS if n in self._session.slots.shown]

    def current(self) -> PlotSlot:
        """The card with the focus, else the first one that is seen."""
        focused = self.focusWidget()
        for card in self.cards.values():
            if card.isVisible() and card.isAncestorOf(focused):
                return card
        shown = self._session.slots.shown
        return next(card for name, card in self.cards.items() if name in shown)

    def focus(self, index: int) -> None:
        """Give the focus to the plot of a slot (0 to 3)."""
        card = self.cards[SLOTS[index]]
        if card.isVisible() and card.plot is not None:
            card.plot.setFocus()

    def toggle_maximised(self) -> None:
        """Give the current plot all the room, or take it back."""
        alone = len(self._session.slots.shown) == 1
        self._session.slots.maximise("" if alone else self.current().name)

    def _link_time(self, source: str, t: float) -> None:
        for name, card in self.cards.items():
            if name != source:
                card.set_time(t)

    def _show(self) -> None:
        shown = self._session.slots.shown
        seen = [name for name in SLOTS if name in shown]
        for index, name in enumerate(seen):  # two of them stand side by side
            self._grid.addWidget(self.cards[name], index // 2, index % 2)
        for name, card in self.cards.items():
            if name not in shown:
                release_focus(card)
            card.setVisible(name in shown)
            card.set_maximised(shown == {name})
        rows = {index // 2 for index in range(len(seen))}
        columns = {index % 2 for index in range(len(seen))}
        for line in (0, 1):
            self._grid.setRowStretch(line, int(line in rows))
            self._grid.setColumnStretch(line, int(line in columns))

    def _on_engine(self, state: str, text: str) -> None:
        del text
        if state in ("dead", "failed"):
            for card in self.cards.values():
                card.set_stale(True)

    def _restyle(self) -> None:
        gap = theme.px(8)
        for card in self.cards.values():
            # Columns stay equal; large words must not push cards out of the window.
            card.setMinimumWidth(min(theme.px(280), _LEAST))
        self._grid.setContentsMargins(gap, gap, gap, gap)
        self._grid.setSpacing(gap)
