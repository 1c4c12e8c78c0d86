"""Settings that describe themselves: one schema drives form, command line and check.

A settings class is a frozen pydantic model. Each field is made by :func:`knob`, so that
its JSON schema carries what a form needs: limits, unit, scale, when a change applies.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Apply = Literal["live", "restart"]
Scale = Literal["linear", "log"]


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
    """
    extra = {
        "unit": unit,
        "apply": apply,
        "scale": scale,
        "symbol": symbol,
        "formula": formula,
        "group": group,
        "choices": choices or {},
        "shown_if": shown_if or {},
    }
    return Field(
        default,
        title=title,
        description=description,
        ge=ge,
        le=le,
        json_schema_extra=extra,
    )
