"""Codes that say nothing, and words that nobody uses."""

from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from engine.diagnosis.case import Case
from engine.protocol import Finding, Remedy

#: Information in all codes below which they are ignored, nats.
_SILENT = 0.05
#: Spread of a decoder, where the data have 1, that codes are worth their price for.
_SHARP = 0.1
#: Steps over which the price of codes grows, when they are learned anew.
_WARMUP = 1000
#: A code is dead below this share of an even use; trouble if so many are.
_DEAD_USE = 0.01
_MANY_DEAD = 0.4


@runtime_checkable
class Words(Protocol):
    """A model whose codes are words of a list."""

    def prior(self) -> Tensor:
        """Share (K,) of each word among the training points."""


def kl_per_axis(mean: Tensor, std: Tensor) -> Tensor:
    r"""KL(q(z|x) || N(0, 1)) of each latent axis, (d,), averaged over points, nats.

    :math:`(\mu^2 + \sigma^2 - 1)/2 - \ln \sigma`; Kingma & Welling 2013, 1312.6114,
    appendix B.
    """
    return (0.5 * (mean.square() + std.square() - 1) - std.log()).mean(0)


def posterior_collapse(case: Case) -> Finding | None:
    """The encoder answers every point with the prior."""
    if not case.fitted.can("encoder") or not case.has_trained(500, 0.1):
        return None
    codes = case.fitted.encode(case.heldout)
    if codes.std is None:
        return None
    total = float(kl_per_axis(codes.mean, codes.std).sum())
    if total >= _SILENT:
        return None
    return Finding(
        name="posterior_collapse",
        title="Posterior collapse",
        text=f"All codes together carry {max(total, 0):.3f} nats about a point: the "
        "decoder has learned to ignore them.",
        remedies=_make_codes_pay(case),
    )


def _make_codes_pay(case: Case) -> list[Remedy]:
    r"""What lets codes save more than they cost, the surest way first.

    An axis of a linear VAE carries :math:`-\ln(\beta \sigma_x^2) / 2` nats about data
    of spread 1, and nothing from :math:`\beta \sigma_x^2 = 1` on. Lucas et al. 2019,
    "Don't Blame the ELBO!", 1911.02469, here with a price beta. A learned spread grows
    in a collapse and holds it: then only a new beginning helps.
    """
    settings, group = case.experiment.config.model_settings, "model_settings"
    is_learned = settings.get("spread") == "learned"
    sigma = 0.0 if is_learned else settings.get("sigma_x", 0.0)
    beta = settings.get("beta", 1.0) if settings.get("draws", 1) == 1 else 1.0
    if is_learned or (beta <= 1 and sigma <= _SHARP):
        values = {"warmup": _WARMUP} | ({"beta": 1.0} if beta > 1 else {})
        title = f"From the start, β growing to {min(beta, 1):g}"
        return case.remedy(title, group, case.kept_before(0), **values)
    if beta <= 1:
        return case.remedy("Decoder noise 0.1", group, sigma_x=_SHARP)
    if sigma <= _SHARP:
        return case.remedy("Set β to 1", group, beta=1.0)
    both = case.remedy("β 1, decoder noise 0.1", group, beta=1.0, sigma_x=_SHARP)
    return both + case.remedy("Decoder noise 0.1", group, sigma_x=_SHARP)


def dead_codes(case: Case) -> Finding | None:
    """Most words of the list are never used."""
    if not isinstance(case.model, Words) or not case.has_trained(500, 0.1):
        return None
    with torch.no_grad():
        share = case.model.prior()
    dead = int((share < _DEAD_USE / len(share)).sum())
    if dead < _MANY_DEAD * len(share):
        return None
    found = case.remedy(
        "Move unused codes onto data", "model_settings", restart_below=0.1
    )
    used = len(share) - dead
    found += case.remedy(
        f"A list of {max(4, 2 * used)} codes", "model_settings", codes=max(4, 2 * used)
    )
    return Finding(
        name="dead_codes",
        title="Dead codes",
        text=f"{dead} of {len(share)} codes are never used.",
        remedies=found,
    )
