"""The ground on which all plots draw: one scene in pixels, with panes for data.

Furniture (paper, grid, ticks, rail) is painted into the view's background, which Qt
keeps as a pixmap; a frame then repaints the data only.
"""

from collections.abc import Callable

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QResizeEvent,
)

from app.plots.pane import Pane
from app.theme import theme
from app.widgets.paint import CENTRE, box, draw_text, text_width

_PAN_KEYS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
_ZOOM = 1.25
_BY_KEY = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


class Paper(pg.GraphicsView):  # type: ignore[misc]
    """A scene whose units are the pixels of the widget; subclasses lay out and paint.

    Attributes:
        ground: Token of the colour round the panes.
        late: The step of a picture that its run has left far behind; else empty.
    """

    pointed = Signal(object)  # QPointF in pixels; None when the pointer has left

    def __init__(self) -> None:
        super().__init__(useOpenGL=False, background=None)
        self.ground = "bg1"
        self.panes: list[Pane] = []
        self.late = ""
        self._ring = False
        self._pointer: QPointF | None = None
        self.pointed.connect(self._keep_pointer)
        # pyqtgraph's layout is not used: panes are placed by geometry.
        self.centralWidget.hide()
        self.setMinimumSize(80, 80)
        self.setAntialiasing(False)
        theme.changed.connect(self.refresh)

    def add_pane(self, pane: Pane) -> Pane:
        """Put a pane into the scene and return it."""
        self.panes.append(pane)
        self.scene().addItem(pane)
        pane.sigRangeChanged.connect(self.redraw)
        return pane

    def remove_pane(self, pane: Pane) -> None:
        """Take a pane out of the scene."""
        self.panes.remove(pane)
        self.scene().removeItem(pane)

    def lay_out(self, width: int, height: int) -> None:
        """Place the panes in a widget of this size, pixels."""

    def paint_behind(self, painter: QPainter) -> None:
        """Paint what lies behind the data."""

    def paint_ahead(self, painter: QPainter) -> None:
        """Paint what lies before the data."""

    def redraw(self, *_: object) -> None:
        """Paint furniture and data again."""
        # Else the panes would take their new limits in the midst of painting, and ask
        # for a second one.
        self.scene().prepareForPaint()
        self.resetCachedContent()
        self.viewport().update()

    def refresh(self) -> None:
        """Lay out and paint again, e.g. in another look."""
        self.lay_out(self.width(), self.height())
        self.redraw()

    def set_late(self, words: str) -> None:
        """Say over the picture that it is of another step than its run."""
        if words != self.late:
            self.late = words
            self.viewport().update()

    def pane_at(self, pixel: QPointF) -> Pane | None:
        """The pane under a pixel."""
        for pane in self.panes:
            if pane.isVisible() and pane.geometry().contains(pixel):
                return pane
        return None

    def close(self) -> bool:
        """Let the look change without this paper: pyqtgraph now clears its scene."""
        theme.changed.disconnect(self.refresh)
        self.panes.clear()
        return bool(super().close())

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keep pixels and scene units the same, then lay out."""
        super().resizeEvent(event)
        if hasattr(self, "panes"):  # pyqtgraph calls this from its own __init__
            self.refresh()

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        """The ground, then the furniture behind the data."""
        ground: QColor = getattr(theme.c, self.ground)
        painter.fillRect(rect, ground)
        self.paint_behind(painter)

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        """The furniture before the data, and the focus ring."""
        painter.save()
        # Else the last pane's edge would cut what lies beside it, in an SVG.
        painter.setClipRect(self.sceneRect())
        self.paint_ahead(painter)
        if self.late:
            self._paint_late(painter)
        if self._ring and self.panes:
            pen = pg.mkPen(theme.c.accent, width=2)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.panes[0].geometry().adjusted(1, 1, -1, -1))
        painter.restore()

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:
        """Tell where the pointer is."""
        super().mouseMoveEvent(ev)
        self.pointed.emit(ev.position())

    def leaveEvent(self, ev: QEvent) -> None:
        """Tell that the pointer is gone."""
        super().leaveEvent(ev)
        self.pointed.emit(None)

    def point_again(self) -> None:
        """Tell where the pointer is, if it is here: something else lies under it."""
        if self._pointer is not None:
            self.pointed.emit(self._pointer)

    def keyPressEvent(self, ev: QKeyEvent) -> None:
        """Arrows pan, plus and minus zoom, R and Home return."""
        key = Qt.Key(ev.key())
        self._set_ring(True)
        if ev.modifiers() & ~(
            Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
        ):
            ev.ignore()
        elif key in _PAN_KEYS:
            self._each(lambda pane: pane.pan(*_PAN_KEYS[key]))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._each(lambda pane: pane.zoom(1 / _ZOOM))
        elif key == Qt.Key.Key_Minus:
            self._each(lambda pane: pane.zoom(_ZOOM))
        elif key in (Qt.Key.Key_R, Qt.Key.Key_Home):
            self.go_home()
        else:
            ev.ignore()

    def keyReleaseEvent(self, ev: QKeyEvent) -> None:
        """Nothing waits for a release."""
        ev.ignore()

    def go_home(self) -> None:
        """Every pane returns to its home limits."""
        for pane in self.panes:
            pane.go_home()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The ring shows only after a key."""
        super().focusInEvent(event)
        self._set_ring(event.reason() in _BY_KEY)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """No focus, no ring."""
        super().focusOutEvent(event)
        self._set_ring(False)

    def _paint_late(self, painter: QPainter) -> None:
        """A chip in the lower left corner, where tags and names of axes are not."""
        px = theme.px
        frame = next((QRectF(p.geometry()) for p in self.panes if p.isVisible()), None)
        if frame is None:
            return
        wide = text_width(self.late, 11, 500) + px(14)
        chip = QRectF(frame.left() + px(6), frame.bottom() - px(26), wide, px(20))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box(painter, chip, 10, theme.c.bg3)
        draw_text(painter, chip, self.late, theme.c.text2, 11, 500, CENTRE)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _keep_pointer(self, pixel: QPointF | None) -> None:
        self._pointer = pixel

    def _each(self, act: Callable[[Pane], None]) -> None:
        for pane in self.panes[:1]:
            act(pane)

    def _set_ring(self, shown: bool) -> None:
        if shown != self._ring:
            self._ring = shown
            self.viewport().update()
