"""Points of one data set carried to another and back by two translators."""

import math
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine import registry
from engine.data.load import plot_limits
from engine.metrics.distances import energy_distance
from engine.models.inside import Translation
from engine.settings import knob
from engine.views.base import Moment, Picture, View, ViewConfig, f32, number, paper
from engine.views.grid import fewer, spread_pick
from engine.views.trajectories import BACKDROP

#: Points that tell how far the carried cloud is from the data set it should become.
JUDGED = 500
SECTORS = 8


class CycleConfig(ViewConfig):
    """Settings of :class:`CycleView`."""

    threads: int = knob(
        80,
        "Threads",
        "Points whose way there and back is drawn.",
        ge=1,
        le=400,
        unit="points",
        apply="live",
        scale="log",
        group="Threads",
    )
    begin: Literal["x", "y"] = knob(
        "x",
        "Begin",
        "Threads begin at the data of the run, or at the other data set.",
        apply="live",
        group="Threads",
        choices={"x": "data of the run", "y": "other data set"},
    )
    seed: int = knob(
        0,
        "Seed",
        "Another number picks other points.",
        ge=0,
        le=2**31 - 1,
        apply="live",
        group="Threads",
        slider=(0, 100),
    )


class CycleView(View):
    """Threads x, G(x), F(G(x)) between two data sets, or y, F(y), G(F(y))."""

    name = "cycle"
    title = "There and back"
    description = "Points carried to the other data set and back, side by side."
    Config: ClassVar[type[ViewConfig]] = CycleConfig
    needs = (("translation",),)
    empty = (
        "This model makes points from noise; only a CycleGAN carries the points of one "
        "data set to another and back."
    )

    def compute(self, moment: Moment) -> Picture:
        """Arrays start, there, back (n, 2) with sectors (n,), data, other."""
        fitted, config = moment.fitted, self.config
        forward = config.begin == "x"
        x, y = moment.data.train.x, fitted.other_points()
        begin, target = (x, y) if forward else (y, x)
        count = fewer(JUDGED, moment.quality, max(100, config.threads))
        start = begin[spread_pick(len(begin), count, moment.seed + config.seed)]
        there = fitted.carry(start, forward)
        moment.tick()
        back = fitted.carry(there, not forward)
        miss = (back - start).double().square().sum(1).mean().sqrt()
        drawn = slice(config.threads)
        arrays = {
            "start": f32(start[drawn]),
            "there": f32(there[drawn].nan_to_num()),
            "back": f32(back[drawn].nan_to_num()),
            "sectors": sectors(start[drawn], begin.mean(0)).to(torch.int32).numpy(),
            "data": f32(x[spread_pick(len(x), BACKDROP, moment.seed)]),
            "other": f32(y[spread_pick(len(y), BACKDROP, moment.seed)]),
        }
        meta = paper(moment) | {
            "begin": config.begin,
            "ends": ["x", "F(G(x))"] if forward else ["y", "G(F(y))"],
            "names": _titles(moment),
            "limits_y": [float(v) for v in plot_limits(y)],
            "round_trip": number(miss),
            "arrival": number(self._arrival(moment, there, target)),
        }
        return Picture(arrays, meta)

    @staticmethod
    def _arrival(moment: Moment, there: Tensor, target: Tensor) -> float:
        """Energy distance of the carried points from their target, standardised."""
        pick = spread_pick(len(target), JUDGED, moment.seed)
        scaling = moment.data.scaling
        found = there[torch.isfinite(there).all(1)].double()
        if len(found) < 2 or len(pick) < 2:
            return math.nan
        wanted = scaling.standardise(target[pick].double())
        return energy_distance(scaling.standardise(found), wanted)


def sectors(x: Tensor, middle: Tensor) -> Tensor:
    """In which of eight equal sectors about the middle each point (n, 2) lies."""
    away = x - middle
    turns = torch.atan2(away[:, 1], away[:, 0]) / (2 * math.pi)
    return (turns * SECTORS).floor().long() % SECTORS


def _titles(moment: Moment) -> list[str]:
    """What both data sets are called."""
    model = moment.fitted.model
    assert isinstance(model, Translation)
    return [moment.data.title, registry.data_set(model.other_name).title]
