"""Speed of the window, measured by itself: ``python -m app.bench`` prints one object.

Training with four live plots against training without any is measured in turns, in one
run. The event loop is watched by a precise timer that notes how late it fires.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer

from app.bench_window import make_program, open_program, spend
from engine.protocol import Status

ROUNDS = 5
SEGMENT = 3.0  # s
TICK = 16  # ms
MODELS = ("rectified_flow", "realnvp", "vae", "gan")


def starts(module: str, rounds: int = 5) -> float:
    """Median seconds from process start until ``module`` is imported."""
    found = []
    for _ in range(rounds):
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
        found.append(time.perf_counter() - begin)
    return statistics.median(found)


def first_paint(rounds: int = 5) -> float:
    """Median seconds from process start until the window's frame is painted."""
    code = "import app.bench; app.bench.paint_and_leave()"
    found = []
    for _ in range(rounds):
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        found.append(time.perf_counter() - begin)
    return statistics.median(found)


def paint_and_leave() -> None:
    """Show the window as the program does, and leave once it is painted."""
    program = make_program()
    program.window.show()
    program.app.processEvents()
    sys.stdout.flush()
    os._exit(0)  # what Qt does while it ends is not part of its start


class Lateness(QObject):
    """How late a timer of 16 ms fires: what a hand on the mouse would feel, s."""

    def __init__(self) -> None:
        super().__init__()
        self.late: list[float] = []
        self._due = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Begin to watch."""
        self._due = time.perf_counter() + TICK / 1000
        self._timer.start(TICK)

    def stop(self) -> None:
        """Watch no more."""
        self._timer.stop()

    def _tick(self) -> None:
        now = time.perf_counter()
        self.late.append(max(0.0, now - self._due))
        self._due = now + TICK / 1000

    def summary(self) -> dict[str, float]:
        """Median, 99th percentile and maximum, ms."""
        ordered = sorted(self.late)
        at = min(len(ordered) - 1, int(0.99 * len(ordered)))
        return {
            "median_ms": round(1000 * statistics.median(ordered), 2),
            "p99_ms": round(1000 * ordered[at], 2),
            "max_ms": round(1000 * ordered[-1], 2),
            "ticks": len(ordered),
        }


class Trial:
    """One window in training, with and without its plots in turns."""

    def __init__(self, model: str) -> None:
        self.program = open_program(model)
        self.window = self.program.window
        self.session = self.program.session

    def run(self) -> dict[str, Any]:
        """Ratios of steps a second, the share of views, and how late the loop is."""
        late = Lateness()
        self.session.play()
        ratios = []
        shares = []
        spend(SEGMENT)
        for _ in range(ROUNDS):
            late.start()
            live = self._rate()
            late.stop()
            shares.append(self._status().view_share)
            self._plots(on=False)
            bare = self._rate()
            self._plots(on=True)
            ratios.append(live / bare)
        found = {
            "live_over_headless": round(statistics.median(ratios), 3),
            "view_share": round(statistics.median(shares), 3),
            "event_loop": late.summary(),
        }
        self.window.close()
        return found

    def _plots(self, *, on: bool) -> None:
        self.session.slots.set_paused(not on)
        spend(0.7)

    def _rate(self) -> float:
        begin, step = time.perf_counter(), self._status().step
        spend(SEGMENT)
        return (self._status().step - step) / (time.perf_counter() - begin)

    def _status(self) -> Status:
        run = self.session.run
        if run is None or run.status is None:
            raise RuntimeError("The engine did not start the run.")
        return run.status


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m app.bench")
    parser.add_argument("--model", action="append")
    options = parser.parse_args(arguments)
    if options.model and len(options.model) == 1:
        found: dict[str, Any] = Trial(options.model[0]).run()
    else:
        found = _everything(options.model or MODELS)
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


def _everything(models: Sequence[str]) -> dict[str, Any]:
    qt, torch, window = starts("PySide6.QtWidgets"), starts("torch"), first_paint()
    found: dict[str, Any] = {
        "first_paint_over_importing_qt": round(window / qt, 2),
        "first_paint_over_importing_torch": round(window / torch, 2),
        "first_paint_seconds": round(window, 3),
    }
    for model in models:
        command = [sys.executable, "-m", "app.bench", "--model", model]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found[model] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


if __name__ == "__main__":
    sys.exit(main())
