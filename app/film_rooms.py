"""One scale over a whole film: limits of each pane that hold those of all pictures."""

from collections.abc import Sequence
from math import isfinite
from typing import Any

from shiboken6 import isValid

from app.plots.base import PlotView
from engine.protocol import Arrays

Picture = tuple[dict[str, Any], Arrays]
Limits = tuple[float, float, float, float]


class FilmRooms:
    """Tries all pictures in a hidden twin of a plot, then holds the plot's limits.

    With limits of its own for each picture, a film's ticks jump and what stands still
    seems to move. Curves over the training grow, and keep their limits.

    Args:
        plot: What is filmed.
        pictures: What it will show.
    """

    def __init__(self, plot: PlotView, pictures: Sequence[Picture]) -> None:
        self._panes = list(plot.paper.panes)
        self._left = [] if plot.shows_whole_training else list(pictures)
        self._twin = plot.twin() if self._left else None
        self._seen: list[list[Limits]] = [[] for _ in self._panes]

    def try_next(self) -> bool:
        """Look at one picture more; False once all have been seen, and limits hold."""
        if self._twin is None:
            return False
        if self._left:
            self._twin.show_frame(*self._left.pop(0))
            panes = self._twin.paper.panes
            # Limits of other panels than those of the end would say nothing.
            if len(panes) == len(self._seen):
                for seen, pane in zip(self._seen, panes, strict=True):
                    if all(map(isfinite, pane.home)):
                        seen.append(pane.home)
            return True
        self._drop_twin()
        for seen, pane in zip(self._seen, self._panes, strict=True):
            if seen and isValid(pane):
                pane.hold(_widest(seen))
        return False

    def release(self) -> None:
        """Each pane goes by its own picture again."""
        self._left = []
        self._drop_twin()
        for pane in self._panes:
            if isValid(pane):
                pane.hold(None)

    def _drop_twin(self) -> None:
        if self._twin is not None:
            self._twin.deleteLater()
            self._twin = None


def _widest(limits: Sequence[Limits]) -> Limits:
    x_0, x_1, y_0, y_1 = zip(*limits, strict=True)
    return min(x_0), max(x_1), min(y_0), max(y_1)
