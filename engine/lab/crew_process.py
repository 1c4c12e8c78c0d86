"""A worker process as its engine sees it: started, heard, and surely ended."""

import os
import subprocess
import sys
from contextlib import suppress
from queue import Empty, Queue
from threading import Thread
from typing import IO, Any

from engine.lab.crew_words import REPORTS, Order, Report, Train, read, write
from engine.link.process import environment, how_ended
from engine.protocol import Arrays, ProtocolError

#: Reports that wait here at most; then the worker waits.
_ROOM = 256
#: Seconds that a process which closed its pipe may take to be gone.
_PATIENCE = 1.0

Heard = tuple[Report, Arrays]


class CrewProcess:
    """A running worker. Its stdin is its lifeline: when it closes, the worker ends.

    To be made on the thread that lasts as long as the engine: the kernel watches that
    thread for the worker.
    """

    def __init__(self, train: Train) -> None:
        self.train = train
        self._popen = subprocess.Popen(
            [sys.executable, "-P", "-m", "engine.lab.worker", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment() | {"OMP_NUM_THREADS": "1"},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._heard: Queue[Heard | None] = Queue(_ROOM)
        self._is_closed = self._is_killed = False
        args = (self._popen.stdout,)
        self._thread = Thread(target=self._listen, args=args, daemon=True)
        self._thread.start()
        self.send(train)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._popen.pid

    @property
    def is_silent(self) -> bool:
        """Whether it is gone and all that it said was taken."""
        return self._is_closed

    def send(self, order: Order, arrays: Arrays | None = None) -> None:
        """Give an order; one to a process that has just died is lost with it."""
        assert self._popen.stdin
        with suppress(OSError):
            write(self._popen.stdin, order, arrays)

    def take(self) -> list[Heard]:
        """All that it has said since."""
        found: list[Heard] = []
        while not self._is_closed and (heard := self._next()) is not None:
            found.append(heard)
        return found

    def epitaph(self) -> str:
        """How the process ended, as a sentence."""
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(_PATIENCE)
        code = self._popen.poll()
        if code is None:
            return "The process that trained this run was given up."
        return how_ended("The process that trained this run", code) + "."

    def kill(self) -> None:
        """End it now; twice does no harm."""
        if self._is_killed:
            return
        self._is_killed = self._is_closed = True
        self._popen.kill()
        self._popen.wait()
        while self._thread.is_alive():
            # It may wait for room among what nobody will take any more.
            with suppress(Empty):
                self._heard.get(timeout=0.01)
            self._thread.join(0.01)
        for pipe in (self._popen.stdin, self._popen.stdout):
            with suppress(OSError):
                assert pipe
                pipe.close()

    def _next(self) -> Heard | None:
        try:
            heard = self._heard.get_nowait()
        except Empty:
            return None
        self._is_closed = heard is None
        return heard

    def _listen(self, stdout: IO[Any]) -> None:
        with suppress(ProtocolError, OSError):
            while (heard := read(stdout, REPORTS)) is not None:
                self._heard.put(heard)
        self._heard.put(None)
