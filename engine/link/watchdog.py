"""When an engine counts as slow, stuck or dead, and how often it may be restarted.

Pure logic over a clock that the caller reads, so that tests need not wait.
"""

from collections import deque
from dataclasses import dataclass
from typing import Literal

EngineState = Literal["starting", "ready", "slow", "stuck", "dead", "failed", "stopped"]


@dataclass(frozen=True)
class Limits:
    """Times in seconds."""

    starting: float = 120.0
    slow: float = 5.0
    silent: float = 10.0
    stuck: float = 60.0
    ping_every: float = 1.0
    restarts: int = 2
    window: float = 300.0


class Watchdog:
    """Judges an engine by its answers.

    Any message shows that the process lives. A status while a run plays, or the answer
    to a command, shows that its main thread moves.
    """

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self._looked = now
        self._pinged = now
        self._playing: dict[str, float] = {}
        self._asked: dict[int, float] = {}
        self.heard = now

    def hear(self, now: float) -> None:
        """A message came."""
        self.heard = now

    def hear_status(self, run_id: str, playing: bool, now: float) -> None:
        """A status of a run came."""
        self._playing.pop(run_id, None)
        if playing:
            self._playing[run_id] = now

    def forget(self, run_id: str) -> None:
        """A run has ended."""
        self._playing.pop(run_id, None)

    def ask(self, command: int, now: float) -> None:
        """A command went out."""
        self._asked[command] = now

    def answer(self, command: int) -> None:
        """Its answer came."""
        self._asked.pop(command, None)

    def ping_due(self, now: float) -> bool:
        """Whether to ask again; true once per interval."""
        due = now - self._pinged >= self._limits.ping_every
        if due:
            self._pinged = now
        return due

    def judge(self, now: float) -> tuple[EngineState, str]:
        """State and sentence of an engine that has said its welcome."""
        if now - self._looked > self._limits.slow:
            # This computer slept, or this process stood still: nobody is to blame.
            self._start_again(now)
        self._looked = now
        limits = self._limits
        silence = now - self.heard
        if silence > limits.silent:
            return "stuck", f"The engine has not answered for {silence:.0f} s."
        waits = [*self._playing.values(), *self._asked.values()]
        idle = now - min(waits, default=now)
        if idle > limits.stuck:
            return "stuck", f"The engine has been busy with one thing for {idle:.0f} s."
        if idle > limits.slow:
            return "slow", f"The engine has been busy with one thing for {idle:.0f} s."
        return "ready", ""

    def _start_again(self, now: float) -> None:
        self.heard = now
        self._playing = dict.fromkeys(self._playing, now)
        self._asked = dict.fromkeys(self._asked, now)


class RestartPolicy:
    """At most ``limits.restarts`` restarts within ``limits.window`` seconds."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._deaths: deque[float] = deque()

    def may_restart(self, now: float) -> bool:
        """Count a death; whether the engine may be started once more."""
        self._deaths.append(now)
        while now - self._deaths[0] > self._limits.window:
            self._deaths.popleft()
        return len(self._deaths) <= self._limits.restarts

    def forgive(self) -> None:
        """Begin to count anew, because a person asked for it."""
        self._deaths.clear()
