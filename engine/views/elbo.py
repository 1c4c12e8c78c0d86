r"""The bound of a variational autoencoder, taken apart, over the training and now.

.. math:: \ln p(x) \ge L_k \ge L_1 = E_q \ln p(x|z) - KL(q(z|x) \,\|\, p(z))

All in data units: the scaling of the data adds its log-determinant to every density.
"""

import math
from dataclasses import asdict
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.models.base import Posterior
from engine.models.inside import Priced
from engine.settings import knob
from engine.training.history import History, Series
from engine.views.base import Moment, Picture, View, ViewConfig, number
from engine.views.curves import Quantity, drawn_series, marked_changes
from engine.views.grid import fewer, spread_pick
from engine.views.thinning import smoothed

#: Held-out points behind the numbers of now, and codes in one call of the decoder.
POINTS, ROWS = 1000, 16_384
#: Moments of a training in the plane of rate and distortion.
COURSE = 400
PARTS = {
    "reconstruction": Quantity("fit", "fit ln p(x|z)", "nats/point", "bound"),
    "elbo": Quantity("bound", "bound as trained", "nats/point", "bound"),
    "kl": Quantity("kl", "KL(q‖p)", "nats/point", "KL"),
}


class ElboConfig(ViewConfig):
    """Settings of :class:`ElboView`."""

    k: int = knob(
        50,
        "Draws",
        "Codes per point of the tighter bound that is measured now.",
        ge=2,
        le=500,
        apply="live",
        scale="log",
        symbol="k",
        group="Bound",
    )


class ElboView(View):
    """How well codes are read back, what they cost, and how tight the bound is."""

    name = "elbo"
    title = "Inside the VAE"
    description = "Reconstruction, KL and bound over the training, and tighter bounds."
    Config: ClassVar[type[ViewConfig]] = ElboConfig
    needs = (("posterior",),)
    empty = "This model is not trained on a bound, so there is none to take apart."

    def compute(self, moment: Moment) -> Picture:
        """Arrays as of the curves view, ladder and course.

        Ladder (m, 2) has k and L_k, nats, now; course (m, 3) has rate KL and distortion
        -fit, nats, smoothed, and the step of each.
        """
        shift = float(moment.data.scaling.log_det)
        arrays: dict[str, NDArray[Any]] = {}
        quantities: list[Quantity] = []
        for quantity, series in _series(moment.history, shift):
            found = drawn_series(series)
            if found:
                quantities.append(quantity)
                arrays |= {f"{quantity.name}.{k}": v for k, v in found.items()}
        ends = [float(a[-1]) for n, a in arrays.items() if n.endswith(".seconds")]
        now, arrays["ladder"] = self._now(moment, shift)
        arrays["course"] = _course(moment.history, shift)
        model = moment.fitted.model
        entropy = moment.data.source.entropy()
        meta = {
            "quantities": [asdict(q) for q in quantities],
            "changes": marked_changes(moment),
            "references": [] if entropy is None else [_line(-entropy)],
            "step": moment.step,
            "seconds": max(ends, default=0.0),
            "now": now,
            "price": model.kl_price(moment.step) if isinstance(model, Priced) else 1.0,
            "truth": None if entropy is None else number(-entropy),
        }
        return Picture(arrays, meta)

    def _now(
        self, moment: Moment, shift: float
    ) -> tuple[dict[str, Any], NDArray[np.float32]]:
        """Means over held-out points, nats per point, and L_k (m, 2) by k."""
        fit, ratio = self._log_weights(moment)
        steps = rungs(int(self.config.k))
        ladder = [[k, tighter(fit + ratio, k) + shift] for k in steps]
        now = {
            "k": steps[-1],
            "points": len(fit),
            "fit": number(fit.mean() + shift),
            "kl": number(-ratio.mean()),
            "bound": number((fit + ratio).mean() + shift),
            "tight": number(ladder[-1][1]),
        }
        return now, np.nan_to_num(np.array(ladder, np.float32))

    def _log_weights(self, moment: Moment) -> tuple[Tensor, Tensor]:
        """Fit and log-ratio, (n, k) each, of held-out points in standardised units."""
        fitted, k = moment.fitted, int(self.config.k)
        model = fitted.model
        assert isinstance(model, Posterior)
        held = moment.data.heldout.x
        some = spread_pick(len(held), fewer(POINTS, moment.quality, 200), 0)
        x = moment.data.scaling.standardise(held[some].double())
        x = x.to(fitted.model.device, fitted.model.dtype)
        generator = fitted.generator(moment.seed)
        rows = max(1, ROWS // k)
        parts = []
        for first in range(0, len(x), rows):
            part = x[first : first + rows]
            # Each point has draws of its own: with shared ones their mean would err.
            eps = fitted.model.normal((len(part), k, model.latent_dim), generator)
            with torch.no_grad():
                terms = model.bound_terms(part, eps)
            parts.append(torch.stack(terms).double().cpu())
            moment.tick()
        fit, ratio = torch.cat(parts, dim=1)
        return fit, ratio


def _course(history: History, shift: float) -> NDArray[np.float32]:
    """Rate, distortion and step (m, 3) over the training; of both terms, or none."""
    if not {"kl", "reconstruction"} <= history.terms.keys():
        return np.empty((0, 3), np.float32)
    step, _, rate = history.terms["kl"].arrays()
    distortion = history.terms["reconstruction"].arrays()[2] - shift
    good = np.isfinite(rate) & np.isfinite(distortion)
    step, rate, distortion = step[good], rate[good], distortion[good]
    kept = np.unique(np.linspace(0, len(step) - 1, min(len(step), COURSE)).astype(int))
    columns = (smoothed(rate, kept), smoothed(distortion, kept), step[kept])
    return np.stack(columns, axis=1).astype(np.float32)


def tighter(log_weight: Tensor, k: int) -> float:
    """L_k, nats, from log-weights (n, m): the mean over all whole groups of k draws."""
    n, m = log_weight.shape
    groups = log_weight[:, : m // k * k].reshape(n, -1, k)
    return float((groups.logsumexp(dim=2) - math.log(k)).mean())


def rungs(k: int) -> list[int]:
    """1, 2, 5, 10, ... below k, and k itself."""
    steps = [step * 10**power for power in range(4) for step in (1, 2, 5)]
    return [step for step in steps if step < k] + [k]


def _line(value: float) -> dict[str, Any]:
    return {"group": "bound", "value": value, "label": "ln p of the data"}


def _series(history: History, shift: float) -> list[tuple[Quantity, Series]]:
    """The terms of the loss and the measured bound, all with their sign as bounds."""
    found = [
        (quantity, _moved(history.terms[name], sign, shift * (name != "kl")))
        for name, quantity in PARTS.items()
        if name in history.terms
        for sign in (-1.0 if name == "reconstruction" else 1.0,)
    ]
    if "nll" in history.metrics:
        tight = Quantity("tight", "held-out Lₖ", "nats/point", "bound", "bound")
        found.append((tight, _moved(history.metrics["nll"], -1.0, 0.0)))
    return found


def _moved(series: Series, sign: float, shift: float) -> Series:
    step, seconds, value = series.arrays()
    moved = Series()
    moved.extend(step, seconds, sign * value + shift)
    return moved
