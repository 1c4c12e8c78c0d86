"""A loss that turns and climbs."""

import numpy as np
from numpy.typing import NDArray

from engine.diagnosis.case import Case
from engine.protocol import Finding

_BLOCKS = 20
_LEAST_POINTS = 200
#: Standard errors of a block's mean that a rise must exceed.
_CLEARLY = 8.0


def diverging(case: Case) -> Finding | None:
    """The loss has fallen, and has lost again all that it had gained.

    Only for models with one player: the losses of opponents rise and fall by nature.
    Judged since the last change of what the loss is, within the first stage.
    """
    experiment = case.experiment
    if len(case.model.players()) > 1 or experiment.stage:
        return None
    series = experiment.history.terms.get("loss")
    if series is None:
        return None
    steps, _, values = series.arrays()
    known = experiment.config.model_settings
    changes = [c.step for c in experiment.history.changes if c.name in known]
    since = steps > max(changes, default=-1)
    steps, values = steps[since], values[since]
    if len(values) < _LEAST_POINTS:
        return None
    means, errors = _blocks(values.astype(np.float64))
    best = int(means.argmin())
    rise = means[-1] - means[best]
    if not rise > max(means[0] - means[best], _CLEARLY * errors.max()):
        return None
    place = steps[(best * len(steps)) // _BLOCKS]
    back = case.kept_before(place)
    title = "Slow down" if back is None else f"Back to step {back:,}, slower"
    return Finding(
        name="diverging",
        title="The loss is climbing",
        text=f"It was {means[best]:.3g} near step {int(place):,} and is "
        f"{means[-1]:.3g} now: the steps are too large.",
        remedies=case.slower(title, back),
    )


def _blocks(
    values: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Medians of equal stretches of the curve, and their standard errors."""
    parts = np.array_split(values, _BLOCKS)
    means = np.array([np.median(p) for p in parts])
    errors = np.array([p.std() / np.sqrt(len(p)) for p in parts])
    return means, errors
