"""Whether the window loses memory: ``genplay bench --leaks``.

Everything that opens is opened and closed many times, with the real engine behind it;
then a run trains for minutes with its four plots on, alone or beside another. Memory is
the part of the process that is in RAM; its slope is a line of least squares over the
last opens, when caches are full. What malloc has handed out (where glibc tells) and
live objects of Qt and of Python are counted beside it: a leak shows in them, an
allocator's reserve does not. Each thing is measured in a process of its own.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import psutil

from app.bench_alive import live_objects
from app.bench_heap import heap_in_use
from app.bench_openers import openers
from app.bench_window import open_program, spend, wait_until
from app.session import Session
from app.window import Window

OPENS = 500
#: Share of the opens at the end that counts, and opens between two readings.
_TAIL, _EVERY = 0.8, 10
_PAUSE = 0.04  # s on screen, and as long off it
TRAINING = 600.0  # s
_WARM = 0.2  # share of the training that is left out
_READ = 2.0  # s between two readings while training
_TRAINED_STEPS = 200  # before anything is opened
_OPENED, _TRAINED = "rectified_flow", ("realnvp", "two_moons")
_COUNTED = ("widgets", "Qt objects", "Python objects")


class Reading:
    """What a process holds, read again and again.

    Attributes:
        at: Opens or seconds of the readings.
    """

    def __init__(self) -> None:
        self.at: list[float] = []
        self.kept: dict[str, list[float]] = {}

    def take(self, at: float, **found: float) -> None:
        """One reading of several things."""
        self.at.append(at)
        for name, value in found.items():
            self.kept.setdefault(name, []).append(value)

    def slope(self, name: str, share: float) -> tuple[float, float]:
        """Rise for each unit of ``at`` over the last share, and its standard error."""
        first = round((1 - share) * len(self.at))
        x, y = np.array(self.at[first:]), np.array(self.kept[name][first:])
        away = x - x.mean()
        slope = float(away @ y / (away @ away))
        rest = y - y.mean() - slope * away
        error = np.sqrt(rest @ rest / max(1, len(x) - 2) / (away @ away))
        return slope, float(error)


def measure_opens(name: str, count: int, model: str) -> dict[str, Any]:
    """Open and close one thing ``count`` times; what the window has gained by it."""
    program = open_program(model)
    window = program.window
    _train_a_little(window)
    opener, reading = openers()[name], Reading()
    own, engine = _processes(window)
    for index in range(count):
        opener.open(window)
        spend(_PAUSE)
        opener.close(window)
        spend(_PAUSE)
        if index % _EVERY == 0:
            # What is still asked for would count as what is left behind.
            wait_until(lambda: not _is_owed(window.session))
            alive = live_objects(window)
            reading.take(
                index,
                window_kb=own.memory_info().rss / 1024,
                engine_kb=engine.memory_info().rss / 1024,
                **_heap_kb(),
                **{name: alive[name] for name in _COUNTED},
            )
    window.close()
    return _opened(reading)


def _is_owed(session: Session) -> bool:
    return session.jobs.are_under_way or session.link.awaits_answers


def _heap_kb() -> dict[str, float]:
    """What the window's malloc has handed out, kB; nothing where it cannot tell."""
    heap = heap_in_use()
    return {} if heap is None else {"heap_kb": heap / 1024}


def _opened(reading: Reading) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in reading.kept:
        slope, error = reading.slope(name, _TAIL)
        found[f"{name} per open"] = [round(slope, 3), round(error, 3)]
    found["window_mb"] = [round(kb / 1024, 1) for kb in reading.kept["window_kb"][::5]]
    return found


def measure_training(
    seconds: float, model: str, data: str, beside: str = ""
) -> dict[str, Any]:
    """Train at full speed with four plots; the slope of both processes, MB an hour.

    The engine keeps moments of the training, ever more rarely, within a budget: it is
    told with them and without.

    Args:
        seconds: So long.
        model: What is trained, with its defaults.
        data: On these.
        beside: Another model, trained beside it on the page that compares.
    """
    window = open_program(model, data).window
    if beside:
        window.pages.show_page("compare")
        window.session.compare.add_model(beside)
    window.session.play()
    own, engine = _processes(window)
    reading, begin = Reading(), time.perf_counter()
    while (now := time.perf_counter() - begin) < seconds:
        runs = window.session.runs.all.values()
        moments = sum(run.snapshot_bytes for run in runs)
        reading.take(
            now,
            window=own.memory_info().rss / 2**20,
            engine=engine.memory_info().rss / 2**20,
            engine_beside_moments=(engine.memory_info().rss - moments) / 2**20,
            **{name[:-3]: kb / 1024 for name, kb in _heap_kb().items()},
        )
        spend(_READ)
    steps = [run.step for run in window.session.runs.all.values()]
    found: dict[str, Any] = {"steps": steps}
    window.close()
    for name in reading.kept:
        slope, error = reading.slope(name, 1 - _WARM)
        found[f"{name}_mb_per_hour"] = [round(3600 * v, 2) for v in (slope, error)]
        found[f"{name}_mb"] = [round(mb, 1) for mb in reading.kept[name][::20]]
    return found


def _train_a_little(window: Window) -> None:
    """So that there is something to show; however slow the machine is."""
    session = window.session
    session.step_once(_TRAINED_STEPS)
    wait_until(lambda: session.run is not None and session.run.step >= _TRAINED_STEPS)
    spend(3.0)


def _processes(window: Window) -> tuple[psutil.Process, psutil.Process]:
    welcome = window.session.welcome
    if welcome is None:
        raise RuntimeError("The engine did not start.")
    return psutil.Process(), psutil.Process(welcome.pid)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.opens < 2 * _EVERY:
        parser.error(f"--opens {options.opens}: a slope needs {2 * _EVERY} or more")
    if options.only == "training":
        found = {"training": _training(options)}
    elif options.only:
        found = {options.only: measure_opens(options.only, options.opens, _OPENED)}
    else:
        found = _everything(options)
    if options.json:
        sys.stdout.write(json.dumps(found) + "\n")
    else:
        for name, measured in found.items():
            sys.stdout.write(_told(name, measured))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="genplay bench --leaks",
        description="What the window and its engine gain by opening and closing, and "
        "by training. About an hour.",
    )
    parser.add_argument("--only", choices=[*openers(), "training"], metavar="NAME")
    parser.add_argument("--opens", type=int, default=OPENS, metavar="N")
    parser.add_argument("--training", type=float, default=TRAINING, metavar="S")
    parser.add_argument("--model", default=_TRAINED[0], metavar="M")
    parser.add_argument("--data", default=_TRAINED[1], metavar="D")
    parser.add_argument("--beside", default="", metavar="M", help="and compare it")
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    return parser


def _training(options: argparse.Namespace) -> dict[str, Any]:
    return measure_training(
        options.training, options.model, options.data, options.beside
    )


def _told(name: str, measured: dict[str, Any]) -> str:
    """What one measurement found, a line for each figure: value and standard error."""
    lines = [name]
    for figure, value in measured.items():
        words = ", ".join(f"{each:g}" for each in value)
        lines.append(f"  {figure.replace('_', ' '):34} {words}")
    return "\n".join(lines).replace("-", "−") + "\n"


def _everything(options: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in [*openers(), "training"]:
        command = [sys.executable, "-m", "app.bench_leaks", "--only", name, "--json"]
        command += ["--opens", str(options.opens), "--data", options.data]
        command += ["--training", str(options.training), "--model", options.model]
        command += ["--beside", options.beside]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found |= json.loads(done.stdout.strip().splitlines()[-1])
        sys.stderr.write(_told(name, found[name]))
    return found


if __name__ == "__main__":
    sys.exit(main())
