"""The engine process: obeys commands between training steps, publishes frames.

The main thread trains the playing runs in slices of 10 ms, in turn. Between two slices
it obeys whatever the window wants; long pictures call back for that. Pictures are paid
from a budget of the time and computed only for a credit.
"""

import signal
import time
from pathlib import Path

from engine.link import failure, guard
from engine.link.commands import Commands
from engine.link.hub import Hub
from engine.link.inbox import Inbox
from engine.link.keys import kept_keys, write_connection
from engine.link.reports import Reporter
from engine.link.runs import Run
from engine.link.slots import Slots
from engine.link.studio import Studio

#: Share of the engine's time for views; measurements of quality may take 2 % more.
VIEW_SHARE = 0.10
#: Seconds of training between two looks at the inbox.
SLICE = 0.010
#: Exit code after a fault of the device, which only a new process can use again.
_DEVICE_FAULT = 70


class Server:
    """The main loop of an engine."""

    def __init__(self, hub: Hub, inbox: Inbox) -> None:
        self._hub = hub
        self._inbox = inbox
        self._slots = Slots(VIEW_SHARE)
        self._reporter = Reporter(hub)
        self._commands = Commands(hub, inbox, self._reporter, self._slots)
        self._studio = Studio(hub, inbox, self._commands, self._slots, self._reporter)
        self._desk = self._commands.desk
        self._desk.let_through = self._studio.let_through

    @property
    def runs(self) -> dict[str, Run]:
        """All runs by their ids."""
        return self._commands.runs

    def run(self) -> None:
        """Work until the window says shutdown, or is gone."""
        while not self._inbox.stopping:
            self.turn()
        for run in self.runs.values():
            self._save(run)
            self._reporter.finished(run)

    def turn(self) -> None:
        """Obey, draw one picture, train and work one slice; rest if nothing is due."""
        while (letter := self._inbox.take()) is not None:
            self._commands.obey(letter)
        self._commands.try_again()
        drawn = self._studio.draw_next()
        trained = self._train_next()
        worked = self._desk.work(trained)
        kept_up = not self._inbox.stopping and self._keep_up(drawn)
        self._reporter.tell(self.runs)
        if not (drawn or trained or worked or kept_up):
            self._inbox.wait(self._pause())

    def _pause(self) -> float:
        """How long nothing will be due, s."""
        now = time.monotonic()
        job = max(0.001, self._desk.wait(now))
        waits = [run.wait(now) for run in self.runs.values() if run.playing]
        if not waits:
            return min(1.0, job)
        return max(0.001, min([*waits, self._slots.next_due(now), job, 0.1]))

    def _train_next(self) -> bool:
        """One slice for the run that has had least; whether there was one."""
        now = time.monotonic()
        ready = [r for r in self.runs.values() if r.playing and r.wait(now) == 0]
        if not ready:
            return False
        run = min(ready, key=lambda r: r.used)
        try:
            run.train(SLICE)
        except Exception as error:  # noqa: BLE001 - one run's end is not the engine's
            self._fail(run, error)
        if run.state in ("paused", "complete"):
            self._reporter.status(run)
        return True

    def _fail(self, run: Run, error: Exception) -> None:
        run.fail()
        self._reporter.failed(run, failure.trouble(error))
        self._reporter.status(run)
        if failure.is_device_fault(error):
            self._hub.finish()
            raise SystemExit(_DEVICE_FAULT)

    def _keep_up(self, drawn: bool) -> bool:
        """Save, measure or diagnose one run; a standing one when nobody waits.

        A likelihood under guidance takes many seconds, in which no job would go on.
        """
        now = time.monotonic()
        nobody_waits = not (drawn or self._desk.is_awaited)
        for run in self.runs.values():
            if run.saving_due(now):
                self._save(run)
                return True
        for run in list(self.runs.values()):
            alone = not self._studio.others_play(run)
            if run.measuring_due(now, alone) and (run.playing or nobody_waits):
                self._studio.measure(run)
                return True
        for run in list(self.runs.values()):
            if run.diagnosis_due(now) and (run.playing or nobody_waits):
                self._studio.diagnose(run)
                return True
        return False

    def _save(self, run: Run) -> None:
        """Write a run's recovery file; a full disk is told and costs nothing else."""
        if not run.worth_saving:
            return
        try:
            run.save_recovery()
        except OSError as error:
            self._reporter.note(
                "warning",
                "The recovery file could not be written.",
                failure.sentence(error),
                run.run_id,
            )


def serve(listen: str, keys: Path) -> int:
    """An engine for windows on other machines; returns when it is told to end.

    The folder keeps the engine's keys and ``client.json``, the connection file that a
    window needs. Whoever has that file may use the engine.

    Args:
        listen: ``HOST:PORT``; frames take the port after it.
        keys: A folder, made if need be; its files are readable by the owner only.

    Returns:
        The exit status, 0.

    Raises:
        ValueError: A wrong address or key file, in one sentence.
    """
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65535:
        raise ValueError(f"{listen!r} is no HOST:PORT, such as 0.0.0.0:5555.")
    client = kept_keys(keys / "client-key.json")
    inbox = Inbox()
    hub = Hub(
        inbox, kept_keys(keys / "engine-key.json"), [client.public], host, int(port)
    )
    write_connection(keys / "client.json", hub.address, client)
    guard.be_modest()
    signal.signal(signal.SIGTERM, lambda *_: inbox.stop())
    signal.signal(signal.SIGINT, lambda *_: inbox.stop())
    hub.start()
    Server(hub, inbox).run()
    hub.finish()
    return 0
