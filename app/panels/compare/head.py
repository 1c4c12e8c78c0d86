"""The line over a comparison: how many runs on which data, what is linked, more."""

from PySide6.QtCore import QPoint, QSize, Signal
from PySide6.QtWidgets import QWidget

from app.panels.bar import Bar
from app.panels.finder import Entry, Finder
from app.session import Session
from app.session_compare import LINKS
from app.session_config import model_entry
from app.theme import theme
from app.widgets.button import Button, IconButton
from app.widgets.label import Label
from app.widgets.link_chip import LinkChip
from app.widgets.menu_title import MenuTitle

_COPY = "copy of "
_NEED_A_FILE = "file"  # data sets with such a setting are opened, not chosen


class CompareHead(Bar):
    """Chooses data and links, adds runs, and leaves."""

    left = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(40, "bottom", "bg0", "Compare")
        self.setParent(parent)
        self._session = session
        self._shown = 0
        self.count = Label()
        self.data = MenuTitle("")
        self.seed = Button("", "arrow-counter-clockwise", kind="quiet")
        self.links = {name: LinkChip(words) for name, words in LINKS.items()}
        self.camera = IconButton("camera", "Save or copy all runs as one picture")
        self.add = Button("Add a run", "plus", kind="quiet")
        self.close_button = Button("Close compare", "x", kind="quiet")
        self.picker = Finder("Find a model to compare", self)
        self.row.addWidget(Label("Compare", colour="text1", size=13, weight=600))
        for widget in (self.count, self.data, self.seed, *self.links.values()):
            self.row.addWidget(widget)
        self.row.addStretch(1)
        self.row.addWidget(self.camera)
        self.row.addWidget(self.add)
        self.row.addWidget(self.close_button)
        self._connect()
        self.show_runs()
        self._fit_look()

    def show_runs(self) -> None:
        """How many runs, on which data, from which seed."""
        run, catalogue = self._session.run, self._session.catalogue
        if run is None or catalogue is None:
            return
        compare = self._session.compare
        count = len(compare.runs)
        some = f"{self._shown} of {count}" if 0 < self._shown < count else f"{count}"
        self.count.setText(f"{some} run on" if count == 1 else f"{some} runs on")
        why = "Close the form to see the others." if some != str(count) else ""
        self.count.setToolTip(why)
        current = run.config.data
        titles = {
            entry.name: entry.title
            for entry in catalogue.data
            if entry.name == current
            or _NEED_A_FILE not in entry.settings.get("properties", {})
        }
        self.data.set_choices(titles, current)
        self.seed.setText(f"seed {run.config.seed}")
        self.seed.setToolTip("Begin all runs again from another seed")
        self.add.setEnabled(compare.has_room)
        self.add.setToolTip("" if compare.has_room else "Four runs are the most")

    def set_shown(self, count: int) -> None:
        """How many of the runs there is room for."""
        if count != self._shown:
            self._shown = count
            self.show_runs()

    def show_links(self) -> None:
        """Which links are on."""
        for name, chip in self.links.items():
            chip.setChecked(name in self._session.compare.links)

    def open_picker(self) -> None:
        """Offer a copy of each run, then every model."""
        catalogue, compare = self._session.catalogue, self._session.compare
        if catalogue is None:
            return
        entries = [
            Entry(
                f"{_COPY}{run.id}",
                f"A copy of {compare.letter(run)}, "
                f"{model_entry(catalogue, run.config.model).title}",
                sentence="The same settings, ready to change one of them.",
                group="These runs",
            )
            for run in compare.runs
        ]
        entries += [
            Entry(m.name, m.title, m.paper, m.summary, m.family)
            for m in sorted(catalogue.models, key=lambda m: m.family)
        ]
        size = QSize(theme.px(420), theme.px(440))
        place = QPoint(self.add.width() - size.width(), self.add.height())
        self.picker.open_at(self.add.mapToGlobal(place), size, entries)

    def _connect(self) -> None:
        session = self._session
        compare, desk = session.compare, session.desk
        compare.runs_changed.connect(self.show_runs)
        compare.links_changed.connect(self.show_links)
        desk.config_changed.connect(lambda _: self.show_runs())
        self.data.chosen.connect(lambda name: desk.choose_data(name))
        self.seed.clicked.connect(lambda: session.new_seed())
        for name, chip in self.links.items():
            chip.edited.connect(lambda on, n=name: compare.set_link(n, on))
        self.add.clicked.connect(self.open_picker)
        self.picker.chosen.connect(self._on_picked)
        self.close_button.clicked.connect(lambda: self.left.emit())
        theme.changed.connect(self._fit_look)

    def _fit_look(self) -> None:
        """In the hall there is room for what is seen, not for what is linked."""
        for widget in (self.seed, *self.links.values()):
            widget.setVisible(theme.look != "projector")

    def _on_picked(self, key: str) -> None:
        compare = self._session.compare
        if key.startswith(_COPY):
            compare.duplicate(self._session.runs.all[key.removeprefix(_COPY)])
        else:
            compare.add_model(key)
