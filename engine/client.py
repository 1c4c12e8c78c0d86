"""Starts, supervises and talks to an engine, on this machine or another.

One thread owns the sockets and calls the callbacks; any thread may send. An engine that
dies is started again at most twice in five minutes. Free of torch and of Qt.
"""

import queue
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread, current_thread
from typing import Any

from engine.link.keys import new_keys, read_connection
from engine.link.ledger import GONE, Answer, Answers, Ledger
from engine.link.life import Life
from engine.link.line import Received
from engine.link.process import EngineProcess, default_command
from engine.link.watchdog import EngineState, Limits, RestartPolicy
from engine.protocol import Ack, Arrays, Command, Welcome

__all__ = ["GONE", "Client", "EngineError", "EngineState", "Limits"]


class EngineError(RuntimeError):
    """An engine that cannot be reached or does not answer in time."""


class Client:
    """The window's side of an engine.

    Args:
        on_event: Called with each event and its arrays (read-only).
        on_state: Called with a state of the engine and a sentence for the person:
            starting, ready, slow (busy for 5 s), stuck (no answer), dead (ended; a
            restart follows), failed (given up), stopped.
        on_restarted: Called when a new engine stands in for a dead one and is ready.
            It knows no runs yet: configure them with ``resume``, subscribe, and give
            new credits.
        command: Program to start instead of the engine of this installation.
        connection: Connection file of an engine on another machine; nothing is started.
        log_file: File that gets whatever the engine writes to stderr.
        limits: Times of the supervision.

    The callbacks run on the client's own thread, one at a time; ``on_state`` also runs
    in :meth:`start`. They may send, but neither wait for an answer nor stop the client.
    """

    def __init__(
        self,
        on_event: Callable[[Any, Arrays], None] = lambda *_: None,
        on_state: Callable[[EngineState, str], None] = lambda *_: None,
        on_restarted: Callable[[], None] = lambda: None,
        *,
        command: Sequence[str] = (),
        connection: Path | None = None,
        log_file: Path | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.on_event = on_event
        self.on_state = on_state
        self.on_restarted = on_restarted
        self._command = list(command) or default_command()
        self._remote = read_connection(connection) if connection else None
        self._log_file = log_file
        self._limits = limits or Limits()
        self._ledger = Ledger()
        self._policy = RestartPolicy(self._limits)
        self._life: Life | None = None
        self._thread: Thread | None = None
        self._quit = False
        self._patience = 4.0
        self._is_successor = False
        self._said: tuple[EngineState, str] = ("stopped", "")

    @property
    def state(self) -> EngineState:
        """The state that was reported last."""
        return self._said[0]

    @property
    def engine_pid(self) -> int | None:
        """Process id of the engine that this client started last."""
        life = self._life
        return life.process.pid if life and life.process else None

    @property
    def dropped_frames(self) -> int:
        """Frames of this engine that came without a credit or were outrun."""
        return self._life.dropped if self._life else 0

    def start(self) -> None:
        """Start the engine and its supervision; after ``failed``, try once more.

        Call it from the main thread, which lives as long as the window: on Linux the
        engine also ends with the thread that started it.
        """
        self.stop()
        self._quit = False
        self._policy.forgive()
        self._ledger.open()
        self._say("starting", "")
        self._begin_life()
        self._thread = Thread(target=self._run, name="engine client", daemon=True)
        self._thread.start()

    def send(self, command: Command) -> int:
        """Send a command; the id that its one ``Ack`` will carry.

        0 means that there is no engine now (dead, failed, stopped) and nothing was
        sent. If the engine dies first, the client itself writes the ``Ack``.
        """
        return self._ledger.add(command, None)

    def request(self, command: Command, timeout: float = 30.0) -> Answer:
        """Send a command and wait for its answer; not for the thread of a window.

        Raises:
            EngineError: There is no engine, or no answer within ``timeout`` seconds.
        """
        answers: Answers = queue.SimpleQueue()
        number = self._ledger.add(command, answers)
        if number == 0:
            raise EngineError("The engine is not running.")
        try:
            return answers.get(timeout=timeout)
        except queue.Empty:
            self._ledger.forget(number)
            raise EngineError(f"The engine did not answer in {timeout:g} s.") from None

    def credit(self, slot: str) -> None:
        """Allow the engine to send one frame for a slot."""
        self._ledger.add_credit(slot)

    def restart(self) -> None:
        """Replace a stuck engine by a new one, because a person asked for it."""
        self._policy.forgive()
        self.kill()

    def kill(self) -> None:
        """End the engine process at once; the supervision then finds it dead."""
        life = self._life
        if life is not None and life.process is not None:
            life.process.kill()

    def stop(self, patience: float = 4.0) -> None:
        """End the engine and its supervision within about ``patience`` seconds."""
        thread = self._thread
        if thread is None or thread is current_thread():
            return
        self._patience = patience
        self._quit = True
        self._ledger.outbox.wake()
        thread.join()
        self._thread = None

    # ---- the client's own thread

    def _run(self) -> None:
        while not self._quit:
            life = self._life
            if life is None:
                return
            welcomed = life.welcomed
            for received in life.step():
                self._hand_on(received)
            if life.end:
                self._bury(life)
            elif welcomed or life.welcomed:
                self._say(*life.judge())
        if self._life is not None:
            for received in self._life.shut_down(self._patience):
                self._hand_on(received)
        self._refuse_open_commands()
        self._say("stopped", "")

    def _begin_life(self) -> None:
        address, keys = self._remote or (None, new_keys())
        process: EngineProcess | None = None
        if self._remote is None:
            try:
                process = EngineProcess(self._command, keys, self._log_file)
            except OSError as error:
                self._life = None
                self._fail(f"The engine cannot be started: {error}.")
                return
        self._life = Life(process, address, keys, self._ledger.outbox, self._limits)

    def _hand_on(self, received: Received) -> None:
        event, arrays = received
        if isinstance(event, Ack) and self._ledger.settle(event, arrays):
            return
        if isinstance(event, Welcome):
            self._ledger.open()
            self._say("ready", "")
        self.on_event(event, arrays)
        if isinstance(event, Welcome) and self._is_successor:
            self._is_successor = False
            self.on_restarted()

    def _bury(self, life: Life) -> None:
        life.bury()
        self._refuse_open_commands()
        if life.final or life.process is None:
            self._fail(life.end)
        elif self._policy.may_restart(time.monotonic()):
            self._say("dead", life.end)
            self._is_successor = True
            self._say("starting", "")
            self._begin_life()
        else:
            self._fail(f"The engine keeps failing and was given up. {life.end}")

    def _fail(self, reason: str) -> None:
        self._life = None
        self._refuse_open_commands()
        self._say("failed", reason)

    def _refuse_open_commands(self) -> None:
        for ack in self._ledger.shut():
            self.on_event(ack, {})

    def _say(self, state: EngineState, text: str) -> None:
        if state != self._said[0]:
            self._said = (state, text)
            self.on_state(state, text)
