"""What the preview of components shows: two clouds, a course, a schema."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_NOISE = np.random.default_rng(7)
_ANGLES = 2 * np.pi * np.arange(300) / 8
_TURNS = np.linspace(0.5, 3.5, 300) * np.pi

RING: NDArray[np.float64] = 2 * np.stack(
    [np.cos(_ANGLES), np.sin(_ANGLES)], axis=1
) + 0.15 * _NOISE.normal(size=(300, 2))
SPIRAL: NDArray[np.float64] = _TURNS[:, None] * np.stack(
    [np.cos(_TURNS), np.sin(_TURNS)], axis=1
) + 0.25 * _NOISE.normal(size=(300, 2))


def decay(floor: float, seed: int) -> list[float]:
    """A falling, slightly noisy course of 80 values that ends near ``floor``."""
    steps = np.arange(80)
    noise = np.random.default_rng(seed).normal(size=80)
    course: list[float] = (
        floor * (1 + 2 * np.exp(-steps / 12) + 0.04 * noise)
    ).tolist()
    return course


def _field(
    kind: str, default: Any, title: str, text: str, **more: Any
) -> dict[str, Any]:
    base = {"type": kind, "default": default, "title": title, "description": text}
    return base | {"apply": "live", "scale": "linear", "unit": "", "group": "M"} | more


SCHEMA: dict[str, Any] = {
    "properties": {
        "learning_rate": _field(
            "number",
            1e-3,
            "Learning rate",
            "Length of a step of the optimiser.",
            minimum=1e-5,
            maximum=1e-1,
            scale="log",
            symbol=r"\eta",
        ),
        "width": _field(
            "integer",
            128,
            "Width",
            "Units in each hidden layer.",
            minimum=8,
            maximum=1024,
            scale="log",
            unit="units",
            apply="restart",
        ),
        "batch_size": _field(
            "integer",
            512,
            "Batch size",
            "Points in each step.",
            minimum=16,
            maximum=4096,
            scale="log",
            unit="points",
        ),
        "steps": _field(
            "integer",
            50,
            "Steps",
            "Steps of the solver.",
            minimum=1,
            maximum=1000,
            scale="log",
            unit="steps",
        ),
        "solver": _field(
            "string",
            "heun",
            "Solver",
            "How the ODE is integrated.",
            enum=["euler", "heun"],
            choices={"euler": "Euler, 1st order", "heun": "Heun, 2nd order"},
        ),
        "noise": _field(
            "number",
            1.0,
            "Added noise",
            "Noise between steps.",
            minimum=0.0,
            maximum=2.0,
            shown_if={"solver": ["euler"]},
        ),
        "average": _field("boolean", True, "Weight average", "Sample from it."),
        "seed": _field("integer", 7, "Noise seed", "Same seed, same noise.", minimum=0),
    }
}
