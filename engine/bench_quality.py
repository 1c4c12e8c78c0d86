"""What each model learns with its default settings: a reproducible table.

Each case is a fresh run with a fixed seed, trained for its default number of steps and
judged on points that it never saw: its likelihood on those held out, its samples
beside as many fresh points where the density can be drawn from without end. Beside each
distance stands its floor, which pairs of draws of the data themselves reach; beside
each likelihood the true one on the same points.
"""

import json
import math
import statistics
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine import registry
from engine.data.load import Data, load_data
from engine.data.toy import Toy
from engine.experiment import Experiment
from engine.given_points import given_points
from engine.metrics.distances import energy_distance, sliced_wasserstein
from engine.metrics.likelihood import kl_to_truth, mean_nll
from engine.metrics.modes import mode_coverage
from engine.models.base import LogDensity, Process
from engine.protocol import RunConfig
from engine.sampling.base import CountedProcess

#: Data of the table, with the settings that make them those of published comparisons.
CASES: Mapping[str, Mapping[str, Any]] = {
    "two_moons": {"noise": 0.1},
    "eight_gaussians": {"noise": 0.1},
    "checkerboard": {},
}
#: Samples of a model, and points of the data beside them. With half as many the energy
#: distance of the data to themselves already scatters by the bar it is held to.
SAMPLES = 20_000
#: Pairs of fresh draws behind each floor.
PAIRS = 5
#: Seed of data, weights and every draw of a case.
SEED = 0
#: Points whose density is asked for; with 4,000 the error is a fifth of the bars.
SOLVED = 10_000
#: A coordinate beyond this, in data units, is a stray.
FAR = 6.0
_COLUMNS = (
    ("kl", "KL, nats", 9),
    ("nll", "NLL", 8),
    ("kind", "known as", 9),
    ("energy_distance_x1000", "ED x1e3", 9),
    ("sliced_wasserstein", "SW2", 7),
    ("modes", "modes", 7),
    ("high_quality", "HQ", 7),
    ("std_ratio", "spread", 7),
    ("inside", "inside", 7),
    ("far", "far", 5),
    ("evaluations", "evals", 6),
    ("steps", "steps", 7),
    ("cpu_seconds", "CPU s", 7),
)


def run(
    *,
    models: Iterable[str],
    data: Iterable[str],
    as_json: bool,
    points: Path | None = None,
) -> int:
    """Train and judge every case; prints each row when it is done.

    ``points`` is a folder of points to learn from and be judged by
    (:func:`engine.given_points.given_points`) in place of fresh ones.
    """
    rows: list[dict[str, Any]] = []
    for name in data or CASES:
        settings = CASES.get(name, {})
        loaded = load_data(name, settings, SEED)
        if points is not None:
            loaded = given_points(loaded, points)
        floor = floors(loaded)
        if not as_json:
            sys.stdout.write(_heading(name, floor))
        for model in models or registry.MODELS:
            row = case(model, name, settings, loaded)
            rows.append({**row, "floor": floor})
            if not as_json:
                sys.stdout.write(_line(row))
                sys.stdout.flush()
    if as_json:
        sys.stdout.write(json.dumps(rows, allow_nan=False) + "\n")
    return 0


def case(
    model: str, data: str, settings: Mapping[str, Any], loaded: Data | None = None
) -> dict[str, Any]:
    """One model on one data set with its defaults; ``loaded`` may hand its points."""
    begin = time.process_time()
    config = RunConfig(model=model, data=data, data_settings=dict(settings), seed=SEED)
    experiment = Experiment.from_config(config, loaded)
    experiment.train()
    seconds = time.process_time() - begin
    return {
        "model": model,
        "data": data,
        "seed": SEED,
        "steps": experiment.step,
        "cpu_seconds": round(seconds, 1),
        "parameters": experiment.parameters,
        "evaluations": evaluations(experiment),
        **_likelihood(experiment),
        **judged_samples(experiment),
    }


def evaluations(experiment: Experiment) -> int:
    """Network evaluations that one sample costs with the default sampler."""
    model, sampler = experiment.model_at(), experiment.sampler()
    if not isinstance(model, Process) or sampler is None:
        return 1
    counted = CountedProcess(model)
    generator = torch.Generator(device=model.device).manual_seed(0)
    with torch.no_grad():
        sampler.run(counted, model.start(2, generator), generator)
    return counted.evaluations


def _likelihood(experiment: Experiment) -> dict[str, Any]:
    model = experiment.model_at()
    if not isinstance(model, LogDensity):
        return {"kl": None, "kl_error": None, "nll": None, "kind": None}
    x = experiment.data.heldout.x
    x = x[:SOLVED]
    learned = experiment.log_prob(x).double()
    truth = experiment.data.source.log_prob(x)
    gap = None if truth is None else kl_to_truth(truth, learned)
    return {
        "kl": _finite(gap.value if gap else None),
        "kl_error": _finite(gap.error if gap else None),
        "nll": _finite(mean_nll(learned).value),
        "kind": model.density_kind,
    }


def judged_samples(experiment: Experiment) -> dict[str, Any]:
    """Samples of a trained run beside fresh points: distances, modes, strays."""
    data = experiment.data
    x = experiment.sample(SAMPLES, seed=1).double()
    far = int((~(x.abs() <= FAR)).any(1).sum())
    x = x[x.isfinite().all(1)].clamp(-20, 20)
    truth = data.source.log_prob(x)
    found = distances(x, reference(data)) | {
        "far": far,
        "inside": None if truth is None else float((truth > -math.inf).double().mean()),
    }
    modes = data.source.modes()
    if modes is None:
        return found | {"modes": None, "high_quality": None, "std_ratio": None}
    coverage = mode_coverage(x, modes)
    return found | {
        "modes": f"{coverage.covered}/{coverage.total}",
        "high_quality": coverage.reached,
        "std_ratio": coverage.std_ratio,
    }


def distances(x: Tensor, y: Tensor) -> dict[str, float]:
    """Both distances between two sets of points (n, 2)."""
    generator = torch.Generator().manual_seed(0)
    return {
        "energy_distance_x1000": 1000 * energy_distance(x, y),
        "sliced_wasserstein": sliced_wasserstein(x, y, generator=generator),
    }


def reference(data: Data, seed: int = 0) -> Tensor:
    """Points (n, 2) to hold samples against: fresh ones, or those held out."""
    if not isinstance(data.source, Toy):
        return data.heldout.x
    generator = torch.Generator().manual_seed(1_000_000 + seed)
    return data.source.draw(SAMPLES, generator).x


def floors(data: Data) -> dict[str, float | None]:
    """What a perfect model reaches: true likelihood, and data against data.

    Distances are the median over pairs of fresh draws, and their greatest value; data
    that cannot be drawn again have one pair, training against held-out points.
    """
    truth = data.source.log_prob(data.heldout.x)
    found: dict[str, float | None] = {
        "entropy": data.source.entropy(),
        "true_nll": None if truth is None else mean_nll(truth).value,
    }
    pairs = [
        distances(reference(data, 2 * k + 1), reference(data, 2 * k + 2))
        for k in range(PAIRS if isinstance(data.source, Toy) else 0)
    ] or [distances(data.train.x, data.heldout.x)]
    for name in pairs[0]:
        values = [pair[name] for pair in pairs]
        found[name] = statistics.median(values)
        found[f"{name}_max"] = max(values)
    return found


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _heading(name: str, floor: Mapping[str, float | None]) -> str:
    facts = "; ".join(
        (
            f"entropy {_cell(floor['entropy'])}",
            f"NLL {_cell(floor['true_nll'])}",
            _range("ED x1e3", "energy_distance_x1000", floor),
            _range("SW2", "sliced_wasserstein", floor),
        )
    )
    titles = "".join(f"{title:>{width}}" for _, title, width in _COLUMNS)
    return f"\n{name}, the data themselves: {facts}\n{'model':16}{titles}\n"


def _range(title: str, name: str, floor: Mapping[str, float | None]) -> str:
    return f"{title} {_cell(floor[name])} (at most {_cell(floor[f'{name}_max'])})"


def _line(row: Mapping[str, Any]) -> str:
    cells = "".join(f"{_cell(row[key]):>{width}}" for key, _, width in _COLUMNS)
    return f"{row['model']:16}{cells}\n"


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.3f}".replace("-", "−")
    return str(value)
