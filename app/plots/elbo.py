"""The bound of a variational autoencoder: over the training, and by draws now."""

from typing import Any

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QWidget

from app.plots.base import Table
from app.plots.curves import UNTRAINED, CurvesPlot
from app.plots.marks import Lines
from app.plots.pane import Pane
from app.plots.panels import EndValue, Line, Panel
from app.plots.ticks import MINUS, fixed, significant
from app.plots.trade import Trade, TradePanel

_AXES = {"step": "Step", "seconds": "Time", "trade": "Rate"}


class ElboPlot(CurvesPlot):
    """How the bound tightens with more draws, then fit, cost and bound as curves."""

    view = "elbo"
    title = "Inside the VAE"
    hint = "More draws k: a closer bound; it nears the evidence ln p(x)."

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        pane = self.panel_paper.add_pane(Pane(zoom_y=False))
        self.ladder = Panel(pane, own_x=True)
        self.rungs = Lines(pane, "samples")
        self.trade = TradePanel(self.panel_paper.add_pane(Pane()))
        self.switch.set_options(_AXES)

    @property
    def is_trade(self) -> bool:
        """Whether rate and distortion are drawn against each other."""
        return self._axis == "trade"

    def draw(self) -> None:
        """The chosen picture, and the sum in words."""
        paper = self.panel_paper
        self.trade.panel.pane.setVisible(self.is_trade)
        course = self.arrays.get("course", np.empty((0, 3)))
        if len(course):
            self.trade.set_trade(self._trade_of(course))
        if self.is_trade:
            for panel in [self.ladder, *self._groups.values()]:
                panel.pane.setVisible(False)
            paper.words = "" if len(course) else UNTRAINED
            paper.x_unit = "nats"
            paper.set_panels([self.trade.panel] if len(course) else [])
        else:
            self._draw_curves()
        self.read_out.set_hint(self.sum_in_words())

    def _trade_of(self, course: Any) -> Trade:
        now, truth = self.meta.get("now") or {}, self.meta.get("truth")
        known = now.get("kl") is not None and now.get("fit") is not None
        return Trade(
            np.asarray(course, np.float64),
            (float(now["kl"]), -float(now["fit"])) if known else None,
            None if truth is None else -float(truth),
            float(self.meta.get("price", 1.0)),
        )

    def _draw_curves(self) -> None:
        """Curves over the training, and the panel of draws before them."""
        super().draw()
        ladder = self.arrays.get("ladder", np.empty((0, 2)))
        paper = self.panel_paper
        self.ladder.pane.setVisible(len(ladder) > 1)
        if len(ladder) > 1:
            self._draw_ladder(ladder)
            paper.words = ""
            paper.set_panels([self.ladder, *paper.panels])

    def _draw_ladder(self, ladder: Any) -> None:
        values, truth = np.nan_to_num(ladder[:, 1]), self.meta.get("truth")
        ends = [float(values.min()), float(values.max())]
        lines = []
        # A bound far below the truth would be squeezed by showing both.
        if truth is not None and float(truth) - ends[1] < 3 * (ends[1] - ends[0] + 0.1):
            ends.append(float(truth))
            lines = [
                Line(float(truth), f"ln p of the data {significant(float(truth))}")
            ]
        room = 0.15 * (max(ends) - min(ends)) + 1e-3
        pane = self.ladder.pane
        k = int(self.meta["now"]["k"])
        pane.set_home(1.0, float(k), min(ends) - room, max(ends) + room)
        self.rungs.opts["antialias"] = True
        self.rungs.set_lines(ladder[None])
        self.ladder.title = f"Bound with 1 to {k} draws"
        self.ladder.unit = "nats/point"
        self.ladder.references = lines
        last = float(values[-1])
        word = f"k {k} {significant(last)}"
        self.ladder.ends = [EndValue(last, word, "samples_text")]

    def recolour(self) -> None:
        """New colours of the curves and of the ladder."""
        super().recolour()
        self.rungs.recolour()
        self.trade.recolour()

    def tables(self) -> dict[str, Table]:
        """The curves, and the bound by draws."""
        found = super().tables()
        if "ladder" in self.arrays:
            found["ladder"] = Table(("k", "bound"), self.arrays["ladder"])
        if "course" in self.arrays:
            columns = ("rate", "distortion", "step")
            found["trade"] = Table(columns, self.arrays["course"])
        return found

    def _on_pointed(self, pixel: QPointF | None) -> None:
        """On the plane of rate and distortion: the nearest moment of the course."""
        trade = self.trade.trade
        if not self.is_trade or trade is None:
            super()._on_pointed(pixel)
            return
        pane = self.panel_paper.pane_at(pixel) if pixel is not None else None
        if pane is None or pixel is None:
            self.tell([])
            return
        row = trade.nearest(*pane.data_point(pixel), pane.limits)
        rate, distortion, step = trade.course[row]
        bound = fixed(-rate - distortion)
        parts = [("step", f"{int(step):,}"), ("rate", fixed(rate))]
        self.tell([*parts, ("distortion", fixed(distortion)), ("bound", bound)])

    def sum_in_words(self) -> str:
        """``fit 1.20 − KL 3.01 = bound −1.81; −1.74 with k = 50, held-out``."""
        now = self.meta.get("now") or {}
        if any(now.get(part) is None for part in ("fit", "kl", "bound", "tight")):
            return self.hint
        fit, kl, bound, tight = (float(now[p]) for p in ("fit", "kl", "bound", "tight"))
        return (
            f"fit {fixed(fit)} {MINUS} KL {fixed(kl)} = bound {fixed(bound)}"
            f"; {fixed(tight)} with k = {int(now['k'])}, held-out"
        )

    def describe(self) -> str:
        """The sum, in words."""
        return self.sum_in_words()[:1].upper() + self.sum_in_words()[1:] + "."


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("elbo")
