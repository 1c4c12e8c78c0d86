"""Noise levels from noise to data: error of the guess, signal, noise, their ratio."""

from typing import Any

import numpy as np
from PySide6.QtWidgets import QWidget

from app.plots.base import Table
from app.plots.curves import CurvesPlot
from app.plots.ticks import fixed


class LevelsPlot(CurvesPlot):
    """Curves over t instead of steps: t = 0 is noise, t = 1 is data."""

    view = "levels"
    title = "Noise levels"
    hint = "Point at a level to read it; from noise, t = 0, to data, t = 1."
    shows_whole_training = False

    def header_widgets(self) -> list[QWidget]:
        """Nothing: t is the only axis."""
        return []

    def view_state(self) -> dict[str, Any]:
        """Nothing is chosen here."""
        return {}

    def _arrange(self) -> None:
        """The target that the network predicts stands out."""
        super()._arrange()
        for name, curve in self._curves.items():
            curve.emphasise(name == self.meta.get("trained"))

    def _heading(self, group: str, names: list[str]) -> tuple[str, str]:
        """Beside the targets: which of them the network predicts."""
        title, unit = super()._heading(group, names)
        if self.meta.get("trained") in names:
            words = f"the network predicts {self.meta['trained_word']}"
            unit = f"{unit}, {words}" if unit else words
        return title, unit

    def _may_be_log(self, group: str) -> bool:
        """Areas under a density mean something, which logs would bend."""
        return group != "visited"

    def values_at(self, x: float) -> list[tuple[str, str]]:
        """The time and all values at it."""
        parts = super().values_at(x)
        return [("t", fixed(min(max(x, 0.0), 1.0))), *parts[1:]]

    def tables(self) -> dict[str, Table]:
        """Each quantity over t."""
        return {
            name: Table(
                ("t", "value"),
                np.stack([self._of(name, "step"), self._of(name, "value")], axis=1),
            )
            for name in self._names()
        }

    def describe(self) -> str:
        """How good the guess is half-way."""
        words = ", ".join(f"{name} {value}" for name, value in self.values_at(0.5))
        return f"Noise levels: {words}."


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("levels")
