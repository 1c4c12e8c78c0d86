"""Settings that describe themselves: one schema drives form, command line and check.

A settings class is a frozen pydantic model. Each field is made by :func:`knob`, so that
its JSON schema carries what a form needs: limits, unit, scale, when a change applies.
"""

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Apply = Literal["live", "restart"]
Scale = Literal["linear", "log"]


#: What pydantic says, and what a person reads; the first that fits.
_PLAIN = {
    "Input should be greater than or equal to ": "at least ",
    "Input should be less than or equal to ": "at most ",
    "Input should be greater than ": "more than ",
    "Input should be less than ": "less than ",
    "Input should be ": "",
}

_S = TypeVar("_S", bound="Settings")


class Settings(BaseModel):
    """Base of every group of settings: frozen, unknown fields and NaN forbidden."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def knob(
    default: Any,
    title: str,
    description: str,
    *,
    ge: float | None = None,
    le: float | None = None,
    unit: str = "",
    apply: Apply = "restart",
    scale: Scale = "linear",
    symbol: str = "",
    formula: str = "",
    group: str = "Model",
    choices: dict[str, str] | None = None,
    shown_if: dict[str, list[Any]] | None = None,
    slider: tuple[float, float] | None = None,
    most: Literal["", "classes"] = "",
) -> Any:
    """A field that a form can draw without knowing what it means.

    Args:
        default: The value a beginner gets.
        title: Label of the row, at most some 18 letters.
        description: One sentence for the tooltip.
        ge: Smallest allowed value, in ``unit``.
        le: Largest allowed value, in ``unit``.
        unit: Unit as written behind the number, e.g. ``"steps"``; empty for none.
        apply: ``"live"`` if a change holds from the next step on, ``"restart"`` if the
            run has to begin again.
        scale: ``"log"`` where the range spans decades.
        symbol: The letter of the paper, as LaTeX.
        formula: LaTeX shown in the tooltip.
        group: Heading under which the form shows the field.
        choices: Label of each value of a ``Literal`` field.
        shown_if: Field name to the values for which this field has an effect; the form
            greys it out otherwise.
        slider: Range of the slider where it is narrower than the allowed range; the
            box takes the whole of it.
        most: What of the data limits it further: the number of their classes.
    """
    extra: dict[str, Any] = {
        "unit": unit,
        "apply": apply,
        "scale": scale,
        "symbol": symbol,
        "formula": formula,
        "group": group,
        "choices": choices or {},
        "shown_if": shown_if or {},
        "slider": list(slider) if slider else [],
    }
    if most:
        extra["most"] = most
    return Field(
        default,
        title=title,
        description=description,
        ge=ge,
        le=le,
        json_schema_extra=extra,
    )


class SettingError(ValueError):
    """A setting that does not exist or is out of range, in one plain sentence."""


def checked(kind: type[_S], values: Mapping[str, Any], owner: str) -> _S:
    """Settings of that kind, or a sentence that says what would be right.

    Args:
        kind: The settings class.
        values: Values by name; missing ones take their defaults.
        owner: Whose settings they are, as a person reads it, e.g. ``"VAE"``.

    Raises:
        SettingError: Unknown name, or a value outside its limits.
    """
    try:
        return kind(**values)
    except ValidationError as error:
        raise SettingError(refusal(kind, error, owner)) from None


def refusal(kind: type[Settings], error: ValidationError, owner: str) -> str:
    """What is wrong with settings and what would be right, in one plain sentence.

    Settings go by the names that a form shows, with the typed key in quotes.
    """
    first = error.errors()[0]
    field = ".".join(map(str, first["loc"])) or "the settings"
    if first["type"] == "extra_forbidden":
        known, whose = ", ".join(kind.model_fields), owner[:1].upper() + owner[1:]
        return f"{whose} has no setting {field!r}; its settings are: {known}."
    if first["type"] == "value_error":
        return str(first["ctx"]["error"])
    known_field = kind.model_fields.get(field)
    title = known_field.title if known_field is not None else None
    name = f"{title} ({field!r})" if title else f"Setting {field!r}"
    return f"{name} of {owner} is {first['input']!r}: {_rule(first['msg'])}."


def _rule(message: str) -> str:
    """What pydantic asks for, in plain words: ``it must be at least 8``."""
    for words, plain in _PLAIN.items():
        if message.startswith(words):
            return f"it must be {plain}{message.removeprefix(words)}"
    return message[:1].lower() + message[1:]


def applies_live(kind: type[Settings], name: str) -> bool:
    """Whether a change of that field applies without a restart of the run."""
    extra = kind.model_fields[name].json_schema_extra
    return isinstance(extra, dict) and extra.get("apply") == "live"
