"""What the plots of several runs share: limits, time, colours, choices, the pointer."""

from collections.abc import Callable, Iterator, Sequence
from math import ceil
from typing import Any

from PySide6.QtCore import QObject

from app.panels.compare.run_plot import RunPlot
from app.plots.base import PlotView
from app.plots.carried import CarriedPlot
from app.plots.density import DensityPlot
from app.plots.elbo import ElboPlot
from app.plots.layers import LayersPlot
from app.plots.pane import Pane
from app.plots.point_marks import Place
from app.plots.square import Square
from app.plots.trade import Limits, widest
from app.plots.trajectories import TrajectoriesPlot
from app.session import Session

_MOST_OVER = 3  # nats that the common top may be above that of the flattest map
_NATS = 4  # the common top is kept to quarters of a nat, so that it seldom moves

SetRoom = Callable[[Limits | None], None]


class PlotLinks(QObject):
    """Passes on what one plot does to all the others, as far as that is linked."""

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._places: list[RunPlot] = []
        self._watched: set[PlotView] = set()
        self._time: float | None = None
        self._is_busy = False
        session.compare.links_changed.connect(self._on_links)

    def watch(self, place: RunPlot) -> None:
        """Link a place with the others."""
        self._places.append(place)
        place.drawn.connect(self._share_colours)
        place.drawn.connect(self._share_rooms)
        place.time_scrubbed.connect(lambda t: self._on_time(place, t))
        place.probed.connect(lambda what, points: self._on_probed(place, what, points))
        place.plot_changed.connect(lambda: self._watch_plot(place))
        place.switched.connect(lambda word: self._on_switched(place, word))
        place.view_chosen.connect(lambda view: self._on_view_chosen(place, view))
        place.tuned.connect(lambda settings: self._on_tuned(place, settings))
        self._watch_plot(place)

    def forget(self, place: RunPlot) -> None:
        """Link a place no more."""
        self._places.remove(place)
        self._watched -= {p for p in self._watched if place.isAncestorOf(p)}

    def _plots(self) -> list[PlotView]:
        return [place.plot for place in self._places]

    def _watch_plot(self, place: RunPlot) -> None:
        plot = place.plot
        if plot not in self._watched:
            self._watched.add(plot)
            for pane in plot.paper.panes:
                pane.sigRangeChanged.connect(self._on_range)
            if isinstance(plot.paper, Square):
                plot.paper.moved.connect(lambda at: self._on_pointed(plot, at))
        if self._time is not None and self._on("time"):
            plot.set_time(self._time)
        self._share_colours()

    def _on(self, link: str) -> bool:
        return link in self._session.compare.links

    def _on_range(self, pane: Pane, *_: object) -> None:
        """Panes with the same home show the same space."""
        if self._is_busy or not self._on("axes"):
            return
        self._is_busy = True
        for plot in self._plots():
            for other in plot.paper.panes:
                if other is not pane and other.home == pane.home:
                    other.match(pane)
        self._is_busy = False

    def _on_time(self, source: RunPlot, t: float) -> None:
        if self._on("time"):
            self._time = t
            for place in self._places:
                if place is not source:
                    place.plot.set_time(t)

    def _on_probed(self, source: RunPlot, what: str, points: list[list[float]]) -> None:
        """A dragged point is asked of every run that shows the same view."""
        for place in self._places:
            if place.plot.view == source.plot.view and place.plot.has_frame:
                if place is not source:
                    place.plot.take_probe(what, points)
                self._session.questions.probe(place.name, what, points, place.run)

    def _others(self, source: RunPlot) -> Iterator[RunPlot]:
        """Places of other runs and of this one that show the same view."""
        for place in list(self._places):
            if place is not source and place.plot.view == source.plot.view:
                yield place

    def _on_switched(self, source: RunPlot, word: str) -> None:
        """A word chosen in one plot is chosen in all of the same view."""
        if self._is_busy:
            return
        self._is_busy = True
        for place in self._others(source) if self._on("views") else ():
            place.head.choose(word)
        self._is_busy = False
        self._share_colours()

    def _on_view_chosen(self, source: RunPlot, view: str) -> None:
        """Another view at the left of one run stands at the left of all."""
        if self._on("views"):
            side = source.name.rpartition(":")[2]
            for place in self._places:
                if place is not source and place.name.endswith(f":{side}"):
                    place.choose(view)

    def _on_tuned(self, source: RunPlot, settings: dict[str, Any]) -> None:
        if self._on("views"):
            for place in self._others(source):
                place.tune(settings)

    def _on_pointed(self, source: PlotView, at: Place | None) -> None:
        """Where one run is pointed at, all say what they have there."""
        paper = source.paper
        if not isinstance(paper, Square) or source.data_pane() is not paper.pane:
            return  # what is pointed at lies among codes, not among the data
        for plot in self._plots():
            if plot is not source and plot.has_frame and plot.data_pane() is not None:
                plot.read_at(at)

    def _share_rooms(self) -> None:
        """What each run would give a room of its own stands in one for all."""
        trades = [p.trade for p in self._plots() if isinstance(p, ElboPlot)]
        self._share_room(
            [(t.set_room, t.trade.limits()) for t in trades if t.trade is not None]
        )
        ways = [p for p in self._plots() if isinstance(p, TrajectoriesPlot)]
        layers = [p for p in ways if p.meta.get("kind") == "layers"]
        self._share_room([(p.set_room, p.own_room) for p in layers])
        bends = [p for p in self._plots() if isinstance(p, LayersPlot) and p.meta]
        self._share_room([(p.set_room, p.own_room) for p in bends])

    def _share_room(self, rooms: Sequence[tuple[SetRoom, Limits]]) -> None:
        shared = self._on("axes") and len(rooms) > 1
        room = widest([limits for _, limits in rooms]) if shared else None
        for set_room, _ in rooms:
            set_room(room)

    def _share_colours(self) -> None:
        maps = [p for p in self._plots() if isinstance(p, DensityPlot)]
        shared = self._share_top(maps)
        self._share_top([p for p in self._plots() if isinstance(p, CarriedPlot)])
        ranges = [p.own_range for p in maps if p.has_frame and p.mode == "difference"]
        for each in maps:
            each.set_range(max(ranges) if shared and ranges else None)
        bends = [p for p in self._plots() if isinstance(p, LayersPlot) and p.meta]
        wide = max((p.own_span for p in bends), default=None)
        for bend in bends:
            bend.set_span(wide if self._on("colours") and len(bends) > 1 else None)

    def _share_top(self, maps: Sequence[DensityPlot | CarriedPlot]) -> bool:
        """Give maps of one kind the highest of their colours, if that is wished.

        A run whose samples have fallen into one point is so dense there that all
        other maps would be blank: it then has more than the highest colour tells.
        """
        tops = [float(p.meta["log_max"]) for p in maps if p.has_frame]
        shared = self._on("colours") and len(tops) > 1
        highest = min(max(tops), min(tops) + _MOST_OVER) if shared else 0.0
        top = ceil(_NATS * highest) / _NATS if shared else None
        for each in maps:
            each.set_top(top)
        return shared

    def _on_links(self) -> None:
        self._share_colours()
        self._share_rooms()
        if self._on("time") and self._time is not None:
            for plot in self._plots():
                plot.set_time(self._time)
        first = next((p for plot in self._plots() for p in plot.paper.panes), None)
        if first is not None:
            self._on_range(first)
