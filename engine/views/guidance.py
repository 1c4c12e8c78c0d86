r"""Three fields of one network: of all the data, of one class, and the guided one.

.. math:: f = f_\varnothing + w (f_c - f_\varnothing)

They are shown at the same places and the same time, with the same starts on their way
under each of them. The spread of what arrives tells how guidance sharpens. Ho &
Salimans 2022, 2207.12598.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.models.fitted import Fitted
from engine.models.inside import Guided
from engine.protocol import Remedy
from engine.settings import knob
from engine.views.base import (
    Moment,
    Picture,
    View,
    ViewConfig,
    f32,
    number,
    paper,
    seed_knob,
)
from engine.views.field import UNITS, Quantity
from engine.views.frames import thinned
from engine.views.grid import cell_centres, coarser, fewer, in_chunks, spread_pick
from engine.views.trajectories import BACKDROP

#: Frames of the starts on their way, and the fewest starts of a quick picture.
FRAMES, FEWEST = 32, 40
#: Guidance that is seen at once, where a class is chosen by one click.
WEIGHT = 3.0
Missing = Literal["", "data", "learn", "choose"]


class GuidanceConfig(ViewConfig):
    """Settings of :class:`GuidanceView`."""

    quantity: Literal["velocity", "score"] = knob(
        "velocity",
        "Arrows",
        "Velocity of the paths, or the direction in which the density climbs.",
        apply="live",
        group="Guidance",
        choices={"velocity": "velocity", "score": "score"},
    )
    t: float = knob(
        0.5,
        "Time",
        "Moment on the way from noise (0) to data (1).",
        ge=0,
        le=1,
        apply="live",
        symbol="t",
        group="Guidance",
    )
    resolution: int = knob(
        11,
        "Arrows per side",
        "Arrows along each axis of each field.",
        ge=6,
        le=32,
        apply="live",
        group="Guidance",
    )
    points: int = knob(
        200,
        "Points",
        "Starts that travel under each field.",
        ge=20,
        le=1000,
        unit="points",
        apply="live",
        scale="log",
        group="Guidance",
    )
    seed: int = seed_knob("Guidance")


class GuidanceView(View):
    """The fields, and the same starts on their way under each."""

    name = "guidance"
    title = "Guidance"
    description = "The field of all data, of one class, and the guided one."
    Config: ClassVar[type[ViewConfig]] = GuidanceConfig
    needs = (("process", "guided"),)
    empty = (
        "This model has no guidance; flow matching, DDPM, the score SDE, EDM and the "
        "exact reference have."
    )

    def compute(self, moment: Moment) -> Picture:
        """Arrays points, and of free, bound, guided: vectors, times, x (K, n, 2).

        Meta ``missing`` says what there must be first: ``data`` with classes, a network
        that may ``learn`` them, or the class to ``choose``; ``remedies`` the settings
        that bring it about, if there are any.
        """
        moment.tick()
        model, train = moment.fitted.model, moment.data.train
        assert isinstance(model, Guided)
        label = model.guided_class()
        missing = _missing(moment, label)
        meta = paper(moment) | {"missing": missing, "t": self.config.t}
        rows = spread_pick(len(train.x), BACKDROP, moment.seed)
        everything = f32(train.x[rows])
        if missing or label is None:
            meta["remedies"] = [r.model_dump() for r in _remedies(moment, missing)]
            return Picture({"data": everything}, meta)
        arrays, facts = self._compared(moment, _sides(moment))
        of_class = train.x[train.labels == label]
        chosen = spread_pick(len(of_class), min(BACKDROP, len(of_class)), moment.seed)
        arrays |= {"data": everything, "class_data": f32(of_class[chosen])}
        names = moment.data.source.class_names
        facts |= {
            "class": names[label] if label < len(names) else str(label + 1),
            "weight": float(moment.fitted.model.config.guidance),
            "weight_now": model.guidance_at(float(self.config.t)),
        }
        return Picture(arrays, meta | facts)

    def _compared(
        self, moment: Moment, sides: Mapping[str, Fitted]
    ) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Arrays and facts of the three fields."""
        config, seed = self.config, moment.seed + int(self.config.seed)
        grid = coarser(config.resolution, moment.quality, 6)
        places = cell_centres(moment.data.limits, grid)
        count = fewer(config.points, moment.quality, FEWEST)
        start = moment.fitted.start(count, seed)
        arrays, top, spreads = {"points": f32(places)}, {}, {}
        for name, fitted in sides.items():
            vectors = self._arrows(fitted, places, moment)
            top[name] = float(vectors.double().norm(dim=1).max())
            found = fitted.trace(start, seed)
            kept = thinned(len(found.times), fewer(FRAMES, moment.quality, 12))
            arrays[name] = f32(vectors)
            arrays[f"{name}.times"] = f32(found.times[kept])
            arrays[f"{name}.x"] = f32(found.x[kept].nan_to_num())
            spreads[name] = number(spread_of(found.x[-1]))
        quantity: Quantity = config.quantity
        facts = {"quantity": quantity, "unit": UNITS[quantity], "max_norms": top}
        return arrays, facts | {"spreads": spreads, "resolution": grid}

    def _arrows(self, fitted: Fitted, places: Tensor, moment: Moment) -> Tensor:
        """Vectors (m, 2); where a division by no noise left numbers, none."""
        t: float = self.config.t

        def arrow(x: Tensor) -> Tensor:
            score = self.config.quantity == "score"
            return fitted.score(x, t) if score else fitted.velocity(x, t)

        found = in_chunks(arrow, places, moment.tick)
        return torch.where(found.isfinite().all(1, keepdim=True), found, 0.0)


def _missing(moment: Moment, label: int | None) -> Missing:
    """What stands between this run and three fields."""
    model = moment.fitted.model
    assert isinstance(model, Guided)
    if moment.data.classes < 2:
        return "data"
    if not model.knows_classes:
        return "learn"
    return "choose" if label is None else ""


def _remedies(moment: Moment, missing: Missing) -> list[Remedy]:
    """What one click can do about what is missing."""
    config = moment.fitted.model.config
    changes: dict[str, Any]
    if missing == "learn":
        changes = {"conditional": True}
        return [
            Remedy(
                title="Learn classes: begin again", changes={"model_settings": changes}
            )
        ]
    if missing == "choose":
        weight = WEIGHT if config.guidance == 1 else config.guidance
        changes = {"label": 1, "guidance": weight}
        title = f"Guide to {moment.data.source.class_names[0]}"
        return [Remedy(title=title, changes={"model_settings": changes})]
    return []


def _sides(moment: Moment) -> dict[str, Fitted]:
    """The run's model without its class, with it, and guided as the run is."""
    model, fitted = moment.fitted.model, moment.fitted
    assert isinstance(model, Guided)
    models = {
        "free": model.with_guidance(0.0),
        "bound": model.with_guidance(1.0),
        "guided": model,
    }
    return {
        name: Fitted(each, fitted.scaling, fitted.sampler, moment.tick)
        for name, each in models.items()
    }


def spread_of(x: Tensor) -> Tensor:
    """Root mean square distance of points x (n, 2) from their mean, data units."""
    x = x.double()
    x = x[x.isfinite().all(1)]
    return (x - x.mean(0)).square().sum(1).mean().sqrt()
