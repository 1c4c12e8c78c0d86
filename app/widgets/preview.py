"""All components on one page, in every state: what the look is judged by."""

from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.theme import theme
from app.widgets import preview_parts as parts
from app.widgets.label import Label
from app.widgets.paint import painting
from app.widgets.state import State
from app.widgets.swatches import Swatches
from app.widgets.switch import Switch


class Preview(QWidget):
    """The page."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Components and tokens")
        self.setAccessibleName("Components and tokens")
        hyper = parts.Panel("Hyperparameters", [parts.model(), parts.form()])
        looks = Switch(
            {"dark": "Dark", "light": "Light", "projector": "Projector"}, "Look"
        )
        first, second = QVBoxLayout(), QVBoxLayout()
        first.addWidget(parts.Panel("States", [parts.states()]))
        first.addWidget(
            parts.Panel("Gallery cards and chips", [parts.gallery(), parts.chips()])
        )
        first.addWidget(parts.Panel("Tokens", [Swatches()]), 1)
        second.addWidget(parts.Panel("Notes and work", parts.toasts()))
        second.addWidget(parts.card(), 1)
        second.addWidget(parts.Panel("Tooltip with formula", [parts.tooltip()]))
        third = QVBoxLayout()
        third.addWidget(hyper)
        third.addWidget(parts.Panel("Metrics", [parts.metrics()]), 1)
        page = QHBoxLayout()
        for column in (first, second, third):
            column.setSpacing(8)
            page.addLayout(column)
        head = QHBoxLayout()
        head.addWidget(
            Label("Components and tokens", colour="text1", size=19, weight=600)
        )
        head.addStretch(1)
        head.addWidget(looks)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 12, 16, 8)
        whole.addLayout(head)
        whole.addLayout(page, 1)
        whole.addWidget(parts.timeline())
        looks.chosen.connect(theme.set_look)
        self._hyper, self._looks = hyper, looks
        self._state = State(self, self._restyle)

    def _restyle(self) -> None:
        self._hyper.setFixedWidth(theme.px(316) + 8)
        self._looks.set_value(theme.look)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The window's ground."""
        with painting(self) as painter:
            painter.fillRect(self.rect(), theme.c.bg0)
