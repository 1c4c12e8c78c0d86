"""What a sweep is: which settings take which values, and the runs that follow."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator

from engine import registry
from engine.lab.base import JobSettings
from engine.protocol import Json, RunConfig
from engine.settings import Settings, checked
from engine.training import setup

#: Most runs of a sweep: more would be thumbnails of thumbnails.
MOST_CELLS = 36
#: Most steps of each run.
MOST_STEPS = 1_000_000
#: Most processes that one may ask for.
MOST_PROCESSES = 64
LARGEST_SEED = 2**31 - 1

Group = Literal[
    "model_settings", "training", "sampler_settings", "data_settings", "seed"
]
Metric = Literal["energy_distance", "sliced_wasserstein", "nll", "missed_modes", "loss"]


class Axis(Settings):
    """One swept setting and its values; of ``seed`` the name does not matter."""

    group: Group
    name: str
    values: list[Any] = Field(min_length=1)

    @field_validator("values")
    @classmethod
    def _different(cls, values: list[Any]) -> list[Any]:
        if len({repr(v) for v in values}) < len(values):
            raise ValueError("Each value of a sweep may be listed once only.")
        return values


class SweepSettings(JobSettings):
    """Settings of :class:`engine.lab.sweep.Sweep`.

    ``rows`` and ``columns`` may each be left out. Every metric is better when lower.
    """

    config: Json = Field(default_factory=dict)
    rows: Axis | None = None
    columns: Axis | None = None
    steps: int = Field(1000, ge=1, le=MOST_STEPS)
    processes: int = Field(
        0, ge=0, le=MOST_PROCESSES, description="0 for as many as are good here"
    )
    metric: Metric = "energy_distance"


@dataclass(frozen=True)
class Place:
    """A cell of the grid, and the run that stands there."""

    row: int
    column: int
    config: RunConfig


def places(settings: SweepSettings) -> list[Place]:
    """All cells, row by row.

    Raises:
        ValueError: Too many cells, or no setting is swept.
        SettingError: A setting or one of its values is impossible.
        UnknownNameError: No such model or sampler.
    """
    rows, columns = settings.rows, settings.columns
    if rows is None and columns is None:
        raise ValueError("Choose a setting for the rows or the columns of the sweep.")
    if rows and columns and (rows.group, rows.name) == (columns.group, columns.name):
        raise ValueError("Rows and columns must sweep different settings.")
    count = len(rows.values if rows else [0]) * len(columns.values if columns else [0])
    if count > MOST_CELLS:
        raise ValueError(
            f"A sweep has at most {MOST_CELLS} runs, and these values make {count}: "
            "take some out."
        )
    base = _base(settings.config)
    found = [_place(settings, base, *at) for at in _indices(rows, columns)]
    for place in found:
        setup.parts(place.config)
        _check_data(place.config)
    return found


def _base(config: Json) -> RunConfig:
    try:
        return RunConfig.model_validate(config)
    except ValidationError:
        raise ValueError("A sweep needs the configuration of a run.") from None


def _check_data(config: RunConfig) -> None:
    """Refuse impossible settings of the data before anything is built."""
    if config.data in registry.DATA:
        kind = registry.data_set(config.data)
        checked(kind.Config, config.data_settings, kind.title)


def _indices(rows: Axis | None, columns: Axis | None) -> Iterator[tuple[int, int]]:
    return product(
        range(len(rows.values) if rows else 1),
        range(len(columns.values) if columns else 1),
    )


def _place(settings: SweepSettings, base: RunConfig, row: int, column: int) -> Place:
    training = base.training | {"steps": settings.steps}
    config = base.model_copy(update={"training": training})
    for axis, index in ((settings.rows, row), (settings.columns, column)):
        if axis is not None:
            config = _with(config, axis, axis.values[index])
    return Place(row, column, config)


def _with(config: RunConfig, axis: Axis, value: Any) -> RunConfig:
    """The configuration with one setting changed."""
    if axis.group == "seed":
        if not isinstance(value, int) or not 0 <= value <= LARGEST_SEED:
            raise ValueError(
                f"A seed is a whole number from 0 to {LARGEST_SEED:,}, not {value!r}."
            )
        return config.model_copy(update={"seed": value})
    changed = getattr(config, axis.group) | {axis.name: value}
    return config.model_copy(update={axis.group: changed})
