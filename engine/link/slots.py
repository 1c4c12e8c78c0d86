"""Which picture to compute next, for which slot of the window, and how well.

A slot has a wish (its subscription). A picture is due if the window gave a credit and
would see something new. Pure logic: what runs do is passed in.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from engine.link.budget import WANTED_RATE, Detail, TimeBudget, fair_shares
from engine.protocol import Subscribe

#: Pictures per second of a slot, at most, while its run plays.
FASTEST = 10.0
#: A full picture that costs more, s, is preceded by a quick one.
_PATIENCE = 0.15
#: Longest pause of a slot while a training is young, s: most is learned then, and the
#: first picture of a dear view would stand for ten seconds as the last.
_YOUNG_WAIT = 2.5
#: A full picture of a standing run that costs more, s, is left for later while another
#: run trains, or waits for a measurement that says something.
HOLDS_UP = 1.0


class RunFacts(Protocol):
    """What the choice depends on."""

    @property
    def playing(self) -> bool:
        """Whether the run trains now."""

    @property
    def step(self) -> int:
        """Finished steps."""

    @property
    def young(self) -> bool:
        """Whether its training has just begun."""

    def version_of(self, view: str) -> int:
        """Changes whenever pictures of the view at the same step do."""


@dataclass(eq=False)
class Slot:
    """A place in the window, what it shall show and what it last was sent."""

    wish: Subscribe
    detail: Detail = field(default_factory=Detail)
    budget: TimeBudget = field(default_factory=lambda: TimeBudget(0.0))
    #: Version, step and whether full, of what was sent last; None if nothing was.
    sent: tuple[int, int, bool] | None = None
    sent_at: float = -math.inf
    #: The version of the run in which the view could not be computed.
    broken: int | None = None

    @property
    def fresh(self) -> bool:
        """Whether nothing was sent for this wish yet."""
        return self.sent is None


@dataclass(frozen=True)
class Job:
    """One picture to compute."""

    slot: Slot
    wish: Subscribe
    quality: float
    version: int
    step: int
    #: Whether it waited for the budget, as pictures of playing runs do.
    paid: bool
    #: Whether the next one should not be long in coming, whatever this one costs.
    young: bool

    @property
    def full(self) -> bool:
        """Whether it is the best picture there is."""
        return self.quality == 1.0

    @property
    def refines(self) -> bool:
        """Whether it takes long, and a quick one stands there already."""
        return self.full and self.slot.detail.full_cost > HOLDS_UP


class Slots:
    """All slots of the window."""

    def __init__(self, share: float) -> None:
        self._share = share
        self._slots: dict[str, Slot] = {}
        self._watched: frozenset[str] = frozenset()

    def subscribe(self, wish: Subscribe) -> None:
        """Show this from now on; what its view costs stays known."""
        old = self._slots.get(wish.slot)
        slot = Slot(wish)
        if old is not None:
            slot.sent_at, slot.budget = old.sent_at, old.budget
            if (old.wish.view, old.wish.run_id) == (wish.view, wish.run_id):
                slot.detail = old.detail
        self._slots[wish.slot] = slot

    def unsubscribe(self, name: str) -> None:
        """Show nothing there."""
        self._slots.pop(name, None)

    def forget_run(self, run_id: str) -> None:
        """Drop all wishes for a run that has ended."""
        gone = [k for k, s in self._slots.items() if s.wish.run_id == run_id]
        for name in gone:
            del self._slots[name]

    def forget_moments(self, run_id: str, kept: Collection[int]) -> None:
        """Drop wishes for moments of a run that are gone since it began again.

        The window asks anew once it knows; until then nobody could answer them.
        """
        for name, slot in list(self._slots.items()):
            at = slot.wish.at
            if slot.wish.run_id == run_id and at is not None and at not in kept:
                del self._slots[name]

    def holds(self, slot: Slot) -> bool:
        """Whether this very wish still stands."""
        return self._slots.get(slot.wish.slot) is slot

    def next_job(
        self,
        runs: Mapping[str, RunFacts],
        credits_: Iterable[str],
        now: float,
        hurried: bool = False,
    ) -> Job | None:
        """The most urgent picture, or None if none is due.

        What nobody has seen yet comes first, then pictures of moments that stand
        still, the cheap ones before the dear, then whoever has waited longest.
        ``hurried``: dear full pictures of standing runs are left for later.
        """
        self._watched = frozenset(credits_)
        jobs = [
            job
            for name in self._watched
            if (slot := self._slots.get(name)) is not None
            and (run := runs.get(slot.wish.run_id)) is not None
            and (job := self._job(slot, run, now)) is not None
            and not (hurried and job.refines and not run.playing)
        ]
        return min(jobs, key=_urgency, default=None)

    def _job(self, slot: Slot, run: RunFacts, now: float) -> Job | None:
        moving = run.playing and slot.wish.at is None
        step = run.step if slot.wish.at is None else slot.wish.at
        version = run.version_of(slot.wish.view)
        if slot.broken == version:
            return None
        if moving:
            quality = slot.detail.quality
            if not slot.fresh and not self._due(slot, run, now):
                return None
        else:
            quality = self._still_quality(slot, version, step)
            if slot.sent == (version, step, True):
                return None
        young = moving and run.young
        return Job(slot, slot.wish, quality, version, step, paid=moving, young=young)

    def _due(self, slot: Slot, run: RunFacts, now: float) -> bool:
        news = slot.sent is None or slot.sent[:2] != (
            run.version_of(slot.wish.view),
            run.step,
        )
        return news and now >= slot.budget.due and now - slot.sent_at >= 1 / FASTEST

    @staticmethod
    def _still_quality(slot: Slot, version: int, step: int) -> float:
        if slot.sent is not None and slot.sent[:2] == (version, step):
            return 1.0
        return 1.0 if slot.detail.full_cost <= _PATIENCE else slot.detail.quality

    def next_due(self, now: float) -> float:
        """Seconds until a picture of a playing run may be due."""
        waits = [
            max(slot.sent_at + 1 / FASTEST, slot.budget.due) - now
            for name, slot in self._slots.items()
            if name in self._watched
        ]
        return max(min(waits, default=1.0), 0.001)

    def done(self, job: Job, cost: float, end: float) -> None:
        """A picture was sent; it took ``cost`` seconds."""
        slot = job.slot
        slot.sent, slot.sent_at = (job.version, job.step, job.full), end
        slot.detail.learn(cost, job.quality)
        if job.paid:
            slot.budget.share = self._fair_share(slot, end)
            slot.budget.spend(end, cost)
            if job.young:
                slot.budget.due = min(slot.budget.due, end + _YOUNG_WAIT)
            slot.detail.adapt(slot.budget.share / WANTED_RATE)

    def _fair_share(self, slot: Slot, now: float) -> float:
        """This slot's part of the engine's time, beside the others that are seen."""
        seen = [
            other
            for name, other in self._slots.items()
            if other is slot or name in self._watched or now - other.sent_at < 1.0
        ]
        demands = [min(o.detail.full_cost, 10.0) * FASTEST for o in seen]
        return fair_shares(demands, self._share)[seen.index(slot)]


def _urgency(job: Job) -> tuple[bool, bool, float, float]:
    """Smallest first; a map of a minute's work holds up no picture of a moment's."""
    slot = job.slot
    cost = slot.detail.full_cost if job.full and not job.paid else 0.0
    return not slot.fresh, job.paid, cost, slot.sent_at
