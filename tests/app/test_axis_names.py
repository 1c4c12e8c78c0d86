"""Names of axes are read on whatever lies under them, in every look."""

import numpy as np
import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget
from test_theme import contrast

from app.plots.clouds import SmoothImage
from app.plots.square import Square
from app.theme import theme


@pytest.mark.parametrize("look", ["dark", "light", "projector"])
@pytest.mark.parametrize("under", [(0, 20, 80), (120, 120, 125), (255, 250, 220)])
def test_names_of_axes_can_be_read_on_any_cell(qtbot, look, under):
    """In the light look grey letters stood on the dark cells of a codebook."""
    theme.set_look(look)
    holder, square = QWidget(), Square()
    qtbot.addWidget(holder)
    QVBoxLayout(holder).addWidget(square)
    holder.resize(400, 300)
    picture = np.full((2, 2, 4), (*under, 255), dtype=np.uint8)
    SmoothImage(square.pane).set_picture(picture, (-9, 9, -9, 9))
    square.set_axis_names("z one", "z two")
    holder.show()
    shot = square.grab().toImage()
    frame = square.frame.toRect()
    places = (
        (frame.left() + 9, frame.top() + 6),
        (frame.right() - 48, frame.bottom() - 20),
    )
    for left, top in places:
        area = [
            QColor(shot.pixel(x, y))
            for x in range(left, left + 40)
            for y in range(top, top + 14)
        ]
        names = [colour.name() for colour in area]
        ground = QColor(max(set(names), key=names.count))
        assert max(contrast(colour, ground) for colour in area) >= 4.5
