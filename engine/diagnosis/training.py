"""A loss that turns and climbs."""

import numpy as np
from numpy.typing import NDArray

from engine.diagnosis.case import Case
from engine.protocol import Finding

_BLOCKS = 20
_LEAST_POINTS = 200
#: Standard errors of a block's mean that a rise must exceed.
_CLEARLY = 8.0
#: Standard deviation of a normal variable, per width of its middle half.
_NORMAL = 0.741


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
    # A loss that explodes has no errors worth the name: those of its sound part count.
    noise = errors[means < means[best] + max(rise, 0.0) / 2].max(initial=0.0)
    if not rise > max(means[0] - means[best], _CLEARLY * noise):
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
    """Medians of equal stretches of the curve, and their standard errors.

    The spread is that of the middle half, so that single spikes do not hide a rise.
    """
    parts = np.array_split(values, _BLOCKS)
    low, means, high = np.array([np.quantile(p, (0.25, 0.5, 0.75)) for p in parts]).T
    counts = np.array([len(p) for p in parts])
    return means, _NORMAL * (high - low) / np.sqrt(counts)
