"""What a teacher has learned, and what its student makes of it, side by side."""

from typing import ClassVar

from PySide6.QtWidgets import QWidget

from app.plots.base import PlotView
from app.plots.clouds import SmoothImage
from app.plots.density_map import indices
from app.plots.marks import Marks
from app.plots.numbers import CellMap
from app.plots.pane import Pane
from app.plots.scale_key import ScaleKey
from app.plots.ticks import fixed, significant
from app.plots.two_panes import TwoPanes
from app.theme import theme

_SIDES = ("teacher", "student")
#: A divergence this many times as large as its error is told apart from 0.
_CLEAR = 2.0


class TeacherPlot(PlotView):
    """Two maps of log-density with one scale, and samples of the same noise."""

    view = "teacher"
    title = "Teacher and student"
    short = "Teacher"
    hint = "Dots are samples of both; they are made of the same noise."
    shapes: ClassVar = {
        "teacher": CellMap("teacher_log_p"),
        "student": CellMap("student_log_p"),
    }

    def __init__(self, parent: QWidget | None = None) -> None:
        self.two = TwoPanes()
        self.two.are_square = True
        super().__init__(self.two, parent)
        panes = (self.two.left, self.two.right)
        self.images = [SmoothImage(pane) for pane in panes]
        self.samples = [Marks(pane, "samples", "o", 4, "halo") for pane in panes]
        for pane in panes:
            pane.clicked.connect(self._on_clicked)

    def data_pane(self) -> Pane | None:
        """Both show the data space; marks go to the student's, which is judged."""
        return self.two.right

    def describe(self) -> str:
        """How far the student is from the teacher."""
        return f"Teacher at the left, student at the right; {self._divergence()}."

    def draw(self) -> None:
        """Maps, samples, scale and divergence."""
        low, high = float(self.meta["log_min"]), float(self.meta["log_max"])
        table = theme.density_lut()
        sides = zip(_SIDES, self.two.panes, self.images, self.samples, strict=True)
        for name, pane, image, marks in sides:
            pane.set_home(*self.limits)
            picture = table[indices(self.arrays[name], low, high)]
            image.set_picture(picture, self.limits)
            marks.set_points(self.points(f"{name}_samples"))
        self.two.keys = (ScaleKey(f"log p {fixed(low, 1)} to {fixed(high, 1)}"),)
        self.two.words = self._divergence()
        student = "Student" if self.meta["begun"] else "Student, not taught yet"
        self.two.titles = ("Teacher", student)
        self.two.refresh()

    def recolour(self) -> None:
        """New colours of the samples; the maps follow with ``draw``."""
        for marks in self.samples:
            marks.recolour()

    def _divergence(self) -> str:
        """``KL 0.12 nats``, with its error where that is not small."""
        value, error = self.meta["kl"], self.meta["kl_error"]
        if value is None or error is None:
            return "KL not finite"
        if abs(value) < _CLEAR * error:
            return f"KL {fixed(value)} ± {significant(error, 1)} nats"
        return f"KL {significant(value, 2)} nats"

    def _on_clicked(self, x: float, y: float) -> None:
        if self.meta:
            self.asked.emit(x, y)


if __name__ == "__main__":
    from app.plots.preview import open_preview

    open_preview("teacher")
