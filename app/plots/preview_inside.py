"""Made-up frames of the plots that look inside a model; see ``preview``."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

LIMITS = [-3.2, 3.2, -3.2, 3.2]
Frame = tuple[dict[str, Any], dict[str, NDArray[Any]]]


def _base(**facts: Any) -> dict[str, Any]:
    return {"limits": LIMITS, "columns": ["x", "y"], **facts}


def _shear(z: NDArray[Any], layers: int) -> list[NDArray[Any]]:
    """Points after each of some shears and squeezes, in turns along both axes."""
    found = [z]
    for layer in range(layers):
        x, y = found[-1][..., 0], found[-1][..., 1]
        a, b = (x, y) if layer % 2 else (y, x)
        b = b * np.exp(0.35 * np.sin(1.7 * a)) + 0.5 * np.sin(1.3 * a)
        pair = (a, b) if layer % 2 else (b, a)
        found.append(np.stack(pair, axis=-1))
    return found


def layers_frame(cells: int = 24, layers: int = 6) -> Frame:
    """A grid that some shears bend; areas by differences of the grid itself."""
    steps = np.linspace(-2.5, 2.5, cells + 1)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1)
    mesh = np.stack(_shear(grid, layers))
    along, up = np.diff(mesh, axis=2)[:, :-1], np.diff(mesh, axis=1)[:, :, :-1]
    area = np.abs(along[..., 0] * up[..., 1] - along[..., 1] * up[..., 0])
    rng = np.random.default_rng(11)
    x = np.stack(_shear(rng.normal(size=(300, 2)), layers))
    names = ["scale and shift of " + "xy"[k % 2] for k in range(layers)]
    meta = _base(layers=layers, names=names, span=1.5, home=LIMITS)
    arrays = {"times": np.linspace(0, 1, layers + 1), "mesh": mesh, "x": x}
    arrays["log_area"] = np.log(area / area[0, 0, 0])
    arrays["data"] = x[-1][:200] + 0.05 * rng.normal(size=(200, 2))
    return meta, {name: array.astype("f4") for name, array in arrays.items()}


def conditionals_frame(cells: int = 96) -> Frame:
    """Two moons of a kind: y lies on one of two arcs over x."""
    at = (np.arange(cells) + 0.5) / cells * 6.4 - 3.2

    def bump(y: NDArray[Any], centre: NDArray[Any], std: float) -> NDArray[Any]:
        found: NDArray[Any] = np.exp(-((y - centre) ** 2) / (2 * std**2))
        found /= std * np.sqrt(2 * np.pi)
        return found

    def factors(std: float) -> tuple[NDArray[Any], NDArray[Any]]:
        first = bump(at, np.array(0.0), 1.3 + std)
        arc = np.sin(at)[:, None]
        return first, 0.5 * bump(at, arc + 1, std) + 0.5 * bump(at, -arc - 1, std)

    names = ("first", "second", "true_first", "true_second")
    arrays = dict(zip(names, (*factors(0.35), *factors(0.25)), strict=True))
    arrays |= {"first_at": at, "second_at": at, "kl": 0.05 + 0.01 * at**2}
    arrays["data_first"] = arrays["true_first"][::2]
    arrays["data_second"] = arrays["true_second"][2::4, ::2]
    meta = _base(axis=0, own_axis=True, kind="exact", note="", has_truth=True)
    meta |= {"top_first": 0.35, "top_second": 1.0, "mass": 1.0, "kl_first": 0.01}
    return meta, {name: array.astype("f4") for name, array in arrays.items()}


def masks_frame(digits: int = 3, hidden: int = 24) -> Frame:
    """A network over the binary digits of two coordinates."""
    rng = np.random.default_rng(12)
    names = [f"{axis}{k + 1}" for axis in "xy" for k in range(digits)]
    last = len(names) - 1
    units = np.sort(1 + np.arange(hidden) % last)
    rows = [np.arange(1, last + 1), units, np.arange(1, last + 2)]
    kept = [rows[0][None] <= rows[1][:, None], rows[1][None] < rows[2][:, None]]
    arrays: dict[str, NDArray[Any]] = {}
    for index, mask in enumerate(kept):
        arrays[f"kept.{index}"] = mask.astype("i4")
        arrays[f"weight.{index}"] = (0.4 * rng.normal(size=mask.shape)).astype("f4")
    reach = np.zeros((last + 1, last + 1), "f4")
    reach[:, :last] = kept[1].astype(int) @ kept[0].astype(int)
    arrays["reach"] = reach
    groups = [
        {"columns": [[name, 1] for name in names[:last]], "rows": []},
        {"columns": [], "rows": [[name, 1] for name in names]},
    ]
    meta = _base(titles=["input → h1", "h1 → output"], groups=groups)
    return meta | {"order": names, "layer": 1, "layers": 3, "cut": 0.5}, arrays


def attention_frame(layers: int = 2, heads: int = 4) -> Frame:
    """Heads that look at x the more, the farther it is from the middle."""
    at = np.linspace(-3.2, 3.2, 64)
    rank = np.arange(layers * heads).reshape(layers, heads)
    share = 1 / (1 + np.exp(-at[:, None, None] * (rank - 3.5) / 2))
    shares = np.zeros((len(at), layers, heads, 2, 2))
    shares[..., 0, 0] = 1
    shares[..., 1, 0], shares[..., 1, 1] = 1 - share, share
    meta = _base(tokens=["start", "x"], guesses=["x", "y"], typical=0.4)
    flat = shares.reshape(len(at), -1, 2, 2).astype("f4")
    arrays = {"at": at.astype("f4"), "attention": flat}
    return meta | {"layers": layers, "heads": heads}, arrays


def cycle_frame(count: int = 60) -> Frame:
    """A ring carried to a line and nearly back again."""
    rng = np.random.default_rng(23)

    def ring(points: int) -> NDArray[Any]:
        angle = rng.uniform(-np.pi, np.pi, points)
        unit = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return 2 * unit + 0.1 * rng.normal(size=(points, 2))

    def line(x: NDArray[Any]) -> NDArray[Any]:
        return np.stack([x[:, 0], 0.3 * x[:, 1]], axis=1)

    start = ring(count)
    arrays = {"start": start, "there": line(start), "data": ring(420)}
    arrays |= {"back": start + 0.1 * rng.normal(size=(count, 2))}
    arrays["other"] = line(ring(420))
    turns = np.arctan2(start[:, 1], start[:, 0]) / (2 * np.pi)
    meta = _base(begin="x", ends=["x", "F(G(x))"], names=["Ring", "Line"])
    meta |= {"limits_y": LIMITS, "round_trip": 0.14, "arrival": 0.003}
    found = {name: array.astype("f4") for name, array in arrays.items()}
    return meta, found | {"sectors": (np.floor(8 * turns) % 8).astype("i4")}
