"""A loss that turns and climbs."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.diagnosis.case import Case
from engine.protocol import Finding, Remedy
from engine.training.history import EDITED

_Floats = NDArray[np.float64]

_BLOCKS = 20
_LEAST_POINTS = 200
#: The same to see that it has exploded.
_LEAST_EXPLODED = 40
#: The first value that is kept of a long training is at most so late.
_FIRST = 64
#: A loss this many times above its first value does not come back.
_EXPLODED = 100.0
#: Standard errors of a block's mean that a rise must exceed.
_CLEARLY = 8.0
#: Standard deviation of a normal variable, per width of its middle half.
_NORMAL = 0.741


def diverging(case: Case) -> Finding | None:
    """The loss has lost again all that it had gained, or is far above its beginning.

    Only for models with one player: the losses of opponents rise and fall by nature.
    Judged since the last change of what the loss is, by a setting or by an edit of the
    data, within the first stage.
    """
    experiment = case.experiment
    if len(case.model.players()) > 1 or experiment.stage:
        return None
    series = experiment.history.terms.get("loss")
    if series is None:
        return None
    steps, _, values = series.arrays()
    meant = {*experiment.config.model_settings, EDITED}
    changes = [c.step for c in experiment.history.changes if c.name in meant]
    since = steps > max(changes, default=-1)
    steps, floats = steps[since], values[since].astype(np.float64)
    return _climbing(case, steps, floats) or _exploded(case, steps, floats)


def _climbing(case: Case, steps: NDArray[Any], values: _Floats) -> Finding | None:
    """It was lower once, and has lost again all that it had gained."""
    if len(values) < _LEAST_POINTS:
        return None
    means, errors = _blocks(values)
    best = int(means.argmin())
    rise = means[-1] - means[best]
    # A loss that explodes has no errors worth the name: those of its sound part count.
    noise = errors[means < means[best] + max(rise, 0.0) / 2].max(initial=0.0)
    if not rise > max(means[0] - means[best], _CLEARLY * noise):
        return None
    place = steps[(best * len(steps)) // _BLOCKS]
    back = case.kept_before(place)
    title = "Slow down" if back is None else f"Back to step {back:,}, slower"
    return _finding(
        "The loss is climbing",
        f"It was {_number(means[best])} near step {int(place):,} and is "
        f"{_number(means[-1])} now: the steps are too large.",
        case.slower(title, back),
    )


def _exploded(case: Case, steps: NDArray[Any], values: _Floats) -> Finding | None:
    """It is far above where it began, whether it was ever below or not."""
    if len(values) < _LEAST_EXPLODED or steps[0] > _FIRST:
        return None
    first, now = values[0], float(np.median(values[-_LEAST_EXPLODED // 2 :]))
    limit = _EXPLODED * (1 + abs(first))
    if not now - first > limit:
        return None
    return _finding(
        "The loss has exploded",
        f"It was {_number(first)} at the first step and is {_number(now)} now: the "
        "steps are too large.",
        _before(case, int(steps[(values - first > limit).argmax()])),
    )


def _before(case: Case, step: int) -> list[Remedy]:
    """Back to well before a step, or to the start if that was among the very first."""
    back = case.kept_before(step // 2)
    if step <= _FIRST or not back:
        return case.at_usual_rate()
    return case.slower(f"Back to step {back:,}, slower", back)


def _finding(title: str, text: str, remedies: list[Remedy]) -> Finding:
    return Finding(name="diverging", title=title, text=text, remedies=remedies)


def _number(value: float) -> str:
    """Three digits, with a true minus sign."""
    return f"{value:.3g}".replace("e+", "e").replace("-", "−")


def _blocks(
    values: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Medians of equal stretches of the curve, and their standard errors.

    The spread is that of the middle half, so that single spikes do not hide a rise.
    """
    parts = np.array_split(values, _BLOCKS)
    low, means, high = np.array([np.quantile(p, (0.25, 0.5, 0.75)) for p in parts]).T
    counts = np.array([len(p) for p in parts])
    return means, _NORMAL * (high - low) / np.sqrt(counts)
