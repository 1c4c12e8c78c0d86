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
    """Words stand right of their places, or on another side where there is no room."""

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
        wide, high, gap = text_width(name.text, 11, 600) + px(6), px(16), px(9)
        x, y = place.x(), place.y()
        sides = [(x + gap, y - high / 2), (x - gap - wide, y - high / 2)]
        for away in (gap, gap + high):
            sides += [(x - wide / 2, y + away), (x - wide / 2, y - away - high)]
        for left, top in sides:
            ground = QRectF(left, top, wide, high)
            free = not any(ground.intersects(other) for other in taken)
            if free and frame.contains(ground):
                return ground
        return None
