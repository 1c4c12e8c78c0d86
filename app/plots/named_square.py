"""A square that can write names beside places in it."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from app.plots.ink import colour
from app.plots.square import Square
from app.theme import theme
from app.widgets.paint import CENTRE, draw_text, text_width


@dataclass(frozen=True)
class PlaceName:
    """A word beside a place in data units, in a colour that suits text."""

    x: float
    y: float
    text: str
    token: str = "text1"


class NamedSquare(Square):
    """Words stand right of their places, or left where there is no room.

    A word that would lie on another is moved down until it does not.
    """

    def __init__(self) -> None:
        super().__init__()
        self.names: list[PlaceName] = []

    def set_names(self, names: list[PlaceName]) -> None:
        """Write these words."""
        if names != self.names:
            self.names = names
            self.viewport().update()

    def paint_ahead(self, painter: QPainter) -> None:
        """The words lie over the data and under the tags."""
        taken: list[QRectF] = []
        for name in self.names:
            ground = self._ground(name, taken)
            if ground is None:
                continue
            taken.append(ground)
            shade = theme.c.well.toRgb()
            shade.setAlpha(190)
            painter.fillRect(ground, shade)
            ink = colour(name.token)
            draw_text(painter, ground, name.text, ink, 11, 600, CENTRE)
        super().paint_ahead(painter)

    def _ground(self, name: PlaceName, taken: list[QRectF]) -> QRectF | None:
        px, frame = theme.px, self.frame
        place = self.pane.pixel(name.x, name.y)
        if not frame.contains(place):
            return None
        wide, high = text_width(name.text, 11, 600) + px(6), px(16)
        left = place.x() + px(9)
        if left + wide > frame.right():
            left = place.x() - px(9) - wide
        ground = QRectF(left, place.y() - high / 2, wide, high)
        for _ in range(8):
            if not any(ground.intersects(other) for other in taken):
                return ground
            ground.translate(0, high)
        return None
