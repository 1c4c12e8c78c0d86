"""Long work of the engine for the window: studies, sweeps, scripts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject

from app.session_link import EngineLink
from engine.protocol import Ack, Arrays, CancelJob, JobNews, StartJob

OnNews = Callable[[JobNews, Arrays], None]


@dataclass(frozen=True)
class JobHandle:
    """A job in hand: to be cancelled by whoever started it."""

    job_id: str
    cancel: Callable[[], None]


class Jobs(QObject):
    """Starts jobs and hands their news to whoever started them.

    The last call for a job has ``ended`` set; ``error`` says why if it went wrong. That
    call comes whatever happens: also if the engine refuses the job or dies.
    """

    def __init__(self, link: EngineLink, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._made = 0
        self._open: dict[str, tuple[str, OnNews]] = {}

    @property
    def are_under_way(self) -> bool:
        """Whether one has not ended yet."""
        return bool(self._open)

    def start(
        self, what: str, run_id: str, settings: dict[str, Any], on_news: OnNews
    ) -> JobHandle:
        """Begin a job of the engine's list about a run (or none: empty)."""
        self._made += 1
        job_id = f"job-{self._made}"
        self._open[job_id] = (what, on_news)

        def on_ack(ack: Ack, arrays: Arrays) -> None:
            del arrays
            if ack.error:
                self._end(job_id, ack.error)

        command = StartJob(job_id=job_id, what=what, run_id=run_id, settings=settings)
        if not self._link.send(command, on_ack):
            self._end(job_id, "The engine is not there.")
        return JobHandle(job_id, lambda: self._cancel(job_id))

    def receive(self, news: JobNews, arrays: Arrays) -> None:
        """Take news from the engine; of a cancelled job only the end is told."""
        found = self._open.get(news.job_id)
        if found is None:
            return
        if news.ended:
            del self._open[news.job_id]
        found[1](news, arrays)

    def forget(self, error: str) -> None:
        """The engine died: every job has ended with it."""
        for job_id in list(self._open):
            self._end(job_id, error)

    def _cancel(self, job_id: str) -> None:
        if job_id in self._open:
            self._link.send(CancelJob(job_id=job_id))

    def _end(self, job_id: str, error: str) -> None:
        what, on_news = self._open.pop(job_id, ("", None))
        if on_news is not None:
            last = JobNews(job_id=job_id, what=what, share=1, ended=True, error=error)
            on_news(last, {})
