"""The left panel: which data, how many, how noisy, and how they are scaled."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.panels.frame import Rule, SidePanel
from app.panels.notes_list import NotesList
from app.panels.table_choice import TABLE, form_schema, split_schema
from app.session import Session
from app.session_config import data_entry
from app.session_drawing import DRAWING
from app.theme import theme
from app.widgets.button import Button
from app.widgets.form import Form
from app.widgets.form_row import NumberRow
from app.widgets.gallery import Gallery, GalleryItem
from app.widgets.label import Label
from app.widgets.section import Section
from engine.protocol import DataEntry, RunConfig, RunReady

_LABEL_ROOM = 56  # px; beside longer labels a slider has no room
_LABEL_LIMITS = (84, 72)  # px, in a wide and in a narrow window
_FEW = 8  # cards in a narrow window


class DataPanel(SidePanel):
    """Gallery, CSV, settings of the data, scaling and notes."""

    table_requested = Signal()
    drawing_requested = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("left", (224, 196), "Data")
        self.setParent(parent)
        self._session = session
        self._schema_of = ""
        self._shows_all = False
        self._drawing: dict[str, Any] = {}  # the last one, while other data are on show
        self.columns: dict[str, list[str]] = {}
        self.head = Section("Data")
        self.gallery = Gallery()
        self.more = Button("", kind="quiet")
        self.table = Label(colour="text1", weight=600)
        self.draw = Button("Draw", "paint-brush", hint="D")
        self.open = Button("Open CSV…", "folder-open")
        self.form = Form()
        self.switches = Form()  # apart, since their labels are long
        self.scaling = Label(colour="text3", size=11, wraps=True)
        self.notes = NotesList()
        for widget in (
            *(self.head, self.gallery, self.more, self.draw, self.open, Rule()),
            self.table,
            *(self.form, self.switches, self.scaling, self.notes),
        ):
            self.column.addWidget(widget)
        self.column.addStretch(1)
        self.more.hide()
        self.table.hide()
        self.draw.setToolTip("Draw data of your own, while the run learns (D)")
        self.open.setToolTip("Learn from a table of your own (Ctrl+O), or drop it here")
        self._connect()

    def set_narrow(self, narrow: bool) -> None:
        """Fewer cards in a narrow window."""
        if narrow != self.is_narrow:
            super().set_narrow(narrow)
            self._fill()
            self._fit_rows()

    def set_columns(self, path: str, columns: list[str]) -> None:
        """Columns of a table that may be chosen; its form shows them."""
        self.columns[path] = columns
        self._schema_of = ""
        if self._session.run:
            self._show(self._session.run.config)

    def _connect(self) -> None:
        desk, session = self._session.desk, self._session
        session.catalogue_received.connect(self._fill)
        session.run_ready.connect(self._on_ready)
        session.data_changed.connect(self._on_run)
        session.runs.run_chosen.connect(self._on_run)
        desk.config_changed.connect(self._show)
        desk.waiting_changed.connect(self._on_waiting)
        self.gallery.chosen.connect(self._on_card)
        self.more.clicked.connect(self._on_more)
        self.draw.clicked.connect(lambda: self.drawing_requested.emit())
        self.open.clicked.connect(lambda: self.table_requested.emit())
        for form in (self.form, self.switches):
            form.edited.connect(
                lambda name, value: desk.edit("data_settings", name, value)
            )
            form.restart_requested.connect(desk.restart)

    def _fill(self) -> None:
        catalogue = self._session.catalogue
        if catalogue is None:
            return
        toys = [entry for entry in catalogue.data if entry.name != TABLE]
        self.head.set_hint(f"{len(toys)} sets")
        run = self._session.run
        few = self.is_narrow and not self._shows_all
        shown = toys[:_FEW] if few else toys
        chosen = run.config.data if run else ""
        if chosen not in {e.name for e in shown}:
            shown += [e for e in toys if e.name == chosen]
        self.gallery.set_items([_item(entry) for entry in shown])
        self.gallery.set_value(chosen)
        self.more.setText("Fewer" if self._shows_all else f"All {len(toys)} sets")
        self.more.setVisible(self.is_narrow and len(toys) > _FEW)

    def _on_card(self, name: str) -> None:
        """Other data; a drawing comes back as it was left."""
        kept = self._drawing if name == DRAWING else {}
        self._session.desk.choose_data(name, kept)

    def _on_more(self) -> None:
        self._shows_all = not self._shows_all
        self._fill()

    def _show(self, config: RunConfig) -> None:
        catalogue = self._session.catalogue
        if catalogue is None:
            return
        if config.data not in self.gallery.cards and config.data != TABLE:
            self._fill()
        if config.data == DRAWING:
            self._drawing = config.data_settings
        self.gallery.set_value(config.data)
        path = str(config.data_settings.get("file", ""))
        key = f"{config.data} {path}"
        if key != self._schema_of:
            self._schema_of = key
            schema = data_entry(catalogue, config.data).settings
            shown = form_schema(schema, self.columns.get(path, []))
            first, switches = split_schema(shown, "boolean")
            self.form.set_schema(first)
            self.switches.set_schema(switches)
            self._fit_rows()
        self.form.set_values(config.data_settings)
        self.switches.set_values(config.data_settings)
        self.table.setText(path.replace("\\", "/").rpartition("/")[2])
        self.table.setVisible(config.data == TABLE)

    def _fit_rows(self) -> None:
        """The panel has room for short sliders; for none in a narrow window."""
        self.form.set_label_limit(_LABEL_LIMITS[self.is_narrow])
        rows = self.form.fields.values()
        longest = max((row.label.natural_width() for row in rows), default=0)
        has_room = not self.is_narrow and longest <= theme.px(_LABEL_ROOM)
        for row in rows:
            if isinstance(row, NumberRow) and row.slider is not None:
                policy = row.slider.sizePolicy()
                policy.setRetainSizeWhenHidden(True)  # else the labels would move
                row.slider.setSizePolicy(policy)
                row.slider.setMinimumWidth(theme.px(24) if has_room else 1)
                row.slider.setVisible(has_room)

    def _on_run(self) -> None:
        run = self._session.run
        if run and run.ready:
            self._on_ready(run.ready)

    def _on_waiting(self, waiting: Mapping[str, set[str]]) -> None:
        names = waiting.get("data_settings", set())
        self.form.set_pending(names - self.switches.fields.keys())
        self.switches.set_pending(names)

    def _on_ready(self, ready: RunReady) -> None:
        self.scaling.setText(scaling_words(ready))
        self.notes.set_notes(ready.notes)


def scaling_words(ready: RunReady) -> str:
    """How the points are scaled for training, in words."""
    mean_x, mean_y, std_x, std_y = ready.scaling
    count = f"{ready.points:,} training points. " if ready.points else ""
    if (mean_x, mean_y, std_x, std_y) == (0, 0, 1, 1):
        return f"{count}Not standardised: trained in data units."
    means = f"mean {_short(mean_x, std_x)}, {_short(mean_y, std_y)}"
    stds = f"std {_short(std_x)}, {_short(std_y)}"
    return f"{count}Standardised: {means}; {stds}."


def _short(value: float, spread: float = 0.0) -> str:
    """Three figures; a mean that is a hundredth of the spread is zero."""
    text = f"{value:.3g}"
    is_zero = abs(value) < spread / 100 or float(text) == 0
    return "0" if is_zero else text.replace("-", "−")


def _item(entry: DataEntry) -> GalleryItem:
    points: Any = np.array(entry.thumbnail, dtype=float).reshape(-1, 2)
    known = "Its density is known exactly." if entry.exact_density else ""
    return GalleryItem(
        entry.name, entry.title, points, f"{entry.description} {known}".strip()
    )
