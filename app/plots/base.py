"""What every plot has: frames in, signals out, a state that can be kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QStackedLayout, QWidget

from app.plots.numbers import Plane, Shape, tables_of
from app.plots.numbers import Table as Table
from app.plots.pane import Pane
from app.plots.paper import Paper
from app.plots.point_marks import Place, PointMarks
from app.plots.read_out import Parts, ReadOut
from app.theme import theme
from app.widgets.chip import ChipKind
from app.widgets.empty_state import EmptyState

Meta = dict[str, Any]
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class ChipInfo:
    """A word in the header: how a number is known, or a fault, with a tooltip."""

    text: str
    kind: ChipKind
    note: str = ""


class PlotView(QWidget):
    """One view of a run. Signals come from the user's hand only.

    A frame is kept and drawn whole; nothing of the frame before is needed. Subclasses
    implement ``draw``, ``recolour`` and, where they have any, state and controls.

    Attributes:
        view: Name of the engine's view that feeds the plot.
        title: The heading of its card.
        short: The same where there is no room for it, if it can be said in less.
        figure_size: Size of an exported figure if the plot was never shown, px.
    """

    view: ClassVar[str]
    title: ClassVar[str]
    short: ClassVar[str] = ""
    hint: ClassVar[str] = ""
    #: Settings of the view for which the plot has controls of its own.
    own_settings: ClassVar[frozenset[str]] = frozenset()
    figure_size: ClassVar[tuple[int, int]] = (480, 360)
    #: What the numbers of arrays are that are more than a list, or places of the data.
    shapes: ClassVar[Mapping[str, Shape]] = {}
    #: What a thing that the hand drags asks of the engine, if there is one.
    drag_asks: ClassVar[str] = ""
    #: Whether every moment, from 0 to 1, is at hand, so that it can be filmed.
    has_all_times: ClassVar[bool] = False
    #: Whether it shows the whole training, whichever moment is visited.
    shows_whole_training: ClassVar[bool] = False

    settings_edited = Signal(dict)
    probed = Signal(str, list)
    move_wished = Signal(str)  # one player of a game shall move alone
    asked = Signal(float, float)  # a place among the data was clicked
    hovered = Signal(list)
    chips_changed = Signal()
    time_scrubbed = Signal(float)
    companions_changed = Signal()
    #: What is missing, and settings that bring it: the fields of ``Remedy``.
    remedy_wished = Signal(str, dict)

    def __init__(
        self, paper: Paper | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.meta: Meta = {}
        self.arrays: Arrays = {}
        # A screen reader is told at most once a second, and of the last picture.
        self._telling = QTimer(self, singleShot=True, interval=1000)
        self._telling.timeout.connect(self._describe)
        self._remedy: tuple[str, Meta] | None = None
        self._chips: list[ChipInfo] = []
        self._marks: dict[Pane, PointMarks] = {}
        self._marked: tuple[Place | None, Arrays] = (None, {})
        self.paper = paper or Paper()
        self.empty = EmptyState("Nothing to show yet", "The first frame is on its way.")
        self.read_out = ReadOut(self.hint)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.paper)
        self._stack.addWidget(self.empty)
        self.setAccessibleName(self.title)
        self.setFocusProxy(self.paper)
        self.paper.setAccessibleName(f"{self.title} plot")
        self.empty.action_chosen.connect(self._on_way_out)
        theme.changed.connect(self._on_theme)

    # ---- what the window calls

    def show_frame(self, meta: Meta, arrays: Arrays) -> None:
        """Draw a frame of the view: facts and arrays as the engine sent them."""
        self.meta, self.arrays = meta, arrays
        self._stack.setCurrentWidget(self.paper)
        self.draw()
        self._draw_point()
        self._refresh_chips()
        if not self._telling.isActive():
            self._describe()
        self.paper.point_again()  # what is read there is of the frame before

    def show_empty(self, title: str, text: str) -> None:
        """Say what is missing and why, instead of a plot."""
        self.meta, self.arrays = {}, {}
        self.show_way_out(title, text)
        self._refresh_chips()

    def show_way_out(self, title: str, text: str, remedy: Meta | None = None) -> None:
        """Say what a frame without a picture lacks; the next one is drawn again.

        A remedy, settings with a title, gets a button.
        """
        self._remedy = (title, remedy) if remedy else None
        self.empty.set_words(title, text, str(remedy["title"]) if remedy else "")
        self._stack.setCurrentWidget(self.empty)

    @property
    def has_frame(self) -> bool:
        """Whether a frame is shown."""
        return bool(self.meta)

    def chips(self) -> list[ChipInfo]:
        """Words for the header of the card."""
        return self._chips

    def header_widgets(self) -> list[QWidget]:
        """Switches for the header of the card."""
        return []

    def strip(self) -> QWidget | None:
        """What stands under the plot."""
        return self.read_out

    def view_state(self) -> dict[str, Any]:
        """Choices of the person that are worth keeping; JSON-able."""
        return {}

    def set_view_state(self, state: dict[str, Any]) -> None:
        """Take choices back, silently; what is unknown is left as it is."""

    def companions(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """Further views it wants now: suffix of the slot, view and settings."""
        return {}

    def show_companion(self, suffix: str, meta: Meta, arrays: Arrays) -> None:
        """Draw a frame of a further view."""

    def show_probe(self, what: str, arrays: Arrays) -> None:
        """Draw the answer to a ``probed``."""

    def take_probe(self, what: str, points: list[list[float]]) -> None:
        """Show the question that the same plot of another run asked, silently."""

    def show_point(self, place: Place | None, arrays: Arrays) -> None:
        """Mark a place among the data, and what the run says of it; None for none."""
        self._marked = (place, arrays)
        for marks in self._marks.values():
            marks.clear()
        self._draw_point()

    def set_time(self, t: float) -> None:
        """Show the time that another plot was scrubbed to, silently."""

    def show_moment(self, share: float) -> None:
        """Show a moment of what can be filmed, from 0 to 1, silently."""
        self.set_time(share)

    def moment_words(self, share: float) -> str:
        """What such a moment is called in a film."""
        return f"t = {share:.2f}"

    def read_at(self, place: Place | None) -> None:
        """Write in the strip what lies at a place of the data; None for none."""

    def twin(self) -> "PlotView":
        """A new plot that shows the same, for a figure."""
        twin = type(self)()
        twin.set_view_state(self.view_state())
        if self.meta:
            twin.show_frame(self.meta, self.arrays)
        twin.prepare_figure(self)
        twin.show_point(*self._marked)
        for mine, other in zip(self.paper.panes, twin.paper.panes, strict=True):
            other.follow(mine)
        return twin

    def reset_view(self) -> None:
        """Return to the home limits."""
        self.paper.go_home()

    def tables(self) -> dict[str, Table]:
        """The numbers behind the plot."""
        return tables_of(self.arrays, self.shapes, self._planes())

    def numbers_note(self) -> str:
        """What whoever saves them should know of them; empty if nothing."""
        return ""

    # ---- what subclasses write

    def draw(self) -> None:
        """Draw ``self.meta`` and ``self.arrays``."""
        raise NotImplementedError

    def data_pane(self) -> Pane | None:
        """The pane that shows the data space now; None if none does."""
        return None

    def recolour(self) -> None:
        """Take the colours of items from the theme again."""

    def make_chips(self) -> list[ChipInfo]:
        """The chips for the present frame."""
        return []

    def describe(self) -> str:
        """The plot in one sentence, for people who cannot see it."""
        return ""

    def prepare_figure(self, source: "PlotView") -> None:
        """Take over what a figure of ``source`` needs beyond its state and frame."""

    # ---- for subclasses

    @property
    def limits(self) -> tuple[float, float, float, float]:
        """The limits that all plots of a run share."""
        x_0, x_1, y_0, y_1 = (float(v) for v in self.meta["limits"])
        return x_0, x_1, y_0, y_1

    @property
    def ends(self) -> tuple[str, str]:
        """What a path comes from and leads to, in a word each."""
        first, last = (str(word) for word in self.meta.get("ends", ("noise", "data")))
        return first, last

    def points(self, name: str) -> NDArray[Any]:
        """An array of points (n, 2), empty if the frame has none."""
        found = self.arrays.get(name)
        return found if found is not None and found.size else np.empty((0, 2), "f4")

    def tell(self, parts: Parts) -> None:
        """Write in the strip and tell the window."""
        self.read_out.set_parts(parts)
        self.hovered.emit(parts)

    def _columns(self, count: int) -> tuple[str, ...]:
        names = tuple(str(name) for name in self.meta.get("columns", ("x", "y")))
        return names if len(names) == count else tuple(f"c{i}" for i in range(count))

    def _planes(self) -> dict[str, Plane]:
        """The planes in which arrays may lie: that of the data, and that of codes."""
        x, y = self._columns(2)
        z, w = (f"z{int(axis)}" for axis in self.meta.get("axes", (1, 2)))
        side = self.meta.get("limits_z", self.limits)
        z_0, z_1, w_0, w_1 = (float(v) for v in side)
        return {
            "x": Plane((x, y), self.limits),
            "z": Plane((z, w), (z_0, z_1, w_0, w_1)),
        }

    def _draw_point(self) -> None:
        pane = self.data_pane()
        if self._marked[0] is None or pane is None:
            return
        for other, marks in self._marks.items():
            if other is not pane:
                marks.clear()
        if pane not in self._marks:
            self._marks[pane] = PointMarks(pane)
        self._marks[pane].show(*self._marked)

    def _refresh_chips(self) -> None:
        chips = self.make_chips() if self.meta else []
        if chips != self._chips:
            self._chips = chips
            self.chips_changed.emit()

    def _describe(self) -> None:
        words = self.describe() if self.meta else ""
        if words != self.paper.accessibleDescription():
            self.paper.setAccessibleDescription(words)
            self._telling.start()

    def _on_way_out(self) -> None:
        if self._remedy is not None:
            self.remedy_wished.emit(*self._remedy)

    def _on_theme(self) -> None:
        self.recolour()
        for marks in self._marks.values():
            marks.recolour()
        if self.meta:
            self.draw()
