"""The operations that a drawing is made of, as they stand in a file or a session.

A drawing is a list of operations, each a small JSON object with ``do``. Places and
lengths are in data units; a length may differ between the two axes. ``label`` counts
classes from 1. ``seed`` makes the random numbers of one operation, so that operations
added later move none of its points.
"""

import base64
import binascii
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from engine.settings import Settings

MAX_OPERATIONS = 1000
#: Numbers in all paths, points and pictures of a drawing together.
MAX_NUMBERS = 400_000
MAX_CLASSES = 8
#: Largest side of a picture, in cells.
MAX_SIDE = 128

_FAR = 1e9
Coordinate = Annotated[float, Field(ge=-_FAR, le=_FAR)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Label = Annotated[int, Field(ge=1, le=MAX_CLASSES)]


def _both(value: Any) -> Any:
    """One number stands for both axes."""
    return (value, value) if isinstance(value, int | float) else value


_Length = Annotated[float, Field(gt=0, le=_FAR)]
Lengths = Annotated[tuple[_Length, _Length], BeforeValidator(_both)]
Place = tuple[Coordinate, Coordinate]


class Operation(Settings):
    """Base of all operations: frozen, unknown fields and NaN forbidden."""

    @property
    def numbers(self) -> int:
        """How many numbers it is made of."""
        return 1


class _Stroke(Operation):
    """A brush or eraser of some radius, led along a path x, y, x, y, ..."""

    path: list[Coordinate] = Field(min_length=2)
    radius: Lengths

    @property
    def numbers(self) -> int:
        """Those of the path."""
        return len(self.path)

    @model_validator(mode="after")
    def _pairs(self) -> "_Stroke":
        if len(self.path) % 2:
            raise ValueError("path needs as many y as x")
        return self


class Brush(_Stroke):
    """Points strewn evenly under a round brush; ``density`` of them per disc."""

    do: Literal["brush"] = "brush"
    density: int = Field(60, ge=1, le=5000)
    label: Label = 1
    seed: Seed = 0


class Erase(_Stroke):
    """Every point so far that lies under the eraser goes."""

    do: Literal["erase"] = "erase"


class Paste(Operation):
    """Points as they are, x, y, x, y, ..., with a label each or none at all."""

    do: Literal["points"] = "points"
    x: list[Coordinate] = Field(min_length=2)
    labels: list[Label] = Field(default_factory=list)
    seed: Seed = 0

    @property
    def numbers(self) -> int:
        """Coordinates and labels."""
        return len(self.x) + len(self.labels)

    @model_validator(mode="after")
    def _fits(self) -> "Paste":
        if len(self.x) % 2:
            raise ValueError("x needs as many second as first coordinates")
        if self.labels and 2 * len(self.labels) != len(self.x):
            raise ValueError("labels should be one for each point, or none")
        return self


class Picture(Operation):
    """Points strewn over a grey picture: the darker a cell, the more of them.

    ``grey`` is base64 of width x height bytes, row by row from the top, 0 for black;
    ``box`` is (x from, x to, y from, y to).
    """

    do: Literal["picture"] = "picture"
    width: int = Field(ge=1, le=MAX_SIDE)
    height: int = Field(ge=1, le=MAX_SIDE)
    grey: str = Field(max_length=4 * MAX_SIDE * MAX_SIDE)
    box: tuple[Coordinate, Coordinate, Coordinate, Coordinate]
    count: int = Field(5000, ge=1, le=100_000)
    invert: bool = False
    label: Label = 1
    seed: Seed = 0

    @property
    def numbers(self) -> int:
        """Its cells."""
        return self.width * self.height

    @property
    def cells(self) -> bytes:
        """Brightness of each cell, row by row from the top."""
        return base64.b64decode(self.grey, validate=True)

    @model_validator(mode="after")
    def _fits(self) -> "Picture":
        try:
            found = len(self.cells)
        except (binascii.Error, ValueError):
            raise ValueError("grey is not base64") from None
        if found != self.width * self.height:
            raise ValueError(
                f"grey has {found:,} bytes, not {self.width} x {self.height}"
            )
        x_0, x_1, y_0, y_1 = self.box
        if not (x_0 < x_1 and y_0 < y_1):
            raise ValueError("box should rise from left to right and bottom to top")
        return self


class Layer(Operation):
    """Points of another data set; ``label`` 0 keeps their own classes."""

    do: Literal["layer"] = "layer"
    data: str
    settings: dict[str, Any] = Field(default_factory=dict)
    points: int = Field(2000, ge=1, le=100_000)
    label: int = Field(0, ge=0, le=MAX_CLASSES)
    seed: Seed = 0


class Rotate(Operation):
    """All points so far, turned about ``centre``; positive is anticlockwise."""

    do: Literal["rotate"] = "rotate"
    degrees: float = Field(ge=-360, le=360)
    centre: Place = (0.0, 0.0)


class Scale(Operation):
    """All points so far, drawn towards ``centre`` (below 1) or away from it."""

    do: Literal["scale"] = "scale"
    factor: Annotated[
        tuple[Annotated[float, Field(ge=0.01, le=100)], ...],
        Field(min_length=2, max_length=2),
        BeforeValidator(_both),
    ]
    centre: Place = (0.0, 0.0)


class Noise(Operation):
    """All points so far, each moved by a normal number of this spread."""

    do: Literal["noise"] = "noise"
    std: Lengths
    seed: Seed = 0


AnyOperation = Annotated[
    Brush | Erase | Paste | Picture | Layer | Rotate | Scale | Noise,
    Field(discriminator="do"),
]
_ADAPTER: TypeAdapter[Operation] = TypeAdapter(AnyOperation)


def checked_operations(values: Any) -> list[Operation]:
    """Operations from JSON, or a sentence that says which one is wrong.

    Raises:
        ValueError: It is no list of operations, or it is too long.
    """
    if not isinstance(values, list | tuple):
        raise ValueError("A drawing is a list of operations, as in [{...}, {...}].")
    if len(values) > MAX_OPERATIONS:
        raise ValueError(
            f"A drawing holds at most {MAX_OPERATIONS:,} operations, not "
            f"{len(values):,}: clear it, or begin another."
        )
    found = [_checked(index, value) for index, value in enumerate(values)]
    total = sum(operation.numbers for operation in found)
    if total > MAX_NUMBERS:
        raise ValueError(
            f"A drawing is made of at most {MAX_NUMBERS:,} numbers, not {total:,}: "
            "paste fewer points."
        )
    return found


def _checked(index: int, value: Any) -> Operation:
    if isinstance(value, Operation):
        return value
    try:
        return _ADAPTER.validate_python(value)
    except ValidationError as error:
        raise ValueError(
            f"Operation {index + 1} of the drawing is not right: {_wrong(error)}."
        ) from None


def _wrong(error: ValidationError) -> str:
    """What is wrong with an operation, and what would be right."""
    first = error.errors(include_input=False)[0]
    if not first["loc"]:
        facts = first.get("ctx", {})
        if "expected_tags" not in facts:
            return 'it should look like {"do": "rotate", "degrees": 30}'
        return f'"{facts["tag"]}" is none of {facts["expected_tags"]}'.replace("'", "")
    parts = [f"number {p + 1}" if isinstance(p, int) else p for p in first["loc"][1:]]
    place = " of ".join(reversed(parts))
    message = first["msg"].removeprefix("Value error, ")
    if place and message.startswith("Input should"):
        return f"{place} {message.removeprefix('Input ')}"
    return f"{place + ': ' if place else ''}{message[:1].lower()}{message[1:]}"
