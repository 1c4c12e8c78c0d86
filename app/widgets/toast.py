"""Notes in a corner: what happened, what is safe, one thing to do."""

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import (
    QEvent,
    QObject,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QAccessible, QAccessibleEvent, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.theme import theme
from app.widgets.button import IconButton, LinkButton
from app.widgets.label import Label
from app.widgets.paint import box, draw_icon, painting
from app.widgets.press import PressButton
from app.widgets.state import State

Severity = Literal["good", "info", "warning"]

GOOD_NEWS_MS = 5000
_WIDTH = 356
_MOST = 4
_LOOK_MS = 300  # between two looks whether a button has come under the notes
_STRIDE = 8  # px
_ICONS = {"good": "check-circle", "info": "info", "warning": "warning"}


class Toast(QWidget):
    """One note. Warnings stay until closed; other news leaves after 5 s.

    Its pointer-over time does not count: a note is not pulled away while it is read.
    """

    closed = Signal()
    action_chosen = Signal()

    def __init__(
        self, severity: Severity, title: str, text: str = "", action: str = ""
    ) -> None:
        super().__init__()
        self.severity: Severity = severity
        self.title = title
        self.about = ""  # what it speaks of, by a name; see ToastStack.withdraw
        self.action = LinkButton(action) if action else None
        self.close_button = IconButton("x", "Close this note", size=24)
        self.timer = QTimer(self)
        self.timer.setSingleShot(True)
        self.timer.setInterval(GOOD_NEWS_MS)
        self._text = Label(text, wraps=True)
        self._heading = Label(title, colour="text1", size=13, weight=600, wraps=True)
        self._head = QHBoxLayout()
        self._column = QVBoxLayout(self)
        self._arrange()
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, False)
        self._name()
        self.close_button.clicked.connect(self.closed)
        self.timer.timeout.connect(self.closed)
        if self.action is not None:
            self.action.clicked.connect(self._on_action)
        self._state = State(self, self._restyle)
        self._start()

    def fit(self) -> None:
        """Take the height that the text needs in the width that notes have.

        What to do stands beside the title, or below the text if the title is long.
        """
        self._place_action()
        self._column.activate()
        column = self._column
        height = column.totalSizeHint().height()
        if column.hasHeightForWidth():
            height = column.totalHeightForWidth(self.width())
        self.setFixedHeight(height)

    @property
    def stays(self) -> bool:
        """Whether only a person closes it."""
        return self.severity == "warning"

    def set_title(self, title: str) -> None:
        """Show another title; its time goes on."""
        self.title = title
        self._heading.setText(title)
        self._name()

    def set_text(self, text: str) -> None:
        """Show another text and count its time anew."""
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self._name()
        self._start()

    def event(self, event: QEvent) -> bool:
        """Hold the clock while the pointer is over the note."""
        if event.type() == QEvent.Type.Enter:
            self.timer.stop()
        elif event.type() == QEvent.Type.Leave:
            self._start()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Card, bar of 4 px, icon."""
        c, rect = theme.c, self.rect().toRectF()
        colour = {"good": c.accent, "info": c.text3, "warning": c.warn}[self.severity]
        with painting(self) as painter:
            box(painter, rect, 8, c.bg2, c.edge)
            corners = QPainterPath()
            corners.addRoundedRect(rect, theme.px(8), theme.px(8))
            bar = QRectF(rect)
            bar.setWidth(theme.px(4))
            painter.setClipPath(corners)
            painter.fillRect(bar, colour)
            painter.setClipping(False)
            line = self._head.geometry().center().y() + 0.5
            place = QPointF(theme.px(24), line)
            draw_icon(painter, place, _ICONS[self.severity], 16, colour)

    def _arrange(self) -> None:
        self._head.addWidget(self._heading, 1)
        if self.action is not None:
            self._head.addWidget(self.action)
        self._head.addWidget(self.close_button)
        self._column.addLayout(self._head)
        self._column.addWidget(self._text)
        self._text.setVisible(bool(self._text.text()))

    def _place_action(self) -> None:
        if self.action is None:
            return
        margins, gap = self._column.contentsMargins(), self._head.spacing()
        room = self.width() - margins.left() - margins.right()
        room -= self.close_button.sizeHint().width() + self.action.sizeHint().width()
        self._head.removeWidget(self.action)
        self._column.removeWidget(self.action)
        if self._heading.natural_width() + 2 * gap <= room:
            self._head.insertWidget(1, self.action)
        else:
            self._column.addWidget(self.action, 0, Qt.AlignmentFlag.AlignLeft)

    def _name(self) -> None:
        self.setAccessibleName(f"{self.title}. {self._text.text()}".strip())

    def _start(self) -> None:
        if not self.stays:
            self.timer.start()

    def _on_action(self) -> None:
        self.action_chosen.emit()
        self.closed.emit()

    def _restyle(self) -> None:
        px = theme.px
        self._column.setContentsMargins(px(44), px(6), px(8), px(10))
        self._column.setSpacing(0)
        self._head.setSpacing(px(4))
        self.setFixedWidth(px(_WIDTH))


class ToastStack(QWidget):
    """Notes at the lower right of ``parent``, over it, taking no clicks around them.

    Where buttons are there, they stand as far to the left as leaves these free.
    """

    def __init__(self, parent: QWidget, margin: int = 16, bottom: int = 92) -> None:
        """Leave ``margin`` px at the right, ``bottom`` px below: history and status."""
        super().__init__(parent)
        self.toasts: list[Toast] = []
        self._margin = margin
        self._bottom = bottom
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._watch = QTimer(self)
        self._watch.setInterval(_LOOK_MS)
        self._watch.timeout.connect(self.give_way)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._place)
        parent.installEventFilter(self)
        self._state = State(self, self._restyle)
        self.hide()

    def show_toast(
        self,
        severity: Severity,
        title: str,
        text: str = "",
        action: str = "",
        on_action: Callable[[], object] | None = None,
    ) -> Toast:
        """Add a note; one with the same title and severity takes the new text."""
        for toast in self.toasts:
            if (toast.title, toast.severity) == (title, severity) and not action:
                toast.set_text(text)
                self._place()
                return toast
        toast = Toast(severity, title, text, action)
        if on_action is not None:
            toast.action_chosen.connect(on_action)
        toast.closed.connect(lambda: self._remove(toast))
        self.toasts.append(toast)
        self._column.addWidget(toast)
        self.show()
        toast.show()  # a layout would do so later, and count no height until then
        while len(self.toasts) > _MOST:
            self._remove(self._least())
        self._place()
        alert = QAccessibleEvent(toast, QAccessible.Event.Alert)
        QAccessible.updateAccessibility(alert)
        return toast

    def withdraw(self, about: str) -> None:
        """Take the notes away that speak of something that is over."""
        for toast in [each for each in self.toasts if each.about == about]:
            self._remove(toast)

    def retitle(self, about: str, title: str) -> None:
        """Notes that speak of something bear another title now."""
        for toast in self.toasts:
            if toast.about == about:
                toast.set_title(title)
        self._place()

    def clear(self) -> None:
        """Take all notes away."""
        for toast in list(self.toasts):
            self._remove(toast)

    def give_way(self) -> None:
        """Leave a place where a button has come since, if a better one is free."""
        if self.toasts and not self.underMouse() and self._covers(self.geometry()):
            self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the corner when the window changes its size."""
        if event.type() == QEvent.Type.Resize and watched is self.parent():
            self._place()
        return False

    def _least(self) -> Toast:
        passing = [toast for toast in self.toasts[:-1] if not toast.stays]
        return (passing or self.toasts)[0]

    def _remove(self, toast: Toast) -> None:
        if toast in self.toasts:
            self.toasts.remove(toast)
            self._column.removeWidget(toast)
            toast.timer.stop()
            if toast.isAncestorOf(self.window().focusWidget()):  # not to what is next
                self.window().setFocus(Qt.FocusReason.OtherFocusReason)
            toast.hide()
            toast.deleteLater()
            self._place()

    def _place(self) -> None:
        parent = self.parentWidget()
        self.setVisible(bool(self.toasts))
        if not self.toasts:
            self._watch.stop()
        elif not self._watch.isActive():
            self._watch.start()
        if not self.toasts or parent is None:
            return
        for toast in self.toasts:
            toast.fit()
        self._column.activate()
        self.resize(self.sizeHint())
        self.move(self._free_corner(parent))
        self.raise_()

    def _free_corner(self, parent: QWidget) -> QPoint:
        """The lower right, or the next place to the left of it without buttons."""
        margin = theme.px(self._margin)
        top = parent.height() - self.height() - theme.px(self._bottom)
        corner = parent.width() - self.width() - margin
        buttons = self._buttons(parent)
        for left in range(corner, margin, -_STRIDE):
            place = QRect(QPoint(left, top), self.size())
            if not any(place.intersects(each) for each in buttons):
                return place.topLeft()
        return QPoint(corner, top)

    def _covers(self, place: QRect) -> bool:
        parent = self.parentWidget()
        return parent is not None and any(
            place.intersects(each) for each in self._buttons(parent)
        )

    def _buttons(self, parent: QWidget) -> list[QRect]:
        """What can be pressed in ``parent``, as far as it is seen."""
        found = []
        for button in parent.findChildren(PressButton):
            if button.isVisible() and not self.isAncestorOf(button):
                seen = button.visibleRegion().boundingRect()
                seen.moveTopLeft(button.mapTo(parent, seen.topLeft()))
                found.append(seen)
        return [rect for rect in found if not rect.isEmpty()]

    def _restyle(self) -> None:
        self._column.setSpacing(theme.px(8))
        self._soon.start(0)  # once the notes themselves have the new look
