"""What codes cost against how well they are read back: the course of one training.

Rate R = KL, distortion D = −fit, both nats per point. Where R + D is the same the bound
is the same, lines of slope −1; training with a price β pays for D + β R. No model that
knows the data can lie below R + D = entropy of the data (Alemi et al. 2018, "Fixing a
Broken ELBO", 1711.00464).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.plots.conditionals import Line
from app.plots.curve import value_range
from app.plots.marks import Lines, Marks
from app.plots.pane import Pane
from app.plots.panels import EndValue, Panel
from app.plots.ticks import MINUS, significant, three_ticks
from app.widgets.numbers import format_number

Limits = tuple[float, float, float, float]
_BELOW, _ABOVE = 0.3, 0.7  # where room is to spare; the course comes from above
_OLD = 0.5  # share of the course that is drawn pale


@dataclass(frozen=True)
class Trade:
    """One training: course (m, 3) of rate, distortion, step, and where it is now.

    ``truth`` is the entropy of the data, nats, None if unknown; ``price`` is β.
    """

    course: NDArray[Any]
    now: tuple[float, float] | None
    truth: float | None
    price: float

    def limits(self) -> Limits:
        """Room for the later course, the present and, at the left, rate 0.

        A nat is about as long on both axes, else lines of equal bound would be steep.
        """
        rate, distortion = self.course[:, 0], self.course[:, 1]
        rates, levels = ([], []) if self.now is None else ([self.now[0]], [self.now[1]])
        high = value_range([rate], [rate], [*rates, 0.0])[1]
        least, most = value_range([distortion], [distortion], levels)
        room = max(high - (most - least), 0.0)
        return 0.0, max(high, most - least), least - _BELOW * room, most + room * _ABOVE

    def nearest(self, rate: float, distortion: float, limits: Limits) -> int:
        """Row of the course that is nearest on a paper with these limits."""
        x_0, x_1, y_0, y_1 = limits
        away = (self.course[:, :2] - (rate, distortion)) / (x_1 - x_0, y_1 - y_0)
        return int(np.nansum(away**2, axis=1).argmin())


def line_of(price: float, cost: float, limits: Limits) -> NDArray[np.float64]:
    """Where D + price R = cost, from edge to edge of the limits, (2, 2)."""
    x_0, x_1, _, _ = limits
    return np.array([[x, cost - price * x] for x in (x_0, x_1)])


def widest(limits: list[Limits]) -> Limits:
    """The smallest limits that hold all these."""
    x_0, x_1, y_0, y_1 = zip(*limits, strict=True)
    return min(x_0), max(x_1), min(y_0), max(y_1)


class TradePanel:
    """The course over lines of equal bound, with the line that training moves along."""

    def __init__(self, pane: Pane) -> None:
        self.panel = Panel(pane, own_x=True)
        self.equal = Lines(pane, "text4", 0.45)
        self.old = Lines(pane, "samples", 0.4)
        self.course = Lines(pane, "samples")
        self.least = Line(pane, "data", (3, 2))
        self.paid = Line(pane, "text2", (5, 3))
        self.now = Marks(pane, "samples", "o", 9, "halo")
        for lines in (self.equal, self.old, self.course):
            lines.opts["antialias"] = True
        self._room: Limits | None = None
        self._trade: Trade | None = None

    @property
    def trade(self) -> Trade | None:
        """What is shown."""
        return self._trade

    def set_room(self, room: Limits | None) -> None:
        """Show these limits, which several runs share; None for its own."""
        if room != self._room:
            self._room = room
            if self._trade is not None:
                self.set_trade(self._trade)

    def set_trade(self, trade: Trade) -> None:
        """Show a training."""
        self._trade = trade
        limits = self._room or trade.limits()
        self.panel.pane.set_home(*limits)
        half = max(int(_OLD * len(trade.course)), 1)
        self.old.set_lines(trade.course[None, : half + 1, :2])
        self.course.set_lines(trade.course[None, half:, :2])
        self._draw_equal(trade, limits)
        self._draw_prices(trade, limits)
        self.panel.title = f"Distortion ({MINUS}fit) over rate (KL)"
        self.panel.unit = "grey: equal bound"
        self._name_ends(trade, limits)

    def recolour(self) -> None:
        """New colours of all lines and marks."""
        for lines in (self.equal, self.old, self.course):
            lines.recolour()
        for item in (self.least, self.paid, self.now):
            item.recolour()

    def _draw_equal(self, trade: Trade, limits: Limits) -> None:
        """Lines of slope −1 through the ticks of the left edge, and on above."""
        _, x_1, low, high = limits
        ticks = three_ticks(low, high)
        gap = ticks[1] - ticks[0] if len(ticks) > 1 else high - low
        count = int(np.ceil((high + x_1 - ticks[0]) / gap)) if gap > 0 else 0
        costs = ticks[0] + gap * np.arange(-1, count + 1)
        self.equal.set_lines(np.stack([line_of(1.0, cost, limits) for cost in costs]))

    def _draw_prices(self, trade: Trade, limits: Limits) -> None:
        known, priced = trade.truth is not None, trade.now is not None
        self.least.setVisible(known)
        if trade.truth is not None:
            self.least.set_values(*line_of(1.0, trade.truth, limits).T)
        self.paid.setVisible(priced and trade.price != 1)
        self.now.set_points(np.array([trade.now] if priced else np.empty((0, 2))))
        if trade.now is not None:
            cost = trade.now[1] + trade.price * trade.now[0]
            self.paid.set_values(*line_of(trade.price, cost, limits).T)

    def _name_ends(self, trade: Trade, limits: Limits) -> None:
        """Words at the right: the present, and lines near where they end."""
        named = []
        if trade.now is not None:
            named.append((trade.now[1], "now", "samples_text"))
        if trade.truth is not None:
            y = line_of(1.0, trade.truth, limits)[1, 1]
            named.append((y, f"entropy {significant(trade.truth)}", "data_text"))
        if trade.now is not None and trade.price != 1:
            cost = trade.now[1] + trade.price * trade.now[0]
            y = line_of(trade.price, cost, limits)[1, 1]
            named.append((y, f"β = {format_number(trade.price)}", "text2"))
        _, _, low, high = limits
        self.panel.ends = [
            EndValue(min(max(float(y), low), high), words, token)
            for y, words, token in named
        ]
