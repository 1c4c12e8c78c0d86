"""``genplay bench --leaks`` as it is typed, with the real window and engine."""

import json
import subprocess
import sys

import pytest

from app.bench_heap import heap_in_use

COMMAND = [sys.executable, "-m", "engine.cli", "bench", "--leaks", "--only"]


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_command_counts_what_an_open_leaves_behind():
    command = [*COMMAND, "note", "--opens", "20", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)["note"]
    assert {"window_kb per open", "engine_kb per open"} <= found.keys()
    assert ("heap_kb per open" in found) == (heap_in_use() is not None)
    assert len(found["Qt objects per open"]) == 2


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_command_trains_two_runs_beside_each_other():
    command = [*COMMAND, "training", "--training", "9", "--beside", "vae"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [line.split() for line in done.stdout.splitlines()]
    steps = next(line[1:] for line in lines if line[:1] == ["steps"])
    assert len(steps) == 2
    assert all(int(each.rstrip(",")) > 0 for each in steps)
    assert ["engine", "mb", "per", "hour"] in [line[:4] for line in lines]
