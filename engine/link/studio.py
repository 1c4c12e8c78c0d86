"""Long work for the window: pictures and measurements, done without keeping it waiting.

While a picture is in the making its ``tick`` lets quick commands through at once, and
gives the picture up for any other command that has waited a tenth of a second. Work
for runs that stand waits for a hand: whoever drags a point asks again at once.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from engine.link import failure
from engine.link.commands import Commands
from engine.link.hub import Hub
from engine.link.inbox import Inbox, Letter
from engine.link.reports import Reporter
from engine.link.runs import Run
from engine.link.slots import HOLDS_UP, Job, Slots
from engine.protocol import Frame, Probe
from engine.views.base import Cancelled, Picture

T = TypeVar("T")
Tick = Callable[[], None]

#: Commands that a long picture lets through at once.
_QUICK = frozenset(
    {"play", "pause", "set_speed", "subscribe", "unsubscribe", "cancel_job", "probe"}
)
#: Seconds that any other command waits before the picture is given up.
_PATIENCE = 0.1
#: Seconds in which a hand that drags asks again, the window's own drawing included.
_HAND = 0.04


@dataclass(frozen=True)
class _Broken:
    """Work that ended in an exception, which has been reported."""


class Studio:
    """Computes what the slots ask for, and how good the runs are."""

    def __init__(
        self,
        hub: Hub,
        inbox: Inbox,
        commands: Commands,
        slots: Slots,
        reporter: Reporter,
    ) -> None:
        self._hub = hub
        self._inbox = inbox
        self._commands = commands
        self._slots = slots
        self._reporter = reporter
        #: Seconds that commands have taken in the midst of long work.
        self._aside = 0.0

    def draw_next(self) -> bool:
        """Compute and send the most urgent picture; whether there was one."""
        begin, aside = time.monotonic(), self._aside
        runs = self._commands.runs
        job = self._next_job()
        if job is None:
            return False
        run = runs[job.wish.run_id]
        picture = self._work(
            run,
            lambda tick: run.picture(job.wish, job.quality, tick),
            lambda: self._wanted(job, begin),
        )
        end = time.monotonic()
        # Not the picture's cost what a hand asked meanwhile: it would lose detail.
        cost = end - begin - (self._aside - aside)
        if isinstance(picture, _Broken):
            job.slot.broken = run.version_of(job.wish.view)
        elif picture is not None:
            self._send(job, picture, cost)
            self._slots.done(job, cost, end)
        if job.paid:
            run.viewed(cost)
        return True

    def _send(self, job: Job, picture: Picture, cost: float) -> None:
        frame = Frame(
            run_id=job.wish.run_id,
            slot=job.wish.slot,
            view=job.wish.view,
            step=job.step,
            live=job.wish.at is None,
            full=job.full,
            seconds=cost,
            meta=picture.meta,
        )
        self._inbox.spend(job.wish.slot)
        self._hub.send(frame, picture.arrays)

    def _next_job(self) -> Job | None:
        """The most urgent picture, if one is due."""
        return self._slots.next_job(
            self._commands.runs, self._inbox.credits, time.monotonic(), self._hurried()
        )

    def _hurried(self) -> bool:
        """Whether something else comes before the best pictures of standing runs.

        They can take a minute, in which the training of another run would stand still,
        and a run would show dashes, or figures of a time when it had hardly begun.
        """
        now, runs = time.monotonic(), self._commands.runs.values()
        if any(run.playing for run in runs):
            return True
        unknown = any(run.hardly_known and run.measuring_due(now) for run in runs)
        return unknown and not self._commands.desk.is_awaited

    def _wanted(self, job: Job, begin: float) -> bool:
        """Whether a picture in the making, since ``begin``, is still waited for."""
        run = self._commands.runs.get(job.wish.run_id)
        if run is None or not self._slots.holds(job.slot):
            return False
        lasts = time.monotonic() - begin
        if job.full and not run.playing and lasts > HOLDS_UP and self._hurried():
            job.slot.detail.expect(lasts)
            return False
        # A full picture of a run that moves on again would only hold it up.
        return job.paid or job.wish.at is not None or not run.playing

    def measure(self, run: Run) -> None:
        """Measure the quality of a run and tell it."""
        begin = time.monotonic()
        runs = self._commands.runs
        alone = not self.others_play(run)
        done = self._work(
            run,
            lambda tick: run.measure(tick, alone),
            lambda: (
                runs.get(run.run_id) is run
                and not self._picture_waits(run)
                and not (alone and self.others_play(run))
            ),
        )
        if isinstance(done, _Broken):
            run.skip_measuring()
        if run.playing:
            run.viewed(time.monotonic() - begin)
        elif runs.get(run.run_id) is run:
            self._reporter.status(run)

    def diagnose(self, run: Run) -> None:
        """Search a run for known faults and tell what is new."""
        begin = time.monotonic()
        runs = self._commands.runs
        known = run.findings
        self._work(
            run,
            run.diagnose,
            lambda: runs.get(run.run_id) is run and not self._picture_waits(run),
        )
        if run.playing:
            run.viewed(time.monotonic() - begin)
        if runs.get(run.run_id) is run and run.findings != known:
            self._reporter.diagnosis(run)

    def others_play(self, run: Run) -> bool:
        """Whether any other run trains, which long work for this one would hold up."""
        return any(r.playing for r in self._commands.runs.values() if r is not run)

    def _picture_waits(self, run: Run) -> bool:
        """Whether somebody looks at a standing run; a measurement can come later."""
        if run.playing:
            return False
        job = self._next_job()
        return job is not None and not job.paid

    def _work(
        self, run: Run, work: Callable[[Tick], T], wanted: Callable[[], bool]
    ) -> T | _Broken | None:
        """Do long work that lets commands through; None if it was given up."""
        begin = time.monotonic()

        def tick() -> None:
            self._reporter.tell(self._commands.runs)
            self._let_through(begin)
            if self._inbox.stopping or not wanted():
                raise Cancelled

        try:
            return work(tick)
        except Cancelled:
            return None
        except Exception as error:  # noqa: BLE001 - a view's fault is not the run's
            what = failure.trouble(error)
            self._reporter.note(
                "warning", "A picture could not be made.", what.reason, run.run_id
            )
            return _Broken()

    def let_through(self) -> None:
        """Obey the quick commands that wait; for jobs, which are not given up."""
        self._reporter.tell(self._commands.runs)
        while (letter := self._inbox.peek()) is not None:
            if getattr(letter.command, "kind", "") not in _QUICK:
                return
            self._inbox.take()
            self._commands.obey(letter)

    def _let_through(self, begin: float) -> None:
        while (letter := self._inbox.peek()) is not None:
            if getattr(letter.command, "kind", "") in _QUICK:
                self._inbox.take()
                self._obey_aside(letter)
                self._wait_for_hand(letter)
            elif time.monotonic() - begin > _PATIENCE:
                raise Cancelled
            else:
                return

    def _obey_aside(self, letter: Letter) -> None:
        begin = time.monotonic()
        self._commands.obey(letter)
        self._aside += time.monotonic() - begin

    def _wait_for_hand(self, letter: Letter) -> None:
        """The next question may come in a moment; a run that plays is not held up."""
        playing = any(run.playing for run in self._commands.runs.values())
        if playing or not isinstance(letter.command, Probe):
            return
        begin = time.monotonic()
        self._inbox.wait(_HAND)
        self._aside += time.monotonic() - begin
