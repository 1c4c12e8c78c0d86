"""The plots of the sampler bench as figures."""

from app.plots.base import PlotView, Table
from app.plots.bench_chart import BenchChart
from app.plots.bench_paths import BenchPaths
from app.plots.paper import Paper


class BenchFigure(PlotView):
    """A plot of the bench for its camera: it follows no view, and is never shown.

    Args:
        source: What the page shows.
        paper: A copy of it, in a twin; none is kept between two figures.
    """

    def __init__(
        self, source: BenchChart | BenchPaths, paper: Paper | None = None
    ) -> None:
        super().__init__(paper)
        self._source = source

    @property
    def has_frame(self) -> bool:
        """Whether the page shows a trial."""
        return not self._source.is_empty

    def tables(self) -> dict[str, Table]:
        """The numbers of the trials on show."""
        return self._source.tables()

    def twin(self) -> "BenchFigure":
        """Another copy, with the part that the person looks at."""
        twin = type(self)(self._source, self._source.copied())
        for mine, other in zip(self._source.panes, twin.paper.panes, strict=True):
            other.follow(mine)
        return twin


class ChartFigure(BenchFigure):
    """Quality of samplers against what they cost."""

    view = "samplers"
    title = "Quality against cost"
    figure_size = (680, 400)


class PathsFigure(BenchFigure):
    """Paths of two samplers."""

    view = "sampler_paths"
    title = "Paths"
