"""Which view stands in which of the four slots, and the frames that arrive for them.

A slot holds one credit at a time: it is granted when the frame before it was drawn.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from engine.protocol import Arrays, Command, Frame, Subscribe, Unsubscribe

SLOTS = ("a", "b", "c", "d")
DEFAULT_VIEWS = ("density", "trajectories", "latent", "curves")
#: What stands in for a view that a model cannot feed: the most telling first.
_STAND_INS = (
    "cycle",
    "duel",
    "codes",
    "posterior",
    "chains",
    "attention",
    "conditionals",
    "samples",
)
_LARGEST_SEED = 2**31
_FRAME_GAP = 33  # ms; the window redraws at most 30 times a second


@dataclass
class Slot:
    """One place for a plot; ``settings`` are kept for each view that was there.

    Attributes:
        wish: The view asked for; another stands in where the model cannot feed it.
    """

    name: str
    view: str
    wish: str = ""
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    companions: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    frame: tuple[Frame, Arrays] | None = None

    def __post_init__(self) -> None:
        self.wish = self.wish or self.view

    def wanted(self, suffix: str = "") -> tuple[str, dict[str, Any]]:
        """View and settings of the slot itself, or of one of its companions."""
        if suffix:
            return self.companions[suffix]
        return self.view, self.settings.setdefault(self.view, {})

    def names(self) -> list[str]:
        """Names of its subscriptions on the wire."""
        return [self.name, *(f"{self.name}.{suffix}" for suffix in self.companions)]


class Slots(QObject):
    """Subscriptions of one run at a time.

    ``frame_received`` carries the slot's name; a companion, a further view drawn into
    the same plot, has a suffix behind a dot, e.g. ``b.field``.

    Attributes:
        shown: The slots that are seen; no other costs the engine anything.
        can_show: Whether the model can feed a view.
        is_built: Whether the engine has built the model that was chosen.
    """

    frame_received = Signal(str, object, object)  # slot, Frame, arrays
    view_changed = Signal(str)
    shown_changed = Signal()

    def __init__(
        self,
        send: Callable[[Command], int],
        credit: Callable[[str], None],
        parent: QObject | None = None,
        views: Mapping[str, str] | None = None,
    ) -> None:
        """Places by name with their first views; by default the four of the page."""
        super().__init__(parent)
        views = views or dict(zip(SLOTS, DEFAULT_VIEWS, strict=True))
        self.slots = {name: Slot(name, view) for name, view in views.items()}
        self.shown = set(self.slots)
        self.run_id = ""
        self.at: int | None = None
        self.can_show: Callable[[str], bool] = lambda view: True
        self.is_built: Callable[[], bool] = lambda: True
        self._fed: set[str] = set()
        self.paused = False
        self._send = send
        self._credit = credit
        self._owed: set[str] = set()
        self._asked: set[str] = set()
        self._gap = QTimer(self)
        self._gap.setSingleShot(True)
        self._gap.setInterval(_FRAME_GAP)
        self._gap.timeout.connect(self._pay)
        self._waiting: dict[str, tuple[Frame, Arrays]] = {}
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.timeout.connect(self._show_next)

    def __getitem__(self, name: str) -> Slot:
        """A slot by its name."""
        return self.slots[name]

    def choose(self, name: str, view: str) -> None:
        """Show another view in a slot."""
        slot = self.slots[name]
        slot.wish = view
        if view != slot.view:
            self._put(slot, view)

    def suit(self) -> None:
        """Another model was chosen: show what it feeds.

        What it cannot feed is let go of before the engine builds it, which else would
        try it once more in vain; a view that was asked for comes back with a model that
        feeds it. A view chosen by hand stays, fed or not, until the model changes.
        """
        self.leave_unfed()
        views = {*_STAND_INS, *(slot.wish for slot in self.slots.values())}
        before, self._fed = self._fed, {v for v in views if self.can_show(v)}
        if before == self._fed:
            return
        for slot in self.slots.values():
            if slot.view != slot.wish and slot.wish in self._fed:
                self._put(slot, slot.wish)
        for slot in self.slots.values():
            if slot.wish not in self._fed:
                self._put(slot, self._stand_in(slot))

    def set_settings(self, name: str, settings: dict[str, Any]) -> None:
        """Change settings of the view in a slot."""
        known = self.slots[name].wanted()[1]
        if known | settings != known:
            known.update(settings)
            self.subscribe(name)

    def draw_again(self, name: str) -> None:
        """Take the next seed of the view in a slot."""
        seed = int(self.slots[name].wanted()[1].get("seed", 0))
        self.set_settings(name, {"seed": (seed + 1) % _LARGEST_SEED})

    def set_companions(
        self, name: str, companions: dict[str, tuple[str, dict[str, Any]]]
    ) -> None:
        """Further views that a plot wants now, by suffix: view and settings."""
        slot = self.slots[name]
        old, slot.companions = slot.companions, dict(companions)
        for suffix in old.keys() - companions.keys():
            self._quit(f"{name}.{suffix}")
        for suffix, wanted in companions.items():
            if old.get(suffix) != wanted:
                self.subscribe(f"{name}.{suffix}")

    def show_only(self, names: set[str]) -> None:
        """See these slots; the engine computes nothing for the others."""
        before, self.shown = self.shown, set(names)
        for name in sorted(before - self.shown):
            for each in self.slots[name].names():
                self._quit(each)
        for name in sorted(self.shown - before):
            for each in self.slots[name].names():
                self.subscribe(each)
        self.shown_changed.emit()

    def maximise(self, name: str) -> None:
        """Give one slot all the room; empty shows the four again."""
        self.show_only({name} if name else set(self.slots))

    def subscribe_all(self) -> None:
        """Ask for every slot that is seen, e.g. after a run was chosen."""
        for slot in self.slots.values():
            for name in slot.names():
                self.subscribe(name)

    def subscribe(self, name: str) -> None:
        """Ask for a view, unless nobody sees it or the model cannot feed it."""
        place, _, suffix = name.partition(".")
        if not self.run_id or place not in self.shown or not self.is_built():
            return
        view, settings = self.slots[place].wanted(suffix)
        if not self.can_show(view):
            self._quit(name)
            return
        command = Subscribe(
            run_id=self.run_id, slot=name, view=view, settings=settings, at=self.at
        )
        self._send(command)
        self._asked.add(name)
        self._credit(name)

    def visit(self, step: int | None) -> None:
        """Show every slot at a kept snapshot, or the living run if None."""
        if step != self.at:
            self.at = step
            self.subscribe_all()

    def receive(self, frame: Frame, arrays: Arrays) -> None:
        """Take a frame from the engine; one that nobody waits for is dropped.

        What it cost is given back: credits and wishes travel on sockets of their own,
        so the credit of a new wish can be spent on the old one.
        """
        if not self._is_wanted(frame):
            if frame.slot in self._asked:
                self.drawn(frame.slot)
            return
        place, _, suffix = frame.slot.partition(".")
        if not suffix:
            self.slots[place].frame = (frame, arrays)
        self._waiting[frame.slot] = (frame, arrays)
        if not self._turn.isActive():
            self._show_next()

    def _show_next(self) -> None:
        """Emit the frame that waits longest.

        One in a turn of the event loop: drawn at a stroke, the pictures of four plots
        would keep the hand on the mouse waiting.
        """
        while self._waiting:
            name = next(iter(self._waiting))
            frame, arrays = self._waiting.pop(name)
            if self._is_wanted(frame):
                self._turn.start(0)
                self.frame_received.emit(name, frame, arrays)
                return

    def _is_wanted(self, frame: Frame) -> bool:
        """Whether the frame belongs to what a slot on show asks for now."""
        place, _, suffix = frame.slot.partition(".")
        slot = self.slots.get(place)
        if slot is None or frame.run_id != self.run_id or place not in self.shown:
            return False
        if suffix and suffix not in slot.companions:
            return False
        return frame.view == slot.wanted(suffix)[0] and self.can_show(frame.view)

    def forget_frames(self) -> None:
        """The run began again: what is on show is no longer its picture."""
        self._waiting.clear()
        for slot in self.slots.values():
            slot.frame = None

    def leave_unfed(self) -> None:
        """Let go of views that the model cannot feed."""
        for slot in self.slots.values():
            if not self.can_show(slot.view):
                slot.frame = None
                for name in self._asked.intersection(slot.names()):
                    self._quit(name)

    def _stand_in(self, slot: Slot) -> str:
        """The first view that the model feeds and that stands nowhere else."""
        taken = {each.view for each in self.slots.values() if each is not slot}
        able = (v for v in _STAND_INS if v in self._fed and v not in taken)
        return next(able, slot.wish)

    def _put(self, slot: Slot, view: str) -> None:
        if view == slot.view:
            return
        self.set_companions(slot.name, {})
        slot.view = view
        slot.frame = None
        self.view_changed.emit(slot.name)
        self.subscribe(slot.name)

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

    def _quit(self, name: str) -> None:
        self._owed.discard(name)
        self._asked.discard(name)
        self._send(Unsubscribe(slot=name))
