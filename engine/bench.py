"""Speed of this machine, as ratios measured side by side in one run.

Segments of the things compared take turns, so that a machine that slows down slows
both; the median of the ratios is what counts.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from engine import registry
from engine.experiment import Experiment
from engine.models.base import Batch

ROUNDS = 7
SEGMENT = 0.7
MODELS = ("rectified_flow", "realnvp", "vae", "gan")


def run(*, as_json: bool, window: bool) -> int:
    """Measure and print; what each figure means stands beside it."""
    result: dict[str, Any] = {"device": str(_device()), "threads": 1}
    result["headless_over_bare_loop"] = _tell("training loop", headless_over_bare)
    result["view_seconds"] = _tell("views", view_costs)
    if window:
        result["window"] = _tell("window", _window)
    if as_json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        _print(result)
    return 0


def _tell(name: str, work: Callable[[], Any]) -> Any:
    sys.stderr.write(f"measuring: {name}\n")
    return work()


def _device() -> torch.device:
    return Experiment("rectified_flow", "eight_gaussians").device


# The training loop against a loop written by hand


def headless_over_bare() -> dict[str, float]:
    """Steps a second of the trainer over those of a bare loop of the same model.

    The bare loop does what a person would write: data on the device, a fused Adam, the
    model's own loss and its gradient clip; no schedule, no running average of weights,
    no history.
    """
    found: dict[str, float] = {}
    for name in MODELS:
        ours = Experiment(name, "eight_gaussians", training={"steps": 10**7})
        bare = _bare_step(name)
        ratios = []
        ours.train_for(SEGMENT, 10**6)
        _rate(bare, SEGMENT)
        for _ in range(ROUNDS):
            begin = time.perf_counter()
            steps = ours.train_for(SEGMENT, 10**6)
            rate = steps / (time.perf_counter() - begin)
            ratios.append(rate / _rate(bare, SEGMENT))
        found[name] = round(statistics.median(ratios), 3)
    return found


def _bare_step(name: str) -> Callable[[], None]:
    """One step of a hand-written loop over a fresh model of that name."""
    run = Experiment(name, "eight_gaussians")
    model, columns = run.trainer.model, run.trainer.columns
    batch, rows = run.trainer.config.batch_size, len(columns["x"])
    clip = run.trainer.config.clip
    device = model.device
    step = torch.zeros((), device=device)
    owned = model.players()
    players = [(p, owned[p], _adam(owned[p])) for p in model.turns()]

    def once() -> None:
        for player, weights, optimiser in players:
            index = torch.randint(rows, (batch,), device=device)
            noise = {
                k: _draw(d.kind, (batch, *d.shape), d.high, device)
                for k, d in model.noise(player).items()
            }
            found = model.losses(
                player,
                Batch(columns["x"][index], columns["labels"][index], noise, step),
            )
            optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(found["loss"], inputs=weights)
            if clip:
                nn.utils.clip_grad_norm_(weights, clip)
            optimiser.step()

    return once


def _adam(weights: list[nn.Parameter]) -> torch.optim.Optimizer:
    return torch.optim.Adam(weights, lr=1e-4, fused=True)


def _draw(
    kind: str, shape: tuple[int, ...], high: int, device: torch.device
) -> torch.Tensor:
    if kind == "normal":
        return torch.randn(shape, device=device)
    if kind == "uniform":
        return torch.rand(shape, device=device)
    return torch.randint(high, shape, device=device)


def _rate(step: Callable[[], None], seconds: float) -> float:
    """Calls a second."""
    count, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < seconds:
        step()
        count += 1
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return count / (time.perf_counter() - begin)


# Views


def view_costs() -> dict[str, dict[str, float]]:
    """Seconds of each view at full and at the lowest quality, and in training steps."""
    found: dict[str, dict[str, float]] = {}
    for name in MODELS:
        run = Experiment(name, "eight_gaussians", training={"steps": 10**7})
        step = 1.0 / max(1, run.train_for(1.0, 10**6))
        for view in registry.VIEWS:
            kind = registry.view(view)
            if kind.needs and not any(run.fitted().can(*g) for g in kind.needs):
                continue
            full, quick = (_seconds(run, view, q) for q in (1.0, 0.1))
            found[f"{name} {view}"] = {
                "full": round(full, 4),
                "quick": round(quick, 4),
                "quick_in_steps": round(quick / step, 1),
            }
    return found


def _seconds(run: Experiment, view: str, quality: float) -> float:
    run.picture(view, quality=quality)
    begin = time.perf_counter()
    run.picture(view, quality=quality)
    return time.perf_counter() - begin


# The window measures itself in a process of its own


def _window() -> dict[str, Any] | None:
    environment = {**os.environ}
    if not environment.get("DISPLAY") and not environment.get("WAYLAND_DISPLAY"):
        environment["QT_QPA_PLATFORM"] = "offscreen"
    done = subprocess.run(
        [sys.executable, "-m", "app.bench"],
        capture_output=True,
        text=True,
        env=environment,
        timeout=600,
        check=False,
    )
    if done.returncode:
        sys.stderr.write(done.stderr.strip().splitlines()[-1] + "\n")
        return None
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def _print(result: dict[str, Any], indent: str = "") -> None:
    for name, value in result.items():
        label = name.replace("_", " ")
        if isinstance(value, dict):
            sys.stdout.write(f"{indent}{label}\n")
            _print(value, indent + "  ")
        else:
            sys.stdout.write(f"{indent}{label:34} {value}\n")
