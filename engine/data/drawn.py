"""Data of one's own: drawn with a brush, pasted, read from a picture, combined."""

import json
import math
from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import field_validator
from torch import Generator, Tensor

from engine.data.base import DataConfig, DataSet, Limits, Points, TooFewPointsError
from engine.data.drawing import drawn
from engine.data.load import INSIDE, MARGIN
from engine.data.operations import (
    MAX_CLASSES,
    AnyOperation,
    Brush,
    Operation,
    checked_operations,
)
from engine.data.table import HeldOutConfig
from engine.settings import knob


def _arc(
    centre: tuple[float, float], radius: float, start: float, end: float
) -> list[float]:
    """A path along a circle; angles in turns from the right, anticlockwise."""
    angles = [2 * math.pi * (start + (end - start) * k / 24) for k in range(25)]
    x, y = centre
    pairs = [(x + radius * math.cos(a), y + radius * math.sin(a)) for a in angles]
    return [round(value, 3) for pair in pairs for value in pair]


def _sketch() -> list[Operation]:
    """A face, to begin with."""
    return [
        Brush(path=_arc((0, 0), 2.6, 0, 1), radius=(0.25, 0.25), density=90, seed=1),
        Brush(path=[-1, 0.9], radius=(0.4, 0.4), density=350, label=2, seed=2),
        Brush(path=[1, 0.9], radius=(0.4, 0.4), density=350, label=2, seed=3),
        Brush(
            path=_arc((0, 0), 1.4, 0.58, 0.92),
            radius=(0.25, 0.25),
            density=110,
            label=3,
            seed=4,
        ),
    ]


class DrawnConfig(HeldOutConfig):
    """Settings of :class:`Drawn`."""

    operations: list[AnyOperation] = knob(
        _sketch(),
        "Drawing",
        "What was drawn, as a list of operations in their order.",
        apply="live",
        group="Data",
    )
    canvas: tuple[float, float, float, float] = knob(
        (-4.0, 4.0, -4.0, 4.0),
        "Canvas",
        "What the plots show at least: x from, x to, y from, y to.",
        apply="live",
        group="Data",
    )

    @field_validator("operations", mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        """Operations may come as JSON text, from a command line."""
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                raise ValueError("The drawing is not readable JSON.") from None
        return checked_operations(value)

    @field_validator("canvas", mode="before")
    @classmethod
    def _read_canvas(cls, value: Any) -> Any:
        if isinstance(value, str):
            try:
                return json.loads(value)
            except (ValueError, RecursionError):
                raise ValueError("The canvas is not readable JSON.") from None
        return value

    @field_validator("canvas")
    @classmethod
    def _rises(
        cls, value: tuple[float, float, float, float]
    ) -> tuple[float, float, float, float]:
        x_0, x_1, y_0, y_1 = value
        if not (x_0 < x_1 and y_0 < y_1 and max(map(abs, value)) <= 1e9):
            raise ValueError("The canvas should read x from, x to, y from, y to.")
        return value


class Drawn(DataSet):
    """Points that a list of operations makes, always the same."""

    name: ClassVar[str] = "drawn"
    title: ClassVar[str] = "Drawing"
    description: ClassVar[str] = (
        "Points of your own, drawn with a brush; they may change while a run learns."
    )
    Config: ClassVar[type[DataConfig]] = DrawnConfig
    config: Any

    def __init__(self, config: DataConfig) -> None:
        super().__init__(config)
        # All of them from the start: a class may be drawn while a run learns.
        self.class_names = tuple(f"class {k + 1}" for k in range(MAX_CLASSES))

    def split(self, generator: Generator) -> tuple[Points, Points]:
        """Training points and held-out points; nothing is drawn with the generator.

        Which points are held out does not change when others are added.

        Raises:
            TooFewPointsError: There are fewer than two points.
            DataError: An operation cannot be done.
        """
        del generator
        cloud = drawn(self.config.operations)
        if len(cloud) < 2:
            found = "1 point" if len(cloud) else "no point"
            raise TooFewPointsError(
                f"The drawing has {found}; at least 2 are needed: draw some more."
            )
        order = np.argsort(cloud.lot, kind="stable")
        held = int(np.searchsorted(cloud.lot[order], self.config.held_out))
        held = min(max(held, 1), len(cloud) - 1)
        x, labels = torch.from_numpy(cloud.x), torch.from_numpy(cloud.labels)
        out, train = torch.from_numpy(order[:held]), torch.from_numpy(order[held:])
        return Points(x[train], labels[train]), Points(x[out], labels[out])

    def limits(self, x: Tensor) -> Limits:
        """The canvas, or all of it and the points where they have left it."""
        x_0, x_1, y_0, y_1 = canvas = self.config.canvas
        ordered = x.sort(0).values
        cut = int(len(x) * (1 - INSIDE) / 2)
        low, high = ordered[cut], ordered[len(x) - 1 - cut]
        frame_low, frame_high = x.new_tensor([x_0, y_0]), x.new_tensor([x_1, y_1])
        if bool((low >= frame_low).all() and (high <= frame_high).all()):
            return tuple(canvas)
        edge = MARGIN * (high - low).amax()
        low = torch.minimum(frame_low, low - edge)
        high = torch.maximum(frame_high, high + edge)
        middle, half = (low + high) / 2, (high - low) / 2
        if math.isclose(x_1 - x_0, y_1 - y_0):  # a square stays one
            half = half.amax().expand(2)
        (a, c), (b, d) = (middle - half).tolist(), (middle + half).tolist()
        return a, b, c, d
