"""From the curves of several runs to one quantity over one axis, for one plot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from app.session_run import Run
from engine.protocol import Arrays, Json

AXES = {"step": "Step", "seconds": "Time", "evaluations": "Evals"}
#: The same in words, for a figure, which has no switch.
OVER = {
    "step": "over steps",
    "seconds": "over seconds of training",
    "evaluations": "over network evaluations",
}


@dataclass(frozen=True)
class Quantity:
    """What is compared: name of its curve, heading, remark, and how it is drawn."""

    word: str
    heading: str
    remark: str
    is_log: bool = False
    is_count: bool = False


QUANTITIES = {
    "energy_distance": Quantity(
        "Distance", "Energy distance to the data", "lower is better", is_log=True
    ),
    "nll": Quantity("NLL", "Held-out NLL, nats per point", "lower is better"),
    "modes": Quantity("Modes", "Modes covered", "higher is better", is_count=True),
    "loss": Quantity("Loss", "Training loss", "each family has its own"),
}


@dataclass(frozen=True)
class Entrant:
    """A run with its letter, its name, and the newest frame of its curves."""

    letter: str
    name: str
    short: str
    run: Run
    curves: Arrays


def evaluations_per_step(run: Run) -> int:
    """Passes of points through the network in one training step.

    Passes per point, as the engine counts them, times the batch size as it is set now.
    """
    passes = run.status.evaluations_per_step if run.status else 0
    return passes * int(run.config.training.get("batch_size", 1))


def race_frame(
    entrants: Sequence[Entrant], quantity: str, axis: str
) -> tuple[Json, Arrays]:
    """Facts and arrays for the plot of all runs, as :class:`app.plots.race` wants."""
    arrays: Arrays = {}
    names: dict[str, str] = {}
    shorts: dict[str, str] = {}
    for each in entrants:
        found = _series(each, quantity, axis)
        if found:
            names[each.letter] = each.name
            shorts[each.letter] = each.short
            arrays |= {f"{each.letter}.{part}": a for part, a in found.items()}
    kind = QUANTITIES[quantity]
    meta = {
        "names": names,
        "shorts": shorts,
        "axis": axis,
        "unit": {"seconds": "s", "evaluations": "evals"}.get(axis, ""),
        "log": kind.is_log,
        "whole": kind.is_count,
        "chance": _chance(entrants) if quantity == "energy_distance" else None,
    }
    return meta, arrays


def _series(each: Entrant, quantity: str, axis: str) -> dict[str, NDArray[Any]]:
    name = _first_loss(each.curves) if quantity == "loss" else quantity
    if f"{name}.value" not in each.curves:
        return {}
    value = each.curves[f"{name}.value"]
    steps = each.curves[f"{name}.step"]
    x = steps * evaluations_per_step(each.run)
    if axis != "evaluations":
        x = each.curves[f"{name}.{axis}"]
    return {"x": x, "value": value, "smooth": each.curves.get(f"{name}.smooth", value)}


def _first_loss(curves: Mapping[str, object]) -> str:
    names = (n for n in curves if n.startswith("loss.") and n.endswith(".value"))
    return next(names, "loss").removesuffix(".value")


def _chance(entrants: Sequence[Entrant]) -> float | None:
    statuses = (each.run.status for each in entrants)
    known = [s.chance for s in statuses if s is not None and s.chance is not None]
    return max(known, default=None)
