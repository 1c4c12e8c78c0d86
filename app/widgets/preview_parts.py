"""The parts of the preview: each component in each of its states."""

from collections.abc import Callable, Iterable

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.theme import theme
from app.widgets.button import Button, IconButton
from app.widgets.card import Card
from app.widgets.chip import Chip
from app.widgets.choice import Choice
from app.widgets.empty_state import EmptyState
from app.widgets.form import Form
from app.widgets.gallery import Gallery, GalleryItem
from app.widgets.label import Label
from app.widgets.metric_row import MetricRow
from app.widgets.model_card import ModelCard
from app.widgets.paint import box, painting
from app.widgets.preview_data import RING, SCHEMA, SPIRAL, decay
from app.widgets.progress import Progress
from app.widgets.scrubber import Scrubber
from app.widgets.section import Section
from app.widgets.slider import Slider
from app.widgets.state import State
from app.widgets.switch import Switch
from app.widgets.timeline import Timeline
from app.widgets.toast import Toast
from app.widgets.toggle import Toggle
from app.widgets.tooltip import Tip, Tooltip
from app.widgets.value_box import ValueBox
from app.widgets.value_range import ValueRange


class Panel(QWidget):
    """A card of the page with a title."""

    def __init__(self, title: str, parts: Iterable[QWidget]) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 16, 16)
        column.addWidget(Section(title))
        for part in parts:
            column.addWidget(part)
        column.addStretch(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A card on the window."""
        with painting(self) as painter:
            box(painter, self.rect().toRectF(), 8, theme.c.bg1, theme.c.edge)


def pretend(widget: QWidget, hover: bool = False, ring: bool = False) -> None:
    """Show a widget as it looks under the pointer, or focused by a key."""
    for state in widget.findChildren(State):
        state.hover = float(hover)
        state.ring = ring


def _value(error: str = "") -> ValueBox:
    value = ValueBox(ValueRange(1e-5, 1e-1, log=True), 5e-4, name="Learning rate")
    if error:
        value.type_text(error)
    return value


def _rows() -> dict[str, Callable[[], QWidget]]:
    rates = ValueRange(1e-5, 1e-1, log=True)
    return {
        "Primary": lambda: Button("Play", "play-fill", "primary"),
        "Secondary": lambda: Button("Branch", "git-branch"),
        "Quiet": lambda: Button("Reset", "arrow-counter-clockwise", "quiet"),
        "Icon": lambda: IconButton("camera", "Figure"),
        "Switch": lambda: Switch({"field": "Field", "both": "Both"}, "View"),
        "Slider": lambda: Slider(rates, 1e-3, "Learning rate"),
        "Value": _value,
        "Choice": lambda: Choice({"heun": "Heun", "euler": "Euler"}, "Solver"),
        "Toggle": lambda: Toggle("Average"),
    }


def states() -> QWidget:
    """Each control normal, under the pointer, focused, disabled, in error."""
    sheet = QWidget()
    grid = QGridLayout(sheet)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setColumnMinimumWidth(0, theme.px(72))
    for column, name in enumerate(("normal", "hover", "focus", "disabled", "error")):
        grid.addWidget(Label(name, colour="text3"), 0, column + 1)
    for line, (name, make) in enumerate(_rows().items(), start=1):
        grid.addWidget(Label(name), line, 0)
        for column in range(4):
            widget = make()
            pretend(widget, hover=column == 1, ring=column == 2)
            widget.setEnabled(column != 3)
            if isinstance(widget, Slider):
                widget.set_number(4e-4)
            if isinstance(widget, Toggle):
                widget.set_value(column != 0)
            grid.addWidget(widget, line, column + 1, Qt.AlignmentFlag.AlignVCenter)
    grid.addWidget(_value(error="3e2"), 7, 5)
    return sheet


def form() -> QWidget:
    """Every kind of row, one in error, one waiting for a restart."""
    sheet = Form()
    sheet.set_schema(SCHEMA)
    sheet.fields["width"].user_set(256)
    sheet.set_pending({"width"})
    row = sheet.fields["steps"]
    row.user_set(5000)
    return sheet


def metrics() -> QWidget:
    """Three metrics."""
    sheet = QWidget()
    column = QVBoxLayout(sheet)
    column.setContentsMargins(0, 0, 0, 0)
    likelihood = MetricRow("Negative log-likelihood")
    likelihood.set_value("1.21", "nats/point", "exact")
    likelihood.set_course(decay(1.2, seed=1), reference=1.12)
    distance = MetricRow("Energy distance")
    distance.set_value("0.0031")
    distance.set_course(decay(0.003, seed=2))
    modes = MetricRow("Modes covered")
    modes.set_modes(7, 8, "98.9 % high quality")
    for row in (likelihood, distance, modes):
        column.addWidget(row)
    return sheet


def gallery() -> QWidget:
    """Normal, under the pointer, chosen, focused."""
    names = ("normal", "hover", "chosen", "focus")
    clouds = (RING, SPIRAL, RING, SPIRAL)
    items = [GalleryItem(n, n, c) for n, c in zip(names, clouds, strict=True)]
    sheet = Gallery(columns=4)
    sheet.set_items(items)
    sheet.set_value("chosen")
    pretend(sheet.cards["hover"], hover=True)
    pretend(sheet.cards["focus"], ring=True)
    return sheet


def chips() -> QWidget:
    """How a number is known, and a fault."""
    sheet = QWidget()
    row = QHBoxLayout(sheet)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(Chip("exact", "exact"))
    row.addWidget(Chip("bound", "bound"))
    row.addWidget(Chip("estimate", "estimate"))
    row.addWidget(Chip("mode lost", "warning"))
    row.addWidget(Chip("seed 7"))
    row.addStretch(1)
    return sheet


def card() -> QWidget:
    """The frame of a plot."""
    frame = Card("Density")
    frame.set_choices({"density": "Density", "curves": "Curves"}, "density")
    frame.set_chips([("exact", "exact")])
    frame.add_header_widget(
        Switch({"learned": "Learned", "true": "True", "split": "Split"}, "Density")
    )
    frame.set_body(
        EmptyState("No codes to show yet", "A GAN has no encoder.", "Show prior grid")
    )
    scrubber = Scrubber()
    scrubber.set_time(0.62)
    frame.set_strip(scrubber)
    frame.setMinimumSize(theme.px(380), theme.px(300))
    return frame


def toasts() -> list[QWidget]:
    """A warning, good news, and work under way."""
    loading = Progress("Loading wine.csv")
    loading.set_progress(0.62, seconds_left=4)
    return [
        Toast(
            "warning",
            "Loss became NaN at step 8,212",
            "Training stopped. Step 8,000 is the last good one.",
            "Go back",
        ),
        Toast("good", "Density.png saved", "1,600 × 1,600 px, with its settings."),
        loading,
    ]


def model() -> ModelCard:
    """A model card."""
    sheet = ModelCard()
    sheet.set_model(
        "Flow matching",
        "Liu et al. 2022",
        "Rectified flow",
        r"\mathcal{L} = \mathbb{E}\,\left\| v_\theta(x_t,\,t) - (x_1 - x_0) \right\|^2",
        "Regress the velocity of straight paths from noise to data.",
    )
    return sheet


def tooltip() -> QWidget:
    """A rich tooltip, as a plain widget."""
    tip = Tip(
        title="weight of the KL term",
        sentence="Higher keeps fewer latent axes in use.",
        symbol=r"\beta",
        formula=r"\mathcal{L}_\beta = \mathbb{E}\,\frac{\|x-\hat{x}\|^2}{2\sigma^2}"
        r" + \beta\,\mathrm{KL}",
        range_text="0 to 20, usual 1",
        apply="live",
    )
    sheet = Tooltip(tip)
    sheet.setWindowFlags(Qt.WindowType.Widget)
    return sheet


def timeline() -> Timeline:
    """A history of 12,340 steps."""
    sheet = Timeline()
    kept = np.unique(12340 - np.geomspace(1, 12340, 38).astype(int))
    sheet.set_history(kept.tolist(), [(4700, "learning rate")], 12340)
    sheet.set_info("38 snapshots, 212 MB")
    return sheet
