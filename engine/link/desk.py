"""The jobs of an engine: each gets its turn between training and pictures."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from engine.experiment import Experiment
from engine.lab.base import Job, News
from engine.lab.jobs import job_class
from engine.link import failure
from engine.link.failure import CommandError
from engine.link.hub import Hub
from engine.link.runs import Run
from engine.protocol import JobNews, Json, StartJob
from engine.settings import checked
from engine.views.base import Cancelled

#: Seconds of a job between two looks at training and pictures.
_SLICE = 0.020


@dataclass
class _Open:
    """A job in hand; ``used`` seconds were spent on it."""

    job_id: str
    what: str
    job: Job
    work: Iterator[News]
    used: float = 0.0
    due: float = 0.0
    is_cancelled: bool = False


class JobDesk:
    """Works on the jobs that the window asked for, in turn.

    While runs play, jobs get half of the time that is left beside pictures.
    """

    def __init__(self, hub: Hub, runs: Mapping[str, Run]) -> None:
        self._hub = hub
        self._runs = runs
        self._open: dict[str, _Open] = {}
        #: Ended jobs that still give what they have made.
        self._ended: dict[str, Job] = {}
        self._next_at = 0.0
        #: Called between chunks of long work; set by the server.
        self.let_through: Callable[[], None] = lambda: None

    @property
    def is_busy(self) -> bool:
        """Whether there is a job in hand."""
        return bool(self._open)

    @property
    def is_awaited(self) -> bool:
        """Whether a person waits for a job in hand."""
        return any(each.job.is_awaited for each in self._open.values())

    def wait(self, now: float) -> float:
        """Seconds until a job has something to do; infinite if there is none."""
        dues = [job.due for job in self._open.values()]
        return max(0.0, min(dues, default=float("inf")) - now)

    def start(self, command: StartJob) -> None:
        """Take a job in hand.

        Raises:
            CommandError: There is such a job id already.
            ValueError: No such job, no such run, or a bad setting.
        """
        if command.job_id in self._open or command.job_id in self._ended:
            raise CommandError(f"There already is a job {command.job_id!r}.")
        kind = job_class(command.what)
        settings = checked(kind.Config, command.settings, command.what)
        if command.run_id and command.run_id not in self._runs:
            raise CommandError(f"There is no run {command.run_id!r}.")
        job = kind(
            settings,
            _Experiments(self._runs),
            command.run_id,
            lambda: self._tick(command.job_id),
        )
        work = job.work()
        self._open[command.job_id] = _Open(command.job_id, command.what, job, work)

    def cancel(self, job_id: str) -> None:
        """Let go of a job, in hand or ended, and of all that it has made."""
        self._ended.pop(job_id, None)
        found = self._open.get(job_id)
        if found is not None:
            found.is_cancelled, found.due = True, 0.0

    def tell(self, job_id: str, words: Json) -> Json:
        """Say something to a job; its answer.

        Raises:
            ValueError: There is no such job, or it does not understand.
        """
        return self._known(job_id).hear(words)

    def give(self, job_id: str, item: int) -> Experiment:
        """A run made of something that a job has trained.

        Raises:
            OnItsWay: It is not here yet: ask again.
            ValueError: There is no such job or thing.
        """
        return self._known(job_id).give(item)

    def _known(self, job_id: str) -> Job:
        found = self._open.get(job_id)
        job = found.job if found is not None else self._ended.get(job_id)
        if job is None:
            raise CommandError("This work has been let go.")
        return job

    def work(self, runs_play: bool) -> bool:
        """Give the job that has had least one slice; whether anything was done."""
        now = time.monotonic()
        ready = [job for job in self._open.values() if job.due <= now]
        if not ready or (runs_play and now < self._next_at):
            return False
        job = min(ready, key=lambda j: j.used)
        while time.monotonic() - now < _SLICE and self._piece(job):
            if job.job.pause:
                job.due = time.monotonic() + job.job.pause
                break
        spent = time.monotonic() - now
        job.used += spent
        self._next_at = time.monotonic() + spent
        return True

    def _piece(self, job: _Open) -> bool:
        """One piece of news; False if it was the last."""
        try:
            if job.is_cancelled:
                raise Cancelled
            news = next(job.work, None)
        except Cancelled:
            return self._end(job, "cancelled")
        except Exception as error:  # noqa: BLE001 - a job's fault is not the engine's
            return self._end(job, failure.trouble(error).reason)
        if news is None:
            return self._end(job, "")
        self._tell(job, news)
        return True

    def _end(self, job: _Open, error: str) -> bool:
        del self._open[job.job_id]
        if job.job.outlives and not error:
            self._ended[job.job_id] = job.job
        job.work.close()  # type: ignore[attr-defined]
        self._tell(job, News(1.0), ended=True, error=error)
        return False

    def _tell(
        self, job: _Open, news: News, ended: bool = False, error: str = ""
    ) -> None:
        message = JobNews(
            job_id=job.job_id,
            what=job.what,
            share=min(max(news.share, 0.0), 1.0),
            result=news.result,
            ended=ended,
            error=error,
        )
        self._hub.send(message, news.arrays)

    def _tick(self, job_id: str) -> None:
        self.let_through()
        found = self._open.get(job_id)
        if found is not None and found.is_cancelled:
            raise Cancelled


class _Experiments(Mapping[str, Experiment]):
    """The experiments behind the runs, as they are at the moment of asking."""

    def __init__(self, runs: Mapping[str, Run]) -> None:
        self._runs = runs

    def __getitem__(self, run_id: str) -> Experiment:
        return self._runs[run_id].experiment

    def __iter__(self) -> Iterator[str]:
        return iter(self._runs)

    def __len__(self) -> int:
        return len(self._runs)
