"""What every network with waves shares: where their row begins, and when it matters."""

from typing import Any

from engine.settings import knob


def waved(most: int, least: int = 1) -> dict[str, list[Any]]:
    """When a setting of waves matters: while an axis has ``least`` to ``most``."""
    return {"waves": list(range(most, least - 1, -1))}


def low_frequency_knob(most: int) -> Any:
    """The lowest frequency of coordinate waves, radians where the data have spread 1.

    Args:
        most: The most waves that an axis may have; without any the setting is hidden.
    """
    return knob(
        0.5,
        "Coarsest wave",
        "Lowest frequency of the coordinate waves: the others stand between it and the "
        "finest, each the same factor above the last.",
        ge=0.05,
        le=1,
        unit="rad",
        scale="log",
        symbol=r"\omega_{min}",
        group="Network",
        shown_if=waved(most),
    )
