"""Made-up frames of plots that show two things side by side, or one over time."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.plots.preview_models import (
    LIMITS,
    Frame,
    base,
    cells_of,
    log_mixture,
    ring,
)


def _centres() -> NDArray[Any]:
    angle = np.arange(8) * np.pi / 4
    return 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def pairing_frame(count: int = 80) -> Frame:
    """Noise and a ring, paired as they come and by angle."""
    rng = np.random.default_rng(31)
    start, data = rng.normal(size=(count, 2)), ring(count, 32)

    def by_angle(x: NDArray[Any]) -> NDArray[Any]:
        return np.argsort(np.arctan2(x[:, 1], x[:, 0]))

    optimal = np.empty_like(start)
    optimal[by_angle(data)] = start[by_angle(start)]
    arrays = {"start": start, "data": data, "optimal": optimal}
    arrays["arrival"] = start * 2 / np.linalg.norm(start, axis=1, keepdims=True)
    meta = base(used="independent", batch=256, home=LIMITS)
    meta["costs"] = {"independent": 3.97, "optimal": 1.26, "flow": 1.62}
    return meta, {name: array.astype("f4") for name, array in arrays.items()}


def carried_frame(frames: int = 9, cells: int = 48) -> Frame:
    """One hill that becomes eight."""
    times = np.linspace(0, 1, frames)
    places = cells_of(cells)
    maps = np.stack([log_mixture(places, t * _centres(), 1.0 - 0.8 * t) for t in times])
    top = float(maps.max())
    mass = [float(np.exp(m).sum() * (6.4 / cells) ** 2) for m in maps]
    meta = base(kind="exact", note="made up", resolution=cells, log_max=top)
    meta |= {"log_min": top - 8, "floor": -1000.0, "mass": mass, "evaluations": 180}
    return meta, {"times": times.astype("f4"), "maps": maps.astype("f4")}


def teacher_frame(cells: int = 64) -> Frame:
    """A ring of eight, of which the student has left two out."""
    places, centres = cells_of(cells), _centres()
    arrays = {
        "teacher": log_mixture(places, centres, 0.25),
        "student": log_mixture(places, centres[:6], 0.3),
        "teacher_samples": ring(200, 33, 0.25),
        "student_samples": ring(200, 34, 0.3),
    }
    top = float(arrays["teacher"].max())
    meta = base(kl=0.31, kl_error=0.01, judged=-1.4, samples=4000, begun=True)
    meta |= {"log_max": top, "log_min": top - 8}
    return meta, {name: array.astype("f4") for name, array in arrays.items()}


def _warped(z: NDArray[Any]) -> NDArray[Any]:
    """A smooth map of the plane that folds nothing."""
    return np.stack([z[..., 0] + 0.3 * z[..., 1] ** 2, 0.8 * z[..., 1]], axis=-1)


def styles_frame(psi: float = 0.6, count: int = 200) -> Frame:
    """A disc bent by a mapping, and pulled towards its mean."""
    rng = np.random.default_rng(35)
    z = rng.normal(size=(count, 2))
    turn = np.linspace(0, 2 * np.pi, 65)
    unit = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    lines = np.stack([r * unit for r in (0.5, 1.0, 1.5, 2.0)])
    mean = _warped(z).mean(0)
    arrays = {"z": z, "z_lines": lines, "x": np.tanh(z), "x_lines": np.tanh(lines)}
    arrays |= {"w_free": _warped(z), "w": mean + psi * (_warped(z) - mean)}
    arrays |= {"w_lines": mean + psi * (_warped(lines) - mean), "w_mean": mean[None]}
    arrays["data"] = ring(420, 36)
    meta = base(latent_dim=2, half_side=3.2, has_styles=True, style_dim=16)
    meta |= {"share": 0.89, "spread": 0.7, "limits_w": [-3.0, 5.0, -4.0, 4.0]}
    found = {name: array.astype("f4") for name, array in arrays.items()}
    turns = np.arctan2(z[:, 1], z[:, 0]) / (2 * np.pi)
    found["sectors"] = (np.floor(8 * turns) % 8).astype("i4")
    return meta | {"psi": psi}, found


def guidance_frame(cells: int = 14, count: int = 120, weight: float = 3.0) -> Frame:
    """Ways to a ring of eight, to one of them, and to the same one, overdone."""
    rng = np.random.default_rng(37)
    start, times = rng.normal(size=(count, 2)), np.linspace(0, 1, 9)
    goals = {"free": ring(count, 38), "bound": _centres()[1] + 0.2 * start}
    goals["guided"] = 1.1 * _centres()[1] + 0.08 * start
    places = cells_of(cells).reshape(-1, 2)
    arrays = {"points": places, "data": ring(420, 39)}
    arrays["class_data"] = _centres()[1] + 0.2 * rng.normal(size=(60, 2))
    tops, spreads = {}, {}
    share = times[:, None, None]
    for name, goal in goals.items():
        pull = weight if name == "guided" else 1.0
        arrays[name] = pull * (goal.mean(0) - 0.5 * places)
        arrays[f"{name}.times"] = times
        arrays[f"{name}.x"] = (1 - share) * start + share * goal
        tops[name] = float(np.linalg.norm(arrays[name], axis=1).max())
        spreads[name] = float(goal.std(0).mean())
    meta = base(missing="", t=0.5, quantity="velocity", unit="per unit of t")
    meta |= {"class": "Mode 2", "weight": weight, "weight_now": weight}
    meta |= {"max_norms": tops, "spreads": spreads, "resolution": cells}
    return meta, {name: array.astype("f4") for name, array in arrays.items()}
