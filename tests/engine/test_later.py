"""What is on its way is given when it is there; commands go through meanwhile."""

from engine.experiment import Experiment
from engine.lab.base import OnItsWay
from engine.link.commands import Commands
from engine.link.inbox import Letter
from engine.protocol import Ack, RunConfig, TakeRun, TellJob

SMALL = RunConfig(
    model="vae",
    data="two_moons",
    model_settings={"width": 16, "depth": 1},
    data_settings={"points": 100},
    device="cpu",
)


class Ledger:
    """What is sent, instead of the pipe to a window."""

    def __init__(self):
        self.acks = []

    def send(self, event, arrays=None, to=None):
        if isinstance(event, Ack):
            self.acks.append((event.id, event.error))


class Silent:
    """A reporter that nobody hears."""

    def status(self, run):
        pass

    def ready(self, run, elapsed=0.0):
        pass


class FarAway:
    """A job whose runs come when somebody brings them."""

    def __init__(self):
        self.here = None
        self.asked = 0

    def hear(self, words):
        return {"heard": words}

    def give(self, item):
        self.asked += 1
        if self.here is None:
            raise OnItsWay
        if isinstance(self.here, Exception):
            raise self.here
        return self.here


def waiting(monkeypatch):
    hub, job = Ledger(), FarAway()
    commands = Commands(hub, None, Silent(), None)
    monkeypatch.setattr(commands.desk, "_known", lambda job_id: job)
    monkeypatch.setattr(
        commands, "_begin", lambda name, run: commands.runs.update({name: run})
    )
    command = TakeRun(id=7, job_id="j", item=3, new_run_id="new")
    commands.obey(Letter(b"w", command))
    return commands, hub, job


def test_a_run_that_is_on_its_way_holds_nobody_up(monkeypatch):
    commands, hub, job = waiting(monkeypatch)
    assert hub.acks == []
    commands.obey(Letter(b"w", TellJob(id=8, job_id="j", words={})))
    assert hub.acks == [(8, "")]
    commands.try_again()
    assert job.asked == 2
    assert hub.acks == [(8, "")]
    job.here = Experiment.from_config(SMALL)
    commands.try_again()
    assert hub.acks == [(8, ""), (7, "")]
    assert commands.runs["new"] is job.here
    commands.try_again()
    assert job.asked == 3  # given once


def test_a_run_that_never_comes_is_refused_in_words(monkeypatch):
    commands, hub, job = waiting(monkeypatch)
    job.here = ValueError("This run could not be handed over just now; try again.")
    commands.try_again()
    ((number, words),) = hub.acks
    assert number == 7
    assert "try again" in words
    commands.try_again()
    assert job.asked == 2
