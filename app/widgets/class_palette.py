"""The eight classes to choose from: number, colour and symbol."""

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QRadioButton, QSizePolicy, QWidget

from app.plots.ink import draw_mark
from app.theme import theme
from app.widgets.paint import CENTRE, box, draw_text, painting, ring
from app.widgets.state import State


class ClassButton(QRadioButton):
    """One class; a radio button for keys and screen readers."""

    def __init__(self, number: int) -> None:
        super().__init__(f"Class {number}")
        self.number = number
        self.setToolTip(f"Class {number} (key {number})")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._state = State(self)

    def sizeHint(self) -> QSize:
        """A symbol over its number."""
        return QSize(theme.px(28), theme.px(42))

    def minimumSizeHint(self) -> QSize:
        """Eight fit beside each other in the narrow panel."""
        return self.sizeHint()

    def hitButton(self, pos: QPoint) -> bool:
        """All of it can be pressed."""
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return chooses as the space bar does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Field, symbol, number, ring."""
        c, px, chosen = theme.c, theme.px, self.isChecked()
        rect = self.rect().toRectF().adjusted(1, 0, -1, 0)
        index = self.number - 1
        with painting(self) as painter:
            fill = c.bg3 if chosen or self._state.hover > 0.5 else None
            box(painter, rect, 6, fill, c.accent if chosen else None, 2)
            centre = QPointF(rect.center().x(), rect.top() + px(15))
            symbol = c.symbols[index % len(c.symbols)]
            draw_mark(painter, centre, symbol, px(11), f"class{index}", "")
            words = QRectF(rect.left(), rect.bottom() - px(18), rect.width(), px(14))
            ink, weight = (c.text1, 600) if chosen else (c.text2, 400)
            draw_text(painter, words, str(self.number), ink, 11, weight, CENTRE)
            if self._state.ring:
                ring(painter, rect, 6)


class ClassPalette(QWidget):
    """Classes 1 to 8 in a row; ``chosen`` gives the number of the new one."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons = [ClassButton(number + 1) for number in range(8)]
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for button in self.buttons:
            row.addWidget(button)
            button.clicked.connect(
                lambda _=False, number=button.number: self.chosen.emit(number)
            )
        self.buttons[0].setChecked(True)
        self.setAccessibleName("Class of what is drawn")

    def value(self) -> int:
        """Number of the chosen class, from 1."""
        return next(b.number for b in self.buttons if b.isChecked())

    def set_value(self, number: int) -> None:
        """Choose silently."""
        self.buttons[number - 1].setChecked(True)
