"""Made-up frames of plots that look inside latent, adversarial, energy models."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

LIMITS = [-3.2, 3.2, -3.2, 3.2]
Frame = tuple[dict[str, Any], dict[str, NDArray[Any]]]


def base(**facts: Any) -> dict[str, Any]:
    """Facts that every square plot has."""
    return {"limits": LIMITS, "columns": ["x", "y"], **facts}


def cells_of(count: int) -> NDArray[Any]:
    """Centres (count, count, 2) of cells over the limits."""
    middle = (np.arange(count) + 0.5) / count * 6.4 - 3.2
    return np.stack(np.meshgrid(middle, middle), axis=-1)


def ring(count: int, seed: int, std: float = 0.15) -> NDArray[Any]:
    """Points (count, 2) of eight Gaussians on a ring."""
    rng = np.random.default_rng(seed)
    angle = rng.integers(0, 8, count) * np.pi / 4
    centres = 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return (centres + std * rng.normal(size=(count, 2))).astype("f4")


def log_mixture(x: NDArray[Any], centres: NDArray[Any], std: float) -> NDArray[Any]:
    """Log-density of Gaussians of one spread at x (..., 2), nats."""
    square = ((x[..., None, :] - centres) ** 2).sum(-1) / (2 * std**2)
    norm = np.log(2 * np.pi * std**2)
    found: NDArray[Any] = np.log(np.exp(-square).mean(-1) + 1e-30) - norm
    return found


def posterior_frame(cells: int = 64, axes: int = 4) -> Frame:
    """Codes of eight classes that do not quite fill the prior."""
    rng = np.random.default_rng(12)
    labels = rng.integers(0, 8, 400).astype("i4")
    angle = np.arange(8) * np.pi / 4
    centres = 1.2 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    codes = centres[labels] + 0.2 * rng.normal(size=(400, 2))
    places = cells_of(cells)
    log_q = log_mixture(places, centres, 0.45)
    log_p = -0.5 * (places**2).sum(-1) - np.log(2 * np.pi)
    turn = np.linspace(0, 2 * np.pi, 33)
    rim = np.stack([0.25 * np.cos(turn), 0.16 * np.sin(turn)], axis=1)
    arrays = {"aggregate": log_q, "ratio": log_q - log_p, "codes": codes}
    arrays["rims"] = codes[:60, None] + rim
    arrays["kl_per_axis"] = np.array([1.95, 0.0, 0.004, 1.91])
    meta = base(latent_dim=axes, axes=[1, 4], classes=8, class_names=[], gap=0.21)
    meta |= {"limits_z": LIMITS, "kind": "exact", "prior": "prior", "bent": False}
    meta |= {"has_clouds": True, "active": [1, 4], "collapsed": [2, 3]}
    found = {name: array.astype("f4") for name, array in arrays.items()}
    return meta, found | {"labels": labels, "rim_labels": labels[:60]}


def elbo_frame(count: int = 400) -> Frame:
    """A fit that gets better, codes that cost more, and a bound between them."""
    step = np.linspace(1, 4000, count)
    fall = np.exp(-step / 600)
    values = {"fit": 1.3 - 5 * fall, "bound": -1.3 - 3 * fall, "kl": 2.6 - 2 * fall}
    arrays: dict[str, NDArray[Any]] = {}
    for name, value in values.items():
        arrays |= {f"{name}.step": step, f"{name}.seconds": step / 900}
        arrays |= {f"{name}.value": value.astype("f4"), f"{name}.smooth": value}
    k = np.array([1, 2, 5, 10, 20, 50])
    arrays["ladder"] = np.stack([k, -1.15 - 0.2 / k], axis=1).astype("f4")
    course = [values["kl"], -values["fit"], step]
    arrays["course"] = np.stack(course, axis=1).astype("f4")
    facts = {"unit": "nats/point", "kind": "", "player": ""}
    titles = {"fit": "fit ln p(x|z)", "bound": "bound as trained", "kl": "KL(q‖p)"}
    groups = {"fit": "bound", "bound": "bound", "kl": "KL"}
    listed = [
        {"name": n, "title": t, "group": groups[n], **facts} for n, t in titles.items()
    ]
    now = {"k": 50, "points": 1000, "fit": 1.3, "kl": 2.65, "bound": -1.35}
    meta = base(quantities=listed, changes=[], step=4000, seconds=4.4, truth=-1.12)
    meta["references"] = [{"group": "bound", "value": -1.12, "label": "ln p of data"}]
    return meta | {"now": now | {"tight": -1.15}}, arrays


def levels_frame(count: int = 48) -> Frame:
    """The straight path, and a guess a little worse than the best."""
    t = np.linspace(0, 1, count + 1)
    inner = np.clip(t, 0.01, 0.99)
    least = (1 - inner) ** 2 / ((1 - inner) ** 2 + inner**2)
    values = {"learned": 1.1 * least, "least": least, "alpha": t, "sigma": 1 - t}
    values["snr"] = 2 * np.log(inner / (1 - inner))
    x_0 = values["learned"]
    factors = {"in_eps": inner**2 / (1 - inner) ** 2, "in_x0": np.ones_like(t)}
    factors["in_u"] = 1 / (1 - inner) ** 2
    values |= {name: factor * x_0 for name, factor in factors.items()}
    arrays: dict[str, NDArray[Any]] = {}
    for name, value in values.items():
        arrays |= {f"{name}.{part}": t.astype("f4") for part in ("step", "seconds")}
        arrays |= {f"{name}.{part}": value.astype("f4") for part in ("value", "smooth")}
    corners = np.repeat(np.linspace(0, 1, 41), 2)[1:-1]
    visits = 6 * corners * (1 - corners)
    uneven = visits + 0.1 * np.repeat(np.sin(9.0 * np.arange(40)), 2)
    arrays |= {f"visited.{part}": corners.astype("f4") for part in ("step", "seconds")}
    arrays |= {"visited.value": uneven.astype("f4"), "visited.smooth": visits}
    groups = {"learned": "error of the guess", "least": "error of the guess"}
    groups |= {"alpha": "signal and noise", "sigma": "signal and noise"}
    titles = {"least": "least possible", "alpha": "signal α", "sigma": "noise σ"}
    titles |= {"snr": "Signal to noise, ln α²/σ²"}
    titles |= {"visited": "Times visited in training"}
    titles |= {"in_eps": "ε error", "in_x0": "x₀ error", "in_u": "u error"}
    groups |= dict.fromkeys(factors, "the same error in each target")
    facts = {"unit": "", "kind": "", "player": ""}
    listed = [
        {"name": n, "title": titles.get(n, n), "group": groups.get(n, n), **facts}
        for n in ("learned", "least", *factors, "visited", "alpha", "sigma", "snr")
    ]
    meta = base(quantities=listed, changes=[], references=[], step=4000)
    return meta | {"trained": "in_u", "trained_word": "u"}, arrays


def denoise_frame(stochastic: bool = True) -> Frame:
    """A point on its way to a mode of the ring."""
    places = {"x": [0.9, 0.7], "x_data": [1.5, 1.35], "free": [0.7, 0.6]}
    places |= {"still": [1.05, 0.85], "after": [1.2, 0.7]}
    arrays = {name: np.array([place], "f4") for name, place in places.items()}
    data = ring(420, 13)
    noise = np.random.default_rng(14).normal(size=data.shape)
    arrays |= {"data": data, "cloud": (0.6 * data + 0.8 * noise).astype("f4")}
    meta = base(t=0.5, until=0.51, number=51, steps=100, sampler="Ancestral")
    meta |= {"stochastic": stochastic, "multistep": False, "evaluations": 1}
    facts = {"alpha": 0.6, "sigma": 0.8, "eps": [0.25, 0.12], "velocity": [1.4, 1.3]}
    return meta | facts, arrays


def duel_frame(cells: int = 96) -> Frame:
    """A critic that trusts the ring, and fakes of which half are found out."""
    places = cells_of(cells)
    away = np.abs(np.linalg.norm(places, axis=-1) - 2)
    critic = 1 / (1 + np.exp(4 * (away - 0.5)))
    turn = np.linspace(0, 2 * np.pi, 200)
    unit = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    lines = [np.stack([r * unit[:-1], r * unit[1:]], axis=1) for r in (1.5, 2.5)]
    rng = np.random.default_rng(15)
    fakes = 1.3 * rng.normal(size=(150, 2))
    radius = np.linalg.norm(fakes, axis=1, keepdims=True)
    arrays = {"critic": critic, "contour": np.concatenate(lines), "fakes": fakes}
    arrays |= {"push": (2 - radius) * fakes / radius, "data": ring(420, 16)}
    players = ["discriminator", "generator"]
    meta = base(players=players, losses={players[0]: 0.93, players[1]: 1.42})
    meta |= {"seen": 0.87, "caught": 0.71, "accuracy": 0.79, "push": 0.4, "step": 120}
    words = "The discriminator tells 79 % apart: a fair game, both sides have "
    meta |= {"caption": words + "something to learn.", "resolution": cells}
    arrays |= {"slope": 4 * critic * (1 - critic), "steep": arrays["contour"] * 0.9}
    meta |= {"slopes": {"data": 0.82, "fakes": 0.61}, "goal": 1.0}
    return meta, {name: array.astype("f4") for name, array in arrays.items()}


def dirac_frame(count: int = 400) -> Frame:
    """A circle, a path that leaves it and one that falls in."""
    turn = np.linspace(0, 6 * np.pi, count)[:, None]
    unit = np.concatenate([np.cos(turn), -np.sin(turn)], axis=1)
    circle = unit[: count // 3 : 2]
    arrays = {"lines": np.stack([r * circle for r in (0.5, 1.0, 1.5, 2.0)])}
    arrays |= {"together": 1.4 * np.exp(0.02 * turn) * unit}
    arrays |= {"in_turn": 1.4 * np.exp(-0.05 * turn) * unit}
    meta = base(home=[-2.5, 2.5, -2.5, 2.5], loss="Non-saturating", r1=0.1, penalty=0.0)
    meta |= {"turns": 1, "rate": 0.01, "factor": 10, "steps": 6000, "words": ""}
    meta |= {"theta": 1.4, "psi": 0.0, "eigenvalue": [-0.05, 0.497]}
    meta["ends"] = {"together": "spirals out", "in_turn": "converges"}
    meta["per_turn"] = {"together": 1.134, "in_turn": 0.73}
    return meta, {name: array.astype("f4") for name, array in arrays.items()}


def codes_frame(cells: int = 120, count: int = 24) -> Frame:
    """Codes on encodings of the ring, three of them unused."""
    rng = np.random.default_rng(17)
    encodings = ring(500, 18, 0.3)
    codes = np.concatenate([ring(count - 3, 19, 0.25), [[0, 0], [3, 3], [-3, 3]]])
    square = ((cells_of(cells)[:, :, None] - codes) ** 2).sum(-1)
    nearest = ((encodings[:, None] - codes) ** 2).sum(-1).argmin(1)
    usage = np.bincount(nearest, minlength=count) / len(nearest)
    usage[-3:] = 0
    usage /= usage.sum()
    prior = np.abs(usage + 0.004 * rng.normal(size=count))
    arrays = {"codes": codes, "encodings": encodings, "usage": usage}
    arrays |= {"points": codes * 1.05, "prior": prior / prior.sum()}
    arrays["data"] = ring(420, 20)
    dead = [int(k) + 1 for k in np.flatnonzero(usage == 0)]
    meta = base(limits_z=LIMITS, axes=[1, 2], code_size=2, perplexity=19.3)
    meta |= {"dead": dead, "counted": 4000}
    found = {name: array.astype("f4") for name, array in arrays.items()}
    return meta, found | {"cells": square.argmin(-1).astype("i4")}


def chains_frame(frames: int = 64, count: int = 120, energy: bool = True) -> Frame:
    """Walkers that roll from noise onto the ring and wander there."""
    rng = np.random.default_rng(21)
    x = [rng.normal(size=(count, 2))]
    for _ in range(frames - 1):
        radius = np.linalg.norm(x[-1], axis=1, keepdims=True) + 1e-6
        force = (2 - radius) * x[-1] / radius
        x.append(x[-1] + 0.12 * force + 0.07 * rng.normal(size=(count, 2)))
    points = cells_of(18).reshape(-1, 2)
    radius = np.linalg.norm(points, axis=1, keepdims=True)
    arrays = {"x": np.stack(x), "points": points, "data": ring(420, 22)}
    arrays["vectors"] = (2 - radius) * points / radius
    if energy:
        away = np.linalg.norm(cells_of(96), axis=-1) - 2
        arrays["energy"] = 4 * away**2
    meta = base(has_energy=energy, t=None if energy else 0.8, total=200, span=8.0)
    meta |= {"temperature": 1.0, "step_size": 0.02, "start": "noise"}
    meta |= {"sigma": None if energy else 0.2, "place": [0.8, 0.8]}
    meta["accepted"] = 0.94 if energy else None
    found = {name: array.astype("f4") for name, array in arrays.items()}
    steps = np.linspace(0, 200, frames).round().astype("i4")
    return meta, found | {"steps": steps}
