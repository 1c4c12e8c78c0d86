"""What a pane shows of the latent space, and what it shows of the data space."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.plots.marks import ClassMarks, Floats, Lines, Marks
from app.plots.pane import Pane
from app.theme import theme

Arrays = dict[str, NDArray[Any]]
_MOST_ELLIPSES = 200


def circle(radius: float, points: int = 97) -> Floats:
    """A closed circle about zero, (points, 2)."""
    angle = np.linspace(0, 2 * np.pi, points)
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def ellipses(centres: Floats, radii: Floats) -> Floats:
    """One closed ellipse of one standard deviation per point, (n, 33, 2)."""
    return centres[:, None] + circle(1.0, 33)[None] * radii[:, None]


class LatentLayer:
    """Codes with their ellipses, the prior's lattice and circles, the handle."""

    def __init__(self, pane: Pane, size: float) -> None:
        self.pane = pane
        self.lattice = Lines(pane, "latent", 0.7)
        self.circles = Lines(pane, "text1")
        self.marks = Marks(pane, "text1", "o", 5, "well")
        self.rims = [Lines(pane, f"class{i}") for i in range(len(theme.c.classes))]
        self.codes = ClassMarks(pane, size)
        self.handle = Marks(pane, "latent", "o", 11, "text1")

    def items(self) -> list[Lines | Marks]:
        """Every item."""
        return [
            self.lattice,
            self.circles,
            self.marks,
            *self.rims,
            *self.codes.items,
            self.handle,
        ]

    def set_frame(self, arrays: Arrays, codes: bool) -> None:
        """Show codes, or the lattice of the prior."""
        rounds = np.stack([circle(1.0), circle(2.0)])
        marks = arrays.get("marks_z", np.empty((0, 2)))
        self.circles.set_lines(rounds[: 0 if len(marks) else 2])
        self.marks.set_points(marks)
        empty = np.empty((0, 2, 2))
        grid = arrays.get("grid_z", empty)
        self.lattice.set_lines(empty if codes or grid.size == 0 else grid)
        points = arrays.get("codes", np.empty((0, 2)))[:, :2]
        labels = arrays.get("labels", np.zeros(len(points), "i4"))
        if not codes or not len(points):
            points, labels = points[:0], labels[:0]
        self.codes.set_points(points, labels)
        self._set_ellipses(arrays.get("code_std", points[:0]), points, labels)

    def _set_ellipses(self, std: Floats, points: Floats, labels: NDArray[Any]) -> None:
        count = min(len(std), len(points), _MOST_ELLIPSES)
        kinds = labels[:count] % len(self.rims)
        for index, rim in enumerate(self.rims):
            rim.opts["antialias"] = True
            mine = np.flatnonzero(kinds == index)
            rim.set_lines(ellipses(points[mine], std[mine]))

    def set_handle(self, z: tuple[float, float]) -> None:
        """Move the point that is dragged."""
        self.handle.set_points(np.array([z]))


class DataLayer:
    """Data, the lattice and circles pushed through the model, the decoded point."""

    def __init__(self, pane: Pane) -> None:
        self.pane = pane
        self.lattice = Lines(pane, "latent", 0.75)
        classes = range(len(theme.c.classes))
        self.by_class = [Lines(pane, f"class{index}", 0.75) for index in classes]
        self.circles = Lines(pane, "text1")
        self.marks = Marks(pane, "text1", "o", 5, "well")
        self.residuals = Lines(pane, "data", 0.7)
        self.data = Marks(pane, "data", "s", 3.5)
        self.data.setZValue(-5)
        self.decoded = Marks(pane, "samples", "o", 10, "halo")

    def items(self) -> list[Lines | Marks]:
        """Every item."""
        lines = [self.lattice, *self.by_class, self.circles, self.residuals]
        return [*lines, self.data, self.marks, self.decoded]

    def set_frame(self, arrays: Arrays) -> None:
        """Show what the model makes of the prior."""
        for lines, name in ((self.lattice, "grid_x"), (self.circles, "circle_x")):
            found = arrays.get(name)
            lines.opts["antialias"] = True
            if found is None or found.size == 0:
                lines.clear()
            else:
                lines.set_lines(found)
        self._set_classes(arrays)
        self.residuals.set_lines(arrays.get("residuals", np.empty((0, 2, 2))))
        self.marks.set_points(arrays.get("marks_x", np.empty((0, 2))))
        data = arrays.get("data", np.empty((0, 2)))
        self.data.set_points(data.reshape(-1, 2))

    def _set_classes(self, arrays: Arrays) -> None:
        """A lattice for each class, in its colour, instead of one for all."""
        lattices = arrays.get("class_x", np.empty((0, 2, 2)))
        kinds = arrays.get("class_of", np.empty(0, "i4")) % len(self.by_class)
        for index, lines in enumerate(self.by_class):
            lines.opts["antialias"] = True
            lines.set_lines(lattices[kinds == index])
        if len(lattices):
            self.lattice.clear()
            self.circles.clear()

    def set_decoded(self, x: Floats) -> None:
        """Show where the dragged point is decoded to, (n, 2)."""
        self.decoded.set_points(x)
