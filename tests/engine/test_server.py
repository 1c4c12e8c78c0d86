"""The engine's main loop, turn by turn, with pretended experiments and no sockets."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from engine import protocol as p
from engine.lab.base import Job, News
from engine.link import commands, desk, runs
from engine.link.hub import Hub
from engine.link.inbox import Inbox, Letter
from engine.metrics.effort import Effort
from engine.server import Server, serve
from engine.training.trainer import Diverged
from engine.views.base import Picture

CONFIG = p.RunConfig(model="vae", data="two_moons")
TWO = torch.tensor([0.0, 0.0]), torch.tensor([1.0, 1.0])


class PretendedModel:
    def players(self) -> dict[str, list[Any]]:
        return {"generator": [], "critic": []}

    def sample(self, n: int, generator: Any) -> Any:
        """Makes it a model with samples."""


class PretendedExperiment:
    """Counts what is asked of it; ``during`` runs inside each picture."""

    made: ClassVar[list["PretendedExperiment"]] = []
    during: Callable[[Callable[[], None]], None] = staticmethod(lambda tick: tick())
    per_slice = 5

    def __init__(self, config: p.RunConfig) -> None:
        if config.model == "nonsense":
            raise ValueError("There is no model 'nonsense'")
        self.config, self.step, self.steps, self.seconds = config, 0, 1000, 0.0
        self.trainer = SimpleNamespace(model=PretendedModel())
        source = SimpleNamespace(entropy=lambda: 1.5, class_names=("a", "b"))
        self.data = SimpleNamespace(
            source=source,
            scaling=SimpleNamespace(mean=TWO[0], std=TWO[1]),
            columns=("x", "y"),
            limits=(-3.0, 3.0, -3.0, 3.0),
            notes=(),
            remarks=(),
            too_few=False,
            classes=2,
            train=SimpleNamespace(x=torch.zeros(10, 2)),
        )
        self.device, self.parameters, self.stage, self.stages = "cpu", 7, 0, 1
        self.snapshot_bytes = 0
        self.pictures: list[tuple[str, float, int | None]] = []
        self.moves: list[str] = []
        self.slices = self.measured = 0
        self.asked: list[int] = []
        self.history = SimpleNamespace(changes=[])
        self.saves: list[Path] = []
        self.breaks: Exception | None = None
        self.faults: list[p.Finding] = []
        self.made.append(self)

    from_config = classmethod(lambda cls, config: cls(config))

    @property
    def snapshots(self) -> list[int]:
        return list(range(0, self.step + 1, 10))

    def train_for(self, seconds: float, max_steps: int) -> int:
        assert seconds <= 0.010
        assert max_steps > 0
        if self.breaks is not None:
            raise self.breaks
        done = min(self.per_slice, max_steps)
        self.step += done
        self.slices += 1
        return done

    def chance(self, tick: Callable[[], None]) -> float:
        return 0.01

    def effort(self, tick: Callable[[], None]) -> Effort:
        return Effort(3, 1)

    def judged(self) -> Any:
        return self.data

    def train_player(self, player: str) -> None:
        self.moves.append(player)

    def diagnose(self, metrics: p.Metrics, tick: Callable[[], None]) -> list[p.Finding]:
        del metrics
        tick()
        return list(self.faults)

    def requires_restart(self, config: p.RunConfig) -> list[str]:
        return [] if config.model == self.config.model else ["model"]

    def configure(self, config: p.RunConfig) -> list[Any]:
        old, self.config = self.config, config
        same = old.training == config.training
        change = SimpleNamespace(step=self.step, name="rate", old=1, new=2)
        return [] if same else [change]

    def picture(
        self, view: str, settings: Any, at: Any, quality: float, tick: Any
    ) -> Any:
        type(self).during(tick)
        self.pictures.append((view, quality, at))
        return Picture({"x": np.zeros(3, np.float32)}, {"n": 1})

    def measure(self, points: int, tick: Any) -> p.Metrics:
        tick()
        self.measured += 1
        self.asked.append(points)
        return p.Metrics(step=self.step, energy_distance=float("nan"))

    def latest_losses(self) -> dict[str, float]:
        return {"loss": float("inf")}

    def reset(self) -> None:
        self.step = 0

    def restore(self, step: int) -> None:
        if step not in self.snapshots:
            raise KeyError(f"Step {step} is not kept.")
        self.step = step

    def branch(self, step: int) -> "PretendedExperiment":
        other = PretendedExperiment(self.config)
        other.step = step
        return other

    def save_recovery(self, folder: Path) -> None:
        self.saves.append(folder)


class RecordingHub(Hub):
    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.finished = False

    def send(self, event: Any, arrays: Any = None, to: bytes = b"") -> None:
        p.encode(event, arrays)
        self.sent.append(event)

    def finish(self) -> None:
        self.finished = True


class Bench:
    """A server, its hub, and a window's hands."""

    def __init__(self) -> None:
        self.hub, self.inbox = RecordingHub(), Inbox()
        self.server = Server(self.hub, self.inbox)
        self.number = 0

    def post(self, command: p.Command) -> int:
        self.number += 1
        numbered = command.model_copy(update={"id": self.number})
        self.inbox.put(Letter(b"w", numbered))
        return self.number

    def tell(self, command: p.Command) -> p.Ack:
        number = self.post(command)
        self.server.turn()
        return next(a for a in self.of("ack") if a.id == number)

    def make(self, run_id: str = "a", **more: Any) -> PretendedExperiment:
        ack = self.tell(p.Configure(run_id=run_id, config=CONFIG, **more))
        assert ack.error == ""
        return PretendedExperiment.made[-1]

    def watch(self, slot: str = "1", at: int | None = None, run_id: str = "a") -> None:
        wish = p.Subscribe(run_id=run_id, slot=slot, view="samples", at=at)
        assert self.tell(wish).error == ""

    def turns(self, count: int) -> None:
        for _ in range(count):
            self.server.turn()

    def of(self, kind: str) -> list[Any]:
        return [e for e in self.hub.sent if e.kind == kind]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    for module in (commands, runs):
        monkeypatch.setattr(module, "Experiment", PretendedExperiment)
    monkeypatch.setattr(PretendedExperiment, "made", [])
    monkeypatch.setattr(Inbox, "wait", lambda *_: None)
    return Bench()


def test_each_command_is_answered_once_and_in_order(bench: Bench) -> None:
    bench.make()
    for command in (p.Play(run_id="a"), p.Pause(run_id="a"), p.Pause(run_id="b")):
        bench.post(command)
    bench.server.turn()
    assert [a.id for a in bench.of("ack")] == [1, 2, 3, 4]
    assert bench.of("ack")[-1].error == "There is no run 'b'."


def test_edited_data_are_told_and_others_are_not(bench: Bench) -> None:
    experiment = bench.make()
    bench.tell(p.Configure(run_id="a", config=CONFIG))
    assert bench.of("data_changed") == []
    edited = SimpleNamespace(**vars(experiment.data))
    edited.too_few, edited.remarks = True, ("Too few.",)

    def configure(config: p.RunConfig) -> list[Any]:
        experiment.data = edited
        return []

    experiment.configure = configure  # type: ignore[method-assign]
    bench.tell(p.Configure(run_id="a", config=CONFIG))
    (event,) = bench.of("data_changed")
    assert event.too_few
    assert (event.run_id, event.notes, event.points) == ("a", ["Too few."], 10)


@pytest.mark.parametrize("name", ["save_session", "open_session"])
def test_a_large_file_lets_quick_commands_through_until_the_engine_has_to_end(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    bench.make()
    run, ticks = bench.server.runs["a"], []

    def pretended(*args: Any) -> Any:
        tick = args[-1]
        bench.post(p.Play(run_id="a"))
        tick()
        ticks.append(run.playing)
        bench.inbox.stop()
        tick()
        ticks.append(True)
        return {}, {}

    monkeypatch.setattr(commands, name, pretended)
    wish = p.SaveSession(path="x", run_ids=["a"], window={})
    if name == "open_session":
        wish = p.OpenSession(path="x", prefix="y")
    assert bench.tell(wish).error == "The engine was told to end."
    assert ticks == [True]


def test_a_run_trains_in_slices_until_it_is_complete(bench: Bench) -> None:
    made = bench.make()
    bench.tell(p.Play(run_id="a"))
    bench.turns(400)
    assert made.step == 1000
    assert made.slices == 200
    assert bench.of("status")[-1].state == "complete"
    assert "complete at step 1,000" in bench.tell(p.Play(run_id="a")).error


def test_a_run_whose_steps_are_cut_to_what_it_has_is_complete(bench: Bench) -> None:
    bench.make()
    bench.tell(p.StepOnce(run_id="a", count=40))
    bench.turns(20)
    run = bench.server.runs["a"]
    config = run.experiment.config
    for steps, state in ((40, "complete"), (50, "paused")):
        run.experiment.steps = steps
        training = config.training | {"steps": steps}
        bench.tell(
            p.Configure(
                run_id="a", config=config.model_copy(update={"training": training})
            )
        )
        assert (run.step, run.state) == (40, state)


def test_no_picture_is_computed_without_a_credit(bench: Bench) -> None:
    made = bench.make()
    bench.watch()
    bench.tell(p.Play(run_id="a"))
    bench.turns(20)
    assert made.pictures == []
    bench.inbox.credit("1")
    bench.inbox.credit("1")
    bench.turns(20)
    assert len(made.pictures) == 1
    assert len(bench.of("frame")) == 1


def test_a_standing_run_sends_its_full_picture_once(bench: Bench) -> None:
    made = bench.make()
    bench.watch()
    for _ in range(6):
        bench.inbox.credit("1")
        bench.turns(3)
    # The measurement of the standing run changes the curves once, hence one more.
    qualities = [quality for _, quality, _ in made.pictures]
    assert qualities[-1] == 1.0
    assert len(qualities) <= 3
    assert bench.of("frame")[-1].full


def test_a_long_picture_of_a_standing_run_is_given_up_when_another_trains(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run A stood still for most of a minute, for the best map of run B beside it."""
    bench.make("a")
    bench.make("b")
    now = time.monotonic()
    monkeypatch.setattr("engine.link.studio.time.monotonic", lambda: now)

    def during(tick: Callable[[], None]) -> None:
        nonlocal now
        now += 60.0
        bench.post(p.Play(run_id="b"))
        tick()
        tick()

    bench.watch(run_id="a")
    bench.inbox.credit("1")
    bench.server.turn()  # the quick one stands there
    assert len(bench.of("frame")) == 1
    bench.inbox.credit("1")
    monkeypatch.setattr(PretendedExperiment, "during", staticmethod(during))
    bench.turns(5)
    assert bench.server.runs["b"].step > 0
    assert len(bench.of("frame")) == 1
    monkeypatch.setattr(PretendedExperiment, "during", staticmethod(lambda tick: None))
    bench.tell(p.Pause(run_id="b"))
    bench.turns(5)
    assert bench.of("frame")[-1].full


def test_a_run_beside_one_that_trains_is_measured_coarsely_and_then_again(
    bench: Bench,
) -> None:
    bench.make("a")
    bench.tell(p.Play(run_id="a"))
    beside = bench.make("b")
    bench.turns(5)
    assert beside.asked == [500]
    bench.tell(p.Pause(run_id="a"))
    bench.turns(5)
    assert beside.asked == [500, 2000]


@pytest.mark.parametrize("known", [None, 4])
def test_a_first_measurement_comes_before_a_long_picture(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, known: int | None
) -> None:
    """A run showed dashes, or what it had once been, while its map was refined."""
    made = bench.make()
    run = bench.server.runs["a"]
    made.step, run._measured = 100, None
    run.metrics = None if known is None else p.Metrics(step=known)
    before, orders = made.measured, []
    monkeypatch.setattr("engine.link.slots.HOLDS_UP", -1.0)
    monkeypatch.setattr(
        PretendedExperiment,
        "during",
        staticmethod(lambda tick: orders.append(made.measured - before)),
    )
    wish = p.Subscribe(run_id="a", slot="1", view="samples")
    bench.server._slots.subscribe(wish)
    for _ in range(4):
        bench.inbox.credit("1")
        bench.server.turn()
    assert [quality == 1.0 for _, quality, _ in made.pictures] == [False, True]
    assert orders == [0, 1]


def test_a_search_for_faults_that_was_given_up_is_made_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture came between, and a run with a fault was said to have none."""
    made = bench.make()
    made.faults = [p.Finding(name="x", title="X", text="Something.")]
    bench.tell(p.StepOnce(run_id="a", count=5))
    searches = []

    def diagnose(metrics: p.Metrics, tick: Callable[[], None]) -> list[p.Finding]:
        searches.append(metrics.step)
        if len(searches) == 1:
            bench.inbox.credit("1")
        tick()
        return list(made.faults)

    monkeypatch.setattr(made, "diagnose", diagnose)
    wish = p.Subscribe(run_id="a", slot="1", view="samples")
    bench.server._slots.subscribe(wish)
    bench.turns(8)
    assert len(searches) == 2
    assert [d.findings for d in bench.of("diagnosis")] == [made.faults]


def test_pictures_of_kept_moments_are_remembered(bench: Bench) -> None:
    made = bench.make()
    bench.tell(p.StepOnce(run_id="a", count=30))
    bench.turns(20)
    for at in (10, 20, 10, 20, 10):
        bench.watch(at=at)
        for _ in range(2):
            bench.inbox.credit("1")
            bench.turns(2)
    looked_at = [at for _, _, at in made.pictures]
    assert sorted(set(looked_at)) == [10, 20]
    assert len(looked_at) <= 4
    frames = [f for f in bench.of("frame") if f.step == 20]
    assert not frames[-1].live
    assert bench.tell(
        p.Subscribe(run_id="a", slot="1", view="samples", at=7)
    ).error == ("Step 7 is not kept any more.")


@pytest.mark.parametrize("how", ["restart", "reset"])
def test_a_moment_that_goes_with_its_training_is_drawn_no_more(
    bench: Bench, how: str
) -> None:
    """Another model while an early step was on show: "A picture could not be made"."""
    bench.make()
    bench.tell(p.StepOnce(run_id="a", count=30))
    bench.turns(20)
    bench.watch("1", at=20)
    bench.watch("2")
    if how == "restart":
        bench.make(restart=True)
    else:
        bench.tell(p.Reset(run_id="a"))
    made, count = PretendedExperiment.made[-1], len(bench.of("frame"))
    before = len(made.pictures)
    for slot in ("1", "2"):
        bench.inbox.credit(slot)
    bench.turns(6)
    assert 20 not in [at for _, _, at in made.pictures[before:]]
    assert {f.slot for f in bench.of("frame")[count:]} == {"2"}
    assert not bench.of("notice")


def test_step_once_stops_exactly_there(bench: Bench) -> None:
    made = bench.make()
    bench.tell(p.StepOnce(run_id="a", count=12))
    bench.turns(10)
    assert made.step == 12
    assert bench.of("status")[-1].state == "paused"


def test_one_player_moves_alone(bench: Bench) -> None:
    made = bench.make()
    bench.tell(p.StepOnce(run_id="a", count=2, player="critic"))
    bench.turns(3)
    assert made.moves == ["critic", "critic"]
    assert made.step == 0
    assert "generator, critic" in bench.tell(p.StepOnce(run_id="a", player="x")).error


def test_playing_runs_share_the_time(bench: Bench) -> None:
    one, two = bench.make("a"), bench.make("b")
    for run_id in ("a", "b"):
        bench.server.runs[run_id].used = 0.0
        bench.tell(p.Play(run_id=run_id))
    for run in bench.server.runs.values():
        slice_of = run.train

        def train(seconds: float, run: Any = run, slice_of: Any = slice_of) -> None:
            slice_of(seconds)
            run.used += 1.0

        run.train = train
    before = one.slices, two.slices
    bench.turns(50)
    done = one.slices - before[0], two.slices - before[1]
    assert abs(done[0] - done[1]) <= 2
    assert sum(done) == 50


def test_the_speed_limit_holds(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(runs.time, "monotonic", lambda: now[0])
    made = bench.make()
    bench.tell(p.SetSpeed(run_id="a", steps_per_second=10))
    bench.tell(p.Play(run_id="a"))
    for _ in range(1000):
        bench.server.turn()
        now[0] += 0.01
    assert made.step == pytest.approx(100, abs=2)
    # A machine that stood still does not rush through the backlog.
    now[0] += 100
    bench.turns(20)
    assert made.step <= 104
    bench.tell(p.SetSpeed(run_id="a", steps_per_second=0))
    bench.turns(10)
    assert made.step >= 140


def test_a_diverged_run_fails_once_and_the_other_lives(bench: Bench) -> None:
    bad, good = bench.make("a"), bench.make("b")
    bad.breaks = Diverged(7, 1e6)
    bad.breaks.last_good_step = 5
    for run_id in ("a", "b"):
        bench.tell(p.Play(run_id=run_id))
    bench.turns(40)
    (failed,) = bench.of("failed")
    assert (failed.run_id, failed.last_good_step) == ("a", 5)
    assert "learning rate" in failed.advice
    assert good.step > 100
    assert "has failed" in bench.tell(p.Play(run_id="a")).error
    bench.tell(p.Close(run_id="a"))
    bench.tell(p.Close(run_id="b"))
    assert [e.run_id for e in bench.of("finished")] == ["b"]


def test_a_failed_run_begins_a_new_life_by_reset(bench: Bench) -> None:
    made = bench.make()
    made.breaks = MemoryError()
    bench.tell(p.Play(run_id="a"))
    bench.turns(3)
    assert "out of memory" in bench.of("failed")[0].reason
    made.breaks = None
    bench.tell(p.Reset(run_id="a"))
    assert len(bench.of("run_ready")) == 2
    assert bench.tell(p.Play(run_id="a")).error == ""


def test_a_fault_of_the_device_ends_the_process(bench: Bench) -> None:
    made = bench.make()
    made.breaks = RuntimeError("CUDA error: device-side assert triggered")
    bench.post(p.Play(run_id="a"))
    with pytest.raises(SystemExit):
        bench.turns(3)
    assert bench.hub.finished
    assert "graphics processor" in bench.of("failed")[0].reason


def test_a_run_is_young_for_ten_seconds_of_training(bench: Bench) -> None:
    made = bench.make()
    run = bench.server._commands.runs["a"]
    assert run.young
    made.seconds = 9.9
    assert run.young
    made.seconds = 10.0
    assert not run.young


def test_data_with_fewer_classes_take_a_class_back_with_a_word() -> None:
    """They were refused to a person who had chosen class 3 before."""
    real = Bench()

    def told(config: p.RunConfig, restart: bool = True) -> str:
        real.number += 1  # obeyed without a turn, which would measure what was made
        command = p.Configure(
            run_id="a", config=config, restart=restart, id=real.number
        )
        real.server._commands.obey(Letter(b"w", command))
        return str(real.of("ack")[-1].error)

    settings = {"conditional": True, "label": 3, "width": 8}
    config = p.RunConfig(model="flow_matching", data="rings", model_settings=settings)
    assert told(config, restart=False) == ""
    moons = config.model_copy(update={"data": "two_moons", "data_settings": {}})
    assert told(moons) == ""
    assert real.of("run_ready")[-1].config.model_settings["label"] == 0
    (note,) = real.of("note")
    assert (note.title, note.run_id) == ("Class drawn", "a")
    assert "not in Two moons" in note.text
    assert "at most 2" in told(moons)  # by hand, on the same data


@pytest.mark.parametrize("anew", ["restart", "reset"])
def test_views_of_a_training_do_not_count_for_the_next(bench: Bench, anew: str) -> None:
    """At step 0 of a new model the status bar told the share of the one before."""
    bench.make()
    run = bench.server._commands.runs["a"]
    run.play()
    run.share_of_views(0.0)
    run.viewed(0.5)
    assert run.share_of_views(1.0) == pytest.approx(0.5)
    run.viewed(0.5)
    if anew == "reset":
        bench.tell(p.Reset(run_id="a"))
    else:
        other = CONFIG.model_copy(update={"model": "gan"})
        bench.tell(p.Configure(run_id="a", config=other, restart=True))
    assert bench.of("status")[-1].view_share == 0


def test_a_restart_is_refused_unless_it_is_wanted(bench: Bench) -> None:
    bench.make()
    other = CONFIG.model_copy(update={"model": "gan"})
    ack = bench.tell(p.Configure(run_id="a", config=other))
    assert ack.error == "A change of model needs a restart."
    assert len(PretendedExperiment.made) == 1
    bench.tell(p.Configure(run_id="a", config=other, restart=True))
    assert PretendedExperiment.made[-1].config.model == "gan"
    broken = CONFIG.model_copy(update={"model": "nonsense"})
    ack = bench.tell(p.Configure(run_id="a", config=broken, restart=True))
    assert ack.error == "There is no model 'nonsense'."
    assert bench.server.runs["a"].experiment.config.model == "gan"


def test_a_live_change_is_told_and_redrawn(bench: Bench) -> None:
    bench.make()
    bench.watch()
    before = bench.server.runs["a"].version
    faster = CONFIG.model_copy(update={"training": {"rate": 2}})
    bench.tell(p.Configure(run_id="a", config=faster))
    assert bench.of("setting_changed")[0].new == 2
    assert bench.server.runs["a"].version > before


def test_a_measurement_of_a_standing_run_changes_its_curves_only(bench: Bench) -> None:
    bench.make()
    run = bench.server.runs["a"]
    others = ("density", "latent", "trajectories", "samples", "field")
    before = [run.version_of(view) for view in others], run.version_of("curves")
    run.measure(lambda: None)
    assert [run.version_of(view) for view in others] == before[0]
    assert run.version_of("curves") > before[1]


def test_what_was_measured_before_a_change_is_told_to_be_so(bench: Bench) -> None:
    """A likelihood under other guidance stood there as if it were the new one."""
    bench.make()
    run = bench.server.runs["a"]
    run.measure(lambda: None)
    assert not run.measured_before
    faster = CONFIG.model_copy(update={"training": {"rate": 2}})
    bench.tell(p.Configure(run_id="a", config=faster))
    assert not run.measured_before
    settings = run.experiment.config.model_settings | {"guidance": 3}
    changed = run.experiment.config.model_copy(update={"model_settings": settings})
    bench.tell(p.Configure(run_id="a", config=changed))
    assert any(told.measured_before for told in bench.of("status"))
    run.measure(lambda: None)
    assert not run.measured_before


@pytest.mark.parametrize("is_awaited", [True, False])
def test_a_standing_run_is_measured_after_what_a_person_waits_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, is_awaited: bool
) -> None:
    """The chart of a sampler study stayed empty while a likelihood was measured."""
    made, measured = bench.make(), []

    class Study(Job):
        name = "study"

        def work(self) -> Iterator[News]:
            for share in (0.3, 0.6):
                measured.append(made.measured)
                self.pause = 1e-9  # one piece a turn
                yield News(share)

    monkeypatch.setattr(Study, "is_awaited", is_awaited)
    monkeypatch.setattr(desk, "job_class", lambda name: Study)
    bench.server.runs["a"].version += 1  # e.g. by another guidance
    before = made.measured
    bench.tell(p.StartJob(job_id="j", what="study", run_id="a"))
    bench.turns(4)
    assert bench.of("job_news")[-1].ended
    assert measured == [before, before + (not is_awaited)]
    assert made.measured == before + 1


def test_the_first_measurements_of_a_playing_run_are_coarse(bench: Bench) -> None:
    bench.make()
    run = bench.server.runs["a"]
    run.play()
    for _ in range(7):
        run.measure(lambda: None)
    run.pause()
    run.measure(lambda: None)
    assert run.experiment.asked[-8:] == [*6 * [200], 500, 2000]


def test_a_slow_measurement_comes_sooner_while_there_are_few(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.make()
    run = bench.server.runs["a"]
    run.play()
    now = time.monotonic() + 100
    monkeypatch.setattr("engine.link.runs.time.monotonic", lambda: now)

    def tick() -> None:
        nonlocal now
        now += 0.1

    def wait() -> float:
        since = (now + 0.01 * i for i in range(1000))
        return next(t for t in since if run.measuring_due(t)) - now

    waits = []
    for _ in range(8):
        run.measure(tick)
        run.experiment.step += 1
        waits.append(wait())
        now += waits[-1]
    assert max(waits[:5]) == pytest.approx(1.5, abs=0.02)
    run.pause()
    run.measure(lambda: [tick() for _ in range(30)])
    run.play()
    run.experiment.step += 1
    assert wait() == pytest.approx(2.0, abs=0.02)
    assert waits[6] == pytest.approx(0.1 * 49, abs=0.02)


def test_no_number_on_the_wire_is_infinite(bench: Bench) -> None:
    bench.make()
    bench.turns(5)
    status = bench.of("status")[-1]
    assert status.losses == {"loss": None}
    assert status.metrics.energy_distance is None
    assert status.entropy == 1.5


def test_a_fault_is_told_when_it_comes_and_when_it_goes(bench: Bench) -> None:
    made = bench.make()
    bench.turns(5)
    assert bench.of("diagnosis") == []
    made.faults = [p.Finding(name="x", title="X", text="Something.")]
    bench.tell(p.StepOnce(run_id="a"))
    bench.turns(5)
    bench.tell(p.StepOnce(run_id="a"))
    bench.turns(5)
    told = bench.of("diagnosis")
    assert [d.findings for d in told] == [made.faults]
    assert told[0].step == 1
    made.faults = []
    bench.tell(p.StepOnce(run_id="a"))
    bench.turns(5)
    assert bench.of("diagnosis")[1:] == [p.Diagnosis(run_id="a", step=3)]


def test_a_dear_diagnosis_delays_the_next_by_half_a_minute_at_most(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bench.make()
    run, now = bench.server.runs["a"], [1000.0]
    monkeypatch.setattr(runs.time, "monotonic", lambda: now[0])

    def slowly(metrics: p.Metrics, tick: Callable[[], None]) -> list[p.Finding]:
        now[0] += 20.0
        return []

    monkeypatch.setattr(made, "diagnose", slowly)
    run.state, run.metrics = "playing", p.Metrics(step=1)
    run.diagnose(lambda: None)
    run._diagnosed = None
    assert not run.diagnosis_due(now[0] + 20)
    assert run.diagnosis_due(now[0] + 31)
    # What one run has cost is nothing to the next one.
    run.replace(made)
    run.metrics = p.Metrics(step=1)
    run._measured = (run.version, 1)
    assert run.diagnosis_due(now[0])


def test_a_picture_lets_pause_through_and_gives_way_to_other_commands(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bench.make()
    bench.watch()
    bench.tell(p.Play(run_id="a"))
    monkeypatch.setattr("engine.link.studio._PATIENCE", 0.0)
    posted: list[int] = []

    def during(tick: Callable[[], None]) -> None:
        if not posted:
            posted.append(bench.post(p.Pause(run_id="a")))
            tick()
            assert bench.of("ack")[-1].id == posted[0]
            # Who drags a point is answered at once, whatever is being drawn.
            posted.append(
                bench.post(p.Probe(run_id="a", what="nearest", points=[[0, 0]]))
            )
            tick()
            assert bench.of("ack")[-1].id == posted[1]
            bench.post(p.Reset(run_id="a"))
            tick()
            raise AssertionError("not cancelled")

    monkeypatch.setattr(PretendedExperiment, "during", staticmethod(during))
    bench.inbox.credit("1")
    bench.server.turn()
    assert posted
    assert made.pictures == []
    bench.turns(2)
    assert made.pictures != []
    assert bench.of("note") == []


def test_what_a_hand_asks_meanwhile_is_no_cost_of_the_picture(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else dragging a point would lower the quality of all plots."""
    bench.make()
    bench.watch()
    now = [100.0]
    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr("engine.link.studio.time", clock)
    obey = commands.Commands.obey

    def slowly(desk: commands.Commands, letter: Letter) -> None:
        now[0] += 3
        obey(desk, letter)

    def during(tick: Callable[[], None]) -> None:
        now[0] += 0.25
        bench.post(p.Probe(run_id="a", what="nearest", points=[[0, 0]]))
        tick()
        now[0] += 0.25

    monkeypatch.setattr(commands.Commands, "obey", slowly)
    monkeypatch.setattr(PretendedExperiment, "during", staticmethod(during))
    bench.inbox.credit("1")
    bench.server.turn()
    assert now == [103.5]
    assert bench.of("frame")[-1].seconds == 0.5


def test_a_view_that_breaks_is_told_once_and_harms_nobody(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def during(tick: Callable[[], None]) -> None:
        raise ZeroDivisionError("float division")

    monkeypatch.setattr(PretendedExperiment, "during", staticmethod(during))
    made = bench.make()
    bench.turns(3)
    bench.watch()
    bench.tell(p.Play(run_id="a"))
    bench.inbox.credit("1")
    bench.turns(20)
    assert made.step > 50
    assert len(bench.of("note")) == 1


def test_recovery_files_are_written_when_the_run_stands(
    bench: Bench, tmp_path: Path
) -> None:
    made = bench.make(autosave=str(tmp_path))
    bench.turns(5)
    assert made.saves == []
    bench.tell(p.StepOnce(run_id="a", count=10))
    bench.turns(20)
    assert made.saves == [tmp_path]


def test_a_full_disk_is_told_and_training_goes_on(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device", str(tmp_path))

    monkeypatch.setattr(PretendedExperiment, "save_recovery", full)
    made = bench.make(autosave=str(tmp_path))
    bench.tell(p.StepOnce(run_id="a", count=10))
    bench.turns(20)
    (note,) = bench.of("note")
    assert "No space left" in note.text
    bench.tell(p.StepOnce(run_id="a", count=10))
    bench.turns(5)
    assert made.step == 20


def test_branches_and_restores(bench: Bench) -> None:
    bench.make()
    bench.tell(p.StepOnce(run_id="a", count=40))
    bench.turns(20)
    assert bench.tell(p.Branch(run_id="a", new_run_id="b", step=20)).error == ""
    assert bench.server.runs["b"].step == 20
    assert "already" in bench.tell(p.Branch(run_id="a", new_run_id="b", step=0)).error
    wrong = p.Finding(name="x", title="X", text="It is wrong.")
    bench.server.runs["a"].findings = [wrong]
    bench.tell(p.Restore(run_id="a", step=10))
    assert bench.server.runs["a"].step == 10
    assert bench.of("diagnosis")[-1].findings == []  # it was that of step 40
    assert bench.tell(p.Restore(run_id="a", step=11)).error == "Step 11 is not kept."


def test_status_is_paced_but_immediate_after_a_command(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(runs.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(PretendedExperiment, "per_slice", 1)
    bench.make()
    bench.tell(p.Play(run_id="a"))
    before = len(bench.of("status"))
    for _ in range(100):
        bench.server.turn()
        now[0] += 0.01
    assert 9 <= len(bench.of("status")) - before <= 11
    before = len(bench.of("status"))
    bench.tell(p.Pause(run_id="a"))
    told = bench.of("status")[before:]
    # One for the command, one for the measurement of a run that stands.
    assert [s.state for s in told] == ["paused", "paused"]
    assert [s.metrics.step for s in told] == [0, told[1].step]


def test_shutdown_saves_and_ends_every_run(bench: Bench, tmp_path: Path) -> None:
    made = bench.make(autosave=str(tmp_path))
    bench.tell(p.Play(run_id="a"))
    bench.turns(5)
    bench.post(p.Shutdown())
    bench.server.run()
    assert made.saves == [tmp_path]
    assert [e.run_id for e in bench.of("finished")] == ["a"]


@pytest.mark.parametrize("listen", ["nowhere", "host:", ":5", "host:0", "host:70000"])
def test_a_bad_address_is_one_sentence(listen: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no HOST:PORT"):
        serve(listen, tmp_path / "keys")
    assert not (tmp_path / "keys").exists()
