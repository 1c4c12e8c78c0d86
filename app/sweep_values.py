"""What can be swept, which values suit, and how a person writes them.

All of it follows from the JSON schemas of the catalogue; no setting is known by name,
but for those that a sweep sets itself.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Any

from app.session_config import GROUPS, limited, schema_of
from app.session_settings import LARGEST_SEED
from app.widgets.numbers import format_number, parse_number
from engine.protocol import Catalogue, RunConfig

MOST_CELLS = 36
#: Values that are offered for a number.
_COUNT = 4
#: Ratio of neighbours that is not made smaller, for them to differ visibly.
_CLOSEST = 1.5
#: Training settings that a sweep sets itself, or that change no result.
_OWN = {"training.steps", "training.threads"}
_SEED = {
    "title": "Seed",
    "type": "integer",
    "default": 0,
    "minimum": 0,
    "maximum": LARGEST_SEED,
}
_HEADINGS = {
    "model_settings": "Model",
    "training": "Training",
    "sampler_settings": "Sampler",
    "data_settings": "Data",
}
_TYPES = ("number", "integer", "boolean")
_BETWEEN = re.compile(r"[;\s]+|,\s+")


@dataclass(frozen=True)
class Sweepable:
    """A setting that can be swept, with its value in the run on show.

    ``needs`` are keys of settings without another value of which it has no effect.
    """

    key: str
    group: str
    name: str
    schema: Mapping[str, Any]
    current: Any
    needs: frozenset[str] = frozenset()

    @property
    def title(self) -> str:
        """Its name in the form."""
        return str(self.schema.get("title", self.name))

    @property
    def choices(self) -> dict[Any, str]:
        """Label of each value; empty for a number."""
        if self.schema.get("type") == "boolean":
            return {False: "off", True: "on"}
        labels = self.schema.get("choices") or {}
        keys = self.schema.get("enum", [])
        return {k: str(labels.get(str(k), str(k).replace("_", " "))) for k in keys}

    @property
    def is_integer(self) -> bool:
        """Whether it takes whole numbers only."""
        return self.schema.get("type") == "integer"

    def words(self, value: Any) -> str:
        """A value as it is written on the screen."""
        if self.choices:
            return self.choices.get(value, str(value))
        return format_number(value, 6)


def sweepables(
    catalogue: Catalogue, config: RunConfig, classes: int
) -> list[Sweepable]:
    """Every number, choice and switch of a run on data of so many classes, its seed."""
    found: list[Sweepable] = []
    order = ["model_settings", "training", "sampler_settings", "data_settings"]
    for group in sorted(GROUPS, key=order.index):
        values: Mapping[str, Any] = getattr(config, group)
        schema = limited(schema_of(catalogue, config, group), classes)
        for name, field in schema.get("properties", {}).items():
            key = f"{group}.{name}"
            known = "enum" in field or field.get("type") in _TYPES
            if known and key not in _OWN and not field.get("idle"):
                current = values.get(name, field.get("default"))
                needs = _needs(field, group, values)
                found.append(Sweepable(key, group, name, field, current, needs))
    found.append(Sweepable("seed", "seed", "seed", _SEED, config.seed))
    return found


def _needs(
    field: Mapping[str, Any], group: str, values: Mapping[str, Any]
) -> frozenset[str]:
    conditions: Mapping[str, Sequence[Any]] = field.get("shown_if") or {}
    return frozenset(
        f"{group}.{name}"
        for name, wanted in conditions.items()
        if name in values and values[name] not in wanted
    )


def heading(setting: Sweepable) -> str:
    """The group of a setting in words; empty for the seed."""
    return _HEADINGS.get(setting.group, "")


def suggested(setting: Sweepable) -> list[Any]:
    """Values that show what the setting does, the current one among them."""
    if setting.choices:
        return list(setting.choices)
    if setting.group == "seed":
        first = min(setting.current, LARGEST_SEED - _COUNT + 1)
        return list(range(first, first + _COUNT))
    low, high = _limits(setting.schema)
    current = float(setting.current)
    if setting.is_integer and 0 < current < 8:
        wanted = [current + i for i in range(-1, _COUNT)]
    elif current > 0 and (setting.schema.get("scale") == "log" or high > 5 * current):
        factor = 2 if setting.is_integer else 4 if high < 1e3 * current else 10**0.5
        wanted = _powers(current, factor, low, high, setting.is_integer)
    else:
        wanted = [low + (high - low) * i / (_COUNT - 1) for i in range(_COUNT)]
    rounded = [_rounded(v, setting.is_integer) for v in wanted]
    inside = [min(max(v, _inward(low, ceil)), _inward(high, floor)) for v in rounded]
    return sorted({round(v) if setting.is_integer else v for v in inside})[:_COUNT]


def _powers(
    current: float, factor: float, low: float, high: float, is_whole: bool
) -> list[float]:
    """Two values below and one above; near a limit more on the other side of it.

    Where too few lie between the limits they come closer together.
    """
    wanted = [current * factor**i for i in (-2, -1, 0, 1, 2, -3, 3)]
    inside = [value for value in wanted if low <= value <= high]
    if len(inside) < _COUNT and factor > _CLOSEST and not is_whole:
        return _powers(current, factor**0.5, low, high, is_whole)
    return (inside if len(inside) > 1 else wanted)[:_COUNT]


def read_values(setting: Sweepable, text: str) -> list[Any]:
    """The values that a person typed, between blanks, commas or semicolons.

    Raises:
        ValueError: In one sentence, what cannot be a value and what could.
    """
    if setting.choices:
        return _read_choices(setting, text)
    parts = [p for p in _BETWEEN.split(text.strip().strip(",")) if p]
    values = [_read_number(setting, part) for part in parts]
    return _distinct(setting, values)


def written(setting: Sweepable, values: Sequence[Any]) -> str:
    """Values as :func:`read_values` reads them."""
    between = f"{_separators(setting)[-1]} " if setting.choices else "  "
    return between.join(setting.words(v) for v in values)


def _separators(setting: Sweepable) -> str:
    """What may stand between choices; a label may hold a comma itself."""
    has_comma = any("," in label for label in setting.choices.values())
    return ";" if has_comma else ";,"


def _read_choices(setting: Sweepable, text: str) -> list[Any]:
    by_word = {label.casefold(): key for key, label in setting.choices.items()}
    found = []
    for part in re.split(f"[{_separators(setting)}]", text):
        word = part.strip().casefold()
        if word and word not in by_word:
            known = ", ".join(setting.choices.values())
            raise ValueError(f"“{part.strip()}” is none of: {known}.")
        if word:
            found.append(by_word[word])
    return _distinct(setting, found)


def _read_number(setting: Sweepable, part: str) -> float | int:
    try:
        value = parse_number(part)
    except ValueError:
        raise ValueError(
            f"“{part}” is no number: write values like 0.1  1  4."
        ) from None
    low = setting.schema.get("minimum", float("-inf"))
    high = setting.schema.get("maximum", float("inf"))
    if not low <= value <= high:
        raise ValueError(
            f"{setting.title} takes {format_number(low)} to {format_number(high)}, "
            f"not {format_number(value)}."
        )
    if setting.is_integer and value != round(value):
        raise ValueError(f"{setting.title} takes whole numbers, not {part}.")
    return round(value) if setting.is_integer else value


def _distinct(setting: Sweepable, values: list[Any]) -> list[Any]:
    found = list(dict.fromkeys(values))
    if not found:
        raise ValueError(f"{setting.title} needs at least one value.")
    if len(found) > MOST_CELLS:
        raise ValueError(f"At most {MOST_CELLS} values fit on the wall.")
    return found


def _limits(schema: Mapping[str, Any]) -> tuple[float, float]:
    """The range of the slider, or that of the setting."""
    hand = schema.get("slider") or []
    if len(hand) == 2:
        return float(hand[0]), float(hand[1])
    return float(schema.get("minimum", -1e3)), float(schema.get("maximum", 1e3))


def _inward(limit: float, towards: Callable[[float], int]) -> float:
    """A limit in four figures that still is inside."""
    if limit == 0 or limit == round(limit):
        return limit
    grain = 10.0 ** (floor(log10(abs(limit))) - 3)
    return float(f"{towards(round(limit / grain, 6)) * grain:.4g}")


def _rounded(value: float, is_integer: bool) -> float | int:
    return round(value) if is_integer else float(f"{value:.2g}")
