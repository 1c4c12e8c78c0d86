"""Paths of points: pieces of them between two times, and how they are drawn."""

from itertools import pairwise

import numpy as np

from app.plots.clouds import MOST_MARKS
from app.plots.field import Arrows
from app.plots.marks import Floats, Lines, Marks
from app.plots.pane import Pane
from app.theme import theme

_GRADES = 4
_PALE = 0.25  # opacity of far parts of crooked paths


def at_time(times: Floats, x: Floats, t: float) -> Floats:
    """Positions (n, 2) at t, on straight lines between the frames (k, n, 2)."""
    after = int(np.clip(np.searchsorted(times, t, side="right"), 1, len(times) - 1))
    gap = float(times[after] - times[after - 1])
    share = float(np.clip((t - times[after - 1]) / gap, 0, 1)) if gap > 0 else 1.0
    between: Floats = x[after - 1] + share * (x[after] - x[after - 1])
    return between


def cut_path(times: Floats, x: Floats, t_0: float, t_1: float) -> Floats:
    """The piece of all paths between two times, as polylines (n, k, 2)."""
    inner = x[(times > t_0) & (times < t_1)]
    ends = at_time(times, x, t_0)[None], at_time(times, x, t_1)[None]
    return np.concatenate([ends[0], inner, ends[1]]).transpose(1, 0, 2)


def grade_times(start: float, t: float, tail: float) -> list[float]:
    """Borders of the grades between the start and t; all but the first are bright.

    They share the way evenly; with a ``tail`` below 1 the bright ones share that much
    of it, or all if it is shorter.
    """
    even = np.linspace(start, t, _GRADES + 1)
    newer = np.linspace(t + np.clip(start - t, -tail, tail), t, _GRADES)
    return even.tolist() if tail >= 1 else [start, *newer.tolist()]


class PathItems:
    """Everything that the trajectories draw on a pane, from back to front."""

    def __init__(self, pane: Pane) -> None:
        self.field = Arrows(pane)
        self.to_come = Lines(pane, "path_to_come")
        self.so_far = [Lines(pane, f"path{grade}") for grade in range(_GRADES)]
        self.noise = Marks(pane, "latent", "o", 3)
        self.others = Marks(pane, "path0", "o", 2)
        self.now = Marks(pane, "path3", "o", 5, "well")
        self.own_path = Lines(pane, "samples")
        self.handle = Marks(pane, "latent", "o", 12, "text1")
        self.arrival = Marks(pane, "samples", "o", 9, "halo")
        self.recolour()

    def show_parts(self, paths: bool, field: bool, handle: bool) -> None:
        """Draw paths, field and the start to drag, or not."""
        ways: list[Lines | Marks] = [*self.so_far, self.to_come, self.noise]
        for item in ways:
            item.setVisible(paths)
        self.field.lines.setVisible(field)
        for own in (self.handle, self.own_path, self.arrival):
            own.setVisible(handle)

    def recolour(self) -> None:
        """New colours of lines and marks."""
        wide = 2.0 if theme.look == "projector" else 1.0
        for lines in (*self.so_far, self.to_come, self.own_path, self.field.lines):
            lines.wide = wide
            lines.recolour()
        marks = (self.noise, self.others, self.now, self.handle, self.arrival)
        for item in marks:
            item.recolour()

    def set_points(self, points: Floats, drawn: int) -> None:
        """All points at one time; the first ``drawn`` of them have paths."""
        self.now.set_points(points[:drawn])
        self.others.set_points(points[drawn:MOST_MARKS])

    def set_paths(
        self,
        times: Floats,
        x: Floats,
        t: float,
        forward: bool,
        smooth: bool,
        tail: float = 1.0,
    ) -> None:
        """Paths (k, n, 2) behind t in four grades, and what is to come.

        The bright grades take the share ``tail`` of all times at most: where it is
        less than 1 what lies further back or ahead is pale, so that crossing ways can
        be told apart.
        """
        start, end = (0.0, 1.0) if forward else (1.0, 0.0)
        self.so_far[0].setOpacity(_PALE if tail < 1 else 1.0)
        self.to_come.setOpacity(_PALE if tail < 1 else 1.0)
        grades = pairwise(grade_times(start, t, tail))
        for lines, (t_0, t_1) in zip(self.so_far, grades, strict=True):
            lines.opts["antialias"] = smooth
            lines.set_lines(cut_path(times, x, min(t_0, t_1), max(t_0, t_1)))
        self.to_come.opts["antialias"] = smooth
        self.to_come.set_lines(cut_path(times, x, min(t, end), max(t, end)))

    def set_own(self, start: tuple[float, float], path: Floats | None) -> None:
        """The start to drag and, once answered, its path (k, n, 2)."""
        self.handle.set_points(np.array([start]))
        if path is None or path.size == 0:
            self.own_path.clear()
            self.arrival.set_points(np.empty((0, 2)))
            return
        self.own_path.opts["antialias"] = True
        self.own_path.set_lines(path.transpose(1, 0, 2))
        self.arrival.set_points(path[-1])
