"""A flow that tears or crushes the plane."""

import math

from engine.diagnosis.case import Case
from engine.models.fitted import Fitted
from engine.protocol import Finding

#: Mean |log det| of a sound flow between standardised data and noise stays below this.
_FAR = 12.0
#: Mean log p of held-out data below which a flow has thrown them out of its noise.
_LOST = -50.0
#: Kept moments that are tried.
_TRIED = 4


def exploding_log_det(case: Case) -> Finding | None:
    """The flow changes areas by factors that no density of these data needs.

    With z the code of x, log |det dz/dx| = log p(x) - log N(z). Only where the density
    is exact and the codes are the flow's own.
    """
    if not case.fitted.can("log_density", "encoder", "layers"):
        return None
    if case.model.density_kind != "exact":
        return None
    area, likely = _measured(case, case.fitted)
    if _is_sound(area, likely):
        return None
    back = _sound_moment(case)
    title = "Slow down" if back is None else f"Back to step {back:,}, slower"
    found = case.slower(title, back)
    if not case.experiment.config.training["clip"]:
        found += case.remedy("Clip gradients at 1", "training", back, clip=1.0)
    text = f"The flow changes areas by {area:.0f} nats on average; a few are plenty."
    if not area < _FAR * 1e3 or not likely > _LOST:
        text = "The flow throws unseen data far out of the noise that it starts from."
    return Finding(
        name="exploding_log_det",
        title="The log-determinant explodes",
        text=text,
        remedies=found,
    )


def _measured(case: Case, fitted: Fitted) -> tuple[float, float]:
    """Mean |log det| and mean log p of held-out data, standardised, nats."""
    x = case.heldout
    log_p = fitted.log_prob(x, case.experiment.config.seed)
    log_p = log_p - case.experiment.data.scaling.log_det
    z = fitted.encode(x).mean
    base = -0.5 * z.square().sum(1) - 0.5 * z.shape[1] * math.log(2 * math.pi)
    return float((log_p - base).abs().mean()), float(log_p.mean())


def _is_sound(area: float, likely: float) -> bool:
    return area < _FAR and likely > _LOST


def _sound_moment(case: Case) -> int | None:
    """A kept moment before the fault: the newest at half the steps, a quarter, ..."""
    step = case.experiment.step // 2
    for _ in range(_TRIED):
        back = case.kept_before(step)
        if back is None or _is_sound(*_measured(case, case.experiment.fitted(back))):
            return back
        step = back // 2
    return case.kept_before(0)
