"""An engine without torch: real protocol, pretended training, faults on demand.

Give it to a client:

    FAKE = Path(__file__).parents[1] / "fake_engine.py"
    Client(command=[sys.executable, str(FAKE)])

It starts in some 0.3 s, serves ``tests/fixtures/catalogue.json`` (made of the real
registry by ``tests/make_catalogue.py``), trains 1,000 "steps" a second while a run
plays, answers credits with a plausible frame for every view (quick while playing, full
when paused, nothing if nothing changed), and obeys every command. As in the real
engine a changed restart-setting is refused unless ``restart`` is set, and a model,
data set or setting that does not exist is refused in one sentence.

Faults, by environment variable FAKE_ENGINE_FAULT (``monkeypatch.setenv`` before
``Client.start``):

* ``die``: ends with exit code 3 when a run is played; ``die_at_start``: at once
* ``hang``: the main thread sleeps for ever when a run is played (pings are answered)
* ``freeze``: the whole process stops when a run is played (nothing is answered)
* ``garbage``: sends 20 messages of nonsense after the welcome
* ``old_version``: says welcome with protocol 0
* ``flood``: sends 2,000 frames without a credit after each subscribe
* ``nan``: a played run fails at once with ``Failed``
* ``stubborn``: ignores Shutdown, the end of stdin and SIGTERM
"""

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from fake_frames import LIMITS, picture, spread_at

from engine import protocol as p
from engine.link.hub import Hub
from engine.link.inbox import Inbox
from engine.link.keys import new_keys

FAULT = os.environ.get("FAKE_ENGINE_FAULT", "")
CATALOGUE = p.Catalogue.model_validate_json(
    (Path(__file__).parent / "fixtures" / "catalogue.json").read_text()
)


def by_name(entries: list[Any], name: str) -> Any:
    for entry in entries:
        if entry.name == name:
            return entry
    raise ValueError(f"There is nothing called {name!r}.")


def filled(schema: dict[str, Any], values: dict[str, Any], owner: str) -> dict:
    """Values with all defaults of a schema; unknown names refused."""
    known = schema["properties"]
    for name in values:
        if name not in known:
            raise ValueError(f"{owner} has no setting {name!r}.")
    return {k: v.get("default") for k, v in known.items()} | values


def complete(config: p.RunConfig) -> p.RunConfig:
    model = by_name(CATALOGUE.models, config.model)
    data = by_name(CATALOGUE.data, config.data)
    training = model.training_defaults | config.training
    sampler = config.sampler or (model.samplers[0] if model.samplers else "")
    own = model.sampler_defaults if sampler == (model.samplers or [""])[0] else {}
    chosen = own | config.sampler_settings
    if sampler:
        chosen = filled(by_name(CATALOGUE.samplers, sampler).settings, chosen, sampler)
    update = {
        "model_settings": filled(model.settings, config.model_settings, config.model),
        "data_settings": filled(data.settings, config.data_settings, config.data),
        "training": filled(CATALOGUE.training, training, "training"),
        "sampler": sampler,
        "sampler_settings": chosen,
    }
    return config.model_copy(update=update)


class Run:
    def __init__(self, config: p.RunConfig) -> None:
        self.config, self.state, self.base, self.since = config, "paused", 0, 0.0
        self.wanted = 0

    @property
    def steps(self) -> int:
        return int(self.config.training.get("steps", 6000))

    @property
    def step(self) -> int:
        if self.state != "playing":
            return self.base
        goal = self.wanted or self.steps
        return min(self.base + int(1000 * (time.monotonic() - self.since)), goal)

    def stop(self, state: str) -> None:
        self.base, self.state, self.wanted = self.step, state, 0

    def play(self, wanted: int = 0) -> None:
        self.base, self.since = self.step, time.monotonic()
        self.state, self.wanted = "playing", wanted


class FakeEngine:
    def __init__(self, hub: Hub, inbox: Inbox) -> None:
        self.hub, self.inbox = hub, inbox
        self.runs: dict[str, Run] = {}
        self.sweeps: dict[str, Any] = {}
        self.slots: dict[str, p.Subscribe] = {}
        self.shown: dict[str, tuple] = {}
        self.last_status = 0.0

    def serve(self) -> None:
        while not self.inbox.stopping or FAULT == "stubborn":
            while letter := self.inbox.take():
                self.obey(letter.command, letter.sender)
            for run_id, run in self.runs.items():
                if run.state == "playing" and run.step >= (run.wanted or run.steps):
                    run.stop("complete" if run.step >= run.steps else "paused")
                    self.status(run_id)
            if time.monotonic() - self.last_status > 0.1:
                for run_id, run in self.runs.items():
                    if run.state == "playing":
                        self.status(run_id)
                self.last_status = time.monotonic()
            for slot in self.inbox.credits & self.slots.keys():
                self.frame(slot)
            self.inbox.wait(0.02)
        for run_id, run in self.runs.items():
            if run.state != "failed":
                self.hub.send(p.Finished(run_id=run_id, step=run.step))

    def obey(self, command: Any, sender: bytes) -> None:
        result, arrays, error = {}, {}, ""
        try:
            answer = getattr(self, f"on_{command.kind}")(command)
            result, arrays = answer or ({}, {})
        except (ValueError, KeyError, OSError) as problem:
            error = str(problem.args[0])
        run_id = getattr(command, "run_id", "")
        if not error and run_id in self.runs:
            self.status(run_id)
        ack = p.Ack(id=command.id, error=error, result=result)
        self.hub.send(ack, arrays, to=sender)

    def run(self, run_id: str) -> Run:
        if run_id not in self.runs:
            raise ValueError(f"There is no run {run_id!r}.")
        return self.runs[run_id]

    def status(self, run_id: str) -> None:
        run, playing = self.runs[run_id], self.runs[run_id].state == "playing"
        nll = p.Nll(value=1.0 + float(spread_at(run.step)), kind="exact")
        quality = p.Metrics(step=run.step, nll=nll, energy_distance=0.02)
        event = p.Status(
            run_id=run_id,
            state=run.state,
            step=run.step,
            steps=run.steps,
            seconds=run.step / 1000,
            steps_per_second=1000.0 if playing else 0.0,
            losses={"loss": 0.4 + float(spread_at(run.step))},
            metrics=quality,
            entropy=1.1231,
            view_share=0.03,
            parameters=17_000,
            chance=0.01,
            evaluations_per_step=2,
            evaluations_per_sample=64,
        )
        self.hub.send(event)
        kept = [s for s in (0, 100, 200, 500, 1000, 2000, 5000) if s <= run.step]
        kept += [run.step] if run.step not in kept else []
        self.hub.send(p.SnapshotsKept(run_id=run_id, steps=kept, bytes=10_000))

    def frame(self, slot: str) -> None:
        wish = self.slots[slot]
        if wish.run_id not in self.runs:
            return
        run = self.runs[wish.run_id]
        full = run.state != "playing" or wish.at is not None
        step = run.step if wish.at is None else wish.at
        key = (wish, step, full, run.config)
        if self.shown.get(slot) == key:
            return
        self.shown[slot] = key
        arrays, meta = picture(wish.view, step, wish.settings, full)
        self.inbox.spend(slot)
        self.send_frame(wish, step, full, arrays, meta)

    def send_frame(
        self, wish: p.Subscribe, step: int, full: bool, arrays: dict, meta: dict
    ) -> None:
        frame = p.Frame(
            run_id=wish.run_id,
            slot=wish.slot,
            view=wish.view,
            step=step,
            live=wish.at is None,
            full=full,
            meta=meta,
        )
        self.hub.send(frame, arrays)

    def ready(self, run_id: str) -> None:
        run = self.runs[run_id]
        event = p.RunReady(
            run_id=run_id,
            config=run.config,
            columns=("x", "y"),
            limits=tuple(LIMITS),
            notes=[],
            scaling=(0.0, 0.0, 1.42, 1.42),
            classes=8,
            class_names=[f"mode {i + 1}" for i in range(8)],
            points=20_000,
        )
        self.hub.send(event)

    # ---- commands, by their kind

    def on_hello(self, command: p.Hello) -> None:
        version = 0 if FAULT == "old_version" else p.PROTOCOL_VERSION
        welcome = p.Welcome(
            protocol=version,
            version="fake",
            catalogue=CATALOGUE,
            devices=["cpu"],
            device_name="fake processor",
            cores=4,
            pid=os.getpid(),
        )
        self.hub.send(welcome)
        if FAULT == "garbage":
            self.send_garbage()

    def send_garbage(self) -> None:
        for i in range(20):
            self.hub.send_raw([b"\xff\x00 nonsense", bytes([i])])

    def on_configure(self, command: p.Configure) -> None:
        config = complete(command.config)
        run = self.runs.get(command.run_id)
        if run is None or command.restart or command.resume:
            self.runs[command.run_id] = Run(config)
            self.ready(command.run_id)
            return
        if changed := self.restarting(run.config, config):
            raise ValueError(f"A change of {', '.join(changed)} needs a restart.")
        for group in ("model_settings", "training"):
            old, new = getattr(run.config, group), getattr(config, group)
            for name in [n for n in new if old.get(n) != new[n]]:
                change = {"name": name, "old": old.get(name), "new": new[name]}
                self.hub.send(
                    p.SettingChanged(run_id=command.run_id, step=run.step, **change)
                )
        if run.config.data_settings != config.data_settings:
            self.edit_data(command.run_id, config.data_settings["operations"])
        run.config = config

    def edit_data(self, run_id: str, operations: list) -> None:
        """A drawing has 100 points for each of its operations."""
        event = p.DataChanged(
            run_id=run_id,
            limits=tuple(LIMITS),
            notes=[] if operations else ["The drawing has no point."],
            scaling=(0.0, 0.0, 1.42, 1.42),
            classes=8,
            points=100 * len(operations) or 100,
            too_few=not operations,
        )
        self.hub.send(event)

    def restarting(self, old: p.RunConfig, new: p.RunConfig) -> list[str]:
        names = [
            n
            for n in ("model", "data", "seed", "device")
            if getattr(old, n) != getattr(new, n)
        ]
        groups = [
            (by_name(CATALOGUE.models, new.model).settings, "model_settings"),
            (by_name(CATALOGUE.data, new.data).settings, "data_settings"),
            (CATALOGUE.training, "training"),
        ]
        for schema, group in groups if not names else []:
            before, after = getattr(old, group), getattr(new, group)
            for name, field in schema["properties"].items():
                live = field.get("apply") == "live"
                if before.get(name) != after.get(name) and not live:
                    names.append(name)
        return names

    def on_play(self, command: p.Play) -> None:
        run = self.run(command.run_id)
        if FAULT == "die":
            sys.stderr.write("fake engine: told to die\n")
            sys.stderr.flush()
            os._exit(3)
        if FAULT == "hang":
            time.sleep(3600)
        if FAULT == "freeze":
            os.kill(os.getpid(), signal.SIGSTOP)
        if FAULT == "nan":
            run.stop("failed")
            reason = "The loss became infinite or undefined at step 7."
            event = p.Failed(
                run_id=command.run_id,
                step=7,
                reason=reason,
                advice="Try a tenth of the learning rate.",
                last_good_step=0,
            )
            self.hub.send(event)
            return
        if run.step >= run.steps:
            raise ValueError(f"The run is complete at {run.steps:,} steps.")
        run.play()

    def on_pause(self, command: p.Pause) -> None:
        run = self.run(command.run_id)
        if run.state == "playing":
            run.stop("paused")

    def on_step_once(self, command: p.StepOnce) -> None:
        run = self.run(command.run_id)
        run.stop("paused")
        run.base = min(run.base + command.count, run.steps)
        run.state = "complete" if run.base == run.steps else "paused"

    def on_reset(self, command: p.Reset) -> None:
        self.runs[command.run_id] = Run(self.run(command.run_id).config)

    def on_set_speed(self, command: p.SetSpeed) -> None:
        self.run(command.run_id)

    def on_close(self, command: p.Close) -> None:
        run = self.run(command.run_id)
        del self.runs[command.run_id]
        if run.state != "failed":
            self.hub.send(p.Finished(run_id=command.run_id, step=run.step))

    def on_subscribe(self, command: p.Subscribe) -> None:
        self.run(command.run_id)
        view = by_name(CATALOGUE.views, command.view)
        filled(view.settings, command.settings, command.view)
        wish = command.model_copy(update={"id": 0})
        self.slots[command.slot] = wish
        self.shown.pop(command.slot, None)
        if FAULT == "flood":
            arrays, meta = picture(command.view, 0, command.settings, False)
            for step in range(2000):
                self.send_frame(wish, step, False, arrays, meta)

    def on_unsubscribe(self, command: p.Unsubscribe) -> None:
        self.slots.pop(command.slot, None)

    def on_probe(self, command: p.Probe) -> tuple[dict, dict]:
        step = self.run(command.run_id).step if command.at is None else command.at
        facts, arrays = self.answer_to(command)
        return facts | {"step": step}, arrays

    def answer_to(self, command: p.Probe) -> tuple[dict, dict]:
        import numpy as np
        from fake_frames import log_ring

        run = self.run(command.run_id)
        x = np.array(command.points, np.float32).reshape(-1, 2)
        if command.what == "data":
            count = 100 * len(run.config.data_settings.get("operations", [0]))
            angle = np.linspace(0, 6, count, dtype=np.float32)
            x = np.stack([np.cos(angle), np.sin(angle)], axis=1)
            return {"points": count}, {"x": x, "labels": np.arange(count) % 3.0}
        if command.what == "log_prob":
            learned = log_ring(x, spread_at(run.step))
            return {"kind": "exact"}, {"learned": learned, "truth": log_ring(x, 0.15)}
        if command.what == "point":
            return {"kind": "exact"}, self.about(x[:1], run.step)
        if command.what == "path":
            times = np.linspace(0, 1, 21, dtype=np.float32)
            path = np.stack([x * (1 + t) for t in times]).astype(np.float32)
            cost = np.array([32.0 if command.quick else 50.0])
            return {}, {"times": times, "x": path, "evaluations": cost}
        name = {"encode": "z", "critic": "critic"}.get(command.what, "x")
        return {}, {name: x[:, 0] if name == "critic" else x}

    def about(self, x: Any, step: int) -> dict:
        """All that a model may tell about one point: a flow from half of it."""
        import numpy as np
        from fake_frames import log_ring

        learned = log_ring(x, spread_at(step))
        times = np.linspace(0, 1, 9, dtype=np.float32)
        path = np.stack([x * (1 + t) / 2 for t in times]).astype(np.float32)
        found = {
            "learned": learned,
            "truth": log_ring(x, 0.15),
            "score": -x,
            "z": x / 2,
        }
        near = {"nearest": x + 0.1, "distance": np.full(len(x), 0.14, np.float32)}
        return found | near | {"times": times, "path": path}

    def on_restore(self, command: p.Restore) -> None:
        run = self.run(command.run_id)
        run.stop("paused")
        run.base = command.step

    def on_branch(self, command: p.Branch) -> None:
        new = Run(self.run(command.run_id).config)
        new.base = command.step
        self.runs[command.new_run_id] = new
        self.ready(command.new_run_id)
        self.status(command.new_run_id)

    def on_save(self, command: p.Save) -> None:
        run = self.run(command.run_id)
        folder = Path(command.folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "run.json").write_text(run.config.model_dump_json())

    def on_open(self, command: p.Open) -> tuple[dict, dict]:
        text = (Path(command.folder) / "run.json").read_text()
        config = p.RunConfig.model_validate_json(text)
        self.runs[command.run_id] = Run(complete(config))
        self.ready(command.run_id)
        return {"config": json.loads(text)}, {}

    def on_inspect_table(self, command: p.InspectTable) -> tuple[dict, dict]:
        lines = Path(command.path).read_text().splitlines()
        columns = lines[0].split(",")
        found = {"columns": columns, "numeric": columns, "delimiter": ","}
        more = {"decimal": ".", "encoding": "utf-8", "rows": len(lines) - 1}
        return found | more | {"dropped": 0}, {}

    def on_start_job(self, command: p.StartJob) -> None:
        """The job that reads points: two numbers and no more on each line; sweeps."""
        import numpy as np

        if command.what == "sweep":
            self.start_sweep(command)
            return
        if command.what == "take_away":
            self.take_away(command)
            return
        if command.what == "film":  # it takes its time
            return

        news = {"job_id": command.job_id, "what": command.what, "share": 1.0}
        text = command.settings.get("text", "1 2\n3 4")
        rows = [line.split() for line in text.splitlines()]
        good = np.array([row for row in rows if len(row) == 2], np.float64)
        if command.what != "read_points" or not len(good):
            error = "No line has two numbers."
            self.hub.send(p.JobNews(**news, ended=True, error=error))
            return
        result = {"found": len(good), "dropped": len(rows) - len(good)}
        if command.settings.get("fit"):
            good = good / np.abs(good).max()
        result["outside"] = int((np.abs(good) > 100).any(1).sum())
        arrays = {"x": good, "labels": np.zeros(0, np.int32)}
        self.hub.send(p.JobNews(**news, result=result), arrays)
        self.hub.send(p.JobNews(**news, ended=True))

    def take_away(self, command: p.StartJob) -> None:
        """A text or a file of the run, in two pieces; no folder, no file."""
        news = {"job_id": command.job_id, "what": command.what}
        asked = command.settings
        self.hub.send(p.JobNews(**news, share=0.25))
        result = {"lines": 7, "works": 3, "beside": [], "changed": asked["at"] >= 0}
        if not asked.get("file"):
            result["text"] = f"{asked['what']} of {command.run_id}"
        elif Path(asked["file"]).parent.is_dir():
            Path(asked["file"]).write_text(asked["what"])
            result |= {"file": asked["file"], "points": asked.get("points", 0)}
        else:
            error = "There is no such folder."
            self.hub.send(p.JobNews(**news, share=1, ended=True, error=error))
            return
        self.hub.send(p.JobNews(**news, share=1, result=result))
        self.hub.send(p.JobNews(**news, share=1, ended=True))

    def start_sweep(self, command: p.StartJob) -> None:
        from fake_sweep import FakeSweep

        sweep = self.sweeps[command.job_id] = FakeSweep(command)
        for news, arrays in sweep.begin():
            self.hub.send(news, arrays)

    def on_tell_job(self, command: p.TellJob) -> None:
        from fake_sweep import pictures

        sweep = self.sweeps[command.job_id]
        for index in command.words.get("stop", []):
            sweep.stopped.add(index)
            self.hub.send(sweep.cell(index), pictures(index))
        if command.words.get("finish"):
            self.hub.send(sweep.news({}, 1.0, ended=True))

    def on_take_run(self, command: p.TakeRun) -> None:
        if command.job_id not in self.sweeps:
            raise ValueError("This work has been let go.")
        sweep = self.sweeps[command.job_id]
        asked = p.RunConfig.model_validate(sweep.command.settings["config"])
        new = Run(complete(asked))
        new.base = sweep.steps // 2
        self.runs[command.new_run_id] = new
        self.ready(command.new_run_id)
        self.status(command.new_run_id)

    def on_cancel_job(self, command: p.CancelJob) -> None:
        self.sweeps.pop(command.job_id, None)

    def on_shutdown(self, command: p.Shutdown) -> None:
        self.inbox.stop()


def main() -> None:
    window = json.loads(sys.stdin.buffer.readline())
    if FAULT == "die_at_start":
        sys.stderr.write("fake engine: dead on arrival\n")
        sys.exit(3)
    inbox = Inbox()
    hub = Hub(inbox, new_keys(), [window["client_key"]])
    if FAULT == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        from threading import Event

        from engine.link import guard

        guard.end_with_stdin(inbox.stop, Event())
    address = hub.address
    hand_over = {
        "port_control": address.port_control,
        "port_frames": address.port_frames,
        "public_key": address.public_key,
    }
    sys.stdout.write(json.dumps(hand_over) + "\n")
    sys.stdout.flush()
    hub.start()
    FakeEngine(hub, inbox).serve()
    hub.finish()
    os._exit(0)


if __name__ == "__main__":
    main()
