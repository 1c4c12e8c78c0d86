"""A title that can be a menu of other titles."""

from collections.abc import Mapping

from PySide6.QtCore import QPoint, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QPaintEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from app.theme import theme
from app.widgets.paint import (
    box,
    draw_fitted,
    draw_icon,
    painting,
    ring,
    text_width,
    whole_or_short,
)
from app.widgets.press import PressButton
from app.widgets.state import State


class MenuTitle(PressButton):
    """Plain text until it has choices; then a button that opens them as a menu."""

    chosen = Signal(str)

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices: dict[str, str] = {}
        self._current = ""
        self._short = ""
        self.setText(text)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._state = State(self)
        self.clicked.connect(self._open)

    def set_choices(self, choices: Mapping[str, str], current: str) -> None:
        """Offer these (key to title) and show ``current``, silently."""
        self._choices = dict(choices)
        self._current = current
        self.setText(self._choices.get(current, self.text()))
        several = len(choices) > 1
        policy = Qt.FocusPolicy.StrongFocus if several else Qt.FocusPolicy.NoFocus
        self.setFocusPolicy(policy)
        self.setToolTip("Choose what to show here" if several else "")
        self.updateGeometry()

    def set_short(self, short: str) -> None:
        """What to write where the title has no room; it stays the title otherwise."""
        if short != self._short:
            self._short = short
            self.updateGeometry()
            self.update()

    def menu(self) -> QMenu:
        """A fresh menu of the choices."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for key, title in self._choices.items():
            action = QAction(title, menu)
            action.setCheckable(True)
            action.setChecked(key == self._current)
            action.setData(key)
            menu.addAction(action)
        menu.triggered.connect(self._on_triggered)
        return menu

    def sizeHint(self) -> QSize:
        """Room for the title and, with choices, its arrow."""
        arrow = theme.px(18) if len(self._choices) > 1 else 0
        width = text_width(self.text(), 13, 600) + theme.px(10) + arrow
        return QSize(width, theme.px(28))

    def minimumSizeHint(self) -> QSize:
        """The arrow gives way before the title does, and the title before switches."""
        words = self._short or self.text()
        width = text_width(words, 13, 600) + theme.px(10)
        return QSize(min(width, theme.px(110)), theme.px(28))

    def shown_text(self) -> str:
        """The title that is drawn now: whole as long as a smaller size of it fits."""
        room = self.width() - theme.px(9)
        return whole_or_short(self.text(), self._short, room, 12, 600)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Title, arrow, and a field under the pointer."""
        c, rect = theme.c, self.rect().toRectF()
        several = len(self._choices) > 1
        with painting(self) as painter:
            if several:
                fill = QColor(c.bg3)
                fill.setAlphaF(self._state.hover)
                box(painter, rect, 6, fill)
            title = self.shown_text()
            room = rect.width() - text_width(title, 13, 600) - theme.px(9)
            has_arrow = several and room >= theme.px(14)
            arrow = theme.px(14) if has_arrow else 0
            words = rect.adjusted(theme.px(5), 0, -arrow - theme.px(4), 0)
            draw_fitted(painter, words, title, c.text1, 600, size=13)
            if has_arrow:
                place = QPointF(rect.right() - theme.px(12), rect.center().y())
                draw_icon(painter, place, "caret-down", 12, c.text3)
            if self._state.ring:
                ring(painter, rect, 6)

    def _open(self) -> None:
        if len(self._choices) > 1:
            self.menu().popup(self.mapToGlobal(QPoint(0, self.height())))

    def _on_triggered(self, action: QAction) -> None:
        key = str(action.data())
        if key != self._current:
            self._current = key
            self.setText(self._choices[key])
            self.updateGeometry()
            self.chosen.emit(key)
