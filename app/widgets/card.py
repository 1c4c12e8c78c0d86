"""The frame of a plot: title, chips, switches, camera, maximise, body, strip."""

from collections.abc import Iterable, Mapping

from PySide6.QtCore import Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.theme import theme
from app.widgets.button import IconButton
from app.widgets.chip import Chip, ChipKind
from app.widgets.label import Label
from app.widgets.menu_title import MenuTitle
from app.widgets.paint import box, painting
from app.widgets.state import State
from app.widgets.switch import Form, Switch


class Card(QWidget):
    """A plot with its head; knows nothing of what it shows.

    The head holds, from the left: the title (a menu once :meth:`set_choices` was
    called), chips, room for switches, camera, maximise. A strip of 36 px can sit under
    the body.
    """

    figure_requested = Signal()
    maximise_toggled = Signal(bool)
    content_chosen = Signal(str)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_maximised = False
        self._chips: list[Chip] = []
        self.title = MenuTitle(title)
        self.note = Label(colour="text3")
        self.camera = IconButton("camera", "Save or copy this figure")
        self.maximise = IconButton("arrows-out-simple", "Maximise")
        self.body: QWidget | None = None
        self.strip: QWidget | None = None
        self.header = QHBoxLayout()
        self._chip_row = QHBoxLayout()
        self._switches = QHBoxLayout()
        self._column = QVBoxLayout(self)
        self._arrange()
        self.title.chosen.connect(self.content_chosen)
        self.camera.clicked.connect(self.figure_requested)
        self.maximise.clicked.connect(self._on_maximise)
        self.setAccessibleName(title)
        self._state = State(self, self._restyle)

    def set_title(self, title: str, note: str = "") -> None:
        """Name what is shown; ``note`` stands behind it in the colour of units."""
        self.title.setText(title)
        self.setAccessibleName(title)
        self.note.setText(note)

    def set_choices(self, choices: Mapping[str, str], current: str) -> None:
        """Let the title be a menu of what the card can show."""
        self.title.set_choices(choices, current)

    def set_chips(self, chips: Iterable[tuple[str, ChipKind]]) -> None:
        """Show these words behind the title, and no others."""
        wanted = list(chips)
        while len(self._chips) > len(wanted):
            chip = self._chips.pop()
            self._chip_row.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        while len(self._chips) < len(wanted):
            self._chips.append(Chip(""))
            self._chip_row.addWidget(self._chips[-1])
        for chip, (text, kind) in zip(self._chips, wanted, strict=True):
            chip.set_chip(text, kind)

    def add_header_widget(self, widget: QWidget) -> None:
        """Put a switch into the head."""
        self._switches.addWidget(widget)

    def fold_switches(self) -> None:
        """Fold switches, the last one first, until the head has room for all."""
        parts = (self._switches.itemAt(i) for i in range(self._switches.count()))
        widgets = (part.widget() for part in parts if part is not None)
        switches = [each for each in widgets if isinstance(each, Switch)]
        self._switches.invalidate()
        self.header.invalidate()
        room = self.width() - self.header.sizeHint().width()
        room += sum(each.sizeHint().width() for each in switches)
        # Found out before any is changed: a change can resize the card at once.
        forms: dict[Switch, Form] = dict.fromkeys(switches, "whole")
        for each in reversed(switches):
            if sum(s.width_in(form) for s, form in forms.items()) <= room:
                break
            forms[each] = "folded"
        for each, form in forms.items():
            each.set_form(form)

    def set_body(self, body: QWidget) -> None:
        """Show ``body``; the one before is hidden, and lives as long as the card."""
        self._replace(self.body, body, 1)
        self.body = body

    def set_strip(self, strip: QWidget | None) -> None:
        """Show a line of 36 px under the body, or as many as its property ``lines``."""
        self._replace(self.strip, strip, 0)
        self.strip = strip
        self._restyle()

    def set_maximised(self, maximised: bool) -> None:
        """Show silently whether the card fills the page."""
        self._is_maximised = maximised
        if maximised:
            self.maximise.set_icon("arrows-in-simple", "Back to all plots")
        else:
            self.maximise.set_icon("arrows-out-simple", "Maximise")

    @property
    def is_maximised(self) -> bool:
        """Whether the card fills the page."""
        return self._is_maximised

    def paintEvent(self, event: QPaintEvent) -> None:
        """A card on the window."""
        with painting(self) as painter:
            box(painter, self.rect().toRectF(), 8, theme.c.bg1, theme.c.edge)

    def _arrange(self) -> None:
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.header.addWidget(self.title)
        self.header.addLayout(self._chip_row)
        self.header.addWidget(self.note)
        self.header.addStretch(1)
        self.header.addLayout(self._switches)
        self.header.addWidget(self.camera)
        self.header.addWidget(self.maximise)
        self._column.setSpacing(0)
        self._column.addLayout(self.header)
        self._column.addStretch(0)

    def _replace(self, old: QWidget | None, new: QWidget | None, stretch: int) -> None:
        if old is not None and old is not new:
            self._column.removeWidget(old)
            old.hide()
        if new is not None:
            # Head first, then the body, then the strip.
            place = 1 if stretch else self._column.count()
            self._column.insertWidget(place, new, stretch)
            new.show()

    def _on_maximise(self) -> None:
        self.set_maximised(not self._is_maximised)
        self.maximise_toggled.emit(self._is_maximised)

    def _restyle(self) -> None:
        px = theme.px
        self.header.setContentsMargins(px(8), px(5), px(6), px(5))
        self.header.setSpacing(px(4))
        self._chip_row.setSpacing(px(4))
        self._switches.setSpacing(px(6))
        self._column.setContentsMargins(px(1), 0, px(1), px(1))
        if self.strip is not None:
            lines = float(self.strip.property("lines") or 1)
            self.strip.setFixedHeight(round(px(36) * lines))
