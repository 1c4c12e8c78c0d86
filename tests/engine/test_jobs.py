"""Long work in pieces: its turn beside training, its news, its end."""

import gc
from collections.abc import Iterator
from typing import Any
from weakref import WeakSet

import pytest

from engine import protocol as p
from engine.lab import jobs
from engine.lab.base import Job, JobSettings, News
from engine.link import desk
from engine.link.desk import JobDesk
from engine.link.failure import CommandError
from engine.settings import SettingError, knob


class CountSettings(JobSettings):
    """How far to count."""

    upto: int = knob(3, "Up to", "Last number.", ge=0, le=1000)
    breaks_at: int = knob(-1, "Breaks at", "Where it fails.", ge=-1, le=1000)


class Count(Job):
    """Tells one number after the other."""

    name = "count"
    Config = CountSettings
    closed = 0

    def work(self) -> Iterator[News]:
        try:
            for number in range(self.settings.upto):
                if number == self.settings.breaks_at:
                    raise ValueError("It fell over.")
                self.tick()
                yield News(number / self.settings.upto, {"number": number})
        finally:
            Count.closed += 1


class PretendedHub:
    def __init__(self) -> None:
        self.news: list[p.JobNews] = []

    def send(self, message: p.JobNews, arrays: Any) -> None:
        del arrays
        self.news.append(message)


@pytest.fixture
def hub(monkeypatch):
    monkeypatch.setitem(jobs.JOBS, "count", f"{__name__}:Count")
    monkeypatch.setattr(desk, "job_class", lambda name: {"count": Count}[name])
    return PretendedHub()


def start(settings: dict[str, Any], job_id: str = "j", run_id: str = "") -> p.StartJob:
    return p.StartJob(job_id=job_id, what="count", run_id=run_id, settings=settings)


def test_a_job_tells_its_pieces_in_order_and_ends_once(hub):
    work = JobDesk(hub, {})
    work.start(start({}))
    while work.work(runs_play=False):
        pass
    assert [n.result.get("number") for n in hub.news] == [0, 1, 2, None]
    assert [n.ended for n in hub.news] == [False, False, False, True]
    assert hub.news[-1].error == ""
    assert not work.is_busy


def test_a_fault_of_a_job_is_one_sentence_and_the_desk_lives(hub):
    work = JobDesk(hub, {})
    work.start(start({"breaks_at": 1}))
    work.work(runs_play=False)
    assert hub.news[-1].ended
    assert hub.news[-1].error == "It fell over."
    work.start(start({}))
    assert work.is_busy


def test_a_cancelled_job_says_so_and_closes_its_work(hub):
    work = JobDesk(hub, {})
    before = Count.closed
    work.let_through = lambda: work.cancel("j")  # arrives in the midst of a piece
    work.start(start({"upto": 1000}))
    work.work(runs_play=False)
    assert [n.error for n in hub.news] == ["cancelled"]
    assert Count.closed == before + 1
    work.cancel("j")  # too late, and none of our business


def test_the_engine_keeps_nothing_of_jobs_that_failed_or_were_cancelled(
    hub, monkeypatch
):
    """Only what ended well can still be asked for what it has made."""
    monkeypatch.setattr(Count, "outlives", True)
    work = JobDesk(hub, {})
    alive = WeakSet()
    for number in range(30):
        settings = {"breaks_at": 1} if number % 2 else {"upto": 1000}
        work.start(start(settings, f"j{number}"))
        alive.update(opened.job for opened in work._open.values())
        if number % 2 == 0:
            work.let_through = lambda job_id=f"j{number}": work.cancel(job_id)
        while work.work(runs_play=False):
            pass
        work.let_through = lambda: None
    work.start(start({}, "good"))
    while work.work(runs_play=False):
        pass
    gc.collect()
    assert len(alive) == 0
    assert list(work._ended) == ["good"]
    work.cancel("good")
    assert (work._open, work._ended) == ({}, {})


def test_two_jobs_share_the_time_and_a_playing_run_gets_half(hub, monkeypatch):
    clock = [0.0]

    def now() -> float:
        clock[0] += 0.015
        return clock[0]

    monkeypatch.setattr(desk.time, "monotonic", now)
    work = JobDesk(hub, {})
    work.start(start({"upto": 100}, "a"))
    work.start(start({"upto": 100}, "b"))
    for _ in range(10):
        work.work(runs_play=False)
    told = [n.job_id for n in hub.news]
    assert abs(told.count("a") - told.count("b")) <= 1
    done = len(hub.news)
    assert not work.work(runs_play=True)  # training is owed as much time first
    assert len(hub.news) == done


def test_what_makes_no_sense_is_refused_before_anything_begins(hub):
    work = JobDesk(hub, {})
    with pytest.raises(SettingError, match="upto"):
        work.start(start({"upto": -5}))
    with pytest.raises(CommandError, match="no run 'gone'"):
        work.start(start({}, run_id="gone"))
    work.start(start({}))
    with pytest.raises(CommandError, match="already is a job"):
        work.start(start({}))
    assert hub.news == []


def test_every_listed_job_is_there_and_an_unknown_one_is_named():
    for name in jobs.JOBS:
        kind = jobs.job_class(name)
        assert kind.name == name
        assert kind.Config.model_json_schema()["type"] == "object"
    with pytest.raises(ValueError, match="no job 'nothing'"):
        jobs.job_class("nothing")
