"""A sweep as a session's file keeps it: what was asked for and what was measured.

Its runs themselves are not kept; what the wall shows of them is.
"""

import base64
import zlib
from collections.abc import Mapping
from typing import Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.sweep_state import METRICS, Plan, WallCell
from app.sweep_values import MOST_CELLS, Sweepable
from engine.protocol import Arrays, RunConfig

_MOST_NUMBERS = 2**20  # of one array: hostile files say more
#: Pictures that can be painted: the dimensions of their arrays, and those of places.
_DIMENSIONS = {
    "density": 2,
    "data_density": 2,
    "samples": 2,
    "data": 2,
    "codes": 2,
    "labels": 1,
    "lines": 3,
    "spark": 1,
}
_PLACES = ("samples", "data", "codes", "lines")
Value = bool | int | float | str


class _Kept(BaseModel):
    """Base of what is kept; unknown entries of a newer version go."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class KeptArray(_Kept):
    """An array, compressed and in base64."""

    dtype: Literal["float32", "float64", "int32", "int64", "uint8"]
    shape: tuple[int, ...] = Field(max_length=3)
    content: str

    @classmethod
    def of(cls, array: Any) -> Self:
        """Keep an array."""
        packed = zlib.compress(np.ascontiguousarray(array).tobytes())
        content = base64.b64encode(packed).decode()
        return cls(dtype=str(array.dtype), shape=array.shape, content=content)

    def array(self) -> Any:
        """The array again.

        Raises:
            ValueError: The file is damaged.
        """
        count = int(np.prod(self.shape, dtype=float))
        if min(self.shape, default=0) < 0 or count > _MOST_NUMBERS:
            raise ValueError("Too large an array.")
        size = count * np.dtype(self.dtype).itemsize
        try:
            packed = base64.b64decode(self.content, validate=True)
            content = zlib.decompressobj().decompress(packed, max(size, 1))
        except zlib.error as error:
            raise ValueError("A damaged array.") from error
        return np.frombuffer(content, self.dtype).reshape(self.shape).copy()


class KeptAxis(_Kept):
    """The setting of an axis and its values."""

    key: str
    group: str
    name: str
    field: dict[str, Any]
    values: list[Value] = Field(min_length=1, max_length=MOST_CELLS)

    @classmethod
    def of(cls, setting: Sweepable | None, values: list[Any]) -> Self | None:
        """Keep an axis; None if nothing is swept on it."""
        if setting is None:
            return None
        return cls(
            key=setting.key,
            group=setting.group,
            name=setting.name,
            field=dict(setting.schema),
            values=values,
        )

    @property
    def setting(self) -> Sweepable:
        """The setting again."""
        return Sweepable(self.key, self.group, self.name, self.field, None)


class KeptCell(_Kept):
    """What was known of a cell."""

    step: int
    state: str
    metric: float | None = None
    losses: dict[str, float | None] = Field(default_factory=dict)
    diverged_at: int | None = None
    trouble: str = ""
    arrays: dict[str, KeptArray] = Field(default_factory=dict)

    @classmethod
    def of(cls, cell: WallCell) -> Self:
        """Keep a cell."""
        facts = {name: getattr(cell, name) for name in cls.model_fields}
        return cls(**facts | {"arrays": packed(cell.arrays)})

    def cell(self) -> WallCell:
        """The cell again."""
        facts = {name: getattr(self, name) for name in type(self).model_fields}
        return WallCell(**facts | {"arrays": unpacked(self.arrays)})


class KeptSweep(_Kept):
    """A sweep that had begun; ``was_running`` if it had not ended when it was kept."""

    config: RunConfig
    rows: KeptAxis | None
    columns: KeptAxis | None
    steps: int = Field(ge=1)
    metric: str
    words: str
    kind: str = ""
    limits: tuple[float, float, float, float] | None = None
    opening: dict[str, KeptArray] = Field(default_factory=dict)
    cells: list[KeptCell] = Field(max_length=MOST_CELLS)
    share: float = 1.0
    step: int = 0
    least: int = 0
    was_running: bool = False

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """A cell for each pair of values, each with a name; pictures that have a place.

        Raises:
            ValueError: The file is damaged.
        """
        plan = self.plan()
        if plan.count != len(self.cells) or self.metric not in METRICS:
            raise ValueError("Cells and settings do not belong together.")
        for index in range(plan.count):
            plan.name_of(index)
        if self.limits is not None:
            x_0, x_1, y_0, y_1 = self.limits
            if not (x_0 < x_1 and y_0 < y_1):
                raise ValueError("No limits.")
        return self

    def plan(self) -> Plan:
        """What was asked for."""
        rows, columns = self.rows, self.columns
        return Plan(
            self.config,
            rows.setting if rows else None,
            list(rows.values) if rows else [],
            columns.setting if columns else None,
            list(columns.values) if columns else [],
            self.steps,
            self.metric,
            self.words,
        )


def read(kept: object) -> KeptSweep | None:
    """What a file has; None if it makes no sense."""
    try:
        return KeptSweep.model_validate(kept)
    except (ValidationError, TypeError, KeyError):
        return None


def packed(arrays: Mapping[str, Any]) -> dict[str, KeptArray]:
    """Arrays for a file."""
    return {name: KeptArray.of(array) for name, array in arrays.items()}


def unpacked(kept: Mapping[str, KeptArray]) -> Arrays:
    """Arrays from a file.

    Raises:
        ValueError: The file is damaged.
    """
    for name, array in kept.items():
        is_good = len(array.shape) == _DIMENSIONS.get(name)
        if not is_good or (name in _PLACES and array.shape[-1] != 2):
            raise ValueError("No such picture.")
    return {name: array.array() for name, array in kept.items()}
