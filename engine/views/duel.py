"""Generator against critic: the critic's surface, fakes, and where they want to go."""

from typing import Any, ClassVar

import torch
from torch import Tensor

from engine.models.base import Adversarial, Duel
from engine.models.fitted import Fitted
from engine.nets.slopes import slope
from engine.settings import knob
from engine.views.base import Moment, Picture, View, ViewConfig, f32, number, paper
from engine.views.contour import contour
from engine.views.grid import cell_centres, coarser, fewer, in_chunks, spread_pick
from engine.views.standing import accuracy, caption

#: Points on which losses and right answers are counted.
JUDGED = 1000
BACKDROP = 420


class DuelConfig(ViewConfig):
    """Settings of :class:`DuelView`."""

    fakes: int = knob(
        150,
        "Fakes",
        "Points of the generator that show which way it wants them to go.",
        ge=10,
        le=500,
        unit="points",
        apply="live",
        scale="log",
        group="Duel",
    )
    resolution: int = knob(
        96,
        "Resolution",
        "Cells along each axis of the critic's surface.",
        ge=32,
        le=256,
        unit="cells",
        apply="live",
        scale="log",
        group="Duel",
    )


class DuelView(View):
    """The surface D(x), and minus the gradient of the generator's loss at fakes.

    It shows the weights that learn, not their average: a single move of one player
    would hardly be seen in that.
    """

    name = "duel"
    title = "Generator against critic"
    description = "The critic's surface, and where the generator's points want to go."
    Config: ClassVar[type[ViewConfig]] = DuelConfig
    needs = (("adversarial", "critic"),)
    empty = "This model has no opponent: one loss trains all of it."

    def compute(self, moment: Moment) -> Picture:
        """Arrays critic and slope (G, G), contour and steep (m, 2, 2), points.

        ``slope`` is the norm of the gradient of the critic's values in the coordinates
        of the training, where a gradient penalty wants it to be 1; ``steep`` is the
        line where it is. Fakes and push are (k, 2), data (m, 2).
        """
        fitted = moment.raw
        model = fitted.model
        assert isinstance(model, Adversarial)
        limits, scaling = moment.data.limits, moment.data.scaling
        side = coarser(self.config.resolution, moment.quality, 32)
        cells = cell_centres(limits, side)
        surface = in_chunks(fitted.critic, cells, moment.tick)
        critic = f32(surface.nan_to_num(0.5).reshape(side, side))
        where = scaling.standardise(cells).to(fitted.model.device, fitted.model.dtype)
        steepness = in_chunks(lambda x: slopes(fitted, x), where, moment.tick)
        steep = f32(steepness.nan_to_num(0.0).reshape(side, side))
        train = moment.data.train
        rows = spread_pick(len(train.x), fewer(JUDGED, moment.quality, 300), 0)
        x = scaling.standardise(train.x[rows].double())
        x = x.to(fitted.model.device, fitted.model.dtype)
        labels = train.labels[rows].to(x.device)
        stand = model.duel(x, labels, fitted.generator(moment.seed))
        shown = slice(0, self.config.fakes)
        push = (stand.push.double().cpu() / scaling.std)[shown].nan_to_num()
        arrays = {
            "critic": critic,
            "contour": contour(critic, 0.5, limits),
            "slope": steep,
            "steep": contour(steep, 1.0, limits),
            "fakes": f32(scaling.restore(stand.fakes.double().cpu())[shown]),
            "push": f32(push),
            "data": f32(train.x[spread_pick(len(train.x), BACKDROP, moment.seed)]),
        }
        meta = _facts(stand) | {"step": moment.step, "resolution": side}
        meta["push"] = number(push.norm(dim=1).median())
        meta["slopes"] = {
            "data": number(slopes(fitted, x).mean()),
            "fakes": number(slopes(fitted, stand.fakes).mean()),
        }
        meta["goal"] = 1.0 if fitted.model.config.penalties.gradient else None
        return Picture(arrays, paper(moment) | meta)


def slopes(fitted: Fitted, x: Tensor) -> Tensor:
    """Norms (n,) of the gradient of the critic's values at x, all as in training."""
    model = fitted.model
    assert isinstance(model, Adversarial)
    with torch.enable_grad():
        found: Tensor = slope(model.opinion, x).detach().norm(dim=1).cpu()
    return found


def _facts(stand: Duel) -> dict[str, Any]:
    """Losses, right answers, and the sentence about them."""
    players = {name: float(loss) for name, loss in stand.losses.items()}
    seen = float((stand.real > 0.5).double().mean())
    caught = float((stand.fake < 0.5).double().mean())
    typical = float(stand.push.double().norm(dim=1).median())
    return {
        "players": list(players),
        "losses": {name: number(loss) for name, loss in players.items()},
        "seen": seen,
        "caught": caught,
        "accuracy": accuracy(seen, caught),
        "caption": caption(players, accuracy(seen, caught), typical),
    }
