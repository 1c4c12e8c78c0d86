"""The real engine in its own process, from the hand-over of keys to its end."""

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from engine import protocol as p
from engine.client import Client
from engine.link.process import environment

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
CONFIG = p.RunConfig(model="vae", data="eight_gaussians")
LONG = 90.0


class Desk:
    """A client of a real engine that draws nothing but keeps everything."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.frames: dict[str, list[Any]] = {}
        self.states: list[tuple[str, str]] = []
        self.restarts = 0
        self.client = Client(self.take, self.note_state, self.note_restart)

    def take(self, event: Any, arrays: p.Arrays) -> None:
        self.events.append(event)
        if event.kind == "frame":
            self.frames.setdefault(event.slot, []).append((event, arrays))
            self.client.credit(event.slot)

    def note_state(self, state: str, text: str) -> None:
        self.states.append((state, text))

    def note_restart(self) -> None:
        self.restarts += 1

    def ask(self, command: p.Command) -> p.Ack:
        ack, _ = self.client.request(command, LONG)
        assert ack.error == "", ack.error
        return ack

    def wait(self, condition: Callable[[], Any]) -> None:
        end = time.monotonic() + LONG
        while not condition():
            assert time.monotonic() < end, (self.states, self.events[-4:])
            time.sleep(0.01)

    def status(self, run_id: str = "a") -> Any:
        found = [e for e in self.of("status") if e.run_id == run_id]
        return found[-1] if found else None

    def step(self, run_id: str = "a") -> int:
        """The step of the last status; -1 while there is none."""
        status = self.status(run_id)
        return status.step if status else -1

    def of(self, kind: str) -> list[Any]:
        return [e for e in self.events if e.kind == kind]

    def watch(self, *views: str) -> None:
        for view in views:
            self.ask(p.Subscribe(run_id="a", slot=view, view=view))
            self.client.credit(view)


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    desk.client.start()
    yield desk
    desk.client.stop(4)
    assert psutil.Process().children(recursive=True) == []


def test_a_run_is_built_trained_shown_and_ended(desk: Desk) -> None:
    desk.wait(lambda: desk.of("welcome"))
    catalogue = desk.of("welcome")[0].catalogue
    assert {"vae", "realnvp"} <= {m.name for m in catalogue.models}
    assert all(d.thumbnail for d in catalogue.data if d.name != "csv")
    desk.ask(p.Configure(run_id="a", config=CONFIG))
    desk.watch("samples", "density", "latent", "curves")
    desk.wait(lambda: len(desk.frames) == 4 and _all_full_at(desk, 0))
    assert set(desk.frames) == {"samples", "density", "latent", "curves"}
    desk.ask(p.Play(run_id="a"))
    desk.wait(lambda: desk.step() > 50)
    desk.ask(p.Pause(run_id="a"))
    desk.wait(lambda: desk.status() and desk.status().state == "paused")
    stopped = desk.step()
    desk.wait(lambda: _all_full_at(desk, stopped))
    assert desk.step() == stopped
    desk.wait(lambda: desk.status() and desk.status().metrics)
    assert desk.of("snapshots_kept")[-1].steps[0] == 0
    ack = desk.client.request(p.Subscribe(run_id="a", slot="x", view="field"))[0]
    assert ack.error.endswith(".")
    desk.client.stop()
    assert [e.run_id for e in desk.of("finished")] == ["a"]


def _all_full_at(desk: Desk, step: int) -> bool:
    last = [frames[-1][0] for frames in desk.frames.values()]
    return all(f.full and f.step == step for f in last)


def test_a_probe_agrees_with_the_density_view(desk: Desk) -> None:
    config = p.RunConfig(model="realnvp", data="two_moons")
    desk.ask(p.Configure(run_id="a", config=config))
    desk.watch("density")
    desk.wait(lambda: any(f.full for f, _ in desk.frames.get("density", [])))
    frame, arrays = desk.frames["density"][-1]
    left, right, bottom, top = frame.meta["limits"]
    n = frame.meta["resolution"]
    x = left + (right - left) * (np.arange(n) + 0.5) / n
    y = bottom + (top - bottom) * (np.arange(n) + 0.5) / n
    row, column = n // 3, n // 2
    question = p.Probe(
        run_id="a", what="log_prob", points=[[float(x[column]), float(y[row])]]
    )
    ack, answer = desk.client.request(question, LONG)
    assert ack.result["step"] == frame.step
    assert answer["learned"][0] == pytest.approx(
        arrays["learned"][row, column], abs=1e-3
    )
    assert answer["truth"][0] == pytest.approx(arrays["truth"][row, column], abs=1e-3)


def test_a_killed_engine_comes_back_with_what_was_learned(
    desk: Desk, tmp_path: Path
) -> None:
    folder = str(tmp_path / "recovery")
    desk.ask(p.Configure(run_id="a", config=CONFIG, autosave=folder))
    desk.ask(p.StepOnce(run_id="a", count=20))
    desk.wait(lambda: (tmp_path / "recovery" / "run.json").exists())
    desk.wait(lambda: desk.step() == 20)
    desk.ask(p.Play(run_id="a"))
    desk.wait(lambda: desk.step() > 25)
    pid = desk.client.engine_pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    desk.wait(lambda: desk.restarts == 1)
    assert "SIGKILL" in dict(desk.states)["dead"]
    desk.ask(p.Configure(run_id="a", config=CONFIG, autosave=folder, resume=folder))
    desk.wait(lambda: desk.status() and desk.status().state == "paused")
    restored = desk.step()
    assert restored >= 20
    desk.ask(p.StepOnce(run_id="a"))
    desk.wait(lambda: desk.step() == restored + 1)


def test_a_mad_learning_rate_fails_one_run_and_spares_the_other(desk: Desk) -> None:
    mad = {"learning_rate": 1e6, "optimiser": "sgd"}
    ack, _ = desk.client.request(
        p.Configure(run_id="a", config=CONFIG.model_copy(update={"training": mad})),
        LONG,
    )
    if ack.error:
        # The schema forbids it: that is one sentence, and no run.
        assert "learning_rate" in ack.error
        return
    desk.ask(p.Configure(run_id="b", config=CONFIG))
    for run_id in ("a", "b"):
        desk.ask(p.Play(run_id=run_id))
    desk.wait(lambda: desk.of("failed"))
    assert desk.of("failed")[0].advice
    step = desk.step("b")
    desk.wait(lambda: desk.step("b") > step)


def test_a_table_of_garbage_is_one_sentence(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "garbage.csv"
    path.write_bytes(os.urandom(4096))
    config = p.RunConfig(model="vae", data="csv", data_settings={"file": str(path)})
    ack, _ = desk.client.request(p.Configure(run_id="a", config=config), LONG)
    assert ack.error.endswith(".")
    assert "Traceback" not in ack.error
    ack, _ = desk.client.request(p.InspectTable(path=str(path)), LONG)
    assert ack.error
    desk.ask(p.Configure(run_id="a", config=CONFIG))


@pytest.mark.skipif(os.name != "posix", reason="kills by signal")
def test_an_engine_does_not_outlive_its_killed_window(tmp_path: Path) -> None:
    folder = tmp_path / "recovery"
    window = f"""
        import sys, time
        from engine import protocol as p
        from engine.client import Client
        steps = []
        client = Client(lambda e, _: steps.append(getattr(e, "step", 0)))
        client.start()
        config = p.RunConfig(model="vae", data="eight_gaussians")
        run = p.Configure(run_id="a", config=config, autosave={str(folder)!r})
        client.request(run, {LONG})
        client.request(p.Play(run_id="a"), {LONG})
        while max(steps) < 3:
            time.sleep(0.01)
        print(client.engine_pid, flush=True)
        time.sleep(1000)
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(window)],
        stdout=subprocess.PIPE,
        env=environment(),
        cwd=ROOT,
    )
    assert parent.stdout
    with parent:
        engine = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        assert _gone(engine, LONG)
    # It used its last moments: what was learned is on disk.
    assert json.loads((folder / "run.json").read_text())["config"]["model"] == "vae"


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help")
def test_even_an_engine_that_holds_the_gil_ends_with_its_window(tmp_path: Path) -> None:
    """PDEATHSIG alone: the child runs no Python any more, and its stdin stays open."""
    hung = """
        import ctypes, os, sys
        from engine.link import guard
        guard.die_with_parent(os.getppid())
        print(os.getpid(), flush=True)
        ctypes.PyDLL(None).sleep(1000)
    """
    window = f"""
        import subprocess, sys, time
        child = [sys.executable, "-c", {textwrap.dedent(hung)!r}]
        subprocess.Popen(child, start_new_session=True)
        time.sleep(1000)
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(window)],
        stdout=subprocess.PIPE,
        env=environment(),
        cwd=ROOT,
    )
    assert parent.stdout
    with parent:
        engine = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        assert _gone(engine, LONG)


def _gone(process: psutil.Process, seconds: float) -> bool:
    """Whether it ended; a dead child that nobody collects counts as gone."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.01)
    return False


def test_a_person_who_starts_the_engine_by_hand_is_told(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "engine"],
        input=b"hello\n",
        capture_output=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 1
    assert b"genplay" in done.stderr
    assert done.stdout == b""


def test_an_engine_on_another_machine(tmp_path: Path) -> None:
    """``genplay serve`` and a client with its connection file; it outlives a client."""
    keys = tmp_path / "keys"
    code = (
        "import sys; from pathlib import Path; from engine.server import serve;"
        f"sys.exit(serve('127.0.0.1:{_free_port()}', Path({str(keys)!r})))"
    )
    server = subprocess.Popen([sys.executable, "-c", code], env=environment(), cwd=ROOT)
    try:
        for _ in range(2):
            end = time.monotonic() + LONG
            while not (keys / "client.json").exists():
                assert time.monotonic() < end
                time.sleep(0.05)
            client = Client(connection=keys / "client.json")
            client.start()
            ack, _ = client.request(p.InspectTable(path="/no/such"), LONG)
            assert ack.error
            client.stop()
        assert server.poll() is None
    finally:
        server.terminate()
        assert server.wait(30) == 0
    modes = {f.stat().st_mode & 0o777 for f in keys.iterdir()}
    assert modes == {0o600}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
