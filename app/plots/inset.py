"""A square with a second, small pane in its rail."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from app.plots.pane import Pane
from app.plots.rail import Room
from app.plots.square import Square
from app.theme import theme


class InsetSquare(Square):
    """A square with a second, small pane at the top of its rail."""

    keeps_rail = True

    def __init__(self) -> None:
        super().__init__()
        self.inset = self.add_pane(Pane())
        self.inset.setMouseEnabled(False, False)
        self.inset.hide()

    def on_rail_changed(self) -> None:
        """Put the pane where the rail keeps room for it."""
        if not hasattr(self, "inset"):
            return
        rooms = [rect for block, rect in self.placed() if isinstance(block, Room)]
        self.inset.setVisible(bool(rooms))
        if rooms:
            side = rooms[0].height() - theme.px(20)
            top = rooms[0].top() + theme.px(20)
            self.inset.setGeometry(QRectF(rooms[0].left(), top, side, side))

    def paint_behind(self, painter: QPainter) -> None:
        """Paper under the small pane too."""
        super().paint_behind(painter)
        if self.inset.isVisible():
            painter.fillRect(self.inset.geometry(), theme.c.well)

    def paint_ahead(self, painter: QPainter) -> None:
        """A frame round the small pane too."""
        super().paint_ahead(painter)
        if self.inset.isVisible():
            painter.setPen(theme.c.edge)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.inset.geometry().adjusted(0, 0, -1, -1))
