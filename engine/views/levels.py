r"""Every noise level at a glance: how well the data are guessed there, and what it is.

.. math:: e(t) = E \, \| \hat x(x_t, t) - x \|^2 / \dim, \qquad
    x_t = \alpha(t) \, x + \sigma(t) \, \epsilon

In standardised units, where 1 is the variance of the data and so the error of the guess
"their mean". No network falls below the error of the conditional mean, which is known
where the data are a mixture of Gaussians and the noise is normal. Beside it the path
itself: signal, noise, and the logarithm of their ratio, as in Kingma et al. 2021,
2107.00630; the same error in each of the targets that a network could predict
(:mod:`engine.views.targets`); and what training does at each time
(:mod:`engine.views.training_times`): how often it goes there and what it loses there.
"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from engine.models.base import Process
from engine.models.inside import Rounds, Visits, drawn_class
from engine.models.oracle import Oracle, OracleConfig
from engine.settings import knob
from engine.views.base import Moment, Picture, View, ViewConfig, f32
from engine.views.curves import Quantity
from engine.views.grid import coarser, fewer, spread_pick
from engine.views.targets import QUANTITIES as IN_TARGETS
from engine.views.targets import in_targets, trained_words
from engine.views.training_times import losses_by_time, visits

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Levels at full quality, and the first of them; none is pure noise or pure data.
LEVELS, FIRST = 48, 0.01
#: Draws of a training batch whose loss is shown at each time.
LOSS_DRAWS = 8192
QUANTITIES = (
    Quantity("learned", "learned", "share of the variance", "error of the guess"),
    Quantity("least", "least possible", "share of the variance", "error of the guess"),
    *IN_TARGETS,
    Quantity("loss", "Training loss at each t", "", "loss_at"),
    Quantity("visited", "Times visited in training", "density", "visited"),
    Quantity("alpha", "signal α", "std of the data", "signal and noise"),
    Quantity("sigma", "noise σ", "std of the data", "signal and noise"),
    Quantity("snr", "Signal to noise, ln α²/σ²", "nats", "snr"),
)


class LevelsConfig(ViewConfig):
    """Settings of :class:`LevelsView`."""

    points: int = knob(
        1000,
        "Points",
        "Held-out points that are made noisy and guessed.",
        ge=100,
        le=5000,
        unit="points",
        scale="log",
        apply="live",
        group="Noise levels",
    )
    seed: int = knob(
        0,
        "Seed",
        "Another number draws other noise.",
        ge=0,
        le=2**31 - 1,
        slider=(0, 100),
        apply="live",
        group="Noise levels",
    )


class LevelsView(View):
    """Error of the guess by noise level beside the least possible, and the schedule."""

    name = "levels"
    title = "Noise levels"
    description = (
        "How well data are guessed at each noise level, how often training "
        "visits it, and the schedule."
    )
    Config: ClassVar[type[ViewConfig]] = LevelsConfig
    needs = (("process",),)
    empty = "This model makes points in one go: it knows no noise levels."

    def compute(self, moment: Moment) -> Picture:
        """Arrays as of the curves view, with t in place of steps and seconds."""
        model = moment.fitted.model
        assert isinstance(model, Process)
        between = coarser(LEVELS, moment.quality, 16)
        times = torch.linspace(FIRST, 1 - FIRST, between, dtype=torch.float64)
        ends = torch.linspace(0, 1, between, dtype=torch.float64)
        alpha, sigma = model.path.alpha(times), model.path.sigma(times)
        found = {
            "alpha": (ends, model.path.alpha(ends)),
            "sigma": (ends, model.path.sigma(ends)),
            "snr": (times, 2 * (alpha.log() - sigma.log())),
        }
        found |= self._errors(moment, model, times)
        found |= in_targets(model, times, found["learned"][1])
        arrays: dict[str, NDArray[Any]] = {}
        for name, (t, values) in found.items():
            arrays |= _curve(name, t, values, values)
        if isinstance(model, Visits):
            if isinstance(model, Rounds):
                model = model.of_round(moment.table)
            for name, curve in self._training(moment, model).items():
                arrays |= _curve(name, *curve)
                found[name] = curve[:2]
        trained, letter = trained_words(model)
        meta = {
            "trained": trained,
            "trained_word": letter,
            "quantities": [asdict(q) for q in QUANTITIES if q.name in found],
            "changes": [],
            "references": [],
            "step": moment.step,
        }
        return Picture(arrays, meta)

    def _training(
        self, moment: Moment, model: Visits
    ) -> dict[str, tuple[Tensor, Tensor, Tensor]]:
        """Curves (t, raw, smooth) of the times visited, and of the loss at each."""
        generator = moment.fitted.generator(moment.seed + int(self.config.seed))
        found = {"visited": visits(model, generator)}
        if "x" in moment.table:
            count = fewer(LOSS_DRAWS, moment.quality, 1024)
            t, loss = losses_by_time(moment, model, count, generator)
            found["loss"] = (t, loss, loss)
        return found

    def _errors(
        self, moment: Moment, model: Process, times: Tensor
    ) -> dict[str, tuple[Tensor, Tensor]]:
        """Mean squared error of the model's guess, and of the best, at each time."""
        held = moment.judged.heldout.x
        count = fewer(int(self.config.points), moment.quality, 100)
        some = spread_pick(len(held), count, 0)
        x = moment.data.scaling.standardise(held[some].double())
        generator = moment.fitted.generator(moment.seed + int(self.config.seed))
        widest = float(model.path.sigma(torch.zeros(1, dtype=torch.float64)))
        eps = model.start(len(x), generator).double().cpu() / widest
        best = self._best(moment)
        learned, least = [], []
        for t in times:
            alpha, sigma = model.path.alpha(t), model.path.sigma(t)
            x_t = alpha * x + sigma * eps
            learned.append(_error(model, x_t, t, x))
            if best is not None:
                # The same noise over signal on the oracle's own straight path.
                signal = alpha / (alpha + sigma)
                least.append(_error(best, signal * x_t / alpha, signal, x))
            moment.tick()
        found = {"learned": (times, torch.tensor(learned))}
        return found | ({"least": (times, torch.tensor(least))} if least else {})

    @staticmethod
    def _best(moment: Moment) -> Oracle | None:
        """Who knows the conditional mean, for data that are a known mixture."""
        if moment.fitted.model.path_ends() != ("noise", "data"):
            return None
        label = drawn_class(moment.fitted.model)
        config = OracleConfig(label=0 if label is None else label + 1)
        oracle = Oracle(config).double()
        oracle.meet(moment.data)
        return oracle if len(oracle.centres) else None


def _curve(name: str, t: Tensor, raw: Tensor, smooth: Tensor) -> dict[str, Any]:
    """The arrays of one quantity over t."""
    axes = {f"{name}.{part}": f32(t) for part in ("step", "seconds")}
    found = {f"{name}.value": f32(raw.nan_to_num())}
    return axes | found | {f"{name}.smooth": f32(smooth.nan_to_num())}


def _error(model: Process, x_t: Tensor, t: Tensor, x: Tensor) -> float:
    """Mean squared distance of the guesses from x (n, dim), per coordinate."""
    kind = next(iter(model.parameters()))  # type: ignore[attr-defined]
    with torch.no_grad():
        guess = model.denoised(x_t.to(kind), t.to(kind)).x_data.double().cpu()
    return float(np.square((guess - x).numpy()).mean())
