r"""Which start goes to which data point: any to any, the cheapest way, or the flow's.

.. math:: C = E \, \| x_1 - x_0 \|^2

A flow regresses the slopes of lines from starts to data points. Lines of an independent
pairing cross, so that the slopes at a crossing average out and paths bend; those of the
cheapest assignment inside a batch hardly do (Tong et al. 2023, 2302.00482). The pairs
that the flow itself makes cost no more than the independent ones (Liu, Gong, Liu 2022,
2209.03003, theorem 3.5); reflow trains on them, and then its own pairs stand in place
of the independent ones. Lengths are in standardised units,
where the assignment is sought.
"""

from typing import Any, ClassVar

from torch import Tensor

from engine.models.base import Process
from engine.models.inside import Couples
from engine.sampling.coupling import paired_source
from engine.sampling.ode import rk4
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
from engine.views.grid import spread_pick
from engine.views.room import room

#: Steps that carry the starts to the data.
STEPS, LEAST = 20, 8

Pairs = tuple[Tensor, Tensor]


class PairingConfig(ViewConfig):
    """Settings of :class:`PairingView`."""

    lines: int = knob(
        100,
        "Lines",
        "Pairs that are drawn; lengths are measured over a whole batch.",
        ge=10,
        le=400,
        unit="lines",
        apply="live",
        scale="log",
        group="Pairing",
    )
    seed: int = seed_knob("Pairing")


class PairingView(View):
    """Lines from starts to data points, paired in three ways."""

    name = "pairing"
    title = "Pairing"
    description = "Which start is paired with which data point, and at what cost."
    Config: ClassVar[type[ViewConfig]] = PairingConfig
    needs = (("couples", "process"),)
    empty = (
        "This model does not learn from lines between starts and data points; "
        "rectified flow and flow matching do."
    )

    def compute(self, moment: Moment) -> Picture:
        """Arrays data, start, optimal, arrival (n, 2): rows belong together.

        In a round of reflow ``data`` are the ends of the pairs that training uses.
        """
        model = moment.fitted.model
        assert isinstance(model, Couples)
        assert isinstance(model, Process)
        used, size = model.coupling_in_training()
        seed = moment.seed + int(self.config.seed)
        own = _own_pairs(moment, size, seed)
        x_0, x_1 = own or _free_pairs(moment, size, seed)
        optimal = paired_source(x_0, x_1, size)
        moment.tick()
        arrival = self._carried(moment, x_0)
        ends = {"independent": (x_0, x_1), "optimal": (optimal, x_1)}
        ends["flow"] = (x_0, arrival)
        if own:
            used = "reflow"
            # The next row's end belongs to another start.
            ends |= {"reflow": own, "independent": (x_0, x_1.roll(1, 0))}
        parts = {"data": x_1, "start": x_0, "optimal": optimal, "arrival": arrival}
        restore = moment.data.scaling.restore
        places = {k: restore(v).nan_to_num() for k, v in parts.items()}
        # A random part of the batch: its rows are in the order of the table.
        drawn = spread_pick(len(x_0), int(self.config.lines), seed)
        meta = paper(moment) | {
            "used": used,
            "batch": len(x_0),
            "costs": {name: _cost(*pair) for name, pair in ends.items()},
            "home": _home(places, moment),
        }
        return Picture({k: f32(v[drawn]) for k, v in places.items()}, meta)

    def _carried(self, moment: Moment, x_0: Tensor) -> Tensor:
        """Where the flow takes the starts (n, dim), standardised."""
        fitted, scaling = moment.fitted, moment.data.scaling
        steps = max(LEAST, round(STEPS * moment.quality))

        def velocity(x: Tensor, t: Tensor) -> Tensor:
            moment.tick()
            return fitted.velocity(x, float(t)).double()

        times = [k / steps for k in range(steps + 1)]
        end = rk4(velocity, scaling.restore(x_0), times)
        return scaling.standardise(end)


def _own_pairs(moment: Moment, size: int, seed: int) -> Pairs | None:
    """Starts and ends (n, dim) that a round of reflow trains on; None before one."""
    columns = moment.table
    if "x_0" not in columns:
        return None
    rows = spread_pick(len(columns["x_0"]), size, seed)
    return columns["x_0"][rows].double().cpu(), columns["x"][rows].double().cpu()


def _free_pairs(moment: Moment, size: int, seed: int) -> Pairs:
    """Any start with any data point, (n, dim), standardised."""
    model: Any = moment.fitted.model
    train = moment.data.train.x
    rows = spread_pick(len(train), size, seed)
    x_1 = moment.data.scaling.standardise(train[rows].double())
    x_0 = model.start(len(rows), moment.fitted.generator(seed)).double().cpu()
    return x_0, x_1


def _cost(x_0: Tensor, x_1: Tensor) -> float | None:
    """Mean squared length of the lines between points (n, dim)."""
    return number((x_1 - x_0).square().sum(1).mean())


def _home(places: dict[str, Tensor], moment: Moment) -> list[Any]:
    """Limits that hold starts as well as data."""
    return room(places["start"][None], moment.data.limits)
