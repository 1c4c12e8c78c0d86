"""Plausible arrays for every view, made without torch; see /tests/fake_engine.py."""

from typing import Any

import numpy as np

from app.plots import preview_models as models
from app.plots import preview_pairs as pairs
from app.plots.preview_inside import cycle_frame

LIMITS = [-3.0, 3.0, -3.0, 3.0]
RING = [[2 * np.cos(a), 2 * np.sin(a)] for a in np.arange(8) * np.pi / 4]


def ring(n: int, spread: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 8, n).astype(np.int32)
    points = np.array(RING)[labels] + spread * rng.standard_normal((n, 2))
    return points.astype(np.float32), labels


def log_ring(x: np.ndarray, spread: float) -> np.ndarray:
    """Log-density (nats) of the eight Gaussians at x (..., 2)."""
    squares = ((x[..., None, :] - np.array(RING)) ** 2).sum(-1)
    terms = -squares / (2 * spread**2) - np.log(16 * np.pi * spread**2)
    return np.logaddexp.reduce(terms, axis=-1).astype(np.float32)


def spread_at(step: int) -> float:
    """The fake model narrows from 1.2 to the true 0.15 as it trains."""
    return 0.15 + 1.05 * np.exp(-step / 800)


def _base() -> dict[str, Any]:
    return {"limits": LIMITS, "columns": ["x", "y"]}


def samples(step: int, settings: dict, full: bool) -> tuple[dict, dict]:
    n = min(int(settings.get("samples", 2000)), 5000)
    data, labels = ring(2000, 0.15)
    drawn, _ = ring(n if full else n // 2, spread_at(step), seed=1)
    meta = {"n_data": len(data), "n_samples": len(drawn), "classes": 8}
    return {"data": data, "data_labels": labels, "samples": drawn}, meta


def density(step: int, settings: dict, full: bool) -> tuple[dict, dict]:
    n = int(settings.get("resolution", 128)) if full else 48
    axis = np.linspace(-3, 3, n)
    grid = np.stack(np.meshgrid(axis, axis), -1)
    learned, truth = log_ring(grid, spread_at(step)), log_ring(grid, 0.15)
    arrays = {
        "learned": learned,
        "truth": truth,
        "samples": ring(420, spread_at(step), 1)[0],
        "data": ring(420, 0.15)[0],
    }
    top = float(max(learned.max(), truth.max()))
    meta = {"kind": "exact", "note": "fake", "resolution": n, "has_truth": True}
    return arrays, meta | {"log_max": top, "log_min": top - 8, "critic": False}


def latent(step: int, settings: dict, full: bool) -> tuple[dict, dict]:
    turns = np.linspace(0, 2 * np.pi, 41)
    circle = np.stack([np.cos(turns), np.sin(turns)], -1)
    axis, along = np.linspace(-2.5, 2.5, 13), np.linspace(-2.5, 2.5, 41)
    lines = [np.stack([np.full(41, a), along], -1) for a in axis]
    lines += [line[:, ::-1] for line in lines]
    grid = np.array(lines, np.float32)
    codes = np.random.default_rng(2).standard_normal((500, 2)).astype(np.float32)
    arrays = {
        "codes": codes,
        "code_std": np.full((500, 2), 0.1, np.float32),
        "labels": ring(500, 0.15)[1],
        "kl_per_axis": np.array([1.2, 0.9], np.float32),
        "grid_z": grid,
        "grid_x": (grid + 0.3 * np.sin(2 * grid)).astype(np.float32),
        "circle_x": np.stack([circle, 2 * circle]).astype(np.float32),
        "data": ring(420, 0.15)[0],
    }
    axes = [int(settings.get("axis_x", 1)), int(settings.get("axis_y", 2))]
    meta = {"latent_dim": 2, "axes": axes, "has_codes": True, "has_grid": True}
    more = {"limits_z": [-3.2, 3.2, -3.2, 3.2], "folded": 0, "t": 1.0}
    return arrays, meta | more | {"reconstruction_rms": 0.1}


def trajectories(step: int, settings: dict, full: bool) -> tuple[dict, dict]:
    n = int(settings.get("points", 2000)) if full else 500
    times = np.linspace(0, 1, 33, dtype=np.float32)
    end = ring(n, spread_at(step))[0]
    start = np.random.default_rng(3).standard_normal((n, 2)).astype(np.float32)
    x = (1 - times[:, None, None]) * start + times[:, None, None] * end
    arrays = {"times": times, "x": x.astype(np.float32), "noise_level": 1 - times}
    meta = {"evaluations": 64, "sampler": "heun", "straightness": 0.1}
    direction = settings.get("direction", "denoise")
    more = {"kind": "process", "direction": direction, "stochastic": False}
    steps = len(arrays["times"]) - 1
    return arrays, meta | more | {"home": LIMITS, "names": [], "steps": steps}


def field(step: int, settings: dict, full: bool) -> tuple[dict, dict]:
    n = int(settings.get("resolution", 24)) if full else 12
    axis = np.linspace(-3, 3, n)
    points = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2).astype(np.float32)
    t = float(settings.get("t", 0.5))
    meta = {"quantity": "velocity", "t": t, "unit": "data units per unit of t"}
    return {"points": points, "vectors": -points}, meta | {"max_norm": 4.2}


def curves(step: int, settings: dict, full: bool) -> tuple[dict, dict]:
    steps = np.linspace(1, max(step, 2), 100)
    arrays: dict[str, np.ndarray] = {}
    kinds = {"loss.loss": "Loss", "nll": "NLL", "energy_distance": "Energy distance"}
    for name in kinds:
        values = (0.4 + np.exp(-steps / 800)).astype(np.float32)
        arrays |= {f"{name}.step": steps, f"{name}.seconds": steps / 1000}
        arrays |= {f"{name}.value": values, f"{name}.smooth": values}
    facts = {"unit": "", "kind": "", "player": "model"}
    listed = [{"name": n, "title": t, "group": t, **facts} for n, t in kinds.items()]
    meta = {"quantities": listed, "changes": [], "references": []}
    return arrays, meta | {"step": step, "seconds": step / 1000}


def layers(step: int, settings: dict, full: bool) -> tuple[dict, dict]:
    n = int(settings.get("resolution", 36)) if full else 12
    axis = np.linspace(-2.5, 2.5, n + 1)
    grid = np.stack(np.meshgrid(axis, axis), -1)
    factors = np.array([1.0, 0.8, 0.6])
    arrays = {
        "times": np.array([0.0, 0.5, 1.0]),
        "mesh": factors[:, None, None, None] * grid,
        "log_area": 2 * np.log(factors)[:, None, None] * np.ones((n, n)),
        "x": factors[:, None, None] * np.random.default_rng(3).normal(size=(50, 2)),
        "data": ring(420, 0.15)[0],
    }
    meta = {"layers": 2, "names": ["one", "two"], "span": 1.0, "home": LIMITS}
    return {k: v.astype(np.float32) for k, v in arrays.items()}, meta


def conditionals(step: int, settings: dict, full: bool) -> tuple[dict, dict]:
    n = int(settings.get("resolution", 160)) if full else 48
    at = (np.arange(n) + 0.5) / n * 6 - 3
    joint = np.exp(log_ring(np.stack(np.meshgrid(at, at), -1), spread_at(step)))
    axis = 1 if settings.get("given") == "y" else 0
    first = joint.sum(axis) * 6 / n
    arrays = {
        "first_at": at,
        "second_at": at,
        "first": first,
        "second": (joint if axis else joint.T) / first[:, None],
        "data_first": np.histogram(ring(2000, 0.15)[0][:, axis], 48, (-3, 3))[0] / 250,
        "data_second": np.full((24, 48), 1 / 6),
    }
    meta = {"axis": axis, "own_axis": axis == 0, "kind": "exact", "note": "fake"}
    meta |= {"has_truth": False, "top_first": 0.6, "top_second": 2.0, "mass": 1.0}
    return {k: v.astype(np.float32) for k, v in arrays.items()}, meta


def made_up(frame) -> Any:
    """A frame that the previews use as well; it is the same at every step."""

    def view(step: int, settings: dict, full: bool) -> tuple[dict, dict]:
        meta, arrays = frame()
        return arrays, meta

    return view


PAIRS = {
    "pairing": pairs.pairing_frame,
    "carried": pairs.carried_frame,
    "teacher": pairs.teacher_frame,
    "styles": pairs.styles_frame,
    "guidance": pairs.guidance_frame,
}
MODELS = {
    "posterior": models.posterior_frame,
    "elbo": models.elbo_frame,
    "denoise": models.denoise_frame,
    "levels": models.levels_frame,
    "duel": models.duel_frame,
    "dirac": models.dirac_frame,
    "codes": models.codes_frame,
    "chains": models.chains_frame,
}


def masks(step: int, settings: dict, full: bool) -> tuple[dict, dict]:
    kept = np.array([[1] * 5] * 8), np.array([[0] * 8, [1] * 8])
    arrays = {"reach": np.array([[0, 0], [40, 0]], np.float32)}
    for index, mask in enumerate(kept):
        arrays[f"kept.{index}"] = mask.astype(np.int32)
        arrays[f"weight.{index}"] = 0.3 * np.ones(mask.shape, np.float32)
    groups = [{"columns": [["x", 5]], "rows": []}]
    groups.append({"columns": [], "rows": [["x", 1], ["y", 1]]})
    meta = {"titles": ["input → h1", "h1 → output"], "groups": groups}
    layer = min(int(settings.get("layer", 1)), 8)
    return arrays, meta | {"order": ["x", "y"], "layer": layer, "layers": 8, "cut": 0.1}


def attention(step: int, settings: dict, full: bool) -> tuple[dict, dict]:
    shares = np.zeros((16, 8, 2, 2), np.float32)
    shares[..., 0, 0], shares[..., 1, :] = 1, 0.5
    arrays = {"at": np.linspace(-3, 3, 16, dtype=np.float32), "attention": shares}
    meta = {"tokens": ["start", "x"], "guesses": ["x", "y"], "typical": 0.0}
    return arrays, meta | {"layers": 2, "heads": 4}


VIEWS = {
    "samples": samples,
    "density": density,
    "latent": latent,
    "trajectories": trajectories,
    "field": field,
    "curves": curves,
    **{name: made_up(frame) for name, frame in MODELS.items()},
    "layers": layers,
    "conditionals": conditionals,
    "masks": masks,
    "attention": attention,
    "cycle": made_up(cycle_frame),
    **{name: made_up(frame) for name, frame in PAIRS.items()},
}


def picture(view: str, step: int, settings: dict, full: bool) -> tuple[dict, dict]:
    arrays, meta = VIEWS[view](step, settings, full)
    return arrays, _base() | meta
