"""The strip under a duel: one move of either player, or both in turn, slowly."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.theme import theme
from app.widgets.button import Button, IconButton
from app.widgets.label import Label
from app.widgets.paint import shortened
from app.widgets.state import State

_PACE = 700  # ms between two moves
_NARROW = 330  # px, below which buttons and words are short


class DuelStrip(QWidget):
    """``moved`` carries the player that shall move; by hand, or by the slow clock."""

    moved = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.players: list[str] = []
        self._next = 0
        self.setProperty("lines", 1.6)
        self.play = IconButton(
            "play-fill", "Let both move in turn, slowly", filled=True
        )
        self.buttons = [Button("Step D"), Button("Step G")]
        self.news = Label(colour="text1", weight=500)
        self.caption = Label(colour="text2")
        self.clock = QTimer(self)
        self.clock.setInterval(_PACE)
        self._arrange()
        self.play.clicked.connect(self._on_play)
        self.clock.timeout.connect(self.advance)
        for index, button in enumerate(self.buttons):
            button.clicked.connect(lambda _=False, i=index: self._move(i))
        self._state = State(self, self._restyle)

    @property
    def is_running(self) -> bool:
        """Whether both move in turn."""
        return self.clock.isActive()

    def set_players(self, players: list[str]) -> None:
        """Name the buttons; the critic first."""
        if players == self.players or len(players) != len(self.buttons):
            return
        self.players = players
        for button, player in zip(self.buttons, players, strict=True):
            word = player.replace("_", " ")
            button.setToolTip(f"One step of the {word} alone; the other waits.")
        self._name_buttons()

    def set_words(self, news: tuple[str, str], caption: str) -> None:
        """What just happened, at length and in short, and how the game stands."""
        self.news.setText(news[0])
        self.news.set_short(news[1])
        self.caption.setText(caption)
        self.caption.set_short(shortened(caption, ",:;", 0, 12))

    def stop(self) -> None:
        """No further moves."""
        self.clock.stop()
        self.play.set_icon("play-fill", "Let both move in turn, slowly")

    def advance(self) -> None:
        """The next player moves."""
        self._move(self._next)

    def hideEvent(self, event: QHideEvent) -> None:
        """A game that nobody watches stands still."""
        self.stop()
        super().hideEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Letters alone on the buttons where words would be cut beside them."""
        super().resizeEvent(event)
        self._name_buttons()

    def _name_buttons(self) -> None:
        is_narrow = self.width() < theme.px(_NARROW)
        for button, player in zip(self.buttons, self.players, strict=False):
            letter = player[:1].upper()
            button.setText(letter if is_narrow else f"Step {letter}")
            button.setAccessibleName(f"Step {letter}")

    def _on_play(self) -> None:
        if self.is_running:
            self.stop()
            return
        self.play.set_icon("pause-fill", "Pause")
        self.clock.start()
        self.advance()

    def _move(self, index: int) -> None:
        if index < len(self.players):
            self._next = 1 - index
            self.moved.emit(self.players[index])

    def _arrange(self) -> None:
        self._first, self._column = QHBoxLayout(), QVBoxLayout(self)
        self._first.addWidget(self.play)
        for button in self.buttons:
            self._first.addWidget(button)
        self._first.addWidget(self.news, 1)
        self._column.addLayout(self._first)
        self._column.addWidget(self.caption, 1)

    def _restyle(self) -> None:
        px = theme.px
        self._column.setContentsMargins(px(8), px(1), px(10), px(3))
        self._column.setSpacing(px(1))
        self._first.setSpacing(px(6))
