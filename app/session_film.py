"""The training of a run as a film: kept moments in full motion, thirty times a second.

Between two kept moments every array whose shape stays is drawn in between, so that
points wander instead of jumping: all moments draw from the same noise.
"""

from dataclasses import dataclass, field
from math import log1p
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.session import Session
from app.session_notes import Notice
from engine.protocol import Arrays, Frame, JobNews, RunConfig, Status

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.session_jobs import JobHandle

#: Run, its step, its settings, and what is wanted for each place: what a film is of.
Key = tuple[str, int, RunConfig, dict[str, tuple[str, dict[str, Any]]]]
JOB = "film"
FRAME_MS = 33
LENGTH = 8.0  # s from the first moment to the last


@dataclass
class Reel:
    """The pictures of one place, by step."""

    view: str
    pictures: dict[int, tuple[dict[str, Any], Arrays]] = field(default_factory=dict)


class TrainingFilm(QObject):
    """Gathers the pictures of the run on show once, then plays them.

    Attributes:
        steps: Moments of which every place has its picture.
        position: From 0 (first moment) to 1 (last), even in log(step).
        share: How much of the gathering is done.
        step: The moment on show.
    """

    changed = Signal()
    moved = Signal(int)  # step on show
    noted = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._job: JobHandle | None = None
        self._reels: dict[str, Reel] = {}
        self._of: Key | None = None
        self._end = 0
        self._still_at = 0  # step of the run under the film
        self._is_pausing = False
        self._is_on = False
        self._plays = False  # else it is held for somebody who draws from it
        self.steps: list[int] = []
        self.position = 0.0
        self.share = 0.0
        self.step = 0
        self._clock = QTimer(self)
        self._clock.setInterval(FRAME_MS)
        self._clock.setTimerType(Qt.TimerType.PreciseTimer)
        self._clock.timeout.connect(self._advance)
        session.run_ready.connect(lambda _: self._begin_again())
        session.runs.run_chosen.connect(self.stop)
        session.status_changed.connect(self._on_status)
        session.slots.view_changed.connect(lambda _: self.stop())

    @property
    def is_running(self) -> bool:
        """Whether it is on show, or being gathered."""
        return self._is_on

    @property
    def is_whole(self) -> bool:
        """Whether every moment is at hand."""
        is_there = self._job is None and self._of is not None
        return is_there and len(self.steps) > 1

    def play(self) -> None:
        """Play from the start; gather first what is not at hand."""
        if self.hold():
            self._plays = True
            self._clock.start()
            self.changed.emit()

    def is_possible(self) -> bool:
        """Whether there is something to film; else it says why not."""
        run = self._session.run
        title = text = ""
        if run is None or len(run.snapshots) < 2:
            title = "Nothing to replay yet"
            text = "A film needs a training of some steps: press Play first."
        elif not self._wanted():
            title = "Nothing to replay here"
            text = "It plays in the plots of one run: open a run alone first."
        if title:
            self.noted.emit(Notice("info", title, text))
        return not title

    def hold(self) -> bool:
        """Put the film on show without moving it; whether there is one."""
        session, run = self._session, self._session.run
        if run is None or not self.is_possible():
            return False
        self._is_pausing, self._still_at = run.is_playing, run.step
        if run.is_playing:
            session.pause()
        self.position = 0.0
        session.slots.set_paused(True)
        if self._of != self._key():
            self._gather()
        self._is_on = True
        self.changed.emit()
        return True

    @property
    def is_moving(self) -> bool:
        """Whether it plays now, or will as soon as there is something to play."""
        return self._is_on and self._clock.isActive()

    def pause(self) -> None:
        """Stand still at the moment on show, or go on from there."""
        if not self._plays:
            return
        if self._clock.isActive():
            self._clock.stop()
        else:
            self._clock.start()
        self.changed.emit()

    def stop(self) -> None:
        """Show again what was on show before."""
        if not self.is_running:
            return
        self._clock.stop()
        self._is_on = self._plays = False
        if self._job is not None:
            self._job.cancel()
            self._job = self._of = None
        self._session.slots.set_paused(False)
        self._session.slots.subscribe_all()
        run = self._session.run
        self._session.runs.visited.emit(run.at if run else None)
        self.changed.emit()

    def toggle(self) -> None:
        """Play or stop."""
        if self.is_running:
            self.stop()
        else:
            self.play()

    def pictures_of(self, slot: str) -> list[tuple[dict[str, Any], Arrays]]:
        """All pictures of a place, oldest first, as far as they are gathered."""
        reel = self._reels.get(slot)
        return [reel.pictures[step] for step in self.steps] if reel else []

    def show(self, position: float) -> None:
        """Draw the film at a position from 0 to 1."""
        self.position = min(max(position, 0.0), 1.0)
        if len(self.steps) < 2:
            return
        places = np.log1p(np.array(self.steps, dtype=float))
        end = log1p(self._end)
        wanted = places[0] + self.position * (end - places[0])
        after = int(np.clip(np.searchsorted(places, wanted), 1, len(places) - 1))
        gap = float(places[after] - places[after - 1])
        share = min(max((wanted - float(places[after - 1])) / gap, 0.0), 1.0)
        before_step, after_step = self.steps[after - 1], self.steps[after]
        step = before_step if share < 0.5 else after_step
        for slot, reel in self._reels.items():
            self._draw(slot, reel, (before_step, after_step), share, step)
        self.step = step
        self.moved.emit(step)

    def _draw(
        self, slot: str, reel: Reel, pair: tuple[int, int], share: float, step: int
    ) -> None:
        old, new = reel.pictures[pair[0]], reel.pictures[pair[1]]
        arrays = between(old[1], new[1], share)
        meta = old[0] if share < 0.5 else new[0]
        assert self._of is not None
        frame = Frame(
            run_id=self._of[0],
            slot=slot,
            view=reel.view,
            step=step,
            live=False,
            meta=meta,
        )
        self._session.slots.frame_received.emit(slot, frame, arrays)

    def _advance(self) -> None:
        if len(self.steps) < 2:
            return
        ahead = self.position + FRAME_MS / 1000 / LENGTH
        ready = log1p(self.steps[-1]) / max(log1p(self._end), 1e-9)
        if self.position >= 1.0:
            self.stop()
            return
        self.show(min(ahead, 1.0, ready if self._job is not None else 1.0))

    def _on_status(self, status: Status) -> None:
        """The film gives way to a run that goes on, not to the steps in hand."""
        if self._is_pausing:
            self._is_pausing = status.state == "playing"
            self._still_at = status.step
        elif status.step != self._still_at:
            self.stop()

    def _begin_again(self) -> None:
        """The run begins anew: what is at hand shows another training."""
        self.stop()
        self._of = None

    def _key(self) -> Key:
        run = self._session.run
        assert run is not None
        return (run.id, run.step, run.config, self._wanted())

    def _wanted(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """View and settings of each place on show that has something to show."""
        slots = self._session.slots
        return {
            name: (slots[name].view, slots[name].wanted()[1])
            for name in sorted(slots.shown)
            if slots.can_show(slots[name].view)
        }

    def _gather(self) -> None:
        session, run = self._session, self._session.run
        assert run is not None
        if self._job is not None:
            self._job.cancel()
        wanted = self._wanted()
        self._reels = {slot: Reel(view) for slot, (view, _) in wanted.items()}
        self._of, self._end = self._key(), run.step
        self.steps, self.share = [], 0.0
        reels = [
            {"slot": slot, "view": view, "settings": settings}
            for slot, (view, settings) in wanted.items()
        ]
        settings = {"reels": reels}
        self._job = session.jobs.start(JOB, run.id, settings, self._on_news)

    def _on_news(self, news: JobNews, arrays: Arrays) -> None:
        if self._job is None or news.job_id != self._job.job_id:
            return
        self.share = news.share
        if news.result:
            self._take(news.result, arrays)
        if news.ended:
            self._job = None
            if news.error:
                self._of = None
                self.stop()
                self.noted.emit(Notice("warning", "No film was made", news.error))
        self.changed.emit()

    def _take(self, result: dict[str, Any], arrays: Arrays) -> None:
        step, self._end = int(result["step"]), int(result["end"])
        if self._of is not None:  # a run that trained has made some more steps
            self._of = (self._of[0], self._end, *self._of[2:])
        reel = self._reels[str(result["slot"])]
        reel.pictures[step] = (dict(result["meta"]), arrays)
        if all(step in each.pictures for each in self._reels.values()):
            self.steps.append(step)


def between(old: Arrays, new: Arrays, share: float) -> Arrays:
    """Arrays on the straight line from ``old`` to ``new``.

    What has another shape or holds whole numbers comes from the nearer of the two.
    """
    nearer = old if share < 0.5 else new
    found: dict[str, NDArray[Any]] = {}
    for name, array in nearer.items():
        a, b = old.get(name), new.get(name)
        if a is None or b is None or a.shape != b.shape or a.dtype.kind != "f":
            found[name] = array
        else:
            found[name] = a + np.float32(share) * (b - a)
    return found
