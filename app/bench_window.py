"""The window under measurement: opened as the program does, driven without a hand."""

import argparse
import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEventLoop, QTimer

from app.application import Program
from app.preferences import Preferences
from engine.protocol import RunConfig

_SIZE = (1440, 900)
_LOOK_EVERY = 20  # ms
_PATIENCE = 120.0  # s
_MODEL, _DATA = "rectified_flow", "eight_gaussians"


def make_program(model: str = _MODEL, data: str = _DATA) -> Program:
    """The program with a run that does not end by itself; its window is not shown."""
    options = argparse.Namespace(
        settings=["training.steps=10000000"],
        theme="dark",
        size=_SIZE,
        screenshot=None,
        steps=0,
        reset_settings=False,
    )
    wanted = RunConfig(model=model, data=data)
    return Program(options, wanted, Preferences(), None)


def open_program(model: str = _MODEL, data: str = _DATA) -> Program:
    """The program with its window on screen and a run that stands at step 0."""
    program = make_program(model, data)
    program.window.resize(*_SIZE)
    program.window.show()
    program.app.processEvents()
    program.window.wall.build()
    session = program.session
    session.start()
    wait_until(lambda: session.run is not None and session.run.status)
    return program


def wait_until(done: Callable[[], Any], patience: float = _PATIENCE) -> None:
    """Run the event loop until something is true, at most ``patience`` seconds."""
    loop = QEventLoop()
    timer = QTimer()
    timer.setInterval(_LOOK_EVERY)
    end = time.perf_counter() + patience

    def look() -> None:
        if done() or time.perf_counter() > end:
            loop.quit()

    timer.timeout.connect(look)
    timer.start()
    loop.exec()
    timer.stop()


def spend(seconds: float) -> None:
    """Run the event loop for so long."""
    end = time.perf_counter() + seconds
    wait_until(lambda: time.perf_counter() > end, patience=seconds + 60)
