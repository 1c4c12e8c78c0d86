"""The setting that every network with mixtures shares: where their Gaussians begin."""

from typing import Any

from engine.settings import knob


def reach_knob(shown_if: dict[str, list[Any]] | None = None, group: str = "") -> Any:
    """How far the means of a conditional mixture are spread before training."""
    return knob(
        2.0,
        "Starting reach",
        "The Gaussians of a conditional begin evenly between ± this, in standard "
        "deviations of the data, and the wider the fewer they are.",
        ge=0.1,
        le=6,
        unit="std",
        group=group,
        shown_if=shown_if,
    )
