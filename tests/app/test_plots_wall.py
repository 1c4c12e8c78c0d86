"""Tiles and the metric map of the wall: what they show, and what they tell."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest

from app.plots.heat_map import HeatMap
from app.plots.thumb import Thumb, density_image
from app.plots.tile import Tile, short
from app.theme import theme
from app.widgets.paint import text_width

FRAME = QRectF(0, 0, 100, 100)


@pytest.fixture
def heat(qtbot):
    made = HeatMap()
    qtbot.addWidget(made)
    made.set_grid(["1e−3", "1e−2"], ["0", "1", "2"])
    made.resize(260, made.height())
    made.show()
    for index, value in enumerate((0.5, 0.1, None, 0.02, 0.3, 0.2)):
        made.set_value(index, value)
    return made


def painted(thumb, content):
    image = QImage(100, 100, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    thumb.paint(painter, FRAME, content)
    painter.end()
    return image


def is_paper(image, x, y):
    return QColor(image.pixel(x, y)) == QColor(theme.c.well.rgb())


def test_density_stands_upright():
    """The first row of the array is the lowest."""
    density = np.zeros((4, 4), np.float32)
    density[0, 3] = 1.0  # lower right
    image = density_image(density, 1.0)
    light = {
        (x, y)
        for x in range(4)
        for y in range(4)
        if image.pixelColor(x, y).lightness() > 128
    }
    assert light == {(3, 3)}


@pytest.mark.parametrize(
    ("content", "arrays", "spot"),
    [
        ("samples", {"samples": np.array([[0.5, 0.5], [np.nan, 0]])}, (75, 25)),
        (
            "latent",
            {"codes": np.array([[1.3, -1.3]]), "labels": np.array([0])},
            (75, 75),
        ),
        ("latent", {"lines": np.array([[[-1, 0.5], [1, 0.5]]])}, (50, 25)),
        ("curves", {"spark": np.array([1.0, 0.0, np.nan])}, (4, 5)),
    ],
)
def test_each_kind_of_picture_is_where_its_points_are(qapp, content, arrays, spot):
    thumb = Thumb()
    thumb.arrays = arrays
    assert thumb.has(content)
    image = painted(thumb, content)
    near = [(spot[0] + i, spot[1] + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    assert not all(is_paper(image, x, y) for x, y in near)
    assert is_paper(image, 20, 90)
    assert all(is_paper(painted(Thumb(), content), x, y) for x, y in near)


def test_codes_far_from_the_prior_are_still_in_the_picture(qapp):
    """Early in a training of a VAE they lie far out: the cell was empty."""
    thumb = Thumb()
    thumb.arrays = {
        "codes": np.array([[10.0, -10.0], [np.nan, 0.0]]),
        "labels": np.array([0, 0]),
    }
    image = painted(thumb, "latent")
    assert not is_paper(image, 97, 97)
    assert is_paper(image, 75, 75)


def test_a_tile_says_metric_and_state(qtbot):
    tile = Tile(3)
    qtbot.addWidget(tile)
    tile.set_words("Beta 4")
    tile.show_cell(0.0123, "learning", "KL 3.80")
    assert (tile.metric_words, tile.state_words) == ("0.012", "still learning")
    assert tile.accessibleName() == "Beta 4, 0.012, still learning"
    tile.set_marks(best=True, chosen=False, lit=False)
    assert tile.state_words == "best"
    tile.show_cell(None, "diverged", "")
    assert (tile.metric_words, tile.state_words) == ("–", "diverged")


def test_a_small_tile_has_a_word_for_the_best(qtbot, monkeypatch):
    """On the projector the best cell differed from the others by its colour alone."""
    said: list[str] = []
    monkeypatch.setattr(
        "app.plots.tile.draw_text",
        lambda painter, rect, text, *_, **__: said.append(text),
    )
    tile = Tile(0)
    qtbot.addWidget(tile)
    tile.resize(110, 80)
    tile.show_cell(0.1, "learning", "")
    tile.set_marks(best=True, chosen=False, lit=False)
    tile.grab()
    assert said == ["0.100", "best"]
    said.clear()
    tile.resize(58, 50)  # no room: the word is not cut
    tile.grab()
    assert said == ["0.100"]


@pytest.mark.parametrize("state", ["learning", "settled"])
def test_a_tall_tile_writes_its_state_whole_beside_a_narrow_picture(
    qtbot, monkeypatch, state
):
    """On the projector all cells said "still learn…" with room at both sides."""
    rooms: dict[str, QRectF] = {}
    monkeypatch.setattr(
        "app.plots.tile.draw_text",
        lambda painter, rect, text, *_, **__: rooms.setdefault(text, QRectF(rect)),
    )
    tile = Tile(0)
    qtbot.addWidget(tile)
    tile.resize(120, 174)
    tile.show_cell(0.1, state, "loss 2.26")
    tile.grab()
    longest = text_width("still learning", 11)
    assert rooms["0.100"].width() >= longest
    assert rooms["0.100"].left() >= 0
    if state == "learning":
        assert rooms["still learning"].width() >= longest


def test_a_tile_tells_the_pointer_and_the_click(qtbot):
    tile = Tile(3)
    qtbot.addWidget(tile)
    tile.resize(190, 110)
    tile.show()
    with qtbot.waitSignal(tile.chosen) as caught:
        QTest.mouseClick(tile, Qt.MouseButton.LeftButton)
    assert caught.args == [3]
    with qtbot.waitSignal(tile.entered) as caught:
        QTest.mouseMove(tile)
    assert caught.args == [3]


@pytest.mark.parametrize("size", [(240, 120), (120, 90), (60, 56)])
def test_tiles_of_any_size_and_state_can_be_painted(qtbot, size):
    tile = Tile(0)
    qtbot.addWidget(tile)
    tile.resize(*size)
    tile.thumb.arrays = {
        "density": np.ones((8, 8), np.float32),
        "samples": np.zeros((4, 2)),
        "spark": np.linspace(1, 0, 9),
    }
    for state in ("waiting", "unstable", "stopped"):
        tile.show_cell(12345.6, state, "KL 3.80")
        assert not tile.grab().isNull()
    assert tile.metric_words == "12,346"


@pytest.mark.parametrize(
    ("size", "frame"),
    [
        ((240, 120), QRectF(5, 5, 110, 110)),  # words beside
        ((220, 440), QRectF(5, 59, 210, 210)),  # below, both in the middle
        ((120, 90), QRectF(30, 5, 60, 60)),  # one line
    ],
)
def test_a_picture_takes_the_room_that_its_words_leave(qtbot, monkeypatch, size, frame):
    """A tall tile had a picture no wider than a wide one."""
    tile, frames = Tile(0), []
    qtbot.addWidget(tile)
    tile.resize(*size)
    monkeypatch.setattr(tile.thumb, "paint", lambda _, rect, __: frames.append(rect))
    tile.show_cell(0.25, "learning", "KL 3.80")
    image = tile.grab().toImage()
    assert frames == [frame]
    rest = [QRectF(frame.right() + 2, 5, size[0] - frame.right() - 8, size[1] - 10)]
    rest += [QRectF(5, frame.bottom() + 2, size[0] - 10, size[1] - frame.bottom() - 8)]
    inked = [r for r in rest if _has_ink(image.copy(r.toRect()))]
    assert len(inked) == 1


def _has_ink(image):
    shades = {
        image.pixel(x, y) for x in range(image.width()) for y in range(image.height())
    }
    return len(shades) > 1


def test_lower_is_better_by_ratio(heat):
    assert heat.goodness(0.02) == 1
    assert heat.goodness(0.5) == 0
    assert heat.goodness(0.1) == pytest.approx(0.5, abs=1e-6)  # geometric mean
    heat.set_value(0, -1.0)
    assert heat.goodness(-1.0) == 1
    assert heat.goodness(0.3) == 0


def test_cells_are_pointed_at_and_chosen(heat, qtbot):
    centre = heat.cell_rect(4).center().toPoint()
    with qtbot.waitSignal(heat.pointed) as caught:
        QTest.mouseMove(heat, centre)
    assert caught.args == [4]
    with qtbot.waitSignal(heat.chosen) as caught:
        QTest.mouseClick(heat, Qt.MouseButton.LeftButton, pos=centre)
    assert caught.args == [4]
    assert heat.index_at(QPointF(1, heat.height() - 1)) is None


def test_marks_change_what_is_painted(heat):
    before = heat.grab().toImage()
    heat.set_marks(lit=0, marked=3)
    assert heat.grab().toImage() != before
    assert not heat.grab().isNull()


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "–"), (-0.5, "−0.500"), (12.34, "12.3"), (0.0123, "0.012")],
)
def test_metrics_are_short(value, words):
    assert short(value) == words
