"""The engine's own supervision: it never outlives the window that started it."""

import ctypes
import faulthandler
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread

#: Seconds that an orphaned engine has to save what was learned.
DEADLINE = 1.5
_PR_SET_PDEATHSIG = 1


def be_modest(niceness: int = 10) -> None:
    """Run below the starter's priority, and write a trace if the process crashes."""
    faulthandler.enable()
    with suppress(AttributeError, OSError):
        os.nice(niceness)


def die_with_parent(parent: int) -> None:
    """Linux: end some 2 s after the parent, even while C code holds the GIL.

    The kernel sends SIGINT (2) when the parent dies. Its handler is the C function
    ``alarm`` itself, called with the signal's number: alarm(2) arms SIGALRM, whose
    default is to end the process 2 s later. The 2 s are for the recovery files, which
    an immediate SIGKILL would cost; the end of stdin has set off their writing.
    """
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.signal.argtypes = [ctypes.c_int, ctypes.c_void_p]
    libc.signal.restype = ctypes.c_void_p
    libc.signal(int(signal.SIGINT), ctypes.cast(libc.alarm, ctypes.c_void_p))
    libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGINT))
    if os.getppid() != parent:
        # The parent died before the kernel was asked to watch it.
        os._exit(1)


def killed_with_parent(parent: int) -> None:
    """Linux: end at once with the thread that started this process.

    For a process that has nothing to save; elsewhere the end of stdin has to do.
    """
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent:
        os._exit(1)


def end_with_stdin(ask_to_stop: Callable[[], None], stopped: Event) -> None:
    """End the process soon after stdin closes, saved or not.

    Args:
        ask_to_stop: Called at the end of file; must only set a flag.
        stopped: Set by the main thread when everything is saved.
    """

    def watch() -> None:
        with suppress(OSError):
            while os.read(0, 4096):
                pass
        ask_to_stop()
        stopped.wait(DEADLINE)
        os._exit(0)

    Thread(target=watch, name="stdin", daemon=True).start()


def stop_on_terminate(ask_to_stop: Callable[[], None]) -> None:
    """Let SIGTERM ask for an orderly end."""
    signal.signal(signal.SIGTERM, lambda *_: ask_to_stop())


def keep_stdout_clean() -> None:
    """Send whatever a library prints to stderr: stdout had its one line."""
    sys.stdout.flush()
    os.dup2(2, 1)
