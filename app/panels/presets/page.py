"""The page of presets: twelve things worth seeing, one click each."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout

from app.panels.pages import Page
from app.panels.presets.card import PresetCard
from app.presets import presets
from app.session import Session
from app.session_preset import PresetStarter
from app.theme import theme
from app.widgets.button import Button
from app.widgets.label import Label

_COLUMNS = 4


class PresetsPage(Page):
    """Cards in three rows; a click shows the preset and lets it play."""

    chosen = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.starter = PresetStarter(session, self)
        self.title = Label("Begin with something", colour="text1", size=19, weight=600)
        self.about = Label("A click sets it up and plays; everything can be changed.")
        self.done = Button("Close", "x", kind="quiet")
        self.cards = {p.name: PresetCard(p) for p in presets()}
        px = theme.px
        head = QHBoxLayout()
        head.addWidget(self.title)
        head.addWidget(self.about)
        head.addStretch(1)
        head.addWidget(self.done)
        head.setSpacing(px(12))
        grid = QGridLayout()
        grid.setSpacing(px(10))
        for index, (name, card) in enumerate(self.cards.items()):
            grid.addWidget(card, index // _COLUMNS, index % _COLUMNS)
            card.clicked.connect(lambda _=False, n=name: self.begin(n))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(px(16), px(10), px(16), px(12))
        whole.setSpacing(px(10))
        whole.addLayout(head)
        whole.addLayout(grid, 1)
        self.done.clicked.connect(self.left)

    def begin(self, name: str) -> None:
        """Show a preset and go back to the plots."""
        self.starter.begin(self.cards[name].preset)
        self.left.emit()
        self.chosen.emit(name)
