"""Masks and attention: matrices, their names, the strip, and the pointer."""

import fake_frames
import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from app.plots import matrix_paper, preview
from app.plots.catalogue import make_plot
from app.plots.ink import colour
from app.plots.matrix_paper import Matrix, MatrixPaper, _ink_on
from app.plots.pick_strip import PickStrip
from app.theme import theme


@pytest.fixture
def plot(qtbot):
    def make(name, more=None):
        made = make_plot(name)
        qtbot.addWidget(made)
        made.resize(450, 330)
        made.show()
        meta, arrays = preview.FRAMES[name]()
        made.show_frame(meta | (more or {}), arrays)
        return made

    return make


def table(rows=2, columns=3):
    return Matrix("t", np.zeros((rows, columns, 4), "u1"), [("a", rows)], [("b", 3)])


@pytest.mark.parametrize("shares_names", [False, True])
@pytest.mark.parametrize("count", [1, 3, 8])
@pytest.mark.parametrize("size", [(450, 330), (320, 600), (160, 140)])
def test_matrices_are_squares_that_fit_and_keep_apart(qtbot, size, count, shares_names):
    paper = MatrixPaper(shares_names=shares_names)
    qtbot.addWidget(paper)
    paper.resize(*size)
    paper.set_content([table() for _ in range(count)], [], [])
    paper.lay_out(*size)
    assert len(paper.places) == count
    for index, place in enumerate(paper.places):
        assert place.width() == place.height() > 0
        assert place.right() <= size[0]
        assert place.bottom() <= size[1]
        for other in paper.places[:index]:
            assert not place.intersects(other)


def test_the_cell_under_a_pixel(qtbot):
    paper = MatrixPaper()
    qtbot.addWidget(paper)
    paper.resize(450, 330)
    paper.set_content([table(), table(4, 5)], [], [])
    second = paper.places[1]
    inside = QPointF(
        second.left() + 0.9 * second.width(), second.top() + 0.3 * second.height()
    )
    assert paper.cell_at(inside) == (1, 1, 4)
    assert paper.cell_at(QPointF(-5, -5)) is None


def test_cut_connections_have_a_colour_of_their_own(plot):
    made = plot("masks")
    matrices = made.matrices.matrices
    assert [m.title for m in matrices][-1] == "ways"
    cut = np.array(colour("bg4").getRgb())
    for index in range(2):
        is_cut = (matrices[index].colours == cut).all(-1)
        assert np.array_equal(is_cut, made.arrays[f"kept.{index}"] == 0)
    reach = (matrices[-1].colours == np.array(colour("samples").getRgb())).all(-1)
    assert np.array_equal(reach, made.arrays["reach"] > 0)


def test_weights_have_signed_colours(plot):
    meta, arrays = preview.FRAMES["masks"]()
    weight = np.zeros_like(arrays["weight.0"])
    kept = np.ones_like(arrays["kept.0"])
    weight[0, 0], weight[0, 1] = 5.0, -5.0
    made = plot("masks")
    made.show_frame(meta, arrays | {"weight.0": weight, "kept.0": kept})
    colours = made.matrices.matrices[0].colours.astype(int)
    paper = np.array(theme.c.well.getRgb())
    assert np.abs(colours[1, 1] - paper).max() <= 3
    assert np.abs(colours[0, 0] - colours[0, 1]).max() > 100


def test_pointer_reads_weights_cuts_and_ways(qtbot, plot):
    made = plot("masks")

    def said(index, row, column):
        place = made.matrices.places[index]
        high, wide = made.matrices.matrices[index].colours.shape[:2]
        pixel = QPointF(
            place.left() + (column + 0.5) / wide * place.width(),
            place.top() + (row + 0.5) / high * place.height(),
        )
        with qtbot.waitSignal(made.hovered) as caught:
            made.matrices.pointed.emit(pixel)
        return caught.args[0][0]

    assert said(0, 0, 4) == ("weight", "cut")
    value = float(said(0, 23, 0)[1].replace("−", "-"))
    assert value == pytest.approx(float(made.arrays["weight.0"][23, 0]), abs=6e-4)
    name, ways = said(2, 5, 0)
    assert name == "x1 reaches y3 by"
    assert ways == f"{made.arrays['reach'][5, 0]:.0f} ways"


def test_few_coordinates_are_named_both_ways_and_ways_written(qtbot):
    arrays, meta = fake_frames.masks(1, {}, True)
    made = make_plot("masks")
    qtbot.addWidget(made)
    made.show_frame(fake_frames._base() | meta, arrays)
    reach = made.matrices.matrices[-1]
    assert list(reach.rows) == [("→ x", 1), ("→ y", 1)]
    assert list(reach.columns) == [("x →", 1), ("y →", 1)]
    assert reach.words == [["no", "no"], ["40", "no"]]


@pytest.mark.parametrize(
    ("ground", "ink"), [((230, 159, 0), "#000000"), ((0, 52, 110), "#ffffff")]
)
def test_words_can_be_read_on_their_cells(ground, ink):
    assert _ink_on(np.array([*ground, 255], np.uint8)).name() == ink


def test_the_strip_asks_for_another_network(qtbot, plot):
    made = plot("masks")
    assert not made.pick.slider.isHidden()
    with qtbot.waitSignal(made.settings_edited) as caught:
        qtbot.keyClick(made.pick.slider, Qt.Key.Key_Right)
    assert caught.args[0] == {"layer": 2}
    assert made.view_state() == {"layer": 2}
    one = plot("masks", {"layers": 1})
    assert one.pick.slider.isHidden()
    assert one.pick.words.text() == "order x1 → x2 → x3 → y1 → y2 → y3"


def test_heads_have_their_numbers_where_the_word_has_no_room(qtbot, plot, monkeypatch):
    """In a small window all eight were called "hea…"."""
    said = []
    monkeypatch.setattr(
        matrix_paper, "draw_text", lambda _, rect, text, *args: said.append(text)
    )
    made = plot("attention")
    made.grab()
    first = made.matrices.matrices[0]
    assert (first.title, first.short) == ("head 1.1", "1.1")
    said.clear()
    made.resize(240, 150)
    made.grab()
    assert "1.1" in said
    assert "head 1.1" not in said


def test_attention_follows_the_slider(qtbot, plot):
    made = plot("attention")
    assert len(made.matrices.matrices) == 8
    assert made.pick.words.text() == "x = 0.40"
    made.pick.slider.user_set(-1.5)
    assert made.pick.words.text() == "x = −1.50"
    index = int(np.argmin(np.abs(made.arrays["at"] + 1.5)))
    shares = made.arrays["attention"][index].reshape(2, 4, 2, 2)
    last = made.matrices.matrices[-1]
    assert last.title == "head 2.4"
    assert last.words[1] == [f"{v:.2f}" for v in shares[1, 3, 1]]
    assert last.words[0][1] == ""  # not yet read
    assert made.view_state() == {"at": -1.5}
    assert last.rows == [("for x", 1), ("for y", 1)]
    assert last.columns == [("start", 1), ("x", 1)]


def test_pointer_reads_a_share(qtbot, plot):
    made = plot("attention")
    place = made.matrices.places[5]
    corner = QPointF(place.right() - 4, place.bottom() - 4)
    with qtbot.waitSignal(made.hovered) as caught:
        made.matrices.pointed.emit(corner)
    name, value = caught.args[0][0]
    assert name == "layer 2, head 2, to guess y, at x"
    assert float(value) == pytest.approx(float(made._shares()[1, 1, 1, 1]), abs=6e-3)


def test_a_strip_of_one_number_has_no_slider_and_new_ends_a_new_one(qtbot):
    strip = PickStrip("Number")
    qtbot.addWidget(strip)
    strip.show()
    strip.set_range(1, 5, integer=True)
    strip.set_value(4, "four")
    seen = []
    strip.picked.connect(seen.append)
    strip.slider.user_set(2)
    assert seen == [2]
    strip.set_range(1, 1, integer=True)
    assert not strip.slider.isVisible()
