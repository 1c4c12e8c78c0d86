"""Data and samples: two clouds on one square."""

from typing import ClassVar, Literal

import torch

from engine.models.counting import counted
from engine.settings import knob
from engine.views.base import Moment, Picture, View, ViewConfig, f32, paper, seed_knob
from engine.views.grid import fewer, spread_pick

#: Data points behind the samples; more would only hide each other.
DATA_POINTS = 2000


class SamplesConfig(ViewConfig):
    """Settings of :class:`SamplesView`."""

    samples: int = knob(
        2000,
        "Samples",
        "Number of points drawn from the model.",
        ge=100,
        le=50_000,
        unit="points",
        apply="live",
        scale="log",
        group="Samples",
    )
    colour: Literal["role", "class"] = knob(
        "role",
        "Colour",
        "Colour points by what they are, or the data by class.",
        apply="live",
        group="Samples",
        choices={"role": "data and samples", "class": "class"},
    )
    seed: int = seed_knob("Samples")


class SamplesView(View):
    """Points of the data, and as many from the model as asked for."""

    name = "samples"
    title = "Data and samples"
    description = "Points of the data behind, points drawn from the model in front."
    Config: ClassVar[type[ViewConfig]] = SamplesConfig
    needs = (("samples",), ("process",))
    empty = "This model draws no samples; look at its curves instead."

    def compute(self, moment: Moment) -> Picture:
        """Arrays data, data_labels, samples; the same seed gives the same points."""
        train = moment.data.train
        chosen = spread_pick(len(train.x), DATA_POINTS, moment.seed)
        count = fewer(self.config.samples, moment.quality, 500)
        with counted(moment.fitted.model) as count_of:
            samples = moment.fitted.sample(count, moment.seed + self.config.seed)
        meta = paper(moment) | {
            "n_data": len(train.x),
            "n_samples": count,
            "evaluations": count_of.of_each(moment.fitted.batches(count)),
            "classes": moment.data.classes,
            "class_names": list(moment.data.source.class_names),
            "colour": self.config.colour,
        }
        arrays = {
            "data": f32(train.x[chosen]),
            "data_labels": train.labels[chosen].to(torch.int32).numpy(),
            "samples": f32(samples),
        }
        return Picture(arrays, meta)
