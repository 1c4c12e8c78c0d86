"""The engine as a child process: start, hand-over of keys, last words, sure end."""

import json
import os
import signal
import subprocess
import sys
import sysconfig
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import IO

import psutil

from engine.link.keys import Address, KeyPair

_LAST_LINES = 12


def default_command() -> list[str]:
    """How the engine of this installation is started.

    ``-P`` keeps the current folder out of the import path: a stray ``random.py`` there
    must not become part of the engine.
    """
    return [sys.executable, "-P", "-m", "engine"]


def environment() -> dict[str, str]:
    """Environment of an engine: torch's helper threads sleep instead of spinning."""
    env = {
        **os.environ,
        "OMP_WAIT_POLICY": "PASSIVE",
        "GOMP_SPINCOUNT": "0",
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
        "PYTHONUTF8": "1",
    }
    home = Path(__file__).parents[2]
    if home != Path(sysconfig.get_path("purelib")):
        paths = [str(home), env.get("PYTHONPATH", "")]
        env["PYTHONPATH"] = os.pathsep.join(p for p in paths if p)
    return env


def how_ended(who: str, code: int) -> str:
    """The end of a process in words, without a full stop."""
    if code >= 0:
        return f"{who} ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = str(-code)
    how = f"{who} was ended by signal {name}"
    if -code == getattr(signal, "SIGKILL", 9):
        how += " (killed from outside, or the computer ran out of memory)"
    return how


class EngineProcess:
    """A running engine. Its stdin is its lifeline: when it closes, the engine ends."""

    def __init__(
        self, command: Sequence[str], keys: KeyPair, log_file: Path | None = None
    ) -> None:
        self._popen = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self.address: Address | None = None
        self._last_words: deque[str] = deque(maxlen=_LAST_LINES)
        self._log_file = log_file
        assert self._popen.stdin
        assert self._popen.stdout
        assert self._popen.stderr
        self._threads = [
            Thread(target=self._read_address, args=(self._popen.stdout,), daemon=True),
            Thread(target=self._read_words, args=(self._popen.stderr,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        hand_over = {"client_key": keys.public, "parent": os.getpid()}
        with suppress(OSError):
            self._popen.stdin.write(json.dumps(hand_over).encode() + b"\n")
            self._popen.stdin.flush()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._popen.pid

    def alive(self) -> bool:
        """Whether it still runs."""
        return self._popen.poll() is None

    def _read_address(self, stdout: IO[bytes]) -> None:
        for line in stdout:
            with suppress(ValueError, KeyError, TypeError):
                found = json.loads(line)
                ports = int(found["port_control"]), int(found["port_frames"])
                self.address = Address("127.0.0.1", *ports, str(found["public_key"]))

    def _read_words(self, stderr: IO[bytes]) -> None:
        for line in stderr:
            text = line.decode(errors="replace").rstrip()
            self._last_words.append(text)
            if self._log_file is not None:
                with (
                    suppress(OSError),
                    self._log_file.open("a", encoding="utf-8") as log,
                ):
                    log.write(text + "\n")

    def epitaph(self) -> str:
        """How the process ended, in words, with its last lines."""
        for thread in self._threads:
            thread.join(0.5)
        code = self._popen.poll()
        how = "The engine was given up"
        if code is not None:
            how = how_ended("The engine", code)
        words = "\n".join(self._last_words)
        return f"{how}.\n{words}" if words else f"{how}."

    def kill(self) -> None:
        """End it and all its children now."""
        victims: list[psutil.Process] = []
        with suppress(psutil.Error):
            victims = psutil.Process(self.pid).children(recursive=True)
        self._popen.kill()
        for victim in victims:
            with suppress(psutil.Error):
                victim.kill()
        self._popen.wait(5)
        self._close_pipes()

    def stop(self, patience: float) -> None:
        """Wait for an end that was asked for; then insist: eof, terminate, kill."""
        end = time.monotonic() + patience
        with suppress(OSError):
            assert self._popen.stdin
            self._popen.stdin.close()
        for share, insist in ((0.8, self._popen.terminate), (1.0, self._popen.kill)):
            rest = end - time.monotonic() - (1 - share) * patience
            try:
                self._popen.wait(max(rest, 0.05))
                break
            except subprocess.TimeoutExpired:
                insist()
        self.kill()

    def _close_pipes(self) -> None:
        for thread in self._threads:
            thread.join(1)
        for pipe in (self._popen.stdin, self._popen.stdout, self._popen.stderr):
            with suppress(OSError):
                assert pipe
                pipe.close()
