"""The line over a plot of a comparison: which view, its switch, its settings."""

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.plots.base import PlotView
from app.theme import theme
from app.widgets.button import IconButton
from app.widgets.choice import Choice
from app.widgets.menu_title import MenuTitle
from app.widgets.paint import text_width
from app.widgets.state import State
from app.widgets.switch import Switch


class PlotHead(QWidget):
    """The plot's own switch where it has room, else a list of the same words.

    Signals come from the hand only: ``view_chosen`` a view, ``switched`` a word of the
    switch, ``settings_requested`` the wish for the form.
    """

    view_chosen = Signal(str)
    switched = Signal(str)
    settings_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._switch: Switch | None = None
        self._hosts: dict[PlotView, QWidget] = {}
        self.view = MenuTitle("")
        self.words = Choice(name="What is drawn")
        self.words.set_tight(True)
        self.tune = IconButton("sliders-horizontal", "Settings of this view", size=24)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self.view)
        self._row.addStretch(1)
        self._row.addWidget(self.words)
        self._row.addWidget(self.tune)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.view.chosen.connect(self.view_chosen)
        self.tune.clicked.connect(lambda: self.settings_requested.emit())
        self.words.chosen.connect(self._on_word)
        self._state = State(self, self._restyle)

    def take(self, plot: PlotView) -> None:
        """Show the switch of this plot; those of plots before are kept."""
        if plot not in self._hosts:
            self._hosts[plot] = self._host(plot)
        for other, host in self._hosts.items():
            host.setVisible(other is plot)
        switches = plot.header_widgets()
        self._switch = next((s for s in switches if isinstance(s, Switch)), None)
        self.fit()

    def show_views(self, titles: Mapping[str, str], current: str) -> None:
        """Offer these views."""
        self.view.set_choices(titles, current)

    def choose(self, word: str) -> None:
        """Act as a click on a word of the switch would, if it is on offer."""
        if self._switch is not None and word in self._switch.options:
            self._switch.user_choose(word)

    def fit(self) -> None:
        """Show the switch as it is now: as words, or as a list."""
        switch = self._switch
        words = switch.options if switch is not None else {}
        short = len(words) > 1 and not self._has_room()
        for host in self._hosts.values():
            shown = switch is not None and host.isAncestorOf(switch)
            host.setVisible(shown and not short)
        self.words.setVisible(short)
        self.view.setMinimumWidth(self._least_title() if short else 0)
        if switch is not None and short:
            if self.words.options != words:
                self.words.set_options(words)
            self.words.set_value(switch.value())
            self._fit_words()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Words where they fit."""
        super().resizeEvent(event)
        self.fit()

    def _has_room(self) -> bool:
        if self._switch is None:
            return True
        px, gaps = theme.px, self._row.spacing() * 4
        wide = self.view.sizeHint().width() + self._switch.natural_width
        return wide + self.tune.sizeHint().width() + gaps + px(4) <= self.width()

    def _least_title(self) -> int:
        """Beside a list of words the title may be set a size smaller."""
        smaller = text_width(self.view.text(), 12, 600) + theme.px(10)
        return min(smaller, self.view.minimumSizeHint().width())

    def _fit_words(self) -> None:
        """The chosen word is read whole, as far as the title leaves it room."""
        ends = self._least_title() + self.tune.sizeHint().width()
        left = self.width() - ends - self._row.spacing() * 2 - theme.px(6)
        wanted = self.words.width_of(self.words.currentText())
        self.words.setMinimumWidth(max(min(wanted, left), theme.px(40)))

    def _host(self, plot: PlotView) -> QWidget:
        host = QWidget()
        row = QHBoxLayout(host)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in plot.header_widgets():
            row.addWidget(widget)
            if isinstance(widget, Switch):
                widget.chosen.connect(self._on_switched)
        self._row.insertWidget(2, host)
        return host

    def _on_word(self, word: object) -> None:
        self.choose(str(word))

    def _on_switched(self, word: str) -> None:
        self.fit()
        self.switched.emit(word)

    def _restyle(self) -> None:
        self._row.setContentsMargins(theme.px(4), 0, theme.px(2), 0)
        self._row.setSpacing(theme.px(4))
        self.setFixedHeight(theme.px(30))
        self.fit()
