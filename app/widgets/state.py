"""Hover and focus of a painted widget, shown as the look wants them."""

from collections.abc import Callable
from weakref import WeakMethod

from PySide6.QtCore import QEasingCurve, QEvent, QObject, Qt, QVariantAnimation
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QWidget

from app.theme import theme

_BY_KEY = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


class State(QObject):
    """Watches one widget and repaints it when hover, focus or the theme change.

    Attributes:
        hover: 0 (away) to 1 (under the pointer), eased over 120 ms.
        ring: Whether the focus ring shows: focus came, or is used, by a key.
    """

    def __init__(
        self, widget: QWidget, restyle: Callable[[], object] | None = None
    ) -> None:
        """Watch ``widget``; ``restyle`` runs now and at each change of the theme."""
        super().__init__(widget)
        self.hover = 0.0
        self.ring = False
        # Weak, so that a widget that is let go dies at once: the garbage collector
        # might destroy it while Qt paints it.
        self._restyle = WeakMethod(restyle) if restyle is not None else None
        self._fade = QVariantAnimation(self)
        self._fade.setEasingCurve(QEasingCurve.Type.OutQuad)
        self._fade.valueChanged.connect(self._on_fade)
        widget.setAttribute(Qt.WidgetAttribute.WA_Hover)
        widget.installEventFilter(self)
        theme.changed.connect(self._on_theme)
        if restyle is not None:
            restyle()

    @property
    def _widget(self) -> QWidget:
        widget = self.parent()
        assert isinstance(widget, QWidget)
        return widget

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the pointer and the focus; never swallows an event."""
        kind = event.type()
        if kind == QEvent.Type.Enter:
            self._fade_to(1.0)
        elif kind == QEvent.Type.Leave:
            self._fade_to(0.0)
        elif kind == QEvent.Type.FocusIn and isinstance(event, QFocusEvent):
            self._set_ring(event.reason() in _BY_KEY)
        elif kind == QEvent.Type.FocusOut:
            self._set_ring(False)
        elif kind == QEvent.Type.KeyPress and self._widget.hasFocus():
            self._set_ring(True)
        elif kind == QEvent.Type.EnabledChange:
            self._widget.update()
        return False

    def _set_ring(self, shown: bool) -> None:
        self.ring = shown
        self._widget.update()

    def _fade_to(self, goal: float) -> None:
        self._fade.stop()
        length = theme.duration(120)
        if length == 0 or not self._widget.isVisible():
            self._on_fade(goal)
            return
        self._fade.setStartValue(self.hover)
        self._fade.setEndValue(goal)
        self._fade.setDuration(length)
        self._fade.start()

    def _on_fade(self, value: float) -> None:
        self.hover = value
        self._widget.update()

    def _on_theme(self) -> None:
        restyle = self._restyle() if self._restyle is not None else None
        if restyle is not None:
            restyle()
        self._widget.updateGeometry()
        self._widget.update()
