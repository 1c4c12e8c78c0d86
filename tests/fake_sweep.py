"""A sweep as the fake engine pretends it; see /tests/fake_engine.py."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from fake_frames import LIMITS, log_ring, ring

from engine import protocol as p

SIDE, DOTS, SPARK = 64, 240, 60


def count(settings: dict[str, Any]) -> int:
    sizes = [len(settings[a]["values"]) for a in ("rows", "columns") if a in settings]
    return int(np.prod(sizes))


def density(spread: float) -> np.ndarray:
    axis = np.linspace(-3, 3, SIDE)
    grid = np.stack(np.meshgrid(axis, axis), -1)
    return np.exp(log_ring(grid, spread)).astype(np.float32)


def pictures(index: int) -> dict[str, np.ndarray]:
    spread = 0.15 + 0.1 * index
    arrays = {
        "density": density(spread),
        "samples": ring(DOTS, spread, index)[0],
        "spark": np.exp(-np.linspace(0, 3, SPARK)).astype(np.float32),
        "codes": ring(DOTS, 0.1, index)[0] / 2,
        "labels": ring(DOTS, 0.1, index)[1],
    }
    return {name: array[None] for name, array in arrays.items()}


def facts(index: int, step: int, stopped: set[int]) -> dict[str, Any]:
    """Cell 1 is the best; the last but one has diverged."""
    metric = 0.5 if index == 0 else 0.1 * index
    state = "stopped" if index in stopped else "learning"
    if index == 2:
        state = "diverged"
    return {
        "cell": index,
        "step": step,
        "state": state,
        "metric": None if index == 2 else metric,
        "losses": {"loss": 1.5, "kl": 0.25},
        "diverged_at": 7 if index == 2 else None,
    }


class FakeSweep:
    """Tells every cell once, then waits for the word to finish."""

    def __init__(self, command: p.StartJob) -> None:
        self.command = command
        self.count = count(command.settings)
        self.steps = command.settings["steps"]
        self.stopped: set[int] = set()

    def begin(self) -> Iterator[tuple[p.JobNews, dict[str, np.ndarray]]]:
        yield self.news({"phase": "build", "built": self.count}, 0.0), {}
        opening = {"phase": "arrange", "limits": LIMITS, "classes": 8}
        opening["kind"] = "bound"
        common = {"data": ring(DOTS, 0.15)[0], "data_density": density(0.15)}
        yield self.news(opening, 0.0), common
        for index in range(self.count):
            yield self.cell(index), pictures(index)

    def cell(self, index: int) -> p.JobNews:
        step = self.steps // 2
        result = {
            "phase": "train",
            "step": step,
            "speed": 4321.0,
            "seconds_left": 12.0,
            "exam_share": 0.06,
            "stacks": [self.count - 2],
            "alone": 2,
            "processes": 2,
            "why": "Two cores.",
            "cells": [facts(index, step, self.stopped)],
            "pictured": [index],
        }
        return self.news(result, 0.5)

    def news(self, result: dict[str, Any], share: float, **more: Any) -> p.JobNews:
        name = self.command.job_id
        return p.JobNews(job_id=name, what="sweep", share=share, result=result, **more)
