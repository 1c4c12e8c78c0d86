"""Frames made up for looking at plots without an engine, and a window to do so."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QApplication, QWidget

from app.plots import preview_inside as inside
from app.plots import preview_models as models
from app.plots import preview_pairs as pairs
from app.plots.base import PlotView
from app.plots.catalogue import make_plot
from app.theme import theme
from app.widgets.card import Card

Frame = tuple[dict[str, Any], dict[str, NDArray[Any]]]
LIMITS = [-3.2, 3.2, -3.2, 3.2]
_MODES, _RADIUS, _STD = 8, 2.0, 0.15


def _base(**facts: Any) -> dict[str, Any]:
    return {"limits": LIMITS, "columns": ["x", "y"], **facts}


def _centres() -> NDArray[Any]:
    angle = np.arange(_MODES) * 2 * np.pi / _MODES
    return _RADIUS * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def ring(
    count: int, seed: int = 0, std: float = _STD
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Points (count, 2) of the ring of eight Gaussians, and their modes."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, _MODES, count).astype("i4")
    points = _centres()[labels] + std * rng.normal(size=(count, 2))
    return points.astype("f4"), labels


def ring_log_density(cells: int, std: float, turn: float = 0.0) -> NDArray[Any]:
    """Log-density of the ring on the lattice of cell centres, nats."""
    middle = (np.arange(cells) + 0.5) / cells * (LIMITS[1] - LIMITS[0]) + LIMITS[0]
    x, y = np.meshgrid(middle, middle)
    here = np.stack([x, y], axis=-1)
    c, s = np.cos(turn), np.sin(turn)
    centres = _centres() @ np.array([[c, s], [-s, c]])
    square = ((here[:, :, None] - centres) ** 2).sum(-1) / (2 * std**2)
    peak = -np.log(_MODES * 2 * np.pi * std**2)
    best = square.min(axis=2)
    rest = np.log(np.exp(best[..., None] - square).sum(axis=2))
    result: NDArray[Any] = (peak - best + rest).astype("f4")
    return result


def samples_frame(count: int = 2000) -> Frame:
    """Data and samples of the ring."""
    data, labels = ring(2000, 1)
    samples, _ = ring(count, 2, 0.2)
    meta = _base(n_data=2000, n_samples=count, classes=_MODES)
    return meta, {"data": data, "data_labels": labels, "samples": samples}


def density_frame(cells: int = 128, critic: bool = False) -> Frame:
    """The ring's density, and one a little turned and blurred."""
    truth = ring_log_density(cells, _STD)
    learned = ring_log_density(cells, 0.2, 0.03)
    top = float(max(truth.max(), learned.max()))
    kind = "estimate" if critic else "exact"
    facts = {"kind": kind, "note": "", "resolution": cells, "has_truth": True}
    meta = _base(**facts, log_max=top, log_min=top - 8, critic=critic)
    arrays = {"learned": learned, "truth": truth}
    arrays |= {"samples": ring(420, 3, 0.2)[0], "data": ring(420, 4)[0]}
    if critic:
        arrays["critic"] = (1 / (1 + np.exp(learned - truth))).astype("f4")
    return meta, arrays


def _lattice(lines: int = 13, points: int = 41) -> NDArray[Any]:
    along, across = np.linspace(-2.5, 2.5, points), np.linspace(-2.5, 2.5, lines)
    rows = [np.stack([along, np.full(points, v)], axis=1) for v in across]
    return np.array(rows + [row[:, ::-1] for row in rows], dtype="f4")


def _push(z: NDArray[Any]) -> NDArray[Any]:
    """A smooth map from normal noise to something like the ring."""
    radius = np.linalg.norm(z, axis=-1, keepdims=True) + 1e-6
    angle = np.arctan2(z[..., 1], z[..., 0])[..., None]
    away = 2.1 * np.tanh(1.3 * radius) + 0.12 * radius * np.cos(8 * angle)
    bend = angle + 0.08 * np.sin(8 * angle)
    unit = np.concatenate([np.cos(bend), np.sin(bend)], axis=-1)
    result: NDArray[Any] = (away * unit).astype("f4")
    return result


def latent_frame(codes: bool = False) -> Frame:
    """Codes with ellipses, or the prior's lattice pushed through a smooth map."""
    grid = _lattice()
    angle = np.linspace(0, 2 * np.pi, 97)
    unit = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    data, labels = ring(420, 5)
    rng = np.random.default_rng(6)
    meta = _base(latent_dim=4 if codes else 2, axes=[1, 4] if codes else [1, 2])
    meta |= {"has_codes": codes, "has_grid": True, "limits_z": LIMITS, "folded": 0}
    meta |= {"t": 1.0, "empty_codes": "A GAN has no encoder."}
    arrays = {"grid_z": grid, "grid_x": _push(grid), "data": data}
    arrays["circle_x"] = _push(np.stack([unit, 2 * unit]))
    if codes:
        meta["reconstruction_rms"] = 0.063
        arrays["codes"] = (data * 0.55 + 0.08 * rng.normal(size=data.shape)).astype(
            "f4"
        )
        arrays["code_std"] = (0.06 + 0.1 * rng.random(data.shape)).astype("f4")
        arrays["labels"] = labels
        arrays["kl_per_axis"] = np.array([1.95, 0.0, 0.004, 1.91], "f4")
    return meta, arrays


def trajectories_frame(count: int = 2000, frames: int = 64) -> Frame:
    """Slightly bent ways from normal noise to the ring."""
    rng = np.random.default_rng(7)
    noise = rng.normal(size=(count, 2))
    data, _ = ring(count, 8)
    # Sorting by angle keeps the made-up paths from crossing everywhere.
    for cloud in (noise, data):
        cloud[:] = cloud[np.argsort(np.arctan2(cloud[:, 1], cloud[:, 0]))]
    order = rng.permutation(count)
    noise, data = noise[order], data[order]
    times = np.linspace(0, 1, frames)
    t = times[:, None, None]
    bend = 0.6 * np.sin(np.pi * t) * (data - noise)[:, ::-1] * np.array([0.3, -0.3])
    x = ((1 - t) * noise + t * data + bend).astype("f4")
    meta = _base(evaluations=100, sampler="Heun", straightness=0.52, kind="process")
    meta |= {"detour": 1.04, "turning": 31.0}
    meta |= {"direction": "denoise", "stochastic": False, "paths": 200}
    meta |= {"home": LIMITS, "names": [], "steps": frames - 1}
    arrays = {"times": times.astype("f4"), "x": x}
    return meta, arrays | {"noise_level": (1 - times).astype("f4")}


def field_frame(cells: int = 24) -> Frame:
    """A field that flows towards the ring."""
    middle = (np.arange(cells) + 0.5) / cells * (LIMITS[1] - LIMITS[0]) + LIMITS[0]
    x, y = np.meshgrid(middle, middle)
    points = np.stack([x.ravel(), y.ravel()], axis=1).astype("f4")
    square = ((points[:, None] - _centres()) ** 2).sum(-1)
    weight = np.exp(-square / 0.8)
    weight /= weight.sum(1, keepdims=True)
    vectors = (weight @ _centres() - points).astype("f4")
    longest = float(np.linalg.norm(vectors, axis=1).max())
    meta = _base(quantity="velocity", t=0.5, unit="per unit of t", max_norm=longest)
    return meta, {"points": points, "vectors": vectors}


def curves_frame(count: int = 2000) -> Frame:
    """A loss, the likelihood and a distance of a training with one change."""
    rng = np.random.default_rng(9)
    step = np.linspace(0, 12340, count)
    arrays: dict[str, NDArray[Any]] = {}
    for name, smooth, noise in (
        ("loss.velocity", 1.62 + 1.6 * np.exp(-step / 900), 0.12),
        ("nll", 1.21 + 1.2 * np.exp(-step / 1500), 0.0),
        ("energy_distance", 0.003 + 0.9 * np.exp(-step / 700), 0.0),
    ):
        arrays[f"{name}.step"], arrays[f"{name}.seconds"] = step, step / 4210
        arrays[f"{name}.value"] = (smooth + noise * rng.normal(size=count)).astype("f4")
        arrays[f"{name}.smooth"] = smooth.astype("f4")

    def quantity(name: str, title: str, unit: str, kind: str = "") -> dict[str, str]:
        facts = {"name": name, "title": title, "unit": unit, "group": title}
        return facts | {"kind": kind, "player": "model"}

    change = {"name": "lr", "old": 2e-3, "new": 5e-4, "step": 4800, "seconds": 1.14}
    entropy = {"group": "NLL", "value": 1.12, "label": "entropy of the data"}
    meta = _base(step=12340, seconds=2.93, changes=[change], references=[entropy])
    meta["quantities"] = [
        quantity("loss.velocity", "Loss", "velocity MSE"),
        quantity("nll", "NLL", "nats/point", "exact"),
        quantity("energy_distance", "Energy distance", "data units"),
    ]
    return meta, arrays


FRAMES: dict[str, Callable[[], Frame]] = {
    "samples": samples_frame,
    "density": density_frame,
    "latent": latent_frame,
    "trajectories": trajectories_frame,
    "field": field_frame,
    "curves": curves_frame,
    "posterior": models.posterior_frame,
    "elbo": models.elbo_frame,
    "denoise": models.denoise_frame,
    "levels": models.levels_frame,
    "pairing": pairs.pairing_frame,
    "carried": pairs.carried_frame,
    "duel": models.duel_frame,
    "codes": models.codes_frame,
    "chains": models.chains_frame,
    "layers": inside.layers_frame,
    "conditionals": inside.conditionals_frame,
    "masks": inside.masks_frame,
    "attention": inside.attention_frame,
    "cycle": inside.cycle_frame,
    "teacher": pairs.teacher_frame,
    "styles": pairs.styles_frame,
    "guidance": pairs.guidance_frame,
    "dirac": models.dirac_frame,
}


def card_of(plot: PlotView) -> Card:
    """A card as the window has it, with the plot in it."""
    card = Card(plot.title)
    card.set_body(plot)
    for widget in plot.header_widgets():
        card.add_header_widget(widget)
    card.set_strip(plot.strip())

    def show_chips() -> None:
        card.set_chips((chip.text, chip.kind) for chip in plot.chips())

    plot.chips_changed.connect(show_chips)
    show_chips()
    return card


def make_preview(name: str) -> tuple[QWidget, PlotView]:
    """A card with the plot ``name`` showing its made-up frame."""
    plot = make_plot(name)
    card = card_of(plot)
    plot.show_frame(*FRAMES[name]())
    return card, plot


def open_preview(name: str) -> None:
    """A window with the plot; the look may be given as the first argument."""
    app = QApplication(sys.argv[:1])
    if len(sys.argv) > 1:
        theme.set_look(sys.argv[1])
    theme.apply(app)
    card, _ = make_preview(name)
    card.resize(theme.px(440), theme.px(390))
    card.show()
    sys.exit(app.exec())
