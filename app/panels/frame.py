"""The ground of a side panel: paper, hairline, and a column that scrolls if it must."""

from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QScrollBar, QVBoxLayout, QWidget

from app.theme import theme
from app.widgets.paint import box, painting
from app.widgets.state import State

Side = Literal["left", "right"]


class ThinBar(QScrollBar):
    """A scroll bar of 8 px that shows its handle and nothing else."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self._state = State(self)

    def sizeHint(self) -> QSize:
        """Narrow."""
        return QSize(theme.px(8), theme.px(40))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The handle, in proportion to what is seen."""
        span = self.maximum() - self.minimum()
        if span <= 0:
            return
        length = max(
            self.height() * self.pageStep() / (span + self.pageStep()), theme.px(24)
        )
        top = (self.value() - self.minimum()) / span * (self.height() - length)
        colour = theme.c.strong if self._state.hover > 0.5 else theme.c.bg4
        handle = QRectF(theme.px(2), top, theme.px(5), length)
        with painting(self) as painter:
            box(painter, handle, 2.5, colour)


class Rule(QWidget):
    """A hairline between two sections."""

    def __init__(self) -> None:
        super().__init__()
        self._state = State(self, self._restyle)

    def paintEvent(self, event: QPaintEvent) -> None:
        """One line."""
        middle = self.height() // 2
        with painting(self) as painter:
            painter.fillRect(0, middle, self.width(), 1, theme.c.edge)

    def _restyle(self) -> None:
        self.setFixedHeight(theme.px(13))


class SidePanel(QWidget):
    """A column of widgets of fixed width, with a hairline towards the plots.

    Args:
        side: Where the panel stands.
        widths: Width in a wide and in a narrow window, px.
        name: What screen readers call it.
    """

    def __init__(self, side: Side, widths: tuple[int, int], name: str) -> None:
        super().__init__()
        self._side = side
        self._widths = widths
        self._is_narrow = False
        self.content = QWidget()
        self.column = QVBoxLayout(self.content)
        self._area = QScrollArea()
        self._area.setVerticalScrollBar(ThinBar())
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Always there, so that nothing moves sideways when a panel grows.
        self._area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setWidget(self.content)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for ground in (self._area.viewport(), self.content):
            ground.setAutoFillBackground(False)
        self._whole = QVBoxLayout(self)
        self._whole.addWidget(self._area, 1)
        self._foot = QVBoxLayout()
        self._whole.addLayout(self._foot)
        self._whole.setSpacing(0)
        self.setAccessibleName(name)
        self._state = State(self, self._restyle)

    @property
    def is_narrow(self) -> bool:
        """Whether the window is too small for the full width."""
        return self._is_narrow

    def set_narrow(self, narrow: bool) -> None:
        """Take the width for a window below 1,360 px."""
        if narrow != self._is_narrow:
            self._is_narrow = narrow
            self._restyle()

    def set_foot(self, widget: QWidget) -> None:
        """Keep a widget below the column, in sight wherever that is scrolled to."""
        self._foot.addWidget(widget)
        self._restyle()

    def scroll_to_top(self) -> None:
        """Show the beginning of the panel."""
        self._area.verticalScrollBar().setValue(0)

    def scroll_to(self, widget: QWidget) -> None:
        """Show a widget of the panel whole, if it has the room."""
        self._area.ensureWidgetVisible(widget, 0, theme.px(8))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground and hairline."""
        x = self.width() - 1 if self._side == "left" else 0
        with painting(self) as painter:
            painter.fillRect(self.rect(), theme.c.bg1)
            painter.fillRect(x, 0, 1, self.height(), theme.c.edge)

    def _restyle(self) -> None:
        px = theme.px
        self.setFixedWidth(px(self._widths[1 if self._is_narrow else 0]))
        self._whole.setContentsMargins(0, 0, 1 if self._side == "left" else 0, 0)
        self.column.setContentsMargins(px(13), px(8), px(4), px(12))
        self.column.setSpacing(px(4))
        # A foot ends where the column does, beside the bar of the scroll.
        is_used = self._foot.count() > 0
        top, bottom = (px(4), px(8)) if is_used else (0, 0)
        self._foot.setContentsMargins(px(13), top, px(12), bottom)
