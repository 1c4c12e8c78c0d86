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
#: A single point counts as no more than this, nats: none decides alone.
_MOST = 3.0


def overfitting(case: Case) -> Finding | None:
    """Held-out data were likelier at a kept moment; training points are so now.

    Moments are compared on the same points, so that the scatter of the points cancels.
    Only where the density is known, exactly or as a bound.
    """
    if not isinstance(case.model, LogDensity) or case.model.density_kind == "estimate":
        return None
    back = _best_moment(case)
    if back is None:
        return None
    then, now = _Fit.of(case, back), _Fit.of(case, None)
    risen = _rises(now.heldout - then.heldout)
    fallen = _rises(then.train - now.train)
    if not (risen and fallen and now.has_gap and now.unseen - then.unseen > _WORTH):
        return None
    count = len(case.experiment.data.train.x)
    return Finding(
        name="overfitting",
        title="The run overfits",
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
        experiment = case.experiment
        fitted = case.fitted if at is None else experiment.fitted(at, case.tick)
        seed, x = experiment.config.seed, experiment.data.train.x[:POINTS]
        return cls(-fitted.log_prob(case.heldout, seed), -fitted.log_prob(x, seed))

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
        parts = (self.heldout, self.train)
        error = sum(float(part.var() / len(part)) for part in parts) ** 0.5
        return bool(self.unseen - self.seen > _CLEARLY * error)


def _rises(differences: Tensor) -> bool:
    """Whether the mean of paired differences (n,) is clearly above zero."""
    bounded = differences.nan_to_num(nan=_MOST).clamp(-_MOST, _MOST)
    if len(bounded) < 2:
        return False
    error = float(bounded.std()) / len(bounded) ** 0.5
    return bool(bounded.mean() > _CLEARLY * error)


def _best_moment(case: Case) -> int | None:
    """The kept moment nearest to the lowest held-out NLL of the curve.

    None if the curve stands near its lowest, or has hardly begun.
    """
    series = case.experiment.history.metrics.get("nll")
    if series is None or len(series) < 2:
        return None
    steps, _, values = series.arrays()
    lowest = int(values.argmin())
    nll = case.metrics.nll
    newest = nll.value if nll is not None else None
    if newest is None or newest - values[lowest] <= _WORTH:
        return None
    kept = [s for s in case.experiment.snapshots if 0 < s < case.experiment.step]
    return min(kept, key=lambda s: abs(s - steps[lowest]), default=None)


def _remedies(case: Case, back: int) -> list[Remedy]:
    """Stop where it was best, or blur the points, or hold the weights small."""
    stop = f"Back to step {back:,}, and stop there"
    found = case.remedy(stop, "training", back, steps=back)
    config = case.experiment.config
    jitter = config.model_settings.get("jitter")
    if jitter is not None:
        more = round(min(0.2, max(0.05, 2 * jitter)), 3)
        title = f"Jitter the points by {more:g}"
        return found + case.remedy(title, "model_settings", jitter=more)
    decay = round(min(10.0, max(0.1, 3 * config.training["weight_decay"])), 2)
    title = f"Back to step {back:,}, with weight decay {decay:g}"
    smaller = {"optimizer": "adamw", "weight_decay": decay}
    return found + case.remedy(title, "training", back, **smaller)


def _words(nats: float) -> str:
    return f"{nats:.2f}".replace("-", "−")
