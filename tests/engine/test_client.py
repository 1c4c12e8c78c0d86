"""The client against a fake engine: real process, real sockets, real faults."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import psutil
import pytest
import zmq

from engine import protocol as p
from engine.client import Client, EngineError, Limits
from engine.link.hub import Hub
from engine.link.inbox import Inbox
from engine.link.keys import new_keys, read_connection, write_connection
from engine.link.sockets import (
    NOT_AN_ENGINE,
    WRONG_CLIENT_KEY,
    WRONG_SERVER_KEY,
)

FAKE = [sys.executable, str(Path(__file__).parents[1] / "fake_engine.py")]
CONFIG = p.RunConfig(model="vae", data="two_moons")
LONG = 60.0


class Witness:
    """A client with everything that it says."""

    def __init__(self, command: list[str] = FAKE, **options: Any) -> None:
        self.events: list[Any] = []
        self.states: list[tuple[str, str]] = []
        self.restarts = 0
        self.client = Client(
            lambda event, arrays: self.events.append(event),
            lambda state, text: self.states.append((state, text)),
            self.note_restart,
            command=command,
            **options,
        )

    def note_restart(self) -> None:
        self.restarts += 1

    def of(self, kind: str) -> list[Any]:
        return [e for e in self.events if e.kind == kind]

    def said(self, state: str) -> list[str]:
        return [text for name, text in self.states if name == state]

    def wait(self, condition: Callable[[], Any]) -> None:
        end = time.monotonic() + LONG
        while not condition():
            assert time.monotonic() < end, (self.states, self.events[-5:])
            time.sleep(0.01)

    def play(self) -> None:
        self.client.request(p.Configure(run_id="a", config=CONFIG))
        self.client.send(p.Play(run_id="a"))


@pytest.fixture
def make() -> Iterator[Callable[..., Witness]]:
    made: list[Witness] = []

    def build(**options: Any) -> Witness:
        made.append(Witness(**options))
        made[-1].client.start()
        return made[-1]

    yield build
    for witness in made:
        witness.client.stop(2)
    assert psutil.Process().children(recursive=True) == []


def test_the_window_side_loads_neither_torch_nor_qt() -> None:
    code = (
        "import sys, engine.client, engine.protocol;"
        "bad = {'torch', 'PySide6', 'sklearn'} & set(sys.modules);"
        "sys.exit(str(bad) if bad else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_commands_are_answered_and_pictures_come_for_credits(
    make: Callable[..., Witness],
) -> None:
    witness = make()
    client = witness.client
    ack, _ = client.request(p.Configure(run_id="a", config=CONFIG), LONG)
    assert ack.error == ""
    client.request(p.Subscribe(run_id="a", slot="1", view="density"))
    ack, _ = client.request(p.InspectTable(path="/no/such/file"))
    assert ack.error
    client.credit("1")
    witness.wait(lambda: witness.of("frame"))
    # Nothing changes: a second credit brings nothing, a change brings one picture.
    client.credit("1")
    client.request(p.StepOnce(run_id="a"))
    witness.wait(lambda: len(witness.of("frame")) == 2)
    client.request(p.StepOnce(run_id="a"))
    client.request(p.Ping())
    assert [f.step for f in witness.of("frame")] == [0, 1]
    answer, arrays = client.request(
        p.Probe(run_id="a", what="log_prob", points=[[2, 0]])
    )
    assert answer.error == ""
    assert arrays["truth"].shape == (1,)


def test_ids_are_unique_and_each_is_answered_once(make: Callable[..., Witness]) -> None:
    witness = make()
    ids: list[int] = []

    def send_many() -> None:
        ids.extend(witness.client.send(p.Ping()) for _ in range(100))

    threads = [Thread(target=send_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    witness.wait(lambda: len(witness.of("ack")) >= 400)
    assert sorted(a.id for a in witness.of("ack")) == sorted(set(ids))
    assert len(ids) == 400


def kill(witness: Witness) -> None:
    pid = witness.client.engine_pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def test_a_killed_engine_is_named_restarted_and_the_third_time_given_up(
    make: Callable[..., Witness],
) -> None:
    witness = make()
    for restarts in (1, 2):
        witness.wait(lambda: witness.client.state == "ready")
        kill(witness)
        witness.wait(lambda n=restarts: witness.restarts == n)
    kill(witness)
    witness.wait(lambda: witness.client.state == "failed")
    assert len(witness.said("dead")) == 2
    assert "SIGKILL" in witness.said("dead")[0]
    assert "SIGKILL" in witness.said("failed")[0]
    assert witness.client.send(p.Ping()) == 0
    with pytest.raises(EngineError):
        witness.client.request(p.Ping())
    witness.client.start()
    witness.wait(lambda: witness.client.state == "ready")


def test_an_engine_that_dies_on_a_command_answers_through_the_client(
    make: Callable[..., Witness], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE_FAULT", "die")
    witness = make(limits=Limits(restarts=0))
    witness.play()
    witness.wait(lambda: witness.client.state == "failed")
    reason = witness.said("failed")[0]
    assert "exit code 3" in reason
    assert "told to die" in reason
    assert [a.error != "" for a in witness.of("ack")] == [True]


def test_an_engine_that_dies_at_the_start_is_not_started_for_ever(
    make: Callable[..., Witness], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE_FAULT", "die_at_start")
    witness = make()
    witness.wait(lambda: witness.client.state == "failed")
    assert len(witness.said("dead")) == 2
    assert "dead on arrival" in witness.said("failed")[0]


def test_a_program_that_is_not_there_is_named(make: Callable[..., Witness]) -> None:
    witness = make(command=["/no/such/program"])
    assert witness.client.state == "failed"
    assert "/no/such/program" in witness.said("failed")[0]


def test_a_hanging_engine_is_slow_then_stuck_and_can_be_replaced(
    make: Callable[..., Witness], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE_FAULT", "hang")
    witness = make(limits=Limits(slow=0.5, stuck=1.0))
    witness.play()
    witness.wait(lambda: witness.said("stuck"))
    assert witness.said("slow")
    witness.client.restart()
    witness.wait(lambda: witness.restarts == 1)
    assert witness.client.state == "ready"


@pytest.mark.skipif(os.name != "posix", reason="needs SIGSTOP")
def test_a_frozen_engine_is_stuck_by_its_silence(
    make: Callable[..., Witness], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE_FAULT", "freeze")
    witness = make(limits=Limits(silent=1.0, ping_every=0.2))
    witness.play()
    witness.wait(lambda: witness.said("stuck"))
    assert "not answered" in witness.said("stuck")[0]


def test_another_version_is_refused_with_both_versions(
    make: Callable[..., Witness], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE_FAULT", "old_version")
    witness = make()
    witness.wait(lambda: witness.client.state == "failed")
    assert "version 0" in witness.said("failed")[0]
    assert witness.said("dead") == []


def test_garbage_is_dropped_and_the_rest_goes_on(
    make: Callable[..., Witness], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE_FAULT", "garbage")
    witness = make()
    witness.play()
    witness.wait(lambda: witness.of("status"))
    assert witness.client.state == "ready"


def test_a_flood_of_frames_leaves_control_alone_and_the_newest_wins(
    make: Callable[..., Witness], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE_FAULT", "flood")
    witness = make()
    client = witness.client
    client.request(p.Configure(run_id="a", config=CONFIG), LONG)
    client.credit("1")
    client.request(p.Subscribe(run_id="a", slot="1", view="curves"), LONG)
    for _ in range(20):
        client.request(p.Ping())
    witness.wait(lambda: client.dropped_frames > 0)
    # 2,001 frames for one credit: one is handed on.
    assert len(witness.of("frame")) <= 1


def test_a_stubborn_engine_is_gone_after_stop(
    make: Callable[..., Witness], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE_FAULT", "stubborn")
    witness = make()
    witness.play()
    pid = witness.client.engine_pid
    assert pid is not None
    witness.client.stop(1.0)
    assert not psutil.pid_exists(pid)
    assert witness.client.state == "stopped"


def test_stop_ends_every_run_exactly_once(make: Callable[..., Witness]) -> None:
    witness = make()
    witness.play()
    witness.client.request(p.Configure(run_id="b", config=CONFIG))
    witness.client.request(p.Close(run_id="b"))
    witness.client.stop()
    assert sorted(e.run_id for e in witness.of("finished")) == ["a", "b"]


# ---- doors that stay shut


@pytest.fixture
def hub() -> Iterator[Hub]:
    keys, client = new_keys(), new_keys()
    hub = Hub(Inbox(), keys, [client.public])
    hub.client_keys = client
    hub.start()
    yield hub
    hub.finish()


def refused(tmp_path: Path, address: Any, keys: Any) -> str:
    write_connection(tmp_path / "client.json", address, keys)
    witness = Witness(connection=tmp_path / "client.json")
    witness.client.start()
    begin = time.monotonic()
    witness.wait(lambda: witness.client.state == "failed")
    assert time.monotonic() - begin < 20
    witness.client.stop()
    return witness.said("failed")[0]


def test_an_unknown_client_key_is_named(hub: Hub, tmp_path: Path) -> None:
    assert refused(tmp_path, hub.address, new_keys()) == WRONG_CLIENT_KEY


def test_a_wrong_engine_key_is_named(hub: Hub, tmp_path: Path) -> None:
    other = type(hub.address)(
        hub.address.host,
        hub.address.port_control,
        hub.address.port_frames,
        new_keys().public,
    )
    assert refused(tmp_path, other, hub.client_keys) == WRONG_SERVER_KEY


def test_a_listener_without_cipher_is_named(hub: Hub, tmp_path: Path) -> None:
    with zmq.Context() as context, context.socket(zmq.ROUTER) as plain:
        plain.linger = 0
        port = plain.bind_to_random_port("tcp://127.0.0.1")
        address = type(hub.address)("127.0.0.1", port, port, hub.address.public_key)
        assert refused(tmp_path, address, hub.client_keys) == NOT_AN_ENGINE


def test_the_right_key_opens(hub: Hub, tmp_path: Path) -> None:
    """The doorkeeper lets somebody in at all."""
    path = tmp_path / "client.json"
    write_connection(path, hub.address, hub.client_keys)
    assert path.stat().st_mode & 0o077 == 0
    assert read_connection(path)[0] == hub.address
    witness = Witness(connection=path)
    witness.client.start()
    witness.wait(lambda: hub.inbox.peek())
    letter = hub.inbox.take()
    assert letter is not None
    assert isinstance(letter.command, p.Hello)
    witness.client.stop()
