"""Jobs as the window sees them: whoever started one hears its end, come what may."""

from typing import Any

from app.session_jobs import Jobs
from engine.protocol import Ack, CancelJob, JobNews, StartJob


class PretendedLink:
    def __init__(self, alive: bool = True) -> None:
        self.sent: list[Any] = []
        self.answers: list[Any] = []
        self.alive = alive

    def send(self, command: Any, on_ack: Any = None) -> int:
        self.sent.append(command)
        self.answers.append(on_ack)
        return len(self.sent) if self.alive else 0


def news(job_id: str, share: float = 0.5, **more: Any) -> JobNews:
    return JobNews(job_id=job_id, what="count", share=share, **more)


def test_news_reach_the_one_who_asked_until_the_end(qapp):
    link, heard = PretendedLink(), []
    jobs = Jobs(link)
    job = jobs.start("count", "run-1", {"upto": 2}, lambda n, a: heard.append(n))
    other = jobs.start("count", "", {}, lambda n, a: heard.append("other"))
    assert link.sent[0] == StartJob(
        job_id=job.job_id, what="count", run_id="run-1", settings={"upto": 2}
    )
    assert other.job_id != job.job_id
    jobs.receive(news(job.job_id), {})
    jobs.receive(news(job.job_id, 1.0, ended=True), {})
    jobs.receive(news(job.job_id, 1.0, ended=True), {})
    assert [n.ended for n in heard] == [False, True]


def test_a_refused_job_ends_with_the_engines_sentence(qapp):
    link, heard = PretendedLink(), []
    jobs = Jobs(link)
    jobs.start("count", "", {}, lambda n, a: heard.append(n))
    link.answers[0](Ack(id=1, error="There is no job."), {})
    assert [(n.ended, n.error) for n in heard] == [(True, "There is no job.")]


def test_without_an_engine_a_job_ends_at_once_and_a_death_ends_all(qapp):
    heard: list[JobNews] = []
    Jobs(PretendedLink(alive=False)).start(
        "count", "", {}, lambda n, a: heard.append(n)
    )
    assert heard[0].ended
    jobs = Jobs(PretendedLink())
    jobs.start("count", "", {}, lambda n, a: heard.append(n))
    jobs.forget("The engine has stopped.")
    jobs.forget("The engine has stopped.")
    assert [n.error for n in heard[1:]] == ["The engine has stopped."]


def test_cancel_asks_the_engine_once_it_still_works(qapp):
    link = PretendedLink()
    jobs = Jobs(link)
    job = jobs.start("count", "", {}, lambda n, a: None)
    job.cancel()
    assert link.sent[-1] == CancelJob(job_id=job.job_id)
    jobs.receive(news(job.job_id, 1.0, ended=True, error="cancelled"), {})
    before = len(link.sent)
    job.cancel()
    assert len(link.sent) == before


def test_whether_a_job_is_under_way_is_told():
    jobs = Jobs(PretendedLink())
    assert not jobs.are_under_way
    job = jobs.start("count", "", {}, lambda n, a: None)
    assert jobs.are_under_way
    jobs.receive(news(job.job_id, 1.0, ended=True), {})
    assert not jobs.are_under_way
