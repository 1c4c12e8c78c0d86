"""A flow that tears or crushes the plane."""

import math

from engine.diagnosis.case import Case
from engine.protocol import Finding

#: Mean |log det| of a sound flow between standardised data and noise stays below this.
_FAR = 12.0
#: Mean log p of held-out data below which a flow has thrown them out of its noise.
_LOST = -50.0


def exploding_log_det(case: Case) -> Finding | None:
    """The flow changes areas by factors that no density of these data needs.

    With z the code of x, log |det dz/dx| = log p(x) - log N(z). Only where the density
    is exact and the codes are the flow's own.
    """
    if not case.fitted.can("log_density", "encoder", "layers"):
        return None
    if case.model.density_kind != "exact":
        return None
    x = case.heldout
    log_p = case.fitted.log_prob(x, case.experiment.config.seed)
    log_p = log_p - case.experiment.data.scaling.log_det
    z = case.fitted.encode(x).mean
    base = -0.5 * z.square().sum(1) - 0.5 * z.shape[1] * math.log(2 * math.pi)
    log_det = log_p - base
    area, likely = float(log_det.abs().mean()), float(log_p.mean())
    if area < _FAR and likely > _LOST:
        return None
    back = case.kept_before(case.experiment.step / 2)
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
