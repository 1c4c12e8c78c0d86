"""Which view stands in which of the four slots, and the frames that arrive for them.

A slot holds one credit at a time: it is granted when the frame before it was drawn.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from engine.protocol import Arrays, Command, Frame, Subscribe, Unsubscribe

SLOTS = ("a", "b", "c", "d")
DEFAULT_VIEWS = ("density", "trajectories", "latent", "curves")
_FRAME_GAP = 33  # ms; the window redraws at most 30 times a second


@dataclass
class Slot:
    """One place for a plot; ``settings`` are kept for each view that was there."""

    name: str
    view: str
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    companion: str = ""
    frame: tuple[Frame, Arrays] | None = None

    def view_settings(self, view: str = "") -> dict[str, Any]:
        """Settings of the view shown now, or of another one."""
        return self.settings.setdefault(view or self.view, {})


class Slots(QObject):
    """Subscriptions of one run at a time.

    ``frame_received`` carries the slot's name; a companion, a second view drawn over
    the first, has the slot's name with the view's name behind a dot.
    """

    frame_received = Signal(str, object, object)  # slot, Frame, arrays
    view_changed = Signal(str)
    maximised = Signal(str)  # empty: all four

    def __init__(
        self,
        send: Callable[[Command], int],
        credit: Callable[[str], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        names = zip(SLOTS, DEFAULT_VIEWS, strict=True)
        self.slots = {name: Slot(name, view) for name, view in names}
        self.large = ""
        self.run_id = ""
        self.at: int | None = None
        self.can_show: Callable[[str], bool] = lambda view: True
        self.paused = False
        self._send = send
        self._credit = credit
        self._owed: set[str] = set()
        self._gap = QTimer(self)
        self._gap.setSingleShot(True)
        self._gap.setInterval(_FRAME_GAP)
        self._gap.timeout.connect(self._pay)

    def __getitem__(self, name: str) -> Slot:
        """A slot by its name."""
        return self.slots[name]

    def choose(self, name: str, view: str) -> None:
        """Show another view in a slot."""
        slot = self.slots[name]
        if view == slot.view:
            return
        self._drop_companion(slot)
        slot.view = view
        slot.frame = None
        self.view_changed.emit(name)
        self.subscribe(name)

    def set_settings(self, name: str, settings: dict[str, Any]) -> None:
        """Change settings of the view in a slot, or of its companion."""
        slot, _, view = name.partition(".")
        known = self.slots[slot].view_settings(view)
        if known | settings != known:
            known.update(settings)
            self.subscribe(name)

    def set_companion(self, name: str, view: str) -> None:
        """Draw a second view over the first; empty takes it away."""
        slot = self.slots[name]
        if view == slot.companion:
            return
        self._drop_companion(slot)
        slot.companion = view
        if view:
            self.subscribe(f"{name}.{view}")

    def maximise(self, name: str) -> None:
        """Give one slot all the room; empty shows the four again."""
        self.large = name
        self.maximised.emit(name)
        for other in self.slots:
            if name and other != name:
                self._quit(other)
            elif other != name:
                self.subscribe(other)

    def subscribe_all(self) -> None:
        """Ask for every slot that is seen, e.g. after a run was chosen."""
        for slot in self.slots.values():
            self.subscribe(slot.name)
            if slot.companion:
                self.subscribe(f"{slot.name}.{slot.companion}")

    def subscribe(self, name: str) -> None:
        """Ask for the view of a slot, unless nobody sees it or nothing can feed it."""
        place, _, companion = name.partition(".")
        slot = self.slots[place]
        view = companion or slot.view
        if not self.run_id or (self.large and self.large != place):
            return
        if not self.can_show(view):
            self._quit(name)
            return
        settings = slot.view_settings(view)
        self._send(
            Subscribe(
                run_id=self.run_id,
                slot=name,
                view=view,
                settings=settings,
                at=self.at,
            )
        )
        self._credit(name)

    def visit(self, step: int | None) -> None:
        """Show every slot at a kept snapshot, or the living run if None."""
        if step != self.at:
            self.at = step
            self.subscribe_all()

    def receive(self, frame: Frame, arrays: Arrays) -> None:
        """Take a frame from the engine; one of another run or view is dropped."""
        place, _, companion = frame.slot.partition(".")
        slot = self.slots.get(place)
        if slot is None or frame.run_id != self.run_id:
            return
        if frame.view != (companion or slot.view):
            return
        if not companion:
            slot.frame = (frame, arrays)
        self.frame_received.emit(frame.slot, frame, arrays)

    def drawn(self, name: str) -> None:
        """The newest frame of a slot is on screen: the next one may be computed."""
        self._owed.add(name)
        if not self._gap.isActive():
            self._gap.start()

    def set_paused(self, paused: bool) -> None:
        """Grant no credit while nobody looks (the window is minimised)."""
        self.paused = paused
        if not paused:
            self._pay()

    def _pay(self) -> None:
        if self.paused:
            return
        owed, self._owed = self._owed, set()
        for name in sorted(owed):
            self._credit(name)

    def _drop_companion(self, slot: Slot) -> None:
        if slot.companion:
            self._quit(f"{slot.name}.{slot.companion}")
            slot.companion = ""

    def _quit(self, name: str) -> None:
        self._owed.discard(name)
        self._send(Unsubscribe(slot=name))
