"""A model that learns its points by heart."""

from dataclasses import dataclass

from torch import Tensor

from engine.diagnosis.case import POINTS, Case
from engine.models.base import LogDensity
from engine.protocol import Finding, Remedy

#: Rise of the held-out NLL that is worth a word, nats.
_WORTH = 0.1
#: Standard errors that a difference must exceed.
_CLEARLY = 2.0
#: A single point counts as no more than this, nats: none decides alone. A flow that
#: learns by heart may miss one unseen point by hundreds.
_MOST = 3.0
#: Kept moments that are tried.
_TRIED = 5
#: Stands for the NLL of a point that has no density, nats.
_HUGE = 1e6


def overfitting(case: Case) -> Finding | None:
    """Held-out data were likelier at a kept moment; training points are so now.

    Moments are compared on the same points, so that the scatter of the points cancels.
    Only where the density is known, exactly or as a bound.
    """
    if not isinstance(case.model, LogDensity) or case.model.density_kind == "estimate":
        return None
    moments = _moments_near_best(case)
    if not moments:
        return None
    back = min(moments, key=lambda at: float(_nll(case, case.heldout, at).mean()))
    then, now = _Fit.of(case, back), _Fit.of(case, None)
    risen = _rises(now.heldout - then.heldout)
    fallen = _rises(then.train - now.train)
    if not (risen and fallen and now.has_gap and now.unseen - then.unseen > _WORTH):
        return None
    count = len(case.experiment.judged().train.x)
    return Finding(
        name="overfitting",
        title="Overfitting",
        text=f"Since step {back:,} the NLL of unseen data rose from "
        f"{_words(then.unseen)} to {_words(now.unseen)} nats, while that of the "
        f"{count:,} training points fell from {_words(then.seen)} to "
        f"{_words(now.seen)}: they are learned by heart. Fewer steps help, or more "
        "points.",
        remedies=_remedies(case, back),
    )


@dataclass(frozen=True)
class _Fit:
    """NLL (n,) of each held-out and each training point at one moment, nats."""

    heldout: Tensor
    train: Tensor

    @classmethod
    def of(cls, case: Case, at: int | None) -> "_Fit":
        """At a kept step, or now."""
        train = case.experiment.judged().train.x[:POINTS]
        return cls(_nll(case, case.heldout, at), _nll(case, train, at))

    @property
    def unseen(self) -> float:
        """Mean of the held-out points."""
        return float(self.heldout.mean())

    @property
    def seen(self) -> float:
        """Mean of the training points."""
        return float(self.train.mean())

    @property
    def has_gap(self) -> bool:
        """Whether held-out points are clearly less likely than training points."""
        top = float(self.train.median()) + _MOST
        heldout, train = (each.clamp(max=top) for each in (self.heldout, self.train))
        error = (heldout.var() / len(heldout) + train.var() / len(train)).sqrt()
        return bool(heldout.mean() - train.mean() > _CLEARLY * error)


def _nll(case: Case, x: Tensor, at: int | None) -> Tensor:
    """NLL (n,) of points (n, 2) at a kept step, or now; what is none counts as huge."""
    fitted = case.fitted if at is None else case.experiment.fitted(at, case.tick)
    log_p = fitted.log_prob(x, case.experiment.config.seed)
    return -log_p.nan_to_num(nan=-_HUGE, neginf=-_HUGE)


def _rises(differences: Tensor) -> bool:
    """Whether the mean of paired differences (n,) is clearly above zero."""
    bounded = differences.clamp(-_MOST, _MOST)
    if len(bounded) < 2:
        return False
    error = float(bounded.std()) / len(bounded) ** 0.5
    return bool(bounded.mean() > _CLEARLY * error)


def _moments_near_best(case: Case) -> list[int]:
    """Kept moments from the measurement before the lowest held-out NLL to the next one.

    None if the curve stands near its lowest, or has hardly begun.
    """
    series, nll = case.experiment.history.metrics.get("nll"), case.metrics.nll
    if series is None or nll is None or nll.value is None:
        return []
    steps, _, values = series.arrays()
    if len(values) < 2 or nll.value - values.min() <= _WORTH:
        return []
    lowest = int(values.argmin())
    first, last = steps[max(0, lowest - 1)], steps[min(len(steps) - 1, lowest + 1)]
    kept = [s for s in case.experiment.snapshots if 0 < s < case.experiment.step]
    near = [s for s in kept if first <= s <= last]
    if not near:
        near = sorted(kept, key=lambda s: abs(s - steps[lowest]))[:1]
    return near[:: -(-len(near) // _TRIED) or 1]


def _remedies(case: Case, back: int) -> list[Remedy]:
    """Stop where it was best, or blur the points, or hold the weights small."""
    stop = f"Stop at step {back:,}"
    found = case.remedy(stop, "training", back, steps=back)
    config = case.experiment.config
    jitter = config.model_settings.get("jitter")
    if jitter is not None:
        more = round(min(0.2, max(0.05, 2 * jitter)), 3)
        title = f"Jitter the points by {more:g}"
        return found + case.remedy(title, "model_settings", jitter=more, jitter_fade=0)
    decay = round(min(10.0, max(0.1, 3 * config.training["weight_decay"])), 2)
    title = f"Back to step {back:,}, with weight decay {decay:g}"
    smaller = {"optimizer": "adamw", "weight_decay": decay}
    return found + case.remedy(title, "training", back, **smaller)


def _words(nats: float) -> str:
    return f"{nats:.2f}".replace("-", "−")
